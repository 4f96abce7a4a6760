// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables.
import { USER_GUIDE } from './iam-condition-cases.ts';
import { account, allow, type DecisionCase, testDecisions } from './iam-decision-cases.ts';

const ACTION = `${USER_GUIDE}/reference_policies_elements_action.html`;
const NOT_ACTION = `${USER_GUIDE}/reference_policies_elements_notaction.html`;
const RESOURCE = `${USER_GUIDE}/reference_policies_elements_resource.html`;
const NOT_RESOURCE = `${USER_GUIDE}/reference_policies_elements_notresource.html`;
const ARNS = `${USER_GUIDE}/reference-arns.html`;
const VARIABLES = `${USER_GUIDE}/reference_policies_variables.html`;
const DECISION = `${USER_GUIDE}/reference_policies_evaluation-logic_policy-eval-denyallow.html`;
const GRAMMAR = `${USER_GUIDE}/reference_policies_grammar.html`;

const mfaOnly = {
  Effect: 'Deny',
  NotAction: 'iam:*',
  Resource: '*',
  Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
};
const actions: DecisionCase[] = [
  ['no policy at all', {}, 'implicit-deny', DECISION],
  ['the action', { identity: [allow('s3:GetObject')] }, 'allowed', ACTION],
  ['another action', { identity: [allow('s3:PutObject')] }, 'implicit-deny', ACTION],
  ['one of several actions', { identity: [allow(['sqs:SendMessage', 's3:GetObject'])] }, 'allowed', ACTION],
  ['an action in other case', { identity: [allow('IAM:listaccesskeys')], action: 'iam:ListAccessKeys' }, 'allowed', ACTION],
  ['every action of a service', { identity: [allow('s3:*')] }, 'allowed', ACTION],
  ['every action of another service', { identity: [allow('s3:*')], action: 's3express:CreateSession' }, 'implicit-deny', ACTION],
  ['a star within an action', { identity: [allow('iam:*AccessKey*')], action: 'iam:UpdateAccessKey' }, 'allowed', ACTION],
  ['a star that does not reach', { identity: [allow('iam:*AccessKey')], action: 'iam:ListAccessKeys' }, 'implicit-deny', ACTION],
  ['a part of the action', { identity: [allow('s3:Get')] }, 'implicit-deny', ACTION],
  ['everything', { identity: [allow('*')] }, 'allowed', GRAMMAR],
  ['NotAction that lists another', { identity: [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }] }, 'allowed', NOT_ACTION],
  [
    'NotAction that lists it',
    { identity: [{ Effect: 'Allow', NotAction: ['iam:*', 's3:Get*'], Resource: '*' }] },
    'implicit-deny',
    NOT_ACTION,
  ],
  [
    'NotAction for the resource "*"',
    {
      identity: [{ Effect: 'Allow', NotAction: 's3:DeleteBucket', Resource: 'arn:aws:s3:::*' }],
      action: 's3:ListAllMyBuckets',
      resource: '*',
    },
    'implicit-deny',
    NOT_ACTION,
  ],
  [
    'Deny of NotAction, not listed',
    {
      identity: [allow('*'), mfaOnly],
      context: { 'aws:MultiFactorAuthPresent': 'false' },
    },
    'explicit-deny',
    NOT_ACTION,
  ],
  [
    'Deny of NotAction, its condition unmet',
    {
      identity: [allow('*'), mfaOnly],
      context: { 'aws:MultiFactorAuthPresent': 'true' },
    },
    'allowed',
    NOT_ACTION,
  ],
];

