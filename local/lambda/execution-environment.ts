import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type EnvironmentProcessOptions, killGroup, spawnEnvironment, thaw } from './environment-process.ts';
import type { FunctionLog, InvocationReport } from './function-log.ts';
import { errorResponse, errorTypeOf, exitReason, type FunctionResponse, functionError, InitError } from './function-response.ts';
import type { Invocation } from './invocation.ts';
import { readOutput } from './output-lines.ts';
import type { ProcessGuard } from './process-guard.ts';
import { RuntimeApi } from './runtime-api.ts';

/** AWS gives initialization 10 seconds, and where that is too short tries again with the function's timeout (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). */
const MIN_INIT_TIMEOUT_MS = 10_000;

export interface ExecutionEnvironmentOptions extends EnvironmentProcessOptions {
  readonly functionArn: string;
  readonly timeoutMs: number;
  readonly log: FunctionLog;
  readonly guard: ProcessGuard;
}

/** An invocation that an environment is working on. */
export interface RunningInvocation {
  /** Resolves with the response, or with its beginning when it is streamed; with an error as Lambda words it when the function fails. */
  readonly response: Promise<FunctionResponse>;
  /** Resolves when the environment is idle again or gone, with the end of the invocation's log. */
  readonly finished: Promise<string>;
}

interface Current {
  readonly invocation: Invocation;
  readonly startedAt: number;
  readonly initDurationMs: number | undefined;
  readonly response: PromiseWithResolvers<FunctionResponse>;
  readonly finished: PromiseWithResolvers<string>;
  failure?: Pick<InvocationReport, 'status' | 'errorType'>;
}

/**
 * One execution environment: a process with AWS's runtime client and the function's code. It works on one invocation at a
 * time and is frozen in between, after init too (runtime-client/rapid-client.cjs says how). Durations and timeouts are the
 * machine's, since a process's time cannot be advanced.
 */
export class ExecutionEnvironment {
  /** Resolves when the function is initialized. Rejects with an InitError. */
  readonly ready: Promise<void>;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  readonly log: FunctionLog;
  readonly #options: ExecutionEnvironmentOptions;
  readonly #api: RuntimeApi;
  readonly #ready = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #startedAt = performance.now();
  readonly #endOfOutput = `end-of-output-${randomUUID()}`;
  #child: ChildProcess | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #initialized = false;
  #initDurationMs: number | undefined;
  #initError: Buffer | undefined;
  #current: Current | undefined;
  #unmarkedOutputs = 2;
  #settledWithRssKb: number | undefined;
  #timedOutAfterMs: number | undefined;
  #stopped = false;
  #ended = false;

