import { createRequire } from 'node:module';
import { buffer } from 'node:stream/consumers';
import type { AccessKey, AccessKeys } from '../front-door/access-keys.ts';
import type { LogSink } from '../logs/log-sink.ts';
import type { AccessControl } from '../platform/access-control.ts';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { type Measure, measurementsOf } from '../platform/measurement.ts';
import type { RolePrincipal } from '../platform/principal.ts';
import { EnvironmentPool } from './environment-pool.ts';
import { environmentVariables } from './environment-variables.ts';
import { ExecutionEnvironment, type RunningInvocation } from './execution-environment.ts';
import type { FunctionConfiguration } from './function-configuration.ts';
import { FunctionLog, type InvocationReport } from './function-log.ts';
import { errorTypeOf, FunctionStreamError, InitError } from './function-response.ts';
import type { Invocation } from './invocation.ts';
import type { ProcessGuard } from './process-guard.ts';

/**
 * What Lambda measures of each invocation here, for the function and for all of them together
 * (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html).
 */
export const INVOCATION_MEASUREMENTS = ['Invocations', 'Errors', 'Duration', 'Throttles'] as const;

const RUNTIME_CLIENT = createRequire(import.meta.url).resolve('aws-lambda-ric');

export interface LambdaFunctionContext {
  readonly clock: Clock;
  readonly region: string;
  readonly endpoint: () => string;
  readonly keys: AccessKeys;
  readonly access: AccessControl;
  readonly logs: LogSink;
  /** Takes what CloudWatch is told of each invocation. */
  readonly measure: Measure;
}

/** What an invocation came to, its response read to the end. */
export interface InvocationResult {
  readonly requestId: string;
  readonly payload: Buffer;
  /** Present when the payload describes an error. */
  readonly functionError?: 'Unhandled';
  /** The last 4 KB of the invocation's log. */
  readonly logTail: string;
}

/** A provisioned function with its role's credentials and its environments. */
export class LambdaFunction {
  readonly configuration: FunctionConfiguration;
  readonly taskRoot: string;
  readonly createdAt: Date;
  /** As whom it calls AWS. */
  readonly role: RolePrincipal;
  readonly #guard: ProcessGuard;
  readonly #context: LambdaFunctionContext;
  readonly #key: AccessKey;
  readonly #pool: EnvironmentPool;
  #running = 0;

  constructor(configuration: FunctionConfiguration, taskRoot: string, guard: ProcessGuard, context: LambdaFunctionContext) {
    this.configuration = configuration;
    this.taskRoot = taskRoot;
    this.createdAt = new Date(context.clock.now());
    this.#guard = guard;
    this.#context = context;
    this.role = { kind: 'role', arn: configuration.roleArn, sessionName: configuration.name };
    this.#key = context.keys.issue(this.role);
    this.#pool = new EnvironmentPool(context.clock, () => this.#startEnvironment());
  }

  /** Runs the function and reads its whole response. Throws TooManyRequestsException beyond the reserved concurrency. */
  async invoke(invocation: Invocation): Promise<InvocationResult> {
    const { response, finished } = await this.run(invocation);
    const { body, functionError } = await response;
    const { requestId } = invocation;
    try {
      const payload = Buffer.isBuffer(body) ? body : await buffer(body);
      return { requestId, payload, ...(functionError && { functionError }), logTail: await finished };
    } catch (error) {
      if (!(error instanceof FunctionStreamError)) throw error;
      return { requestId, payload: error.document, functionError: 'Unhandled', logTail: await finished };
    }
  }

  /** Runs the function without waiting for its response's end. Throws TooManyRequestsException beyond the reserved concurrency. */
  async run(invocation: Invocation): Promise<RunningInvocation> {
    const { reservedConcurrency } = this.configuration;
    if (reservedConcurrency !== undefined && this.#running >= reservedConcurrency) {
      this.#measure({ Throttles: 1 });
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
        Type: 'User',
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      });
    }
    this.#running += 1;
    try {
      const environment = await this.#pool.acquire();
      const running = await this.#runIn(environment, invocation);
      void running.finished.then(() => {
        this.#running -= 1;
        this.#pool.release(environment);
      });
      return running;
    } catch (error) {
      this.#running -= 1;
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.#pool.stop();
  }

  async #runIn(environment: ExecutionEnvironment, invocation: Invocation): Promise<RunningInvocation> {
    try {
      await environment.ready;
      return environment.invoke(invocation);
    } catch (error) {
      if (!(error instanceof InitError)) throw error;
      const tail = environment.log.invocationWithoutInit(invocation.requestId, error.durationMs, errorTypeOf(error.response));
      return { response: Promise.resolve(error.response), finished: Promise.resolve(tail) };
    }
  }

  #measureInvocation({ durationMs, status }: InvocationReport): void {
    this.#measure({ Invocations: 1, Errors: Number(status !== 'success'), Duration: durationMs, Throttles: 0 });
  }

  #measure(values: Partial<Record<(typeof INVOCATION_MEASUREMENTS)[number], number>>): void {
    this.#context.measure(measurementsOf('AWS/Lambda', [{}, { FunctionName: this.configuration.name }], values));
  }

  #startEnvironment(): ExecutionEnvironment {
    const { configuration, taskRoot } = this;
    const { clock, region, endpoint, logs } = this.#context;
    const day = new Date(clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');
    const logStream = `${day}/[$LATEST]${crypto.randomUUID().replaceAll('-', '')}`;
    return new ExecutionEnvironment({
      functionArn: configuration.arn,
      taskRoot,
      runtimeClient: RUNTIME_CLIENT,
      timeoutMs: configuration.timeoutMs,
      memorySizeMb: configuration.memorySizeMb,
      guard: this.#guard,
      log: new FunctionLog({
        stream: logs.openStream(this.role, configuration.logGroup, logStream),
        clock,
        format: configuration.logFormat,
        memorySizeMb: configuration.memorySizeMb,
        onReport: (report) => this.#measureInvocation(report),
      }),
      variables: environmentVariables(configuration, {
        key: this.#key,
        region,
        endpoint: endpoint(),
        taskRoot,
        logStream,
        runtimeClient: RUNTIME_CLIENT,
      }),
    });
  }
}
