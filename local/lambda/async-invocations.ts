import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { StoredMap } from '../platform/state.ts';
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

/** What is stored of an event that is under way; its payload is JSON. */
export interface StoredInvocation extends Omit<Invocation, 'payload'> {
  readonly functionName: string;
  readonly payload: string;
  readonly acceptedAt: number;
  readonly failures: number;
}

export interface AsyncInvocationsOptions {
  readonly clock: Clock;
  readonly stored: StoredMap<StoredInvocation>;
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

/**
 * Lambda's own queue in front of asynchronous invocations: retries what fails, and hands on what it gives up. What is under way when the
 * runtime ends is taken up again at the next start, so that a function gets an event at least once.
 */
export class AsyncInvocations {
  readonly #clock: Clock;
  readonly #report: (line: string) => void;
  readonly #giveUp: (event: DeadEvent) => Promise<void>;
  readonly #configurations = new Map<string, EventInvokeConfiguration>();
  readonly #stopping = new AbortController();
  readonly #stored: StoredMap<StoredInvocation>;
  /** By request id. */
  readonly #pending = new Map<string, Promise<void>>();

  constructor({ clock, stored, report, giveUp }: AsyncInvocationsOptions) {
    this.#clock = clock;
    this.#stored = stored;
    this.#report = report;
    this.#giveUp = giveUp;
  }

  configure(functionName: string, configuration: EventInvokeConfiguration): void {
    this.#configurations.set(functionName, configuration);
  }

  /** Takes an event on: it is stored when this returns. */
  enqueue(target: LambdaFunction, invocation: Invocation): void {
    const stored = {
      ...invocation,
      functionName: target.configuration.name,
      payload: invocation.payload.toString('utf8'),
      acceptedAt: this.#clock.now(),
      failures: 0,
    };
    this.#stored.set(invocation.requestId, stored);
    this.#begin(target, stored);
  }

  /** Takes up what an earlier run has left. `find` gives the function of a name, if it is still there. */
  resume(find: (functionName: string) => LambdaFunction | undefined): void {
    for (const stored of [...this.#stored.values()]) {
      if (this.#pending.has(stored.requestId)) continue;
      const target = find(stored.functionName);
      if (target) this.#begin(target, stored);
      else {
        this.#stored.delete(stored.requestId);
        this.#report(`${stored.functionName}: event ${stored.requestId} is lost: there is no such function any more`);
      }
    }
  }

  /** From now on what fails does not count, nor is anything run: it stays for the next start. */
  halt(): void {
    this.#stopping.abort();
  }

  /** Resolves when nothing is under way any more. The functions must have been stopped, so that nothing runs. */
  async stop(): Promise<void> {
    this.halt();
    await Promise.all(this.#pending.values());
  }

  #begin(target: LambdaFunction, stored: StoredInvocation): void {
    const { requestId } = stored;
    const pending = this.#deliver(target, stored)
      .catch((error: unknown) => {
        // It is still stored, and with it how often it has failed so far.
        if (!this.#stopping.signal.aborted) {
          this.#report(`${stored.functionName}: event ${requestId} waits for the next start: ${String(error)}`);
        }
      })
      .finally(() => this.#pending.delete(requestId));
    this.#pending.set(requestId, pending);
  }

  async #deliver(target: LambdaFunction, stored: StoredInvocation): Promise<void> {
    const { functionName: name, acceptedAt, requestId, traceHeader, clientContext } = stored;
    const invocation = { requestId, traceHeader, clientContext, payload: Buffer.from(stored.payload) };
    const { retryAttempts = DEFAULT_RETRY_ATTEMPTS, maxEventAgeMs = DEFAULT_MAX_EVENT_AGE_MS } = this.#configurations.get(name) ?? {};
    let { failures } = stored;
    let throttles = 0;
    // Whoever hands an event over does so in one step with what it tells of; nothing runs before that step is over.
    await undefined;
    while (!this.#stopping.signal.aborted) {
      const result = await invokeUnlessThrottled(target, invocation);
      if (this.#stopping.signal.aborted) return;
      if (result && !result.functionError) break;
      if (result) failures += 1;
      else throttles += 1;
      this.#stored.set(requestId, { ...stored, failures });
      const error = result ? result.payload.toString('utf8') : 'throttled';
      if (failures > retryAttempts) {
        this.#report(`${name}: event ${requestId} is given up after ${failures} failed attempts: ${error}`);
        await this.#giveUp({ target, invocation, error, httpStatus: 200 });
        break;
      }
      const delayMs = result ? (RETRY_DELAYS_MS[failures - 1] ?? 0) : throttleDelayMs(throttles);
      if (this.#clock.now() + delayMs > acceptedAt + maxEventAgeMs) {
        this.#report(`${name}: event ${requestId} is given up, older than ${maxEventAgeMs / 1000} s: ${error}`);
        await this.#giveUp({ target, invocation, error, httpStatus: result ? 200 : 429 });
        break;
      }
      await this.#clock.sleep(delayMs, this.#stopping.signal);
    }
    if (!this.#stopping.signal.aborted) this.#stored.delete(requestId);
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
