import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { FunctionContract } from '../../lambdas/shared/function.contract.ts';
import { METRICS_NAMESPACE } from '../../lambdas/shared/metrics.contract.ts';
import type { StageConfig } from '../stage-config.ts';
import type { FunctionCode } from './bundles.ts';
import { acknowledge, explainWildcard } from './compliance.ts';
import { allowSending } from './queue-permissions.ts';

/** What every function of a stage is built from. */
export interface FunctionSettings {
  readonly config: StageConfig;
  readonly code: FunctionCode;
}

export interface CapabilityFunctionProps extends FunctionSettings {
  readonly contract: FunctionContract;
  readonly timeout: Duration;
  /** The stage's when absent. */
  readonly memoryMiB?: number;
  /** For a function that is invoked asynchronously: where an event goes that it failed on for good. */
  readonly deadLetterQueue?: IQueue;
  /** Why a function that is invoked asynchronously has none. */
  readonly withoutDeadLetters?: string;
}

/**
 * The one kind of function that there is: Node.js 24 on arm64, its bundle, its own log group, and exactly the
 * environment that its contract names. What a construct provides twice, or what the contract does not know, is refused at
 * once; what nobody provided is refused at synth.
 */
export class CapabilityFunction extends LambdaFunction {
  readonly #contract: FunctionContract;
  readonly #provided = new Set<string>();

  constructor(scope: Construct, id: string, props: CapabilityFunctionProps) {
    const { contract, config, code, timeout, memoryMiB, deadLetterQueue, withoutDeadLetters } = props;
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: config.logRetentionDays as RetentionDays,
      removalPolicy: config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: code(contract.entry),
      memorySize: memoryMiB ?? config.lambdaMemoryMiB,
      timeout,
      logGroup,
      // A role of our own, since CDK's default one may write to every log group there is.
      role: new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
      loggingFormat: LoggingFormat.TEXT,
      ...(deadLetterQueue && { deadLetterQueue }),
      tracing: config.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    });
    logGroup.grantWrite(this);
    explainWildcard(this, {
      actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      ending: '*',
      reason: 'X-Ray knows no resource for what is sent to it.',
    });
    if (!deadLetterQueue) {
      const reason =
        withoutDeadLetters ??
        'Invoked by API Gateway, whose client sees a failure at once, or by a queue, which has a dead-letter queue: never asynchronously.';
      acknowledge(this, 'Serverless-LambdaDLQ', reason);
    }
    if (!config.tracing) acknowledge(this, 'Serverless-LambdaTracing', 'This stage does not trace.');
    if (deadLetterQueue) allowSending(this, deadLetterQueue);
    this.#contract = contract;
    this.provide({
      POWERTOOLS_SERVICE_NAME: `manuel-${config.name}`,
      POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
      POWERTOOLS_LOG_LEVEL: 'INFO',
      FUNCTION: contract.name,
    });
    this.node.addValidation({ validate: () => this.#missing() });
  }

  get contract(): FunctionContract {
    return this.#contract;
  }

  /** Sets variables of the environment. Throws when one is not in the contract or was provided before. */
  provide(variables: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(variables)) {
      if (!Object.hasOwn(this.#contract.environment, name)) {
        throw new Error(`${this.#contract.name} was provided ${name}, which its contract does not name.`);
      }
      if (this.#provided.has(name)) throw new Error(`${this.#contract.name} was provided ${name} twice.`);
      this.#provided.add(name);
      this.addEnvironment(name, value);
    }
  }

  #missing(): string[] {
    const missing = Object.keys(this.#contract.environment).filter((name) => !this.#provided.has(name));
    return missing.length === 0 ? [] : [`${this.#contract.name} was not provided ${missing.join(', ')}.`];
  }
}
