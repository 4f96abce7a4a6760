import type { LogStream } from '../logs/log-sink.ts';
import type { Clock } from '../platform/clock.ts';

/** How much of an invocation's log Invoke returns when asked (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). */
const TAIL_BYTES = 4096;

export interface InvocationReport {
  readonly durationMs: number;
  /** Present for the first invocation of an environment. */
  readonly initDurationMs?: number | undefined;
  /** Unknown when the environment was killed. */
  readonly maxMemoryUsedMb?: number | undefined;
  readonly status: 'success' | 'error' | 'timeout';
  readonly errorType?: string | undefined;
}

export interface FunctionLogOptions {
  readonly stream: LogStream;
  readonly clock: Clock;
  readonly format: 'Text' | 'JSON';
  readonly memorySizeMb: number;
  /** Told of each invocation when it is over. */
  readonly onReport: (report: InvocationReport) => void;
}

/**
 * The log stream of one execution environment: what the function prints, and Lambda's own lines around it
 * (https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html; as JSON,
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
 */
export class FunctionLog {
  readonly #options: FunctionLogOptions;
  #tail = '';

  constructor(options: FunctionLogOptions) {
    this.#options = options;
  }

  /** A line that the function has printed, or that Lambda prints about it in either format. */
  line(message: string): void {
    const { stream, clock } = this.#options;
    this.#tail = `${this.#tail}${message}\n`.slice(-TAIL_BYTES);
    stream.write(clock.now(), message);
  }

  /** An invocation whose environment could not be initialized. Returns the tail. */
  invocationWithoutInit(requestId: string, durationMs: number, errorType: string | undefined): string {
    const text = `INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms\tPhase: init\tStatus: error\tError Type: ${errorType}`;
    this.#platform(text, 'platform.initReport', { phase: 'init', status: 'error', errorType, metrics: { durationMs: round(durationMs) } });
    this.start(requestId);
    return this.end(requestId, { durationMs, status: 'error', errorType });
  }

  start(requestId: string): void {
    this.#tail = '';
    this.#platform(`START RequestId: ${requestId} Version: $LATEST`, 'platform.start', { requestId, version: '$LATEST' });
  }

  /** The last lines of an invocation. Returns the tail: the last 4 KB of what was logged since its start. */
  end(requestId: string, report: InvocationReport): string {
    const { memorySizeMb, format, onReport } = this.#options;
    onReport(report);
    const { durationMs, initDurationMs, maxMemoryUsedMb, status, errorType } = report;
    // Initialization is billed (https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/).
    const billedDurationMs = Math.ceil(durationMs + (initDurationMs ?? 0));
    if (format === 'Text') this.line(`END RequestId: ${requestId}`);
    const fields = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${billedDurationMs} ms`,
      `Memory Size: ${memorySizeMb} MB`,
      maxMemoryUsedMb !== undefined && `Max Memory Used: ${maxMemoryUsedMb} MB`,
      initDurationMs !== undefined && `Init Duration: ${initDurationMs.toFixed(2)} ms`,
      status !== 'success' && `Status: ${status}`,
      errorType !== undefined && `Error Type: ${errorType}`,
    ];
    const metrics = {
      durationMs: round(durationMs),
      billedDurationMs,
      memorySizeMB: memorySizeMb,
      maxMemoryUsedMB: maxMemoryUsedMb,
      initDurationMs: initDurationMs && round(initDurationMs),
    };
    this.#platform(fields.filter(Boolean).join('\t'), 'platform.report', { requestId, status, errorType, metrics });
    return Buffer.from(this.#tail).subarray(-TAIL_BYTES).toString('utf8');
  }

  #platform(text: string, type: string, record: object): void {
    const { clock, format } = this.#options;
    this.line(format === 'Text' ? text : JSON.stringify({ time: new Date(clock.now()).toISOString(), type, record }));
  }
}

function round(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}
