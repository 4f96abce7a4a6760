import { spendContract } from '../../lambdas/spend/spend.contract.ts';
import { EMPTY_BUCKET } from '../../lambdas/storage/empty-bucket.contract.ts';
import type { StackResource } from '../support/stack-resources.ts';
import type { Use } from './prices.ts';

const DAYS = 30;
const MINUTES = DAYS * 24 * 60;

/**
 * Lambda asks a queue over five connections, for up to 20 s at a time, whether or not anything is in it: 648,000 times a month. Where there
 * is little to do it may come down to two, but not for an event source whose concurrency is limited, as ours are
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
 */
const POLLERS = { ofLimited: 5, ofOthers: 2 };
const POLL_SECONDS = 20;
/** A queue with a key of ours asks for a data key once an hour while it is polled (`lib/platform/message-encryption.ts`), of 31 days at most. */
const DATA_KEYS = 744;
/** https://aws.amazon.com/cloudwatch/pricing/ */
const MOST_METRICS_OF_A_SMALL_DASHBOARD = 50;

/** What one run of a function takes that a schedule runs, by the function's contract. */
interface Run {
  readonly seconds: number;
  readonly logBytes: number;
  readonly tableWrites: number;
  /** At most: of a search as many as it finds, and nothing that was last sent over two weeks ago. */
  readonly metricsRead: number;
}

const RUNS: Readonly<Record<string, Run>> = {
  // Cost arises in three operations with the one model that answers, as far as a stage is not told to use others.
  [spendContract.name]: { seconds: 0.5, logBytes: 2000, tableWrites: 1, metricsRead: 3 },
};

/** What a resource uses in a month in which nobody uses the stage. */
type Idle = (resource: StackResource, all: readonly StackResource[]) => readonly Use[];

const CHARGED: Readonly<Record<string, Idle>> = {
  'AWS::WAFv2::WebACL': ({ properties: { Rules } }) => [
    { meter: 'webAcl', quantity: 1, what: 'web ACL' },
    { meter: 'webAclRule', quantity: listOf(Rules).length, what: 'its rules and groups of rules' },
  ],
  'AWS::KMS::Key': () => [{ meter: 'key', quantity: 1, what: 'key of queues and topics' }],
  'AWS::SecretsManager::Secret': () => [{ meter: 'secret', quantity: 1, what: 'secret' }],
  'AWS::CloudWatch::Alarm': ({ properties: { Metrics } }) => [
    {
      meter: 'alarmMetric',
      quantity: Metrics === undefined ? 1 : listOf(Metrics).filter((metric) => 'MetricStat' in Object(metric)).length,
      what: 'metrics that alarms watch',
    },
  ],
  'AWS::CloudWatch::Dashboard': ({ properties: { DashboardBody } }) => {
    const metrics = dashboardMetrics(DashboardBody);
    const isSmall = metrics <= MOST_METRICS_OF_A_SMALL_DASHBOARD;
    return [{ meter: isSmall ? 'smallDashboard' : 'largeDashboard', quantity: 1, what: `dashboard of ${metrics} metrics` }];
  },
  'AWS::Lambda::EventSourceMapping': ({ properties: { EventSourceArn, ScalingConfig } }, all) => [
    {
      meter: 'queueRequest',
      quantity: ((ScalingConfig ? POLLERS.ofLimited : POLLERS.ofOthers) * MINUTES * 60) / POLL_SECONDS,
      what: 'polls of idle queues by functions',
    },
    ...(isEncryptedByOurKey(EventSourceArn, all)
      ? [{ meter: 'keyRequest' as const, quantity: DATA_KEYS, what: 'data keys of polled queues' }]
      : []),
  ],
  'AWS::Events::Rule': (rule, all) => (typeof rule.properties['ScheduleExpression'] === 'string' ? runsOf(rule, all) : []),
};

