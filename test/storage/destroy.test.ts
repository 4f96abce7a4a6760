import { App } from 'aws-cdk-lib';
import { EMPTIED_BY, EMPTY_BUCKET } from '../../lambdas/storage/empty-bucket.contract.ts';
import { AccountStack } from '../../lib/stacks/account.stack.ts';
import { STAGE_NAMES } from '../../lib/stage-config.ts';
import { stageConfig } from '../../lib/stages.ts';
import { resourcesOf, type StackResource } from '../support/stack-resources.ts';
import { appOf } from '../support/templates.ts';
import { remainsOf } from './remains.ts';

/** With all that a stage may have, so that nothing is overlooked. */
const WITH_ALL = {
  alarmEmail: 'ops@example.com',
  emailSender: 'manuel@example.com',
  ipAllowlist: ['203.0.113.0/24'],
  signInDomain: { prefix: 'manuel-test', callbackUrls: ['https://app.example.com/'], logoutUrls: ['https://app.example.com/'] },
};
const resources = Object.fromEntries(STAGE_NAMES.map((name) => [name, resourcesOf(appOf({ ...stageConfig(name), ...WITH_ALL }).app)]));

const BACKUP = 'a last backup, free, for 35 days';
const MAIL_ROLE = "the account's service-linked role for Cognito's mail";
const WAF_ROLE = "the account's service-linked role for WAF's logs";
const inStage = (name: string, ...names: string[]) => names.map((each) => `Manuel-${name}-${each}`);
const tables = (name: string) => inStage(name, 'storage/ManualsTable', 'storage/UsageTable', 'storage/JobsTable');

/** What AWS keeps by itself is no resource of ours any more. A stage without a sender leaves no role for mail. */
test.each([
  ['dev', {}],
  ['preview', { [WAF_ROLE]: inStage('preview', 'waf/WebAclLogging') }],
  [
    'staging',
    {
      [WAF_ROLE]: inStage('staging', 'waf/WebAclLogging'),
      'waits 30 days, unusable and free, in which it can be restored': inStage('staging', 'dead-letter/MessageKey'),
    },
  ],
])('a destroyed %s leaves what AWS keeps for its own time, and nothing else', (name, others) => {
  expect(remainsOf(resources[name] ?? [])).toEqual({
    [BACKUP]: tables(name),
    [MAIL_ROLE]: inStage(name, 'cognito/UserPool'),
    ...others,
  });
});

test('a destroyed prod leaves what users have entrusted to it, who they are, its key and its logs', () => {
  const { 'kept by its stack': kept = [], ...others } = remainsOf(resources['prod'] ?? []);
  expect(others).toEqual({ [WAF_ROLE]: inStage('prod', 'waf/WebAclLogging') });
  expect(kept.filter((each) => !/Logs?$/.test(each)).sort()).toEqual(
    [
      ...tables('prod'),
      ...inStage('prod', 'storage/ManualsBucket', 'storage/RecordingsBucket', 'cognito/UserPool', 'dead-letter/MessageKey'),
      ...inStage('prod', ...['DataSource', 'KnowledgeBase', 'VectorBucket', 'VectorIndex'].map((part) => `knowledge-base/Manuals${part}`)),
    ].sort(),
  );
  const logs = (resources['prod'] ?? []).filter(({ type }) => type === 'AWS::Logs::LogGroup').map(({ name }) => name);
  // The web ACL's has a name that the next deployment takes again.
  expect(kept.filter((each) => /Logs?$/.test(each)).sort()).toEqual(logs.filter((each) => each !== 'Manuel-prod-waf/WebAclLogs').sort());
});

test('where data is kept no bucket names a custom resource that may empty it, not even one that is being removed', () => {
  const buckets = (name: string) => JSON.stringify(resources[name]?.filter(({ type }) => type === 'AWS::S3::Bucket'));
  expect(buckets('dev')).toContain(EMPTIED_BY);
  expect(buckets('prod')).not.toContain(EMPTIED_BY);
  expect(resources['prod']?.filter(({ type }) => type === EMPTY_BUCKET)).toEqual([]);
});

test('the account keeps its role for logs, whatever becomes of the stack', () => {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  new AccountStack(app, 'Manuel-Account', { env: { region: 'eu-west-1' } });
  expect(remainsOf(resourcesOf(app))).toEqual({
    'kept by its stack': ['Manuel-Account/ApiGatewayLogsRole', 'Manuel-Account/ApiGatewayAccount'],
  });
});

/** What would go unnoticed until somebody destroys a stage. */
describe('something that would stay is found', () => {
  const dev = resources['dev'] ?? [];
  const changed = (name: string, change: (resource: StackResource) => StackResource) =>
    remainsOf(dev.map((resource) => (resource.name === name ? change(resource) : resource)));
  const bucket = 'Manuel-dev-storage/ManualsBucket';

  test.each<[string, string, (resource: StackResource) => StackResource, string, string]>([
    [
      'a bucket that names no custom resource',
      bucket,
      (resource) => ({ ...resource, properties: { ...resource.properties, Tags: [] } }),
      'not empty, so S3 keeps it',
      bucket,
    ],
    [
      'one whose custom resource outlives the policy that it needs',
      'Manuel-dev-storage/EmptyBucketManuals',
      (resource) => ({ ...resource, dependsOn: [] }),
      'not empty, so S3 keeps it',
      bucket,
    ],
    [
      'a function that logs where Lambda likes',
      'Manuel-dev-api/QueryFunction',
      (resource) => ({ ...resource, properties: {} }),
      'a log group that Lambda made',
      'Manuel-dev-api/QueryFunction',
    ],
    [
      'a log group without the stage’s policy',
      'Manuel-dev-api/QueryFunctionLogs',
      (resource) => ({ ...resource, deletionPolicy: 'Retain' }),
      'kept by its stack',
      'Manuel-dev-api/QueryFunctionLogs',
    ],
  ])('%s', (_case, name, change, what, found) => {
    expect(changed(name, change)[what]).toEqual([found]);
  });
});
