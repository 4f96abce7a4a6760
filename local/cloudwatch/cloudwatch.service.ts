import type { LogEntry } from '../logs/log-sink.ts';
import type { AwsCall, AwsError, AwsReply, RawRequest } from '../platform/call.ts';
import { notEmulated } from '../platform/call.ts';
import { JsonProtocol } from '../platform/json-protocol.ts';
import type { Permission } from '../platform/permission.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import { claimsMetrics, readEmbeddedMetrics } from './embedded-metrics.ts';
import { type GetMetricDataInput, getMetricData } from './metric-data.ts';
import { type MetricIdentity, MetricStore } from './metric-store.ts';

/** As many unread lines are read even if nobody asks, so that they do not pile up. */
const MAX_UNREAD = 10_000;

/** Where lines come from that may carry metrics. */
export interface MetricLines {
  /** Calls `listener` with every entry from now on. Returns how to end that. */
  onEvent(listener: (entry: LogEntry) => void): () => void;
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
 * CloudWatch metrics, as far as they come from the embedded metric format in what functions log. A line is put aside while the
 * function answers, and read when somebody asks for metrics.
 */
export class CloudWatchService implements Service {
  readonly signingNames = ['monitoring'];
  readonly resourceTypes: readonly ResourceType[] = [];
  readonly #store = new MetricStore();
  readonly #report: (line: string) => void;
  readonly #unsubscribe: () => void;
  readonly #protocol: JsonProtocol;
  #unread: UnreadLine[] = [];

  /** `report` is told of lines that CloudWatch would drop. */
  constructor({ lines, report }: { lines: MetricLines; report: (line: string) => void }) {
    this.#report = report;
    this.#unsubscribe = lines.onEvent((entry) => this.#putAside(entry));
    this.#protocol = new JsonProtocol('CloudWatch', '1.0', {
      GetMetricData: async (input: GetMetricDataInput) => getMetricData(this.#metrics(), input),
      ListMetrics: async (input: ListMetricsInput) => ({ Metrics: this.#list(input) }),
    });
  }

  /** Reading embedded metrics is tied to no resource (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html). */
  permissionsFor(_call: AwsCall, operation: string): Permission[] {
    return [{ action: `cloudwatch:${operation}`, resource: '*' }];
  }

  operationOf(request: RawRequest): string {
    return this.#protocol.operationOf(request);
  }

  handle(call: AwsCall, operation: string): Promise<AwsReply> {
    return this.#protocol.handle(call, operation);
  }

  readonly renderError = (error: AwsError): AwsReply => this.#protocol.renderError(error);

  async stop(): Promise<void> {
    this.#unsubscribe();
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
      this.#report(`CloudWatch drops metrics in ${entry.group}: ${error.message}`);
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