/** What is charged for by use, or not at all; and why nothing of it is used. */
const FREE_WHILE_IDLE: readonly (readonly [why: string, ...types: string[]])[] = [
  ['no request', 'AWS::ApiGateway::RestApi', 'AWS::ApiGateway::Stage'],
  [
    'a part of the API',
    ...['Authorizer', 'Deployment', 'GatewayResponse', 'Method', 'Model', 'RequestValidator', 'Resource'].map(
      (part) => `AWS::ApiGateway::${part}`,
    ),
  ],
  ['no run but those of schedules, which are counted with their rules', 'AWS::Lambda::Function'],
  ['a setting of a function', 'AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::Permission'],
  ['no message, but for polls, which are counted with what polls', 'AWS::SQS::Queue'],
  ['no notification, no mail', 'AWS::SNS::Topic', 'AWS::SNS::Subscription'],
  ['written and stored lines are counted with what runs', 'AWS::Logs::LogGroup'],
  ['on demand, of 25 GB that are free; point-in-time recovery is charged by their size', 'AWS::DynamoDB::Table'],
  ['nothing stored, nothing asked', 'AWS::S3::Bucket', 'AWS::S3Vectors::VectorBucket', 'AWS::S3Vectors::Index'],
  ['no model is called, and the store is charged for by itself', 'AWS::Bedrock::KnowledgeBase', 'AWS::Bedrock::DataSource'],
  ['10,000 users a month are free', 'AWS::Cognito::UserPool', 'AWS::Cognito::UserPoolClient', 'AWS::Cognito::UserPoolDomain'],
  ['a part of the pages of the user pool', 'AWS::Cognito::ManagedLoginBranding'],
  ['charged by what it scans', 'AWS::GuardDuty::MalwareProtectionPlan'],
  ['runs when its stack is deployed or deleted', EMPTY_BUCKET],
  ['a name or a link', 'AWS::KMS::Alias', 'AWS::WAFv2::WebACLAssociation', 'AWS::WAFv2::LoggingConfiguration', 'AWS::WAFv2::IPSet'],
  ['IAM is free', 'AWS::IAM::Role', 'AWS::IAM::Policy'],
  ['policies are free', 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy', 'AWS::S3::BucketPolicy', 'AWS::Logs::ResourcePolicy'],
];
const FREE = new Set(FREE_WHILE_IDLE.flatMap(([, ...types]) => types));

/** What a stage uses in a month of 30 days in which nobody uses it. Throws for types of which it is not known what they cost. */
export function idleUses(resources: readonly StackResource[]): Use[] {
  const unknown = [...new Set(resources.map(({ type }) => type))].filter((type) => !FREE.has(type) && !Object.hasOwn(CHARGED, type));
  if (unknown.length > 0) throw new Error(`Nothing says what these cost while they are idle: ${unknown.sort().join(', ')}.`);
  return resources.flatMap((resource) => CHARGED[resource.type]?.(resource, resources) ?? []);
}

/** What a schedule's runs take, of each function that it runs. */
function runsOf({ name, stack, properties }: StackResource, all: readonly StackResource[]): Use[] {
  const times = MINUTES / minutesBetween(String(properties['ScheduleExpression']));
  const inStack = all.filter((resource) => resource.stack === stack && resource.type === 'AWS::Lambda::Function');
  return listOf(properties['Targets']).flatMap((target) => {
    const fn = inStack.find(({ logicalId }) => JSON.stringify(target).includes(`"${logicalId}"`));
    const contract = textAt(fn?.properties, 'Environment', 'Variables', 'FUNCTION');
    const run = RUNS[contract];
    if (!fn || !run) throw new Error(`Nothing says what a run of ${contract || 'the target'} takes, which ${name} runs by a schedule.`);
    const gigabytes = (run.logBytes * times) / 1e9;
    const what = `${times} runs of ${contract} by a schedule`;
    return [
      { meter: 'functionRequest', quantity: times, what },
      { meter: 'functionTime', quantity: (times * run.seconds * Number(fn.properties['MemorySize'])) / 1024, what },
      { meter: 'logsWritten', quantity: gigabytes, what },
      { meter: 'logsStored', quantity: (gigabytes * retentionDays(fn, all)) / DAYS, what },
      { meter: 'tableWrite', quantity: times * run.tableWrites, what },
      { meter: 'metricRead', quantity: times * run.metricsRead, what },
    ];
  });
}

function minutesBetween(schedule: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule) ?? [];
  const minutes = { minute: 1, hour: 60, day: 24 * 60 }[unit ?? ''];
  if (minutes === undefined) throw new Error(`How often ${schedule} runs is not known.`);
  return Number(count) * minutes;
}

function retentionDays(fn: StackResource, all: readonly StackResource[]): number {
  const group = textAt(fn.properties, 'LoggingConfig', 'LogGroup', 'Ref');
  const days = all.find(({ stack, logicalId }) => stack === fn.stack && logicalId === group)?.properties['RetentionInDays'];
  if (typeof days !== 'number') throw new Error(`How long the log of ${fn.name} is kept is not known.`);
  return days;
}

function isEncryptedByOurKey(queueArn: unknown, all: readonly StackResource[]): boolean {
  const queue = all.find(({ type, logicalId }) => type === 'AWS::SQS::Queue' && JSON.stringify(queueArn).includes(`"${logicalId}"`));
  if (!queue) throw new Error(`The queue of an event source is not in the templates: ${JSON.stringify(queueArn)}.`);
  return queue.properties['KmsMasterKeyId'] !== undefined;
}

/** How many metrics a dashboard names, each once, whatever is drawn of it. A search counts as one, however many it finds. */
function dashboardMetrics(body: unknown): number {
  const text = JSON.stringify(body);
  const named = text.match(/\[\\+"(AWS|Manuel)\/[^\]]*/g) ?? [];
  return new Set(named.map((metric) => metric.replace(/,\{\\+".*/, ''))).size + (text.match(/SEARCH\(/g) ?? []).length;
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`There should be a list in place of ${JSON.stringify(value)}.`);
  return value;
}

function textAt(value: unknown, ...path: readonly string[]): string {
  const found = path.reduce<unknown>((part, member) => (part as Readonly<Record<string, unknown>> | undefined)?.[member], value);
  return typeof found === 'string' ? found : '';
}
