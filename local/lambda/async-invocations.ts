import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Invocation } from './invocation.ts';
import type { InvocationResult, LambdaFunction } from './lambda-function.ts';

/** How Lambda treats events that a function fails on (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html). */
const DEFAULT_RETRY_ATTEMPTS = 2;
const DEFAULT_MAX_EVENT_AGE_MS = 6 * 60 * 60 * 1000;
/** Before the first and the second retry. */
const RETRY_DELAYS_MS = [60_000, 120_000];
/** After throttling the interval doubles, from a second up to five minutes. */
const THROTTLE_DELAY_MS = { first: 1_000, longest: 300_000 };

/** A function's `AWS::Lambda::EventInvokeConfig`. */
export interface EventInvokeConfiguration {
  readonly retryAttempts?: number | undefined;
  readonly maxEventAgeMs?: number | undefined;
}

export interface AsyncInvocationsOptions {
  readonly clock: Clock;
  readonly report: (line: string) => void;
  /** What becomes of an event that failed for good, beyond being reported. */
  readonly giveUp: (event: DeadEvent) => Promise<void>;
}

/** An event that is given up, and why. */
export interface DeadEvent {
  readonly target: LambdaFunction;
  readonly invocation: Invocation;
  readonly error: string;
  /** As a caller of Invoke would have got it. */
  readonly httpStatus: 200 | 429;
}

/** Lambda's own queue in front of asynchronous invocations: retries what fails, and hands on what it gives up. */
export class AsyncInvocations {
  readonly #clock: Clock;
  readonly #report: (line: string) => void;
  readonly #giveUp: (event: DeadEvent) => Promise<void>;
  readonly #configurations = new Map<string, EventInvokeConfiguration>();
  readonly #stopping = new AbortController();
  readonly #pending = new Set<Promise<void>>();

  constructor({ clock, report, giveUp }: AsyncInvocationsOptions) {
    this.#clock = clock;
    this.#report = report;
    this.#giveUp = giveUp;
  }

  configure(functionName: string, configuration: EventInvokeConfiguration): void {
    this.#configurations.set(functionName, configuration);
  }

  enqueue(target: LambdaFunction, invocation: Invocation): void {
    const pending = this.#deliver(target, invocation)
      .catch((error: unknown) => this.#report(`${target.configuration.name}: an asynchronous event was lost: ${String(error)}`))
      .finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  /** Gives up what waits for its retry. The functions must have been stopped, so that nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#pending);
  }

  async #deliver(target: LambdaFunction, invocation: Invocation): Promise<void> {
    const { name } = target.configuration;
    const { retryAttempts = DEFAULT_RETRY_ATTEMPTS, maxEventAgeMs = DEFAULT_MAX_EVENT_AGE_MS } = this.#configurations.get(name) ?? {};
    const expiresAt = this.#clock.now() + maxEventAgeMs;
    let failures = 0;
    let throttles = 0;
    while (!this.#stopping.signal.aborted) {
      const result = await invokeUnlessThrottled(target, invocation);
      if (result && !result.functionError) return;
      if (result) failures += 1;
      else throttles += 1;
      const error = result ? result.payload.toString('utf8') : 'throttled';
      if (failures > retryAttempts) {
        this.#report(`${name}: event ${invocation.requestId} is given up after ${failures} failed attempts: ${error}`);
        return this.#giveUp({ target, invocation, error, httpStatus: 200 });
      }
      const delayMs = result ? (RETRY_DELAYS_MS[failures - 1] ?? 0) : throttleDelayMs(throttles);
      if (this.#clock.now() + delayMs > expiresAt) {
        this.#report(`${name}: event ${invocation.requestId} is given up, older than ${maxEventAgeMs / 1000} s: ${error}`);
        return this.#giveUp({ target, invocation, error, httpStatus: result ? 200 : 429 });
      }
      await this.#clock.sleep(delayMs, this.#stopping.signal);
    }
  }
}

async function invokeUnlessThrottled(target: LambdaFunction, invocation: Invocation): Promise<InvocationResult | undefined> {
  try {
    return await target.invoke(invocation);
  } catch (error) {
    if (error instanceof AwsError && error.code === 'TooManyRequestsException') return undefined;
    throw error;
  }
}

function throttleDelayMs(throttles: number): number {
  return Math.min(THROTTLE_DELAY_MS.first * 2 ** (throttles - 1), THROTTLE_DELAY_MS.longest);
}
