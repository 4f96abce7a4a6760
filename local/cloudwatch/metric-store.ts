import type { EmbeddedMetric } from './embedded-metrics.ts';

const MINUTE_MS = 60_000;
/** Points by the minute are kept for 15 days (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html). */
const MAX_MINUTES = 15 * 24 * 60;

/** What CloudWatch keeps of all values of a span of time. */
interface StatisticSet {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** What identifies a metric: each combination of dimensions is a metric of its own. */
export type MetricIdentity = Pick<EmbeddedMetric, 'namespace' | 'name' | 'dimensions'>;

const STATISTICS: Readonly<Record<string, (set: StatisticSet) => number>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
};

/** The statistics that are kept. Percentiles and the like are not. */
export const KNOWN_STATISTICS: ReadonlySet<string> = new Set(Object.keys(STATISTICS));

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
  readonly #minutes = new Map<number, StatisticSet>();

  constructor({ namespace, name, dimensions }: MetricIdentity) {
    this.namespace = namespace;
    this.name = name;
    this.dimensions = dimensions;
  }

  add(atMs: number, values: readonly number[]): void {
    const minute = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    const sets = values.map((value) => ({ count: 1, sum: value, minimum: value, maximum: value }));
    const known = this.#minutes.get(minute);
    const merged = merge(known ? [known, ...sets] : sets);
    if (merged) this.#minutes.set(minute, merged);
    const [oldest] = this.#minutes.keys();
    if (this.#minutes.size > MAX_MINUTES && oldest !== undefined) this.#minutes.delete(oldest);
  }

  /** A value for each period that has any, by the period's start, which is a multiple of the period since the epoch. */
  points(statistic: string, { startMs, endMs, periodMs }: Span): Map<number, number> {
    const periods = new Map<number, StatisticSet[]>();
    const first = Math.floor(startMs / periodMs) * periodMs;
    for (const [minute, set] of this.#minutes) {
      if (minute < first || minute >= endMs) continue;
      const period = Math.floor(minute / periodMs) * periodMs;
      periods.set(period, [...(periods.get(period) ?? []), set]);
    }
    const points = new Map<number, number>();
    for (const [period, sets] of periods) {
      const merged = merge(sets);
      const value = merged && STATISTICS[statistic]?.(merged);
      if (value !== undefined) points.set(period, value);
    }
    return points;
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

function merge(sets: readonly StatisticSet[]): StatisticSet | undefined {
  if (sets.length === 0) return undefined;
  return sets.reduce((one, other) => ({
    count: one.count + other.count,
    sum: one.sum + other.sum,
    minimum: Math.min(one.minimum, other.minimum),
    maximum: Math.max(one.maximum, other.maximum),
  }));
}

function keyOf({ namespace, name, dimensions }: MetricIdentity): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1))]);
}
