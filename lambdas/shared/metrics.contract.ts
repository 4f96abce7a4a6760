/** The namespace of every metric that we emit. */
export const METRICS_NAMESPACE = 'Manuel/Application';

/** The dimension of every metric that tells a stage from others in the account: `manuel-<stage>`. */
export const SERVICE_DIMENSION = 'service';

/** What the code that emits a metric, the dashboard that draws it and the alarm that watches it agree upon. */
export interface MetricContract<Dimension extends string = string> {
  readonly name: string;
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds' | 'Percent' | 'None';
  /** All but `service`. Each combination of their values is a metric of its own, at $0.30 for a month in which it is sent every hour. */
  readonly dimensions: readonly Dimension[];
  /** As a widget's title says it. */
  readonly meaning: string;
}

/** The metrics of a capability, by what its code calls them. */
export type MetricsContract = Readonly<Record<string, MetricContract>>;

/** Emitted once per API request, by the function that answers it. */
export const REQUEST_METRICS = {
  count: { name: 'RequestCount', unit: 'Count', dimensions: ['Function', 'StatusCode'], meaning: 'Requests that a function answered' },
  duration: {
    name: 'RequestDuration',
    unit: 'Milliseconds',
    dimensions: ['Function', 'StatusCode'],
    meaning: 'How long a function took to answer',
  },
} as const satisfies MetricsContract;

/** Emitted wherever something is kept from whom it is not meant for. */
export const SECURITY_METRICS = {
  event: { name: 'SecurityEvent', unit: 'Count', dimensions: ['Kind'], meaning: 'Requests refused and passages dropped for security' },
} as const satisfies MetricsContract;
