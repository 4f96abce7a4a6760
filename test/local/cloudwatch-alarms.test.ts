import { CloudWatchClient, DescribeAlarmsCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { unhonouredPaths } from '../../local/assembly/honoured-properties.ts';
import { CloudWatchService } from '../../local/cloudwatch/cloudwatch.service.ts';
import { AwsError } from '../../local/platform/call.ts';
import type { Measurement } from '../../local/platform/measurement.ts';
import type { Principal } from '../../local/platform/principal.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const MINUTE_MS = 60_000;
const TOPIC = 'arn:aws:sns:eu-west-1:000000000000:alerts';

interface Told {
  readonly by: Principal;
  readonly topicArn: string;
  readonly subject: string;
  readonly message: Record<string, unknown>;
}

let door: TestFrontDoor;
let cloudwatch: CloudWatchService;
let client: CloudWatchClient;
let told: Told[];
let reports: string[];
/** What has a value at each moment. */
let present: Measurement[];

beforeEach(async () => {
  [told, reports, present] = [[], [], []];
  door = await openFrontDoor(({ clock }) => {
    clock.freeze();
    cloudwatch = new CloudWatchService({
      clock,
      region: 'eu-west-1',
      lines: { onEvent: () => () => undefined },
      services: { measured: { 'AWS/SQS': ['Depth'] }, sample: async () => present },
      topics: {
        publishAs: async (by, topicArn, { subject, message }) => {
          if (topicArn !== TOPIC) throw new AwsError('NotFound', 'there is no such topic');
          told.push({ by, topicArn, subject, message: JSON.parse(message) });
        },
      },
      report: (line) => reports.push(line),
    });
    return [cloudwatch];
  });
  // A minute's beginning, so that what a test measures is of the minute that it means.
  door.clock.advance(MINUTE_MS - (door.clock.now() % MINUTE_MS));
  client = new CloudWatchClient(door.clientConfig);
});

afterEach(async () => {
  client.destroy();
  await cloudwatch.stop();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

const SINGLE = {
  Namespace: 'Ours',
  MetricName: 'Failures',
  Dimensions: [{ Name: 'service', Value: 'one' }],
  Statistic: 'Sum',
  Period: 60,
  ComparisonOperator: 'GreaterThanThreshold',
  Threshold: 5,
  EvaluationPeriods: 1,
  TreatMissingData: 'notBreaching',
  AlarmActions: [TOPIC],
};

const create = (name: string, properties: object) =>
  door.provision('AWS::CloudWatch::Alarm', name, { AlarmName: name, AlarmDescription: `what ${name} means`, ...properties });

const measure = (name: string, value: number, namespace = 'Ours') =>
  cloudwatch.measure([{ namespace, name, dimensions: { service: 'one' }, value }]);

/** Lets minutes pass, and everything happen that comes of it. */
async function minutes(count: number): Promise<void> {
  door.clock.advance(count * MINUTE_MS);
  for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function stateOf(name: string): Promise<string | undefined> {
  const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
  return MetricAlarms[0]?.StateValue;
}

test('an alarm is raised past its threshold and not at it, and tells so; it is over when the data say so', async () => {
  await create('failures', { ...SINGLE, OKActions: [TOPIC] });
  expect(await stateOf('failures')).toBe('INSUFFICIENT_DATA');
  measure('Failures', 5);
  await minutes(1);
  expect(await stateOf('failures')).toBe('OK');
  measure('Failures', 2);
  measure('Failures', 4);
  await minutes(1);
  expect(await stateOf('failures')).toBe('ALARM');
  measure('Failures', 1);
  await minutes(1);
  expect(told.map(({ subject }) => subject)).toEqual([
    'OK: "failures" in eu-west-1',
    'ALARM: "failures" in eu-west-1',
    'OK: "failures" in eu-west-1',
  ]);
  const alarmArn = 'arn:aws:cloudwatch:eu-west-1:000000000000:alarm:failures';
  expect(told[1]).toMatchObject({
    by: { kind: 'service', name: 'cloudwatch.amazonaws.com', sourceArn: alarmArn },
    message: {
      AlarmName: 'failures',
      AlarmDescription: 'what failures means',
      AlarmArn: alarmArn,
      OldStateValue: 'OK',
      NewStateValue: 'ALARM',
      NewStateReason: 'Of the last data points [6], at least 1 were greater than the threshold 5.',
    },
  });
  expect(reports).toEqual(['The alarm failures is raised: what failures means']);
});

test('what was in between is seen, however far time is moved on', async () => {
  await create('failures', { ...SINGLE, OKActions: [TOPIC] });
  measure('Failures', 6);
  await minutes(60);
  expect(told.map(({ message }) => message['NewStateValue'])).toEqual(['ALARM', 'OK']);
});

test.each([
  ['two of three', { DatapointsToAlarm: 2, EvaluationPeriods: 3 }, [6, 1, 6], 'ALARM'],
  ['one of three', { DatapointsToAlarm: 2, EvaluationPeriods: 3 }, [6, 1, 1], 'OK'],
  ['not all of three', { EvaluationPeriods: 3 }, [1, 6, 6], 'OK'],
  ['the mean', { Statistic: 'Average' }, [[6, 1]], 'OK'],
  ['the largest', { Statistic: 'Maximum' }, [[6, 1]], 'ALARM'],
  ['a percentile', { Statistic: undefined, ExtendedStatistic: 'p50' }, [[6, 1, 1]], 'OK'],
  ['a high percentile', { Statistic: undefined, ExtendedStatistic: 'p95' }, [[6, 1, 1]], 'ALARM'],
  ['at least', { ComparisonOperator: 'GreaterThanOrEqualToThreshold', Threshold: 6 }, [6], 'ALARM'],
  ['less', { ComparisonOperator: 'LessThanThreshold' }, [4], 'ALARM'],
  ['at most', { ComparisonOperator: 'LessThanOrEqualToThreshold' }, [5], 'ALARM'],
  ['longer periods', { Period: 180 }, [2, 2, 2], 'ALARM'],
])('by %s', async (_, properties, values, state) => {
  await create('failures', { ...SINGLE, ...properties });
  for (const value of values) {
    for (const one of [value].flat()) measure('Failures', one);
    await minutes(1);
  }
  expect(await stateOf('failures')).toBe(state);
});

test('metric math: sums and differences of what there is, and what is missing filled in', async () => {
  const stat = (Id: string, MetricName: string) => ({
    Id,
    ReturnData: false,
    MetricStat: { Metric: { Namespace: 'Ours', MetricName, Dimensions: SINGLE.Dimensions }, Period: 60, Stat: 'Sum' },
  });
  const { ComparisonOperator, EvaluationPeriods, TreatMissingData } = SINGLE;
  const math = (name: string, Expression: string, Threshold: number) =>
    create(name, {
      ...{ ComparisonOperator, EvaluationPeriods, TreatMissingData, Threshold },
      Metrics: [{ Id: 'e', Expression }, stat('a', 'A'), stat('b', 'B'), stat('c', 'C')],
    });
  await math('difference', 'a - FILL(c, 0)', 5);
  await math('unfilled', 'a - c', -100);
  await math('sum', 'SUM([a, b, c])', 8);
  await math('largest', 'MAX([a,b,c]) * 2 - (1 + 1) / 2', 10);
  await math('smallest', 'MIN([a, b])', 2);
  await math('chosen', 'IF(a > b, a, b)', 5);
  await math('not chosen', 'IF(a < b, a, b)', 5);
  measure('A', 6);
  measure('B', 3);
  await minutes(1);
  const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }));
  expect(MetricAlarms.map(({ AlarmName }) => AlarmName)).toEqual(['difference', 'sum', 'largest', 'smallest', 'chosen']);
});

test('what has a value at each moment is looked at every minute', async () => {
  await create('depth', { ...SINGLE, Namespace: 'AWS/SQS', MetricName: 'Depth', Statistic: 'Maximum', Threshold: 0 });
  present = [{ namespace: 'AWS/SQS', name: 'Depth', dimensions: { service: 'one' }, value: 1 }];
  await minutes(1);
  expect(await stateOf('depth')).toBe('ALARM');
  expect(reports).toEqual([expect.stringContaining('is raised')]);
});

test('each metric of AWS that nothing here emits is named once as not honoured, with its alarm', () => {
  const [type] = cloudwatch.resourceTypes;
  const namedOf = (properties: object) => type && unhonouredPaths(type, { AlarmName: 'age', ...properties });
  const stat = (Id: string, MetricName: string, Stat: string) => ({
    Id,
    ReturnData: false,
    MetricStat: { Metric: { Namespace: 'AWS/SQS', MetricName }, Period: 60, Stat },
  });
  const { Namespace, MetricName, Dimensions, Statistic, Period, ...rest } = SINGLE;
  const Metrics = [
    stat('a', 'Age', 'Maximum'),
    stat('b', 'Age', 'Minimum'),
    stat('c', 'Depth', 'Sum'),
    { Id: 'e', Expression: 'a + b + c' },
  ];
  const age = 'AWS/SQS Age for age (nothing here emits it: to the alarm it is missing)';
  expect(namedOf({ ...rest, Metrics })).toEqual([age]);
  expect(namedOf({ ...SINGLE, Namespace: 'AWS/SQS', MetricName: 'Age' })).toEqual([age]);
  // Functions may emit whatever they like.
  expect(namedOf(SINGLE)).toEqual([]);
});

test('a topic that cannot be told is named', async () => {
  await create('failures', { ...SINGLE, AlarmActions: [`${TOPIC}-gone`] });
  measure('Failures', 6);
  await minutes(1);
  expect(reports.at(-1)).toBe(`The alarm failures could not tell ${TOPIC}-gone: there is no such topic`);
  expect(await stateOf('failures')).toBe('ALARM');
});

test('an operator may set a state, which is told; the next look decides again', async () => {
  await create('failures', SINGLE);
  await create('quiet', { ...SINGLE, ActionsEnabled: false });
  for (const AlarmName of ['failures', 'quiet']) {
    await client.send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'a drill' }));
  }
  expect(told.map(({ message }) => message['NewStateReason'])).toEqual(['a drill']);
  const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNamePrefix: 'fail' }));
  expect(MetricAlarms).toMatchObject([{ AlarmName: 'failures', StateValue: 'ALARM', StateReason: 'a drill', Threshold: 5 }]);
  await minutes(1);
  expect(await stateOf('failures')).toBe('OK');
  const unknown = client.send(new SetAlarmStateCommand({ AlarmName: 'none', StateValue: 'OK', StateReason: 'x' }));
  await expect(unknown).rejects.toMatchObject({ name: 'ResourceNotFound' });
});

