import { parsePolicy } from '../../local/iam/policy-document.ts';
import { decide } from '../../local/iam/policy-evaluation.ts';
import type { Caller } from '../../local/iam/policy-principal.ts';
import { USER_GUIDE } from './iam-condition-cases.ts';
import { account, allow, callers, type DecisionCase, deny, grant, role, root, testDecisions, user } from './iam-decision-cases.ts';

const PRINCIPAL = `${USER_GUIDE}/reference_policies_elements_principal.html`;
const DECISION = `${USER_GUIDE}/reference_policies_evaluation-logic_policy-eval-denyallow.html`;
const DENIES = `${USER_GUIDE}/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html`;
const CROSS_ACCOUNT = `${USER_GUIDE}/reference_policies_evaluation-logic-cross-account.html`;
const CONFUSED_DEPUTY = `${USER_GUIDE}/confused-deputy.html`;
const S3_TO_QUEUE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html';
const EVENTS_TO_QUEUE = 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html';
const KEY_POLICY = 'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html';

const queue = `arn:aws:sqs:eu-west-1:${account}:jobs`;
const rule = `arn:aws:events:eu-west-1:${account}:rule/nightly`;
const send = { action: 'sqs:SendMessage', resource: queue };
const forRule = { Service: 'events.amazonaws.com' };
const fromRule = { Action: 'sqs:SendMessage', Resource: queue, Condition: { ArnEquals: { 'aws:SourceArn': rule } } };
const fromBucket = {
  Action: 'sqs:SendMessage',
  Resource: queue,
  Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:*:*:bucket' }, StringEquals: { 'aws:SourceAccount': account } },
};
const services: DecisionCase[] = [
  [
    'for its rule',
    { ...send, by: 'events', resourcePolicy: [grant(forRule, fromRule)], context: { 'aws:SourceArn': rule } },
    'allowed',
    EVENTS_TO_QUEUE,
  ],
  [
    'for another rule',
    { ...send, by: 'events', resourcePolicy: [grant(forRule, fromRule)], context: { 'aws:SourceArn': `${rule}2` } },
    'implicit-deny',
    EVENTS_TO_QUEUE,
  ],
  ['for no rule', { ...send, by: 'events', resourcePolicy: [grant(forRule, fromRule)] }, 'implicit-deny', EVENTS_TO_QUEUE],
  [
    'as another service',
    { ...send, by: 's3', resourcePolicy: [grant(forRule, fromRule)], context: { 'aws:SourceArn': rule } },
    'implicit-deny',
    PRINCIPAL,
  ],
  [
    'for a bucket of the account',
    {
      ...send,
      by: 's3',
      resourcePolicy: [grant({ Service: 's3.amazonaws.com' }, fromBucket)],
      context: { 'aws:SourceArn': 'arn:aws:s3:::bucket', 'aws:SourceAccount': account },
    },
    'allowed',
    S3_TO_QUEUE,
  ],
  [
    'for a bucket of another account',
    {
      ...send,
      by: 's3',
      resourcePolicy: [grant({ Service: 's3.amazonaws.com' }, fromBucket)],
      context: { 'aws:SourceArn': 'arn:aws:s3:::bucket', 'aws:SourceAccount': '444455556666' },
    },
    'implicit-deny',
    CONFUSED_DEPUTY,
  ],
  ['without a policy of the resource', { ...send, by: 'events', identity: [allow('*')] }, 'implicit-deny', EVENTS_TO_QUEUE],
  [
    'where the account is named, not the service',
    { ...send, by: 'events', resourcePolicy: [grant({ AWS: root }, { Action: 'sqs:*' })] },
    'implicit-deny',
    PRINCIPAL,
  ],
  [
    'a role, where the service is named',
    { ...send, resourcePolicy: [grant(forRule, fromRule)], context: { 'aws:SourceArn': rule } },
    'implicit-deny',
    PRINCIPAL,
  ],
  [
    'whatever identity policies say',
    { ...send, by: 'events', identity: [deny('*')], resourcePolicy: [grant(forRule, fromRule)], context: { 'aws:SourceArn': rule } },
    'allowed',
    EVENTS_TO_QUEUE,
  ],
  [
    'denied beside the Allow',
    {
      ...send,
      by: 'events',
      resourcePolicy: [grant(forRule, fromRule), grant(forRule, { Effect: 'Deny', Action: 'sqs:*' })],
      context: { 'aws:SourceArn': rule },
    },
    'explicit-deny',
    DENIES,
  ],
];

const key = { action: 'kms:Decrypt', resource: `arn:aws:kms:eu-west-1:${account}:key/1`, mustAllow: true } as const;
const elsewhere = { resourceAccount: account, by: 'stranger' } as const;
const strangersAccount = { AWS: '444455556666' };
const mandatory: DecisionCase[] = [
  [
    'a key policy is silent',
    { ...key, identity: [allow('kms:*')], resourcePolicy: [grant({ AWS: user }, { Action: 'kms:*' })] },
    'implicit-deny',
    DECISION,
  ],
  [
    'a key policy leaves it to the account',
    { ...key, identity: [allow('kms:*')], resourcePolicy: [grant({ AWS: root }, { Action: 'kms:*' })] },
    'allowed',
    KEY_POLICY,
  ],
  [
    'a key policy leaves it to the account, which is silent',
    { ...key, resourcePolicy: [grant({ AWS: root }, { Action: 'kms:*' })] },
    'implicit-deny',
    KEY_POLICY,
  ],
  ['a key policy names the role', { ...key, resourcePolicy: [grant({ AWS: role }, { Action: 'kms:Decrypt' })] }, 'allowed', KEY_POLICY],
  [
    'a key policy is silent about the root user',
    { ...key, by: 'root', resourcePolicy: [grant({ AWS: role }, { Action: 'kms:*' })] },
    'implicit-deny',
    KEY_POLICY,
  ],
  [
    'another account: both allow',
    { ...elsewhere, identity: [allow('*')], resourcePolicy: [grant(strangersAccount)] },
    'allowed',
    CROSS_ACCOUNT,
  ],
  ['another account: only identity allows', { ...elsewhere, identity: [allow('*')] }, 'implicit-deny', CROSS_ACCOUNT],
  [
    'another account: only the resource allows',
    { ...elsewhere, resourcePolicy: [grant({ AWS: callers.stranger.arn })] },
    'implicit-deny',
    CROSS_ACCOUNT,
  ],
  [
    'another account: everyone is allowed',
    { ...elsewhere, resourcePolicy: [grant('*')] },
    'implicit-deny',
    `${PRINCIPAL}#principal-anonymous`,
  ],
  [
    'another account: its boundary is silent',
    { ...elsewhere, identity: [allow('*')], boundary: [allow('sqs:*')], resourcePolicy: [grant(strangersAccount)] },
    'implicit-deny',
    CROSS_ACCOUNT,
  ],
];

testDecisions('a service calls', services);
testDecisions('the resource must allow', mandatory);

test('a trust policy lets a service assume the role, and nobody else', () => {
  const trust = parsePolicy(
    'Trust',
    { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' } },
    'trust',
  );
  const may = (principal: Caller) =>
    decide(
      { action: 'sts:AssumeRole', resource: role, context: {}, principal },
      { identity: [], resource: trust, resourcePolicyMustAllow: true },
    ).allowed;
  expect([may({ kind: 'service', name: 'lambda.amazonaws.com' }), may(callers.events), may(callers.root)]).toEqual([true, false, false]);
});
