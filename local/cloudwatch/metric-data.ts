import { AwsError, notEmulated } from '../platform/call.ts';
import { isStatistic, type MetricStore, type Span } from './metric-store.ts';
import { readSearch } from './search-expression.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MAX_QUERIES = 500;
const MINUTE_SECONDS = 60;

export interface GetMetricDataInput {
  /** Epoch seconds. */
  readonly StartTime?: number;
  readonly EndTime?: number;
  readonly MetricDataQueries?: readonly MetricDataQuery[];
  readonly ScanBy?: 'TimestampDescending' | 'TimestampAscending';
}

interface MetricDataQuery {
  readonly Id?: string;
  readonly MetricStat?: MetricStat;
  readonly Expression?: string;
  readonly Label?: string;
  readonly Period?: number;
  readonly ReturnData?: boolean;
}

interface MetricStat {
  readonly Metric?: {
    readonly Namespace?: string;
    readonly MetricName?: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  };
  readonly Period?: number;
  readonly Stat?: string;
}

interface Series {
  readonly label: string;
  readonly points: ReadonlyMap<number, number>;
}

const INPUT = ['StartTime', 'EndTime', 'MetricDataQueries', 'ScanBy'];
const QUERY = ['Id', 'MetricStat', 'Expression', 'Label', 'Period', 'ReturnData'];
const METRIC_STAT = ['Metric', 'Period', 'Stat'];

/** Answers GetMetricData: statistics of single metrics, `SEARCH(…)` and `SUM(SEARCH(…))`, all on one page. */
export function getMetricData(store: MetricStore, input: GetMetricDataInput): object {
  refuseOthers(input, INPUT, 'GetMetricData');
  const { StartTime: start, EndTime: end, MetricDataQueries: queries = [], ScanBy: order = 'TimestampDescending' } = input;
  if (start === undefined || end === undefined || queries.length === 0)
    throw invalid('StartTime, EndTime and MetricDataQueries are required.');
  if (start >= end) throw invalid('The parameter StartTime must be less than the parameter EndTime.');
  if (queries.length > MAX_QUERIES) throw invalid(`The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`);
  const ids = queries.map(({ Id: id = '' }) => id);
  const wrong = ids.find((id, index) => !/^[a-z]\w*$/.test(id) || ids.indexOf(id) !== index);
  if (wrong !== undefined) throw invalid(`The value "${wrong}" for the parameter Id is not a valid Id, or is not unique.`);
  const span = { startMs: start * 1000, endMs: end * 1000 };
  const results = queries.flatMap((query) => {
    refuseOthers(query, QUERY, `the query ${query.Id}`);
    const series = evaluate(store, query, span);
    return query.ReturnData === false ? [] : series.map((one) => toResult(query, one, order));
  });
  return { MetricDataResults: results, Messages: [] };
}

function evaluate(store: MetricStore, query: MetricDataQuery, span: Omit<Span, 'periodMs'>): Series[] {
  const { Id: id, MetricStat: stat, Expression: expression } = query;
  if ((stat === undefined) === (expression === undefined)) throw invalid(`The query ${id} must have either MetricStat or Expression.`);
  if (stat) return [statisticOf(store, stat, query, span)];
  const summed = /^SUM\((.*)\)$/s.exec(expression?.trim() ?? '')?.[1];
  const found = searched(store, summed ?? expression ?? '', query, span);
  return summed === undefined ? found : [{ label: query.Label ?? id ?? '', points: sumOf(found) }];
}

function statisticOf(store: MetricStore, stat: MetricStat, query: MetricDataQuery, span: Omit<Span, 'periodMs'>): Series {
  refuseOthers(stat, METRIC_STAT, `the MetricStat of ${query.Id}`);
  const { Metric: { Namespace: namespace = '', MetricName: name = '', Dimensions = [] } = {}, Period: period, Stat: statistic = '' } = stat;
  if (!isStatistic(statistic)) throw notEmulated(`the statistic ${statistic} of ${name}`);
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  const metric = store.find({ namespace, name, dimensions });
  const periodMs = periodOf(period, query);
  return { label: query.Label ?? name, points: metric?.points(statistic, { ...span, periodMs }) ?? new Map() };
}

function searched(store: MetricStore, expression: string, query: MetricDataQuery, span: Omit<Span, 'periodMs'>): Series[] {
  if (!/^SEARCH\(/.test(expression.trim())) throw notEmulated(`the metric math ${query.Expression}`);
  const { matches, statistic, period } = readSearch(expression);
  const periodMs = periodOf(query.Period ?? period, query);
  const found = store.all().filter(matches);
  return found.map((metric) => ({
    label: [query.Label ?? [], Object.values(metric.dimensions), metric.name].flat().join(' '),
    points: metric.points(statistic, { ...span, periodMs }),
  }));
}

/** At each moment at which any series has a point. */
function sumOf(series: readonly Series[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const { points } of series) for (const [at, value] of points) sums.set(at, (sums.get(at) ?? 0) + value);
  return sums;
}

function toResult({ Id }: MetricDataQuery, { label, points }: Series, order: string): object {
  const sorted = [...points].sort(([one], [other]) => (order === 'TimestampAscending' ? one - other : other - one));
  return {
    Id,
    Label: label,
    Timestamps: sorted.map(([at]) => at / 1000),
    Values: sorted.map(([, value]) => value),
    StatusCode: 'Complete',
  };
}

/** Milliseconds. Shorter periods than a minute are for metrics of high resolution. */
function periodOf(seconds: number | undefined, { Id: id }: MetricDataQuery): number {
  if (seconds === undefined) throw invalid(`The query ${id} has no period.`);
  if (seconds < MINUTE_SECONDS) throw notEmulated(`a period of ${seconds} s, of metrics of high resolution`);
  if (seconds % MINUTE_SECONDS !== 0) throw invalid(`The period of ${id} is ${seconds} s; it must be a multiple of 60.`);
  return seconds * 1000;
}

function refuseOthers(members: object, known: readonly string[], where: string): void {
  for (const name of Object.keys(members)) if (!known.includes(name)) throw notEmulated(`the member ${name} of ${where}`);
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
