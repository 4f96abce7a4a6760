import { Template } from 'aws-cdk-lib/assertions';
import { textModel } from '../../lambdas/query/models.contract.ts';
import { stageConfig } from '../../lib/stages.ts';
import { type PolicyStatement, statementsOf } from '../support/policy-statements.ts';
import { reviewStatement } from '../support/statement-review.ts';
import { templatesOf } from '../support/templates.ts';

const dev = stageConfig('dev');
/** Every statement of a stage, with and without what can be switched on. */
const statements = [dev, { ...dev, tracing: true, retainData: true, malwareScan: true, customerManagedKey: true }].flatMap((config) => {
  const templates = Object.entries(templatesOf(config)).map(([name, template]) => [`Manuel-${config.name}-${name}`, template]);
  return statementsOf(Object.fromEntries(templates));
});

/** The wildcards that remain in the resources of what is allowed, with the reason of each. */
const WILDCARDS: Readonly<Record<string, string>> = {
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html
  '*':
    'X-Ray’s actions apply to no resource, nor does CloudWatch’s GetMetricData, by which the day’s cost is summed, ' +
    'nor does starting a transcription, which is bound to the bucket of recordings instead.',
  ...Object.fromEntries(
    dev.models.allowed.map((name) => [
      `arn:aws:bedrock:eu-*::foundation-model/${textModel(name).foundationModel}`,
      'The European inference profile routes to whichever of its regions has room; only through it may the model be invoked.',
    ]),
  ),
  'arn:aws:events:eu-west-1:123456789012:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*':
    'The rule by which GuardDuty learns what has arrived, which it names itself.',
  'arn:aws:logs:eu-west-1:123456789012:log-group:name:*': 'The streams of a function’s own log group, which Lambda names.',
  'arn:aws:s3:::name/*': 'All that a bucket holds goes with the stack, where the stage does not keep its data.',
  'arn:aws:s3:::name/audio/*': 'Recordings, of whichever user, under the one prefix that Transcribe reads.',
  'arn:aws:s3:::name/incoming/*': 'Uploads, of whichever user, under the one prefix that forms can write.',
  'arn:aws:s3:::name/manuals/*': 'Manuals, of whichever user, under the one prefix that only the ingestion worker writes.',
  'arn:aws:s3:::name/recordings/*': 'Uploaded recordings, of whichever user, under the one prefix that forms can write.',
  'arn:aws:s3:::name/transcripts/*': 'Transcripts, by job, under the one prefix that Transcribe writes.',
  'arn:aws:transcribe:eu-west-1:123456789012:transcription-job/manuel-dev-*':
    'Transcribe’s jobs of this stage, whose names follow from ours.',
};

async function findingsOf(reviewed: readonly PolicyStatement[]): Promise<string[]> {
  const findings = await Promise.all(reviewed.map(async (statement) => ({ statement, found: await reviewStatement(statement) })));
  return findings.flatMap(({ statement, found }) => found.map((finding) => `${statement.where}: ${finding}`));
}

function wildcardsOf(reviewed: readonly PolicyStatement[]): string[] {
  const resources = reviewed.filter(({ elements }) => elements['Effect'] !== 'Deny').flatMap((statement) => statement.resources);
  return [...new Set(resources.filter((resource) => /[*?]/.test(resource)))].sort();
}

test('every statement names actions that there are, each with resources and condition keys that it knows', async () => {
  expect(statements.length).toBeGreaterThan(100);
  expect(await findingsOf(statements)).toEqual([]);
});

test('every wildcard that remains has its reason', () => {
  expect(wildcardsOf(statements)).toEqual(Object.keys(WILDCARDS).sort());
});

