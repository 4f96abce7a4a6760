import type { AccessRequest, DecidingStatement, Decision, PolicyType } from './decision.ts';
import { RequestContext } from './policy-context.ts';
import type { Effect, Policy, Statement } from './policy-document.ts';
import type { Naming } from './policy-principal.ts';

/** The policies that apply to a request. */
export interface ApplicablePolicies {
  /** Those of the user or role. */
  readonly identity: readonly Policy[];
  /** That of the user or role, if it has one. */
  readonly boundary?: Policy;
  /** That of the resource, if it has one; for `sts:AssumeRole`, the role's trust policy. */
  readonly resource?: Policy;
  /** The account that owns the resource, when it is not the principal's. */
  readonly resourceAccount?: string;
  /**
   * Whether the resource's policy must allow even what an identity policy of the same account allows, as key policies and
   * trust policies must
   * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html).
   */
  readonly resourcePolicyMustAllow?: boolean;
}

interface Match {
  readonly statement: DecidingStatement;
  readonly naming: Naming;
}

/** The most direct first: that is the one least limited by other policies. */
const NAMINGS: readonly Naming[] = ['caller', 'role', 'account'];

/**
 * Decides as AWS does within an account
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html) and across two
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html), without service
 * control, resource control and session policies. Throws a PolicyRefusal when a condition meets values for which AWS does not
 * say what it means.
 */
export function decide(request: AccessRequest, policies: ApplicablePolicies): Decision {
  const context = new RequestContext(request.context);
  const { principal } = request;
  const hasIdentity = principal.kind === 'role' || principal.kind === 'user';
  const applicable: [PolicyType, readonly Policy[]][] = [
    ['identity-based policy', hasIdentity ? policies.identity : []],
    ['permissions boundary', hasIdentity && policies.boundary ? [policies.boundary] : []],
    ['resource-based policy', policies.resource ? [policies.resource] : []],
  ];
  const matches = (effect: Effect) =>
    applicable.flatMap(([type, ofType]) => ofType.flatMap((policy) => [...matching(type, policy, effect, request, context)]));

  const [denial] = matches('Deny');
  if (denial) return { allowed: false, reason: 'explicit-deny', statement: denial.statement };
  return decideAllows(request, policies, matches('Allow'));
}

function decideAllows({ principal }: AccessRequest, policies: ApplicablePolicies, allows: readonly Match[]): Decision {
  const byType = (type: PolicyType) => allows.filter(({ statement }) => statement.policyType === type);
  const [identity] = byType('identity-based policy');
  const [boundary] = byType('permissions boundary');
  const resource = mostDirect(byType('resource-based policy'));

  if (principal.kind === 'service' || principal.kind === 'anonymous') {
    return resource ? allowedBy(resource) : missing('resource-based policy');
  }
  const ownAccount = policies.resourceAccount === undefined || policies.resourceAccount === principal.account;
  if (!resource && (!ownAccount || policies.resourcePolicyMustAllow)) return missing('resource-based policy');
  if (principal.kind === 'root') return resource ? allowedBy(resource) : { allowed: true, reason: 'allowed' };
  if (ownAccount && resource?.naming === 'caller') return allowedBy(resource);
  const needsIdentity = !ownAccount || resource?.naming !== 'role';
  if (needsIdentity && !identity) return missing('identity-based policy');
  if (policies.boundary && !boundary) return missing('permissions boundary');
  return allowedBy(needsIdentity ? identity : resource);
}

function* matching(
  policyType: PolicyType,
  policy: Policy,
  effect: Effect,
  { action, resource, principal }: AccessRequest,
  context: RequestContext,
): Generator<Match> {
  for (const statement of policy.statements) {
    if (statement.effect !== effect) continue;
    const naming = statement.principals ? statement.principals(principal) : 'caller';
    if (naming && statement.covers(action, resource, context)) yield { naming, statement: describe(policyType, policy, statement) };
  }
}

function describe(policyType: PolicyType, { name }: Policy, { sid, index }: Statement): DecidingStatement {
  return { policyType, policy: name, sid, index };
}

function mostDirect(grants: readonly Match[]): Match | undefined {
  return NAMINGS.flatMap((naming) => grants.filter((grant) => grant.naming === naming))[0];
}

function allowedBy(match: Match | undefined): Decision {
  return { allowed: true, reason: 'allowed', ...(match && { statement: match.statement }) };
}

function missing(missingIn: PolicyType): Decision {
  return { allowed: false, reason: 'implicit-deny', missingIn };
}
