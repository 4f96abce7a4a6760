import { createHash } from 'node:crypto';

/**
 * A physical name as CloudFormation would generate it, `<stack>-<logical id>-<suffix>`, but derived from stack and
 * logical id alone, so that a restart finds the same resource again.
 */
export function generatedName(stackName: string, logicalId: string, maxLength: number): string {
  const suffix = createHash('sha256').update(`${stackName}/${logicalId}`).digest('hex').slice(0, 12);
  const room = maxLength - suffix.length - 1;
  return `${`${stackName}-${logicalId}`.slice(0, room)}-${suffix}`;
}
