import { CloudWatchClient, GetMetricDataCommand, type GetMetricDataCommandInput, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { LogsService } from '../../local/logs/logs.service.ts';
import { OPERATOR } from '../../local/platform/principal.ts';
import { openCloudWatch } from '../support/cloudwatch.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const HOUR_MS = 3_600_000;
const NAMESPACE = 'Manuel/Application';

let door: TestFrontDoor;
let logs: LogsService;
let client: CloudWatchClient;
let reports: string[];
/** An hour that begins far enough back for all that a test writes. */
let hour: number;

beforeEach(async () => {
  reports = [];
  door = await openFrontDoor(({ clock, access }) => {
    logs = new LogsService({ clock, region: 'eu-west-1', access });
    return [logs, openCloudWatch({ clock, lines: logs, report: (line) => void reports.push(line) })];
  });
  door.clock.freeze();
  client = new CloudWatchClient(door.clientConfig);
  hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
});

afterEach(async () => {
  client.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

function log(message: string): void {
  logs.openStream(OPERATOR, 'group', 'stream').write(door.clock.now(), message);
}

/** What a function prints for one metric, `at` by its own watch. */
function emit(name: string, value: number | number[], dimensions: Record<string, string>, at = Date.now(), namespace = NAMESPACE): void {
  const directive = { Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics: [{ Name: name, Unit: 'None' }] };
  log(JSON.stringify({ _aws: { Timestamp: at, CloudWatchMetrics: [directive] }, ...dimensions, [name]: value }));
}

const cost = (value: number | number[], at: number, Operation = 'Answer', service = 'manuel-dev') =>
  emit('EstimatedCost', value, { service, Operation, Model: 'haiku' }, at);

const answerCost = (Stat: string, Period: number) => ({
  Id: 'a',
  MetricStat: {
    Metric: {
      Namespace: NAMESPACE,
      MetricName: 'EstimatedCost',
      Dimensions: ['service=manuel-dev', 'Operation=Answer', 'Model=haiku'].map((text) => {
        const [Name, Value] = text.split('=');
        return { Name, Value };
      }),
    },
    Period,
    Stat,
  },
});
const SEARCH = `SEARCH('{"${NAMESPACE}",service,Operation,Model} MetricName="EstimatedCost" service="manuel-dev"', 'Sum', 3600)`;

async function data(input: Partial<GetMetricDataCommandInput>) {
  const span = { StartTime: new Date(hour), EndTime: new Date(hour + 2 * HOUR_MS) };
  const { MetricDataResults = [] } = await client.send(new GetMetricDataCommand({ MetricDataQueries: [], ...span, ...input }));
  return MetricDataResults.map(({ Id, Label, Values, Timestamps = [] }) => ({
    Id,
    Label,
    Values,
    at: Timestamps.map((time) => time.getTime()),
  }));
}

describe('the statistics of a metric', () => {
  beforeEach(() => {
    cost([1, 3], hour + 61_000);
    cost(5, hour + 119_000);
    cost(7, hour + 301_000);
    cost(100, hour + 61_000, 'Ingest');
    cost(100, hour + 61_000, 'Answer', 'manuel-prod');
    emit('EstimatedCost', 100, { service: 'manuel-dev', Operation: 'Answer', Model: 'haiku' }, hour + 61_000, 'Other');
  });

  test.each([
    ['Sum', 9],
    ['SampleCount', 3],
    ['Average', 3],
    ['Minimum', 1],
    ['Maximum', 5],
    ['p50', 3],
    ['p95', 5],
  ])('%s, by periods that begin at their multiples, newest first', async (statistic, first) => {
    const [result] = await data({ MetricDataQueries: [answerCost(statistic, 300)] });
    const second = statistic === 'SampleCount' ? 1 : 7;
    expect(result).toEqual({ Id: 'a', Label: 'EstimatedCost', Values: [second, first], at: [hour + 300_000, hour] });
  });

  test('oldest first, and within the time that is asked for: its beginning counts, its end does not', async () => {
    const span = { StartTime: new Date(hour + 120_000), EndTime: new Date(hour + 300_000) };
    expect(await data({ MetricDataQueries: [answerCost('Sum', 60)], ...span })).toMatchObject([{ Values: [] }]);
    const wider = { StartTime: new Date(hour + 60_000), EndTime: new Date(hour + 360_000), ScanBy: 'TimestampAscending' as const };
    expect(await data({ MetricDataQueries: [answerCost('Sum', 60)], ...wider })).toMatchObject([
      { Values: [9, 7], at: [hour + 60_000, hour + 300_000] },
    ]);
  });

  test('a day of UTC is a period', async () => {
    const day = Math.floor(hour / (24 * HOUR_MS)) * 24 * HOUR_MS;
    const span = { StartTime: new Date(day), EndTime: new Date(day + 24 * HOUR_MS) };
    expect(await data({ MetricDataQueries: [answerCost('Sum', 86_400)], ...span })).toMatchObject([{ Values: [16], at: [day] }]);
  });
});

describe('a search', () => {
  beforeEach(() => {
    cost(1, hour + 1_000);
    cost(2, hour + 61_000, 'Ingest');
    cost(4, hour + HOUR_MS + 1_000, 'Ingest');
    cost(100, hour + 1_000, 'Answer', 'manuel-prod');
    emit('BedrockTokens', 100, { service: 'manuel-dev', Operation: 'Answer', Model: 'haiku' }, hour + 1_000);
    emit('EstimatedCost', 100, { service: 'manuel-dev', Operation: 'Answer' }, hour + 1_000);
    emit('EstimatedCost', 100, { service: 'manuel-dev', Operation: 'Answer', Model: 'haiku' }, hour + 1_000, 'Other');
  });

  test('finds every metric of just those dimensions and these values', async () => {
    const found = await data({ MetricDataQueries: [{ Id: 'all', Expression: SEARCH }] });
    expect(found).toEqual([
      { Id: 'all', Label: 'manuel-dev Answer haiku EstimatedCost', Values: [1], at: [hour] },
      { Id: 'all', Label: 'manuel-dev Ingest haiku EstimatedCost', Values: [4, 2], at: [hour + HOUR_MS, hour] },
    ]);
  });

  test('is added up moment by moment', async () => {
    const found = await data({ MetricDataQueries: [{ Id: 'total', Expression: `SUM(${SEARCH})` }] });
    expect(found).toEqual([{ Id: 'total', Label: 'total', Values: [4, 3], at: [hour + HOUR_MS, hour] }]);
  });

  test('that finds nothing adds up to nothing', async () => {
    const Expression = `SUM(${SEARCH.replace('manuel-dev', 'manuel-test')})`;
    expect(await data({ MetricDataQueries: [{ Id: 'total', Expression }] })).toMatchObject([{ Values: [], at: [] }]);
  });

  test('takes the period of the query before its own, and may leave its own out', async () => {
    const expressions = [SEARCH, SEARCH.replace(', 3600', '')].map((search) => `SUM(${search})`);
    for (const Expression of expressions) {
      expect(await data({ MetricDataQueries: [{ Id: 'total', Expression, Period: 60 }] })).toMatchObject([{ Values: [4, 2, 1] }]);
    }
  });
});

describe('what functions log', () => {
  const query = () => ({ MetricDataQueries: [answerCost('Sum', 60)] });

  test('counts when it came by the clock, however far that is ahead of the function’s watch', async () => {
    door.clock.advance(24 * HOUR_MS);
    cost(1, Date.now());
    const now = door.clock.now();
    const [result] = await data({ ...query(), StartTime: new Date(now - 120_000), EndTime: new Date(now + 60_000) });
    expect(result?.Values).toEqual([1]);
    expect(await data(query())).toMatchObject([{ Values: [] }]);
  });

  test('is listed, metric by metric', async () => {
    cost(1, hour);
    cost(1, hour + 60_000);
    cost(1, hour, 'Ingest');
    emit('CacheHit', 1, { service: 'manuel-dev' });
    const list = async (input: object) => (await client.send(new ListMetricsCommand(input))).Metrics;
    const dimensions = (Operation: string) => Object.entries({ service: 'manuel-dev', Operation, Model: 'haiku' });
    const metric = (Operation: string) => ({
      Namespace: NAMESPACE,
      MetricName: 'EstimatedCost',
      Dimensions: dimensions(Operation).map(([Name, Value]) => ({ Name, Value })),
    });
    expect(await list({ MetricName: 'EstimatedCost' })).toEqual([metric('Answer'), metric('Ingest')]);
    expect(await list({ Dimensions: [{ Name: 'Operation', Value: 'Ingest' }] })).toEqual([metric('Ingest')]);
    expect(await list({ Dimensions: [{ Name: 'Operation' }] })).toHaveLength(2);
    expect(await list({ Namespace: NAMESPACE })).toHaveLength(3);
    expect(await list({ Namespace: 'Other' })).toEqual([]);
  });

  test('is no metric without the format’s directives, and what CloudWatch would drop is reported', async () => {
    log('a line');
    log('{"level":"INFO","message":"a document"}');
    expect(await data(query())).toMatchObject([{ Values: [] }]);
    expect(reports).toEqual([]);
    cost('much' as unknown as number, hour);
    emit('EstimatedCost', 1, { service: 7 as unknown as string });
    log('{"_aws": {"Timestamp": 1}}');
    log('{"_aws": cut off');
    await data(query());
    expect(reports).toEqual([
      expect.stringContaining('CloudWatch drops metrics in group: the metric EstimatedCost'),
      expect.stringContaining('the dimension service'),
      expect.stringContaining('its directives'),
      expect.stringContaining('JSON'),
    ]);
  });
});

describe('access', () => {
  const allow = (Action: string) => ({ Effect: 'Allow', Action, Resource: '*' });

  test('is what the role’s policy says', async () => {
    const may = new CloudWatchClient(door.configOf(await door.createRole([allow('cloudwatch:GetMetricData')])));
    const query = { StartTime: new Date(0), EndTime: new Date(60_000), MetricDataQueries: [answerCost('Sum', 60)] };
    await expect(may.send(new GetMetricDataCommand(query))).resolves.toMatchObject({ MetricDataResults: [{ Id: 'a' }] });
    await expect(may.send(new ListMetricsCommand({}))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(door.denials.at(-1)).toContain('{"Effect":"Allow","Action":"cloudwatch:ListMetrics","Resource":"*"}');
    may.destroy();
  });
});

describe('refused by name:', () => {
  test.each([
    ['another function', "MAX(SEARCH('{A} MetricName=\"b\"', 'Sum', 60))", 'the metric math MAX'],
    ['arithmetic', 'm1 + m2', 'the metric math m1 + m2'],
    ['a search without a namespace', "SEARCH('MetricName=\"b\"', 'Sum', 60)", 'which names no namespace'],
    ['a part of a value', "SEARCH('{A} Estimated', 'Sum', 60)", '"Estimated" in the search expression'],
    ['a trimmed mean', "SEARCH('{A} MetricName=\"b\"', 'tm99', 60)", 'the statistic tm99'],
    ['a short period', "SEARCH('{A} MetricName=\"b\"', 'Sum', 10)", 'a period of 10 s'],
  ])('%s', async (_, Expression, message) => {
    const refused = data({ MetricDataQueries: [{ Id: 'q', Expression }] });
    await expect(refused).rejects.toMatchObject({ name: 'NotImplementedByLocalRuntime', message: expect.stringContaining(message) });
  });

  test('members that nothing here honours', async () => {
    await expect(data({ MetricDataQueries: [answerCost('Sum', 60)], MaxDatapoints: 3 })).rejects.toThrow(
      'the member MaxDatapoints of GetMetricData',
    );
    await expect(data({ MetricDataQueries: [{ ...answerCost('Sum', 60), AccountId: '1' }] })).rejects.toThrow(
      'the member AccountId of the query a',
    );
    await expect(client.send(new ListMetricsCommand({ RecentlyActive: 'PT3H' }))).rejects.toThrow(
      'the member RecentlyActive of ListMetrics',
    );
  });

  test.each([
    ['no time', { EndTime: new Date(0), StartTime: new Date(0) }, 'StartTime must be less than'],
    ['an id twice', { MetricDataQueries: [answerCost('Sum', 60), answerCost('Sum', 60)] }, 'is not unique'],
    ['an id that is none', { MetricDataQueries: [{ ...answerCost('Sum', 60), Id: 'A' }] }, 'not a valid Id'],
    ['neither metric nor expression', { MetricDataQueries: [{ Id: 'q' }] }, 'either MetricStat or Expression'],
    ['no period', { MetricDataQueries: [{ Id: 'q', Expression: SEARCH.replace(', 3600', '') }] }, 'no period'],
    [
      'a search of more characters than it takes',
      { MetricDataQueries: [{ Id: 'q', Expression: SEARCH.replace('manuel-dev', 'm'.repeat(1024)) }] },
      '1024 are the most',
    ],
    ['half a minute more', { MetricDataQueries: [answerCost('Sum', 90)] }, 'a multiple of 60'],
  ])('as AWS does, %s', async (_, input, message) => {
    const refused = data({ MetricDataQueries: [answerCost('Sum', 60)], ...input });
    await expect(refused).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining(message) });
  });
});
