import { USER_GUIDE } from './iam-condition-cases.ts';
import { account, allow, type DecisionCase, grant, role, root, session, testDecisions, user } from './iam-decision-cases.ts';

const PRINCIPAL = `${USER_GUIDE}/reference_policies_elements_principal.html`;
const NOT_PRINCIPAL = `${USER_GUIDE}/reference_policies_elements_notprincipal.html`;
const DECISION = `${USER_GUIDE}/reference_policies_evaluation-logic_policy-eval-denyallow.html`;
const BASICS = `${USER_GUIDE}/reference_policies_evaluation-logic_policy-eval-basics.html`;

const denyAllBut = (AWS: string[]) => ({ Effect: 'Deny', NotPrincipal: { AWS }, Action: 's3:*', Resource: '*' });
const allowAllBut = (AWS: string) => ({ Effect: 'Allow', NotPrincipal: { AWS }, Action: 's3:*', Resource: '*' });
const principals: DecisionCase[] = [
  ['the role', { resourcePolicy: [grant({ AWS: role })] }, 'allowed', BASICS],
  ['the role, for its session', { by: 'session', resourcePolicy: [grant({ AWS: role })] }, 'allowed', PRINCIPAL],
  ['another role', { by: 'otherRole', resourcePolicy: [grant({ AWS: role })] }, 'implicit-deny', PRINCIPAL],
  ['another session', { by: 'session', resourcePolicy: [grant({ AWS: session.replace('one', 'two') })] }, 'implicit-deny', PRINCIPAL],
  ['one of several', { by: 'user', resourcePolicy: [grant({ AWS: [role, user] })] }, 'allowed', PRINCIPAL],
  ['the account, and identity allows', { identity: [allow('*')], resourcePolicy: [grant({ AWS: root })] }, 'allowed', PRINCIPAL],
  [
    'the account, which leaves it to its own policies',
    { resourcePolicy: [grant({ AWS: root })] },
    'implicit-deny',
    `${PRINCIPAL}#principal-accounts`,
  ],
  [
    'the account by its number, for its root user',
    { by: 'root', resourcePolicy: [grant({ AWS: account })], mustAllow: true },
    'allowed',
    `${PRINCIPAL}#principal-accounts`,
  ],
  ['everyone', { resourcePolicy: [grant('*')] }, 'allowed', `${PRINCIPAL}#principal-anonymous`],
  ['everyone, for nobody in particular', { by: 'anonymous', resourcePolicy: [grant('*')] }, 'allowed', `${PRINCIPAL}#principal-anonymous`],
  ['everyone, written as AWS', { by: 'anonymous', resourcePolicy: [grant({ AWS: '*' })] }, 'allowed', `${PRINCIPAL}#principal-anonymous`],
  [
    'the account, for nobody in particular',
    { by: 'anonymous', resourcePolicy: [grant({ AWS: root })] },
    'implicit-deny',
    `${PRINCIPAL}#principal-anonymous`,
  ],
  [
    'somebody federated',
    { by: 'user', resourcePolicy: [grant({ Federated: 'cognito-identity.amazonaws.com' })] },
    'implicit-deny',
    PRINCIPAL,
  ],
  [
    'a canonical user',
    { resourcePolicy: [grant({ CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' })] },
    'implicit-deny',
    PRINCIPAL,
  ],
  [
    'everyone but one, with PrincipalArn',
    {
      identity: [allow('*')],
      resourcePolicy: [grant('*', { Effect: 'Deny', Condition: { ArnNotEquals: { 'aws:PrincipalArn': user } } })],
      context: { 'aws:PrincipalArn': role },
    },
    'explicit-deny',
    PRINCIPAL,
  ],
  ['the root user, without policies', { by: 'root' }, 'allowed', DECISION],
  [
    'NotPrincipal of a Deny: the user named',
    {
      by: 'user',
      identity: [allow('*')],
      resourcePolicy: [denyAllBut([user, root])],
    },
    'allowed',
    NOT_PRINCIPAL,
  ],
  [
    'NotPrincipal of a Deny: another of the account',
    { identity: [allow('*')], resourcePolicy: [denyAllBut([user, root])] },
    'explicit-deny',
    NOT_PRINCIPAL,
  ],
  [
    'NotPrincipal of a Deny: a user of the account',
    { by: 'user', identity: [allow('*')], resourcePolicy: [denyAllBut([role, root])] },
    'explicit-deny',
    NOT_PRINCIPAL,
  ],
  [
    'NotPrincipal of a Deny: the session named',
    {
      by: 'session',
      identity: [allow('*')],
      resourcePolicy: [denyAllBut([session, role, root])],
    },
    'allowed',
    NOT_PRINCIPAL,
  ],
  [
    'NotPrincipal of a Deny: another session of the role',
    {
      by: 'session',
      identity: [allow('*')],
      resourcePolicy: [denyAllBut([session.replace('one', 'two'), role, root])],
    },
    'explicit-deny',
    NOT_PRINCIPAL,
  ],
  [
    'NotPrincipal of a Deny: nobody in particular',
    {
      by: 'anonymous',
      resourcePolicy: [grant('*'), denyAllBut([user, root])],
    },
    'explicit-deny',
    NOT_PRINCIPAL,
  ],
  ['NotPrincipal of an Allow: one not named', { by: 'anonymous', resourcePolicy: [allowAllBut(user)] }, 'allowed', NOT_PRINCIPAL],
  ['NotPrincipal of an Allow: the one named', { by: 'user', resourcePolicy: [allowAllBut(user)] }, 'implicit-deny', NOT_PRINCIPAL],
];

testDecisions('a resource policy names', principals);
