import { USER_GUIDE } from './iam-condition-cases.ts';
import { allow, type DecisionCase, decideIn, deny, grant, role, session, testDecisions, user } from './iam-decision-cases.ts';

const PRINCIPAL = `${USER_GUIDE}/reference_policies_elements_principal.html`;
const DECISION = `${USER_GUIDE}/reference_policies_evaluation-logic_policy-eval-denyallow.html`;
const BASICS = `${USER_GUIDE}/reference_policies_evaluation-logic_policy-eval-basics.html`;
const DENIES = `${USER_GUIDE}/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html`;
const BOUNDARIES = `${USER_GUIDE}/access_policies_boundaries.html`;
const SECURE_TRANSPORT = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html';

const tlsOnly = grant('*', { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
const denials: DecisionCase[] = [
  ['beside an Allow', { identity: [allow('s3:*'), deny('s3:Get*')] }, 'explicit-deny', DENIES],
  ['before an Allow', { identity: [deny('s3:Get*'), allow('s3:*')] }, 'explicit-deny', DENIES],
  ['of another action', { identity: [allow('s3:*'), deny('s3:Put*')] }, 'allowed', DENIES],
  ['without an Allow', { identity: [deny('s3:*')] }, 'explicit-deny', DENIES],
  ['by identity, allowed by resource', { identity: [deny('s3:*')], resourcePolicy: [grant({ AWS: role })] }, 'explicit-deny', BASICS],
  [
    'by resource, allowed by identity',
    { identity: [allow('*')], resourcePolicy: [grant('*', { Effect: 'Deny' })] },
    'explicit-deny',
    BASICS,
  ],
  [
    'by resource, for another principal',
    { identity: [allow('*')], resourcePolicy: [grant({ AWS: user }, { Effect: 'Deny' })] },
    'allowed',
    BASICS,
  ],
  ['by boundary', { identity: [allow('*')], boundary: [allow('*'), deny('s3:*')] }, 'explicit-deny', BOUNDARIES],
  [
    'by boundary, allowed to the session',
    { by: 'session', boundary: [deny('s3:*')], resourcePolicy: [grant({ AWS: session })] },
    'explicit-deny',
    BOUNDARIES,
  ],
  ['of the root user', { by: 'root', resourcePolicy: [grant('*', { Effect: 'Deny' })] }, 'explicit-deny', DECISION],
  [
    'of plain HTTP, in a bucket policy',
    {
      identity: [allow('*')],
      resourcePolicy: [tlsOnly],
      context: { 'aws:SecureTransport': 'false' },
    },
    'explicit-deny',
    SECURE_TRANSPORT,
  ],
  [
    'of plain HTTP, over TLS',
    {
      identity: [allow('*')],
      resourcePolicy: [tlsOnly],
      context: { 'aws:SecureTransport': 'true' },
    },
    'allowed',
    SECURE_TRANSPORT,
  ],
];

const boundaries: DecisionCase[] = [
  ['both allow', { identity: [allow('s3:*')], boundary: [allow('s3:Get*')] }, 'allowed', BOUNDARIES],
  ['the boundary does not', { identity: [allow('s3:*')], boundary: [allow('sqs:*')] }, 'implicit-deny', BOUNDARIES],
  ['only the boundary allows', { boundary: [allow('*')] }, 'implicit-deny', BOUNDARIES],
  ['the resource allows the role', { boundary: [allow('sqs:*')], resourcePolicy: [grant({ AWS: role })] }, 'implicit-deny', BOUNDARIES],
  [
    'the resource allows the role, and the boundary does',
    { boundary: [allow('s3:*')], resourcePolicy: [grant({ AWS: role })] },
    'allowed',
    BOUNDARIES,
  ],
  [
    'the resource allows the session',
    { by: 'session', boundary: [allow('sqs:*')], resourcePolicy: [grant({ AWS: session })] },
    'allowed',
    BOUNDARIES,
  ],
  [
    'the resource allows role and session',
    { by: 'session', boundary: [allow('sqs:*')], resourcePolicy: [grant({ AWS: role }), grant({ AWS: session })] },
    'allowed',
    BOUNDARIES,
  ],
  [
    'the resource allows the user',
    { by: 'user', boundary: [allow('sqs:*')], resourcePolicy: [grant({ AWS: user })] },
    'allowed',
    BOUNDARIES,
  ],
  [
    'the resource allows everyone with the ARN',
    {
      boundary: [allow('sqs:*')],
      resourcePolicy: [grant('*', { Condition: { ArnEquals: { 'aws:PrincipalArn': role } } })],
      context: { 'aws:PrincipalArn': role },
    },
    'allowed',
    `${PRINCIPAL}#principal-roles`,
  ],
];

testDecisions('a Deny', denials);
testDecisions('a permissions boundary', boundaries);

test('a decision names the statement, or the type of policy that has none', () => {
  const identity = [allow('sqs:*'), { ...allow('s3:Get*'), Sid: 'Read' }];
  expect(decideIn({ identity })).toEqual({
    allowed: true,
    reason: 'allowed',
    statement: { policyType: 'identity-based policy', policy: 'Inline', sid: 'Read', index: 1 },
  });
  expect(decideIn({ identity, resourcePolicy: [grant('*', { Effect: 'Deny' })] })).toMatchObject({
    statement: { policyType: 'resource-based policy', policy: 'Resource', index: 0 },
  });
  expect(decideIn({ boundary: identity, resourcePolicy: [grant({ AWS: role })] })).toMatchObject({
    statement: { policyType: 'resource-based policy' },
  });
  expect(decideIn({ by: 'root', resourcePolicy: [grant('*')] })).toMatchObject({ statement: { policyType: 'resource-based policy' } });
  expect(decideIn({ by: 'root' })).toEqual({ allowed: true, reason: 'allowed' });
  expect(decideIn({})).toMatchObject({ missingIn: 'identity-based policy' });
  expect(decideIn({ identity, boundary: [allow('sqs:*')] })).toMatchObject({ missingIn: 'permissions boundary' });
  expect(decideIn({ by: 'events', identity })).toMatchObject({ missingIn: 'resource-based policy' });
});