  constructor(options: ExecutionEnvironmentOptions) {
    this.#options = options;
    this.log = options.log;
    this.ready = this.#ready.promise;
    this.gone = this.#gone.promise;
    this.ready.catch(() => undefined);
    this.#api = new RuntimeApi(options.functionArn, {
      initFailed: (document) => {
        this.#initError = document;
        this.#kill();
      },
      responded: (response) => this.#responded(response),
      settled: (maxRssKb) => {
        this.#settledWithRssKb = maxRssKb;
        this.#settle();
      },
    });
    this.#start().catch((error: unknown) => {
      this.log.line(`The execution environment could not be started: ${String(error)}`);
      this.#closed(null, null);
    });
  }

  /** False from the moment that the process has ended. */
  get alive(): boolean {
    return !this.#ended;
  }

  /** Starts an invocation. The environment must be ready and idle. */
  invoke(invocation: Invocation): RunningInvocation {
    const { timeoutMs } = this.#options;
    const current: Current = {
      invocation,
      startedAt: performance.now(),
      initDurationMs: this.#initDurationMs,
      response: Promise.withResolvers(),
      finished: Promise.withResolvers(),
    };
    this.#initDurationMs = undefined;
    this.#current = current;
    this.log.start(invocation.requestId);
    this.#api.offer(invocation, Date.now() + timeoutMs);
    this.#killAfter(timeoutMs);
    if (this.#child) thaw(this.#child, invocation.requestId);
    return { response: current.response.promise, finished: current.finished.promise };
  }

  /** Ends the process and all that it has started. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#kill();
    await this.gone;
  }

  async #start(): Promise<void> {
    const address = await this.#api.listen();
    if (this.#stopped) return this.#closed(null, 'SIGKILL');
    const child = spawnEnvironment(this.#options, address, this.#endOfOutput);
    this.#child = child;
    if (child.pid !== undefined) this.#options.guard.watch(child.pid);
    for (const output of [child.stdout, child.stderr]) {
      // Null only where an output is not a pipe.
      if (!output) continue;
      readOutput(output, this.#endOfOutput, {
        line: (text) => this.log.line(text),
        marked: () => {
          this.#unmarkedOutputs -= 1;
          this.#settle();
        },
      });
    }
    child.on('error', (error) => this.log.line(`The execution environment could not be started: ${error.message}`));
    child.on('close', (code, signal) => this.#closed(code, signal));
    this.#killAfter(Math.max(this.#options.timeoutMs, MIN_INIT_TIMEOUT_MS));
  }

  #responded(response: FunctionResponse): void {
    const current = this.#current;
    if (!current) return;
    if (response.functionError) current.failure = { status: 'error', errorType: errorTypeOf(response) };
    current.response.resolve(response);
  }

  /** Freezes the environment once its response and all of its output have arrived, whichever is last. */
  #settle(): void {
    if (this.#settledWithRssKb === undefined || this.#unmarkedOutputs > 0) return;
    const maxMemoryUsedMb = Math.ceil(this.#settledWithRssKb / 1024);
    this.#settledWithRssKb = undefined;
    this.#unmarkedOutputs = 2;
    clearTimeout(this.#deadline);
    this.#api.freeze();
    if (this.#initialized) {
      this.#finish(maxMemoryUsedMb);
    } else {
      this.#initialized = true;
      this.#initDurationMs = performance.now() - this.#startedAt;
      this.#ready.resolve();
    }
  }

  #closed(code: number | null, signal: NodeJS.Signals | null): void {
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#api.close();
    if (this.#child?.pid !== undefined) this.#options.guard.forget(this.#child.pid);
    this.#child = undefined;
    const failure = this.#initError ? functionError(this.#initError) : this.#failureOf(code, signal);
    const current = this.#current;
    if (!this.#initialized) this.#ready.reject(new InitError(failure, performance.now() - this.#startedAt));
    if (current) {
      // A response that had arrived stands; otherwise this is the answer.
      current.failure ??=
        this.#timedOutAfterMs === undefined ? { status: 'error', errorType: errorTypeOf(failure) } : { status: 'timeout' };
      current.response.resolve(failure);
      this.#finish();
    }
    this.#gone.resolve();
  }

  #failureOf(code: number | null, signal: NodeJS.Signals | null): FunctionResponse {
    const requestId = this.#current?.invocation.requestId;
    const prefix = requestId === undefined ? '' : `RequestId: ${requestId} `;
    if (this.#timedOutAfterMs !== undefined) {
      const message = `Task timed out after ${(this.#timedOutAfterMs / 1000).toFixed(2)} seconds`;
      if (requestId) this.log.line(`${new Date().toISOString()} ${requestId} ${message}`);
      return errorResponse('Sandbox.Timedout', `${prefix}Error: ${message}`);
    }
    const message = `${prefix}Error: Runtime exited ${exitReason(code, signal)}`;
    if (!this.#stopped) this.log.line(`${message}\nRuntime.ExitError`);
    return errorResponse('Runtime.ExitError', message);
  }

  #finish(maxMemoryUsedMb?: number): void {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    const durationMs = performance.now() - current.startedAt;
    const { invocation, initDurationMs, failure = { status: 'success' } } = current;
    current.finished.resolve(this.log.end(invocation.requestId, { durationMs, initDurationMs, maxMemoryUsedMb, ...failure }));
  }

  #killAfter(ms: number): void {
    this.#deadline = setTimeout(() => {
      this.#timedOutAfterMs = ms;
      this.#kill();
    }, ms);
  }

  #kill(): void {
    if (this.#child) killGroup(this.#child);
  }
}
