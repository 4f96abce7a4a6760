import type { Template } from 'aws-cdk-lib/assertions';
import { Match } from 'aws-cdk-lib/assertions';
import type { StageName } from '../../lib/stage-config.ts';
import { stageConfig } from '../../lib/stages.ts';
import { templatesOf } from '../support/templates.ts';

const ALARM_EMAIL = 'ops@example.com';
/** Preview is as dev here. */
const STAGES: readonly StageName[] = ['dev', 'staging', 'prod'];
const stages = Object.fromEntries(
  STAGES.map((name) => [name, templatesOf({ ...stageConfig(name), ...(name !== 'dev' && { alarmEmail: ALARM_EMAIL }) })]),
);

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const queuesOf = (template: Template | undefined) =>
  Object.values(template?.findResources('AWS::SQS::Queue') ?? {}).map(({ Properties }) => Properties as Record<string, unknown>);

function templatesOfStage(name: StageName) {
  const templates = stages[name];
  if (!templates) throw new Error(`there is no stage ${name}`);
  return templates;
}

describe.each(['staging', 'prod'] as const)('%s', (name) => {
  const { api, 'dead-letter': deadLetter } = templatesOfStage(name);
  const ofThisAccount = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
  const use = ['kms:Decrypt', 'kms:GenerateDataKey'];

  test('has one key, which is rotated and goes or stays as the stage’s data does', () => {
    deadLetter.resourceCountIs('AWS::KMS::Key', 1);
    const policy = stageConfig(name).retainData ? 'Retain' : 'Delete';
    deadLetter.hasResource('AWS::KMS::Key', { DeletionPolicy: policy, Properties: { EnableKeyRotation: true } });
    deadLetter.hasResourceProperties('AWS::KMS::Alias', { AliasName: `alias/Manuel-${name}-dead-letter-messages` });
    expect(Object.keys(deadLetter.findResources('AWS::KMS::Key'))).toEqual(['MessageKeyE0A8F607']);
  });

  test('lets rules and alarms of this account use it, and leaves the rest to the account', () => {
    const [key] = Object.values(deadLetter.findResources('AWS::KMS::Key'));
    const service = (Service: string) => ({
      Effect: 'Allow',
      Action: use,
      Principal: { Service },
      Resource: '*',
      Condition: ofThisAccount,
    });
    expect(key?.['Properties'].KeyPolicy.Statement).toEqual([
      expect.objectContaining({
        Action: 'kms:*',
        Principal: { AWS: { 'Fn::Join': ['', ['arn:aws:iam::', { Ref: 'AWS::AccountId' }, ':root']] } },
      }),
      expect.objectContaining(service('events.amazonaws.com')),
      expect.objectContaining(service('cloudwatch.amazonaws.com')),
    ]);
  });

  test('encrypts every queue and topic by it, and asks for new data keys seldom enough to cost next to nothing', () => {
    const arn = { 'Fn::GetAtt': ['MessageKeyE0A8F607', 'Arn'] };
    for (const queue of queuesOf(deadLetter)) expect(queue).toMatchObject({ KmsMasterKeyId: arn, KmsDataKeyReusePeriodSeconds: 3600 });
    for (const queue of queuesOf(api)) {
      const shared = { 'Fn::GetStackOutput': { StackName: `Manuel-${name}-dead-letter`, OutputName: expect.stringMatching(/MessageKey/) } };
      expect(queue).toMatchObject({ KmsMasterKeyId: shared, KmsDataKeyReusePeriodSeconds: 3600 });
    }
    deadLetter.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: arn });
  });

  test('lets each function use it as its queues demand, and no further', () => {
    const uses = Object.entries(api.findResources('AWS::IAM::Policy')).flatMap(([id, { Properties }]) =>
      (Properties.PolicyDocument.Statement as Statement[])
        .filter(({ Action }) => [Action].flat().some((action) => action.startsWith('kms:')))
        .map(({ Action, Resource }) => {
          expect(Resource).toMatchObject({ 'Fn::GetStackOutput': { OutputName: expect.stringMatching(/MessageKey/) } });
          return [id.replace(/RoleDefaultPolicy.*/, ''), [Action].flat()];
        }),
    );
    expect(Object.fromEntries(uses)).toEqual({
      ManualsDeletion: use,
      ManualsFunction: use,
      ManualsImport: use,
      ManualsIngestion: use,
      ManualsReadiness: use,
      SpendFunction: use,
      TranscribeCompletion: ['kms:Decrypt'],
      TranscribeRecording: ['kms:Decrypt'],
    });
  });
});

describe('dev', () => {
  const { api, 'dead-letter': deadLetter } = templatesOfStage('dev');

  test('has no key: its queues are encrypted by SQS, its topic is not, since alarms could not reach it', () => {
    for (const template of [api, deadLetter]) {
      template.resourceCountIs('AWS::KMS::Key', 0);
      expect(JSON.stringify(template.toJSON())).not.toMatch(/kms/i);
      for (const queue of queuesOf(template)) expect(queue['SqsManagedSseEnabled'] ?? true).toBe(true);
    }
    deadLetter.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.absent() });
  });
});

describe.each(STAGES)('alerts of %s', (name) => {
  const { 'dead-letter': deadLetter } = templatesOfStage(name);

  test('come from alarms of this account, over TLS', () => {
    const [policy, ...others] = Object.values(deadLetter.findResources('AWS::SNS::TopicPolicy'));
    expect(others).toEqual([]);
    const topic = { Ref: 'Alerts91F83244' };
    const publishing = { Action: 'sns:Publish', Resource: topic };
    expect(policy?.['Properties'].PolicyDocument.Statement).toEqual([
      expect.objectContaining({ ...publishing, Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({
        ...publishing,
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    ]);
    expect(policy?.['Properties'].Topics).toEqual([topic]);
  });

  test('are mailed to whoever the stage names', () => {
    const subscriptions = Object.values(deadLetter.findResources('AWS::SNS::Subscription')).map(({ Properties }) => Properties);
    const mail = { TopicArn: { Ref: 'Alerts91F83244' }, Protocol: 'email', Endpoint: ALARM_EMAIL };
    expect(subscriptions).toEqual(name === 'dev' ? [] : [mail]);
  });
});