const payrollOnly = { Effect: 'Deny', Action: 's3:*', NotResource: ['arn:aws:s3:::HRBucket/Payroll', 'arn:aws:s3:::HRBucket/Payroll/*'] };
const table = (name: string) => `arn:aws:dynamodb:us-east-2:${account}:table/${name}`;
const resources: DecisionCase[] = [
  ['the resource', { identity: [allow('*', 'arn:aws:s3:::bucket/key')] }, 'allowed', RESOURCE],
  ['a resource in other case', { identity: [allow('*', 'arn:aws:s3:::bucket/Key')] }, 'implicit-deny', RESOURCE],
  [
    'one of several resources',
    { identity: [allow('*', [table('books'), table('magazines')])], resource: table('magazines') },
    'allowed',
    RESOURCE,
  ],
  [
    'a table, not its index',
    { identity: [allow('*', table('books'))], resource: table('books/index/by-author') },
    'implicit-deny',
    RESOURCE,
  ],
  ['a bucket, not its objects', { identity: [allow('*', 'arn:aws:s3:::bucket')] }, 'implicit-deny', RESOURCE],
  [
    'a star beyond slashes',
    { identity: [allow('*', 'arn:aws:s3:::bucket/*/test/*')], resource: 'arn:aws:s3:::bucket/1/2/test/3/object.jpg' },
    'allowed',
    RESOURCE,
  ],
  [
    'a star for nothing',
    { identity: [allow('*', 'arn:aws:s3:::bucket/*/test/*')], resource: 'arn:aws:s3:::bucket//test/object.jpg' },
    'allowed',
    RESOURCE,
  ],
  [
    'a slash that is missing',
    { identity: [allow('*', 'arn:aws:s3:::bucket/*/test/*')], resource: 'arn:aws:s3:::bucket/test/object.jpg' },
    'implicit-deny',
    RESOURCE,
  ],
  ['a question mark', { identity: [allow('*', 'arn:aws:s3:::bucket/ke?')] }, 'allowed', RESOURCE],
  ['a question mark for nothing', { identity: [allow('*', 'arn:aws:s3:::bucket/key?')] }, 'implicit-deny', RESOURCE],
  [
    'an ARN that lacks its account',
    { identity: [allow('*', 'arn:aws:sqs:*:jobs')], resource: `arn:aws:sqs:eu-west-1:${account}:jobs` },
    'implicit-deny',
    ARNS,
  ],
  [
    'a star that ends a component reaches over colons',
    {
      identity: [allow('*', 'arn:aws:logs:eu-west-1:*:stream')],
      resource: `arn:aws:logs:eu-west-1:${account}:log-group:app:stream`,
    },
    'allowed',
    RESOURCE,
  ],
  [
    'a star within a component stops at a colon',
    { identity: [allow('*', 'arn:aws:logs:eu*3:log-group:app')], resource: `arn:aws:logs:eu-west-1:${account}:log-group:app` },
    'implicit-deny',
    RESOURCE,
  ],
  ['an incomplete ARN', { identity: [allow('*', 'arn:aws:sqs')], resource: `arn:aws:sqs:eu-west-1:${account}:jobs` }, 'allowed', ARNS],
  ['an incomplete ARN of another service', { identity: [allow('*', 'arn:aws:sqs')] }, 'implicit-deny', ARNS],
  [
    'NotResource that lists another',
    {
      identity: [allow('*'), payrollOnly],
    },
    'explicit-deny',
    NOT_RESOURCE,
  ],
  [
    'NotResource that lists it',
    {
      identity: [allow('*'), payrollOnly],
      resource: 'arn:aws:s3:::HRBucket/Payroll/may',
    },
    'allowed',
    NOT_RESOURCE,
  ],
  [
    'a variable',
    {
      identity: [allow('*', 'arn:aws:s3:::bucket/${aws:username}/*')],
      resource: 'arn:aws:s3:::bucket/ada/x',
      context: { 'aws:username': 'ada' },
    },
    'allowed',
    VARIABLES,
  ],
  [
    "a variable, somebody else's",
    {
      identity: [allow('*', 'arn:aws:s3:::bucket/${aws:username}/*')],
      resource: 'arn:aws:s3:::bucket/bob/x',
      context: { 'aws:username': 'ada' },
    },
    'implicit-deny',
    VARIABLES,
  ],
  [
    'a variable whose value has a wildcard',
    {
      identity: [allow('*', 'arn:aws:s3:::bucket/${aws:username}/*')],
      resource: 'arn:aws:s3:::bucket/bob/x',
      context: { 'aws:username': '*' },
    },
    'implicit-deny',
    VARIABLES,
  ],
  [
    'a variable without a value',
    { identity: [allow('*', 'arn:aws:s3:::bucket/${aws:username}*')], resource: 'arn:aws:s3:::bucket/' },
    'implicit-deny',
    `${VARIABLES}#policy-vars-no-value`,
  ],
  [
    'a variable without a value in NotResource',
    { identity: [{ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::${aws:username}/*' }] },
    'allowed',
    `${VARIABLES}#policy-vars-no-value`,
  ],
  [
    'a variable with a default',
    { identity: [allow('*', "arn:aws:s3:::${aws:PrincipalTag/team, 'company-wide'}/*")], resource: 'arn:aws:s3:::company-wide/x' },
    'allowed',
    `${VARIABLES}#policy-vars-default-values`,
  ],
];

testDecisions('actions', actions);
testDecisions('resources', resources);
