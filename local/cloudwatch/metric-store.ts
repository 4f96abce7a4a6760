import type { EmbeddedMetric } from './embedded-metrics.ts';

const MINUTE_MS = 60_000;
/** Points by the minute are kept for 15 days (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html). */
const MAX_MINUTES = 15 * 24 * 60;

/** All values of a span of time. CloudWatch keeps how often each came; here there are few enough to keep them all. */
type Values = readonly number[];

/** What identifies a metric: each combination of dimensions is a metric of its own. */
export type MetricIdentity = Pick<EmbeddedMetric, 'namespace' | 'name' | 'dimensions'>;

type Statistic = (values: Values) => number;

const sum: Statistic = (values) => values.reduce((one, other) => one + other, 0);

const STATISTICS: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ length }) => length,
  Sum: sum,
  Average: (values) => sum(values) / values.length,
  Minimum: (values) => Math.min(...values),
  Maximum: (values) => Math.max(...values),
};

/** Percentiles, such as `p95`; trimmed means and the like are not known here. */
const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/;

export function isStatistic(name: string): boolean {
  return Object.hasOwn(STATISTICS, name) || PERCENTILE.test(name);
}

function statisticOf(name: string): Statistic {
  const [, percent] = PERCENTILE.exec(name) ?? [];
  const statistic = percent === undefined ? STATISTICS[name] : percentile(Number(percent));
  if (!statistic) throw new Error(`${name} is no statistic`);
  return statistic;
}

/** The least of the values that so many percent of all do not exceed. */
function percentile(percent: number): Statistic {
  return (values) => values.toSorted((one, other) => one - other)[Math.max(0, Math.ceil((percent / 100) * values.length) - 1)] ?? 0;
}

/** A span of time, in periods. Milliseconds since the epoch; the end is not part of it. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
  readonly periodMs: number;
}

/** The points of one metric, minute by minute. */
export class Metric implements MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly #minutes = new Map<number, number[]>();

  constructor({ namespace, name, dimensions }: MetricIdentity) {
    this.namespace = namespace;
    this.name = name;
    this.dimensions = dimensions;
  }

  add(atMs: number, values: Values): void {
    const minute = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    const known = this.#minutes.get(minute);
    if (known) known.push(...values);
    else if (values.length > 0) this.#minutes.set(minute, [...values]);
    const [oldest] = this.#minutes.keys();
    if (this.#minutes.size > MAX_MINUTES && oldest !== undefined) this.#minutes.delete(oldest);
  }

  /** A value for each period that has any, by the period's start, which is a multiple of the period since the epoch. */
  points(statistic: string, { startMs, endMs, periodMs }: Span): Map<number, number> {
    const periods = new Map<number, number[]>();
    const first = Math.floor(startMs / periodMs) * periodMs;
    for (const [minute, values] of this.#minutes) {
      if (minute < first || minute >= endMs) continue;
      const period = Math.floor(minute / periodMs) * periodMs;
      const known = periods.get(period);
      if (known) known.push(...values);
      else periods.set(period, [...values]);
    }
    const compute = statisticOf(statistic);
    return new Map([...periods].map(([period, values]) => [period, compute(values)]));
  }

  /** The value of whole minutes, the end not among them; undefined where there is none. */
  over(statistic: string, startMs: number, endMs: number): number | undefined {
    const values: number[] = [];
    for (let minute = startMs; minute < endMs; minute += MINUTE_MS) values.push(...(this.#minutes.get(minute) ?? []));
    return values.length === 0 ? undefined : statisticOf(statistic)(values);
  }
}

/** Every metric that was ever sent, in memory. */
export class MetricStore {
  readonly #metrics = new Map<string, Metric>();

  add(identity: MetricIdentity, atMs: number, values: readonly number[]): void {
    const key = keyOf(identity);
    const metric = this.#metrics.get(key) ?? new Metric(identity);
    this.#metrics.set(key, metric);
    metric.add(atMs, values);
  }

  find(identity: MetricIdentity): Metric | undefined {
    return this.#metrics.get(keyOf(identity));
  }

  all(): readonly Metric[] {
    return [...this.#metrics.values()];
  }
}

function keyOf({ namespace, name, dimensions }: MetricIdentity): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1))]);
}
