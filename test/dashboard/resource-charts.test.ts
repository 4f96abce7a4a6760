import { Duration } from 'aws-cdk-lib';
import type { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { ofEach } from '../../lib/dashboard/resource-charts.ts';
import { stageConfig } from '../../lib/stages.ts';
import type { MetricIdentity } from '../../local/cloudwatch/metric-store.ts';
import { readSearch } from '../../local/cloudwatch/search-expression.ts';
import { flat } from '../support/metrics.ts';
import { type StackName, templatesOf } from '../support/templates.ts';

const templates = templatesOf(stageConfig('prod'));

interface Output {
  readonly Value: { readonly Ref?: string; readonly 'Fn::GetAtt'?: readonly [logicalId: string, attribute: string] };
}
interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly query?: string;
    readonly metrics?: readonly (readonly { readonly expression?: string; readonly label?: string }[])[];
  };
}

/** As CloudFormation names a resource that has no name of its own. */
const nameOf = (stack: string, logicalId: string) => `Manuel-prod-${stack}-${logicalId}-1A2B3C4D5E6F`;
const namesOf = (stack: StackName, type: string) => Object.keys(templates[stack].findResources(type)).map((id) => nameOf(stack, id));

/** The name of what another stack has, where the dashboard asks for it. */
function deployedName(value: unknown): string {
  const { StackName: stackName, OutputName: outputName } =
    (value as { 'Fn::GetStackOutput'?: Record<string, string> })['Fn::GetStackOutput'] ?? {};
  if (stackName === undefined || outputName === undefined) return 'deployed';
  const stack = stackName.replace('Manuel-prod-', '') as StackName;
  const { Value } = templates[stack].toJSON()['Outputs'][outputName] as Output;
  return nameOf(stack, Value.Ref ?? Value['Fn::GetAtt']?.[0] ?? '');
}

function widgets(wordFor: (value: unknown) => string = deployedName): Widget[] {
  const [dashboard] = Object.values(templates.dashboard.findResources('AWS::CloudWatch::Dashboard'));
  return JSON.parse(flat(dashboard?.Properties.DashboardBody, wordFor)).widgets;
}
const searchesOf = (all: readonly Widget[]) =>
  all.flatMap(({ properties: { title = '', metrics = [] } }) =>
    metrics.flatMap(([row]) => (row?.expression?.startsWith('SEARCH(') ? [{ title, label: row.label ?? '', text: row.expression }] : [])),
  );
const searches = searchesOf(widgets());

const functions = { namespace: 'AWS/Lambda', dimension: 'FunctionName', names: namesOf('api', 'AWS::Lambda::Function') };
const workQueues = { namespace: 'AWS/SQS', dimension: 'QueueName', names: namesOf('api', 'AWS::SQS::Queue') };
const deadLetters = { namespace: 'AWS/SQS', dimension: 'QueueName', names: namesOf('dead-letter', 'AWS::SQS::Queue') };
const tables = { namespace: 'AWS/DynamoDB', dimension: 'TableName', names: namesOf('storage', 'AWS::DynamoDB::Table') };
const buckets = { namespace: 'AWS/S3', dimension: 'BucketName', names: namesOf('storage', 'AWS::S3::Bucket') };

/** What has the same words in its name: of another stage or account, or nearly one of ours. */
const neighboursOf = (name: string) => [
  name.replace('Manuel-prod', 'Manuel-dev'),
  name.replace('Manuel-prod', 'Manuel-prod-prod'),
  name.replace('Manuel-prod', 'Other-Manuel-prod'),
  name.replace('Manuel-prod', 'ManuelProd'),
  name.replaceAll('-', '_'),
  name.toLowerCase(),
  `${name}-2`,
  'Manuel-prod',
];

