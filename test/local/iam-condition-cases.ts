import type { ContextKeys } from '../../local/iam/policy-context.ts';
import { parsePolicy } from '../../local/iam/policy-document.ts';
import { decide } from '../../local/iam/policy-evaluation.ts';

/** A condition, a context, and whether the one holds in the other by that page of AWS's documentation. */
export type ConditionCase = [what: string, condition: object, context: ContextKeys, holds: boolean, page: string];

export const USER_GUIDE = 'https://docs.aws.amazon.com/IAM/latest/UserGuide';
export const CONDITION_OPERATORS = `${USER_GUIDE}/reference_policies_elements_condition_operators.html`;

/** Whether a statement with the condition applies, in a policy of the current version unless its head says another. */
export function holds(condition: object, context: ContextKeys, head: object = { Version: '2012-10-17' }): boolean {
  const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*', Condition: condition };
  const policy = parsePolicy('P', { ...head, Statement: statement }, 'identity');
  const principal = { kind: 'role', arn: 'arn:aws:iam::111122223333:role/app', account: '111122223333' } as const;
  return decide({ action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', context, principal }, { identity: [policy] }).allowed;
}

export function testConditions(subject: string, cases: readonly ConditionCase[]): void {
  describe(`conditions on ${subject}`, () => {
    test.each(cases)('%s', (_what, condition, context, expected, page) => {
      expect(page).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/IAM\//);
      expect(holds(condition, context)).toBe(expected);
    });
  });
}