test.each([
  ['an action that is no topic', { AlarmActions: ['arn:aws:lambda:eu-west-1:000000000000:function:f'] }, 'only topics are told'],
  ['a short period', { Period: 10 }, 'a period of 10 s'],
  ['a statistic', { Statistic: 'tm90' }, 'the statistic tm90'],
  ['no statistic', { Statistic: undefined }, 'an alarm without Metrics'],
  ['more than it looks at', { DatapointsToAlarm: 2 }, 'more data points past the threshold'],
  ['a function', { Metrics: [{ Id: 'e', Period: 60, Expression: 'RATE(a)' }] }, '"RATE" in the metric math RATE(a)'],
  ['a search', { Metrics: [{ Id: 'e', Period: 60, Expression: "SEARCH('{A}', 'Sum')" }] }, 'in the metric math SEARCH'],
  ['half an expression', { Metrics: [{ Id: 'e', Period: 60, Expression: '1 + ' }] }, 'in the metric math 1 +'],
  ['an id that there is not', { Metrics: [{ Id: 'e', Period: 60, Expression: 'a + 1' }] }, 'has no metric a'],
  ['itself', { Metrics: [{ Id: 'e', Period: 60, Expression: 'e + 1' }] }, 'or one that needs itself'],
  [
    'two results',
    {
      Metrics: [
        { Id: 'e', Period: 60, Expression: '1' },
        { Id: 'f', Period: 60, Expression: '1' },
      ],
    },
    'just one',
  ],
])('refused: %s', async (_, properties, message) => {
  await expect(create('failures', { ...SINGLE, ...properties })).rejects.toThrow(message);
});