describe.each([
  ['Functions: invocations', functions, ['Invocations']],
  ['Functions: errors', functions, ['Errors']],
  ['Functions: throttles', functions, ['Throttles']],
  ['Functions: duration, p95', functions, ['Duration']],
  ['Functions: at the same time', functions, ['ConcurrentExecutions']],
  ['Queues: messages that wait', workQueues, ['ApproximateNumberOfMessagesVisible']],
  ['Queues: age of the oldest message', workQueues, ['ApproximateAgeOfOldestMessage']],
  ['Dead letters', deadLetters, ['ApproximateNumberOfMessagesVisible']],
  ['Tables: capacity', tables, ['ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits']],
  ['Tables: throttles', tables, ['ReadThrottleEvents', 'WriteThrottleEvents']],
  ['Buckets: size', buckets, ['BucketSizeBytes'], { StorageType: 'StandardStorage' }],
  ['Buckets: objects', buckets, ['NumberOfObjects'], { StorageType: 'AllStorageTypes' }],
])('%s', (title, { namespace, dimension, names }, metricNames, further: Readonly<Record<string, string>> = {}) => {
  const own = searches.filter((search) => search.title === title);
  const metric = (name: string, value: string): MetricIdentity => ({ namespace, name, dimensions: { [dimension]: value, ...further } });
  const found = (metrics: readonly MetricIdentity[]) => metrics.filter((one) => own.some(({ text }) => readSearch(text).matches(one)));

  test('draws all of the stage, each once', () => {
    const all = metricNames.flatMap((name) => names.map((value) => metric(name, value)));
    expect(names.length).toBeGreaterThan(1);
    expect(found(all)).toEqual(all);
    for (const one of all) expect(own.filter(({ text }) => readSearch(text).matches(one))).toHaveLength(1);
  });

  test('draws nothing of a neighbour, whatever words its name has, and no other metric', () => {
    const neighbours = names.flatMap(neighboursOf).flatMap((value) => metricNames.map((name) => metric(name, value)));
    expect(found([...neighbours, ...names.map((value) => metric('Other', value))])).toEqual([]);
  });

  test('is labelled by names alone, and by the metric where there are several', () => {
    const label = [`Dim.${dimension}`, ...(metricNames.length > 1 ? ['MetricName'] : [])].map((property) => `\${PROP('${property}')}`);
    expect(new Set(own.map((search) => search.label))).toEqual(new Set([label.join(' ')]));
  });
});

test('no search is longer than CloudWatch takes, however long the names are that AWS gives', () => {
  const mark = '\u2026';
  const longest: Record<string, number> = { 'AWS/Lambda': 64, 'AWS/SQS': 80, 'AWS/DynamoDB': 255, 'AWS/S3': 63 };
  const marked = searchesOf(widgets(() => mark)).filter(({ text }) => text.includes(mark));
  expect(new Set(marked.map(({ text }) => readSearch(text).namespace))).toEqual(new Set(Object.keys(longest)));
  for (const { text } of marked) {
    const name = 'n'.repeat(longest[readSearch(text).namespace] ?? Number.NaN);
    expect(text.replaceAll(mark, name).length).toBeLessThanOrEqual(1024);
  }
});

test('more names than one search takes are divided among several', () => {
  const names = Array.from({ length: 40 }, (_, index) => `${index}-`.padEnd(64, 'n'));
  const drawn = ofEach({ ...functions, names, longestName: 64 }, ['Errors'], { statistic: 'Sum', period: Duration.minutes(5) });
  const found = drawn.map((metric) => {
    const { matches } = readSearch((metric as MathExpression).expression);
    return names.filter((FunctionName) => matches({ namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName } }));
  });
  expect(found.map(({ length }) => length)).toEqual([13, 13, 13, 1]);
  expect(found.flat()).toEqual(names);
});

test('the log of every function is asked for errors', () => {
  const errors = widgets().find(({ type }) => type === 'log')?.properties.query ?? '';
  expect(errors.match(/SOURCE '/g)).toHaveLength(functions.names.length);
});
