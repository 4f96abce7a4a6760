/**
 * Refuses what AWS would refuse of a policy, and what AWS's documentation leaves open, so that nothing is guessed. The
 * message names the policy, the statement and the element.
 */
export class PolicyRefusal extends Error {
  override readonly name = 'PolicyRefusal';
}
