import type { AccessRequest, Decision } from '../../local/iam/decision.ts';
import { parsePolicy } from '../../local/iam/policy-document.ts';
import { type ApplicablePolicies, decide } from '../../local/iam/policy-evaluation.ts';
import type { Caller } from '../../local/iam/policy-principal.ts';

export const account = '111122223333';
export const root = `arn:aws:iam::${account}:root`;
export const role = `arn:aws:iam::${account}:role/app`;
export const session = `arn:aws:sts::${account}:assumed-role/app/one`;
export const user = `arn:aws:iam::${account}:user/ada`;

export const callers = {
  role: { kind: 'role', arn: role, account },
  session: { kind: 'role', arn: role, account, sessionArn: session },
  otherRole: { kind: 'role', arn: `${role}2`, account },
  user: { kind: 'user', arn: user, account },
  root: { kind: 'root', account },
  stranger: { kind: 'role', arn: 'arn:aws:iam::444455556666:role/app', account: '444455556666' },
  events: { kind: 'service', name: 'events.amazonaws.com' },
  s3: { kind: 'service', name: 's3.amazonaws.com' },
  anonymous: { kind: 'anonymous' },
} satisfies Record<string, Caller>;

export interface Setting extends Partial<Omit<AccessRequest, 'principal'>> {
  /** Who asks; a role unless told otherwise. */
  by?: keyof typeof callers;
  identity?: object[];
  boundary?: object[];
  resourcePolicy?: object[];
  resourceAccount?: string;
  mustAllow?: true;
}

/** A setting, and what AWS decides in it by that page of its documentation. */
export type DecisionCase = [what: string, setting: Setting, outcome: Decision['reason'], page: string];

const version = '2012-10-17';
const policies = ({ identity, boundary, resourcePolicy, resourceAccount, mustAllow }: Setting): ApplicablePolicies => ({
  identity: identity ? [parsePolicy('Inline', { Version: version, Statement: identity }, 'identity')] : [],
  ...(boundary && { boundary: parsePolicy('Boundary', { Version: version, Statement: boundary }, 'identity') }),
  ...(resourcePolicy && { resource: parsePolicy('Resource', { Version: version, Statement: resourcePolicy }, 'resource') }),
  ...(resourceAccount && { resourceAccount }),
  ...(mustAllow && { resourcePolicyMustAllow: true }),
});

export function decideIn({
  by = 'role',
  action = 's3:GetObject',
  resource = 'arn:aws:s3:::bucket/key',
  context = {},
  ...rest
}: Setting): Decision {
  return decide({ action, resource, context, principal: callers[by] }, policies(rest));
}

export const allow = (Action: string | string[], Resource: string | string[] = '*', more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
export const deny = (Action: string | string[], Resource: string | string[] = '*', more: object = {}) => ({
  Effect: 'Deny',
  Action,
  Resource,
  ...more,
});
export const grant = (Principal: unknown, more: object = {}) => ({
  Effect: 'Allow',
  Principal,
  Action: 's3:GetObject',
  Resource: '*',
  ...more,
});

export function testDecisions(subject: string, cases: readonly DecisionCase[]): void {
  describe(subject, () => {
    test.each(cases)('%s', (_what, setting, outcome, page) => {
      expect(page).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
      const decision = decideIn(setting);
      expect(decision.reason).toBe(outcome);
      expect(decision.allowed).toBe(outcome === 'allowed');
    });
  });
}