describe('a statement', () => {
  const resource = (Type: string, Properties: object = {}) => ({ Type, Properties });
  /** The statements of a template with one policy, beside a table, a bucket and a queue. */
  const statementsIn = (policy: object) =>
    statementsOf({
      Stack: Template.fromJSON({
        Resources: {
          Table: resource('AWS::DynamoDB::Table'),
          Bucket: resource('AWS::S3::Bucket'),
          Queue: resource('AWS::SQS::Queue'),
          Policy: policy,
        },
        Outputs: { Queue: { Value: arnOf('Queue') } },
      }),
    });
  const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
  const OBJECTS = { 'Fn::Join': ['', [arnOf('Bucket'), '/incoming/*']] };
  const OWN_ACCOUNT = { 'Fn::Join': ['', ['arn:aws:iam::', { Ref: 'AWS::AccountId' }, ':root']] };
  const policyOf = (statement: object) =>
    resource('AWS::IAM::Policy', { PolicyDocument: { Statement: [{ Effect: 'Allow', ...statement }] } });

  const CASES: readonly (readonly [name: string, statement: object, findings: readonly string[]])[] = [
    [
      'with an action that there is not',
      { Action: 'dynamodb:GetItems', Resource: arnOf('Table') },
      ['There is no action dynamodb:GetItems.'],
    ],
    ['of a service that there is not', { Action: 'dynamo:GetItem', Resource: arnOf('Table') }, ['There is no action dynamo:GetItem.']],
    ['with a wildcard for no action', { Action: 's3:Fetch*', Resource: OBJECTS }, ['There is no action s3:Fetch*.']],
    ['with a wildcard for some', { Action: 's3:GetObjectV*', Resource: OBJECTS }, []],
    ['for a whole service', { Action: 'dynamodb:*', Resource: arnOf('Table') }, ['dynamodb:* allows everything.']],
    [
      'for a whole service, to the account, whose own policies then decide',
      { Action: 'dynamodb:*', Resource: arnOf('Table'), Principal: { AWS: OWN_ACCOUNT } },
      [],
    ],
    [
      'for a whole service, to the account and a role',
      { Action: 'dynamodb:*', Resource: arnOf('Table'), Principal: { AWS: [OWN_ACCOUNT, 'arn:aws:iam::123456789012:role/name'] } },
      ['dynamodb:* allows everything.'],
    ],
    ['for everything', { Action: '*', Resource: '*' }, ['* allows everything.']],
    ['without a resource', { Action: 'dynamodb:GetItem' }, ['There is no resource.']],
    ['with every resource', { Action: 'dynamodb:GetItem', Resource: '*' }, ['dynamodb:GetItem need not be for every resource.']],
    ['with every resource where the metrics of all stages are one', { Action: 'cloudwatch:GetMetricData', Resource: '*' }, []],
    ['with every resource where there is none', { Action: ['xray:PutTraceSegments'], Resource: '*' }, []],
    [
      'with every resource where one action has some',
      { Action: ['xray:PutTraceSegments', 'sqs:SendMessage'], Resource: ['*'] },
      ['sqs:SendMessage need not be for every resource.'],
    ],
    [
      'with a resource where there is none',
      { Action: 'xray:PutTraceSegments', Resource: arnOf('Table') },
      ['xray:PutTraceSegments cannot be for arn:aws:dynamodb:eu-west-1:123456789012:table/name.'],
    ],
    [
      'with the resource of another service, even of another stack',
      { Action: 's3:PutObject', Resource: { 'Fn::GetStackOutput': { StackName: 'Stack', OutputName: 'Queue' } } },
      ['s3:PutObject cannot be for arn:aws:sqs:eu-west-1:123456789012:name.'],
    ],
    [
      'that mixes buckets and objects',
      { Action: ['s3:ListBucket', 's3:GetObject'], Resource: [arnOf('Bucket'), OBJECTS] },
      ['s3:ListBucket cannot be for arn:aws:s3:::name/incoming/*.', 's3:GetObject cannot be for arn:aws:s3:::name.'],
    ],
    [
      'with wildcards that could become its resource',
      { Action: 'dynamodb:Query', Resource: ['arn:*:table/*', 'arn:aws:dynamodb:*:*:t?ble/a'] },
      [],
    ],
    [
      'with wildcards that could not',
      { Action: 'dynamodb:Query', Resource: ['arn:aws:dynamodb:*:stream/*', 'arn:aws:dynamodb:*:*:?able/'] },
      ['dynamodb:Query cannot be for arn:aws:dynamodb:*:stream/*.', 'dynamodb:Query cannot be for arn:aws:dynamodb:*:*:?able/.'],
    ],
    [
      'with a condition key that there is not',
      { Action: 'dynamodb:GetItem', Resource: arnOf('Table'), Condition: { StringEquals: { 'aws:SourceAcount': '1' } } },
      ['dynamodb:GetItem has no condition key aws:SourceAcount.'],
    ],
    [
      'with a condition key that one of its actions has not',
      { Action: ['s3:PutObject', 's3:GetObject'], Resource: OBJECTS, Condition: { Null: { 's3:x-amz-acl': 'true' } } },
      ['s3:GetObject has no condition key s3:x-amz-acl.'],
    ],
    [
      'with condition keys that every request has, or its resource',
      {
        Action: 'dynamodb:GetItem',
        Resource: arnOf('Table'),
        Condition: { Null: { 'AWS:sourceaccount': 'true', 'aws:ResourceTag/stage': 'true' } },
      },
      [],
    ],
    [
      'by what it does not name',
      { NotAction: 'iam:*', NotResource: arnOf('Table'), NotPrincipal: '*' },
      [
        'NotAction allows whatever it does not name.',
        'NotResource allows whatever it does not name.',
        'NotPrincipal allows whatever it does not name.',
      ],
    ],
    [
      'that denies',
      { Effect: 'Deny', Action: ['*', 's3:*'], Resource: OBJECTS, Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } },
      [],
    ],
    ['that denies all but some', { Effect: 'Deny', NotAction: 's3:GetObject', NotResource: OBJECTS }, []],
    [
      'that denies by a condition key that there is not',
      { Effect: 'Deny', Action: 'sqs:*', Resource: arnOf('Queue'), Condition: { Bool: { 'sqs:TlsVersion': 'false' } } },
      ['sqs:* has no condition key sqs:TlsVersion.'],
    ],
  ];
  test.each(CASES)('%s', async (_, statement, findings) => {
    expect(await findingsOf(statementsIn(policyOf(statement)))).toEqual(findings.map((finding) => `Policy: ${finding}`));
  });

  const wrong = { Effect: 'Allow', Action: 's3:Fetch', Resource: arnOf('Bucket') };
  test.each([
    ['a role’s trust', resource('AWS::IAM::Role', { AssumeRolePolicyDocument: { Statement: [{ ...wrong, Principal: '*' }] } })],
    ['a role’s own policy', resource('AWS::IAM::Role', { Policies: [{ PolicyDocument: { Statement: [wrong] } }] })],
    ['a bucket’s policy', resource('AWS::S3::BucketPolicy', { PolicyDocument: { Statement: [{ ...wrong, Principal: '*' }] } })],
    [
      'a statement under a condition of the template',
      resource('AWS::IAM::Policy', { PolicyDocument: { Statement: [{ 'Fn::If': ['Condition', wrong, { Ref: 'AWS::NoValue' }] }] } }),
    ],
    ['a function’s permission', resource('AWS::Lambda::Permission', { Action: 's3:Fetch', Principal: 'x', FunctionName: arnOf('Bucket') })],
  ])('is found in %s', async (_, policy) => {
    expect(await findingsOf(statementsIn(policy))).toEqual(['Policy: There is no action s3:Fetch.']);
  });

  test('is asked for its wildcards when it allows', () => {
    const found = (statement: object) => wildcardsOf(statementsIn(policyOf({ Action: 's3:PutObject', ...statement })));
    expect(found({ Resource: [OBJECTS, arnOf('Bucket')] })).toEqual(['arn:aws:s3:::name/incoming/*']);
    expect(found({ Resource: 'arn:aws:s3:::name/?' })).toEqual(['arn:aws:s3:::name/?']);
    expect(found({ Resource: OBJECTS, Effect: 'Deny' })).toEqual([]);
  });

  test('is not guessed at', () => {
    const statement = { Action: 's3:PutObject', Resource: { 'Fn::ImportValue': 'bucket' } };
    expect(() => statementsIn(policyOf(statement))).toThrow('What ARN is {"Fn::ImportValue":"bucket"}?');
  });
});