describe('a dashboard', () => {
  const place = { x: 0, y: 0, width: 24, height: 6 };
  const dashboard = (widgets: object[]) =>
    door.provision('AWS::CloudWatch::Dashboard', 'Dashboard', { DashboardName: 'Ours', DashboardBody: JSON.stringify({ widgets }) });
  const chart = (...metrics: unknown[][]) => ({ ...place, type: 'metric', properties: { region: 'eu-west-1', metrics } });

  test('is taken with widgets of known namespaces, and nobody looks at it', async () => {
    const search = { expression: `SEARCH('{"Manuel/Application",service} MetricName="a"', 'Sum', 60)` };
    const widgets = [
      { ...place, type: 'text', properties: { markdown: '# Ours' } },
      chart(['AWS/SQS', 'Depth', 'QueueName', 'q'], [search]),
    ];
    await expect(dashboard(widgets)).resolves.toEqual({ ref: 'Ours' });
  });

  test.each([
    ['metrics of a service that is not here', [chart(['AWS/EC2', 'CPUUtilization'])], 'a widget of metrics of AWS/EC2'],
    ['a search for such', [chart([{ expression: "SEARCH('{AWS/EC2,InstanceId}', 'Sum')" }])], 'a widget of metrics of AWS/EC2'],
    [
      'a search that is not understood',
      [chart([{ expression: "SUM(SEARCH('{AWS/SQS,QueueName} QueueName=Manuel', 'Sum'))" }])],
      '"Manuel" in the search',
    ],
    ['a chart of nothing', [chart()], 'is not valid'],
    ['a widget that is too wide', [{ ...chart(['AWS/SQS', 'Depth']), width: 25 }], 'is not valid'],
    ['a widget of another kind', [{ ...place, type: 'poem', properties: {} }], 'is not valid'],
  ])('is refused with %s', async (_, widgets, message) => {
    await expect(dashboard(widgets)).rejects.toThrow(message);
  });
});
