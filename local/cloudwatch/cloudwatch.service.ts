import type { LogEntry } from '../logs/log-sink.ts';
import type { AwsCall, AwsError, AwsReply, RawRequest } from '../platform/call.ts';
import { notEmulated } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { JsonProtocol } from '../platform/json-protocol.ts';
import type { Measure, Measurement } from '../platform/measurement.ts';
import type { Permission } from '../platform/permission.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import { describeAlarms, setAlarmState } from './alarms/alarm-operations.ts';
import { Alarms, type AlertTopics } from './alarms/alarms.ts';
import { dashboardResourceType } from './dashboards/dashboard.resource-type.ts';
import { claimsMetrics, readEmbeddedMetrics } from './embedded-metrics.ts';
import { type GetMetricDataInput, getMetricData } from './metric-data.ts';
import { type MetricIdentity, MetricStore } from './metric-store.ts';

/** As many unread lines are read even if nobody asks, so that they do not pile up. */
const MAX_UNREAD = 10_000;
const MINUTE_MS = 60_000;

/** Where lines come from that may carry metrics. */
export interface MetricLines {
  /** Calls `listener` with every entry from now on. Returns how to end that. */
  onEvent(listener: (entry: LogEntry) => void): () => void;
}

/** What emulated services measure of themselves. */
interface ServiceMetrics {
  /** By namespace, such as `AWS/SQS`: the names of the metrics that are measured. What is not among them is missing to alarms. */
  readonly measured: Readonly<Record<string, readonly string[]>>;
  /** Measures what has a value at each moment, such as the length of a queue. */
  readonly sample: () => Promise<readonly Measurement[]>;
}

interface CloudWatchOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly lines: MetricLines;
  readonly services: ServiceMetrics;
  /** Whom alarms tell. */
  readonly topics: AlertTopics;
  /** Told of lines that CloudWatch would drop, and of alarms. */
  readonly report: (line: string) => void;
}

interface UnreadLine {
  readonly entry: LogEntry;
  /** The machine's time when it came, in milliseconds since the epoch. */
  readonly arrivedAtMs: number;
}

interface ListMetricsInput {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value?: string }[];
}

/**
 * CloudWatch's metrics, alarms and dashboards. Metrics come from the embedded metric format in what functions log, and from the emulated
 * services themselves. A line is put aside while the function answers, and read when somebody asks for metrics, or alarms do.
 */
export class CloudWatchService implements Service {
  readonly signingNames = ['monitoring'];
  readonly resourceTypes: readonly ResourceType[];
  readonly #options: CloudWatchOptions;
  readonly #alarms: Alarms;
  readonly #store = new MetricStore();
  readonly #unsubscribe: () => void;
  readonly #protocol: JsonProtocol;
  #unread: UnreadLine[] = [];

  constructor(options: CloudWatchOptions) {
    this.#options = options;
    this.#alarms = new Alarms({ ...options, metrics: () => this.#measuredNow(), isEmitted: (...metric) => this.#isEmitted(...metric) });
    this.resourceTypes = [this.#alarms.resourceType, dashboardResourceType];
    this.#unsubscribe = options.lines.onEvent((entry) => this.#putAside(entry));
    this.#protocol = new JsonProtocol('CloudWatch', '1.0', {
      GetMetricData: async (input: GetMetricDataInput) => getMetricData(this.#metrics(), input),
      ListMetrics: async (input: ListMetricsInput) => ({ Metrics: this.#list(input) }),
      DescribeAlarms: async (input: object) => describeAlarms(this.#alarms, input),
      SetAlarmState: (input: object) => setAlarmState(this.#alarms, input),
    });
  }

  /**
   * Metrics are tied to no resource (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html); whoever
   * asks about alarms or changes one must be allowed to for all of them.
   */
  permissionsFor(_call: AwsCall, operation: string): Permission[] {
    const resource = /Alarm/.test(operation) ? `arn:aws:cloudwatch:${this.#options.region}:${LOCAL_ACCOUNT}:alarm:*` : '*';
    return [{ action: `cloudwatch:${operation}`, resource }];
  }

  /** Every metric that there is. */
  list(): readonly MetricIdentity[] {
    return this.#metrics()
      .all()
      .map(({ namespace, name, dimensions }) => ({ namespace, name, dimensions }));
  }

  /** Takes what emulated services measure of themselves when something happens. */
  readonly measure: Measure = (measurements) => {
    const now = this.#options.clock.now();
    for (const { value, ...metric } of measurements) this.#store.add(metric, now, [value]);
  };

  operationOf(request: RawRequest): string {
    return this.#protocol.operationOf(request);
  }

  handle(call: AwsCall, operation: string): Promise<AwsReply> {
    return this.#protocol.handle(call, operation);
  }

  readonly renderError = (error: AwsError): AwsReply => this.#protocol.renderError(error);

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#alarms.stop();
  }

  /** Takes one of what another service counts by itself. */
  add(metric: MetricIdentity, atMs: number): void {
    this.#store.add(metric, atMs, [1]);
  }

  #putAside(entry: LogEntry): void {
    if (!claimsMetrics(entry.message)) return;
    this.#unread.push({ entry, arrivedAtMs: Date.now() });
    if (this.#unread.length >= MAX_UNREAD) this.#readAll();
  }

  /** With what has a value at each moment: that of now is taken for the minute that has just passed, and for none before it. */
  async #measuredNow(): Promise<MetricStore> {
    const at = this.#options.clock.now() - MINUTE_MS;
    for (const { value, ...metric } of await this.#options.services.sample()) this.#store.add(metric, at, [value]);
    return this.#metrics();
  }

  /** Functions may emit whatever they like. */
  #isEmitted(namespace: string, name: string): boolean {
    return !namespace.startsWith('AWS/') || this.#options.services.measured[namespace]?.includes(name) === true;
  }

  #metrics(): MetricStore {
    this.#readAll();
    return this.#store;
  }

  #readAll(): void {
    const lines = this.#unread;
    this.#unread = [];
    for (const line of lines) this.#read(line);
  }

  /** A function knows the machine's time only, which the clock may be ahead of: a metric is as old as it was when it came. */
  #read({ entry, arrivedAtMs }: UnreadLine): void {
    try {
      for (const metric of readEmbeddedMetrics(entry.message)) {
        this.#store.add(metric, entry.timestamp - (arrivedAtMs - metric.timestamp), metric.values);
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#options.report(`CloudWatch drops metrics in ${entry.group}: ${error.message}`);
    }
  }

  #list(input: ListMetricsInput): object[] {
    for (const name of Object.keys(input)) {
      if (!['Namespace', 'MetricName', 'Dimensions'].includes(name)) throw notEmulated(`the member ${name} of ListMetrics`);
    }
    return this.#metrics()
      .all()
      .filter((metric) => isListed(metric, input))
      .map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      }));
  }
}

function isListed({ namespace, name, dimensions }: MetricIdentity, wanted: ListMetricsInput): boolean {
  const { Namespace = namespace, MetricName = name, Dimensions = [] } = wanted;
  const has = ({ Name, Value = dimensions[Name] }: { Name: string; Value?: string }) => Name in dimensions && dimensions[Name] === Value;
  return namespace === Namespace && name === MetricName && Dimensions.every(has);
}
