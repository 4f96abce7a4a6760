import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Principal } from '../platform/principal.ts';
import type { EventEnvelope } from './event.ts';
import type { Rule, Target } from './rule.ts';

/** AWS says only "exponential back off and jitter"; these bounds are ours, and there is no jitter. */
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 15 * 60 * 1000;

/** What EventBridge needs of SQS, in process. */
export interface TargetQueues {
  /** Sends a message with text attributes on behalf of a principal. Throws the AwsError that SQS would answer with. */
  send(principal: Principal, queueArn: string, body: string, attributes?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** What EventBridge needs of Lambda, in process. */
export interface TargetFunctions {
  /** Hands over an event, on behalf of a principal. Throws the AwsError that Lambda would answer with. What the function makes of it is Lambda's. */
  invokeLaterAs(principal: Principal, functionArn: string, payload: string): string;
}

interface Delivery {
  readonly rule: Rule;
  readonly target: Target;
  readonly event: EventEnvelope;
}

interface Failure {
  /** Of https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html. */
  readonly code: 'NO_RESOURCE' | 'NO_PERMISSIONS' | 'INVALID_PARAMETER' | 'THROTTLING' | 'ERROR_FROM_TARGET' | 'INTERNAL_ERROR';
  readonly message: string;
  readonly retriable: boolean;
}

interface Exhaustion {
  readonly retries: number;
  readonly condition?: 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds';
}

/** Brings events to targets: retries what can be retried, gives up to the dead-letter queue, and reports whatever failed. */
export class Deliveries {
  readonly #clock: Clock;
  readonly #queues: TargetQueues;
  readonly #functions: TargetFunctions;
  readonly #report: (line: string) => void;
  readonly #retries = new Set<Promise<void>>();
  readonly #stopped = new AbortController();

  constructor(parts: { clock: Clock; queues: TargetQueues; functions: TargetFunctions; report: (line: string) => void }) {
    this.#clock = parts.clock;
    this.#queues = parts.queues;
    this.#functions = parts.functions;
    this.#report = parts.report;
  }

  /** Resolves after the first attempt; retries go on by the clock. Never rejects. */
  async deliver(delivery: Delivery): Promise<void> {
    const publishedAt = this.#clock.now();
    const failure = await this.#attempt(delivery);
    if (!failure) return;
    if (!failure.retriable) {
      await this.#giveUp(delivery, failure, { retries: 0 });
      return;
    }
    const retry = this.#retry(delivery, failure, publishedAt).finally(() => this.#retries.delete(retry));
    this.#retries.add(retry);
  }

  /** Ends all retries; each event that was still under way is reported as lost. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#retries);
  }

  async #retry(delivery: Delivery, first: Failure, publishedAt: number): Promise<void> {
    const { maxRetryAttempts, maxEventAgeSeconds } = delivery.target;
    let failure = first;
    for (let retries = 0; ; retries += 1) {
      if (retries >= maxRetryAttempts) return this.#giveUp(delivery, failure, { retries, condition: 'MaximumRetryAttempts' });
      const delayMs = Math.min(FIRST_RETRY_MS * 2 ** retries, LONGEST_RETRY_MS);
      const remainingMs = publishedAt + maxEventAgeSeconds * 1000 - this.#clock.now();
      await this.#clock.sleep(Math.min(delayMs, Math.max(0, remainingMs)), this.#stopped.signal);
      if (this.#stopped.signal.aborted) return this.#reportLoss(delivery, `${failure.message}; the runtime stopped before the next retry`);
      if (delayMs > remainingMs) return this.#giveUp(delivery, failure, { retries, condition: 'MaximumEventAgeInSeconds' });
      const next = await this.#attempt(delivery);
      if (!next) return;
      if (!next.retriable) return this.#giveUp(delivery, next, { retries: retries + 1 });
      failure = next;
    }
  }

  async #attempt({ rule, target, event }: Delivery): Promise<Failure | undefined> {
    try {
      const body = JSON.stringify(event);
      if (target.kind === 'function') this.#functions.invokeLaterAs(ruleItself(rule), target.arn, body);
      else await this.#queues.send(ruleItself(rule), target.arn, body);
      return undefined;
    } catch (error) {
      return asFailure(error);
    }
  }

  async #giveUp(delivery: Delivery, failure: Failure, { retries, condition }: Exhaustion): Promise<void> {
    const { rule, target, event } = delivery;
    if (target.deadLetterArn === undefined) {
      this.#reportLoss(delivery, `${failure.message}; the target has no dead-letter queue`);
      return;
    }
    const attributes = {
      RULE_ARN: rule.arn,
      TARGET_ARN: target.arn,
      ERROR_CODE: failure.code,
      ERROR_MESSAGE: failure.message,
      RETRY_ATTEMPTS: String(retries),
      ...(condition && { EXHAUSTED_RETRY_CONDITION: condition }),
    };
    try {
      await this.#queues.send(ruleItself(rule), target.deadLetterArn, JSON.stringify(event), attributes);
      this.#report(`EventBridge could not deliver ${describe(delivery)} (${failure.message}); it is in ${target.deadLetterArn}`);
    } catch (error) {
      this.#reportLoss(delivery, `${failure.message}; its dead-letter queue refused: ${asFailure(error).message}`);
    }
  }

  #reportLoss(delivery: Delivery, reason: string): void {
    this.#report(`EventBridge lost ${describe(delivery)}: ${reason}`);
  }
}

/** Queues and functions are targets without a role: EventBridge reaches them in its own name, for the rule (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html). */
function ruleItself({ arn }: Rule): Principal {
  return { kind: 'service', name: 'events.amazonaws.com', sourceArn: arn };
}

function describe({ rule, target, event }: Delivery): string {
  return `event ${event.id} (${event['detail-type']}) of rule ${rule.name} for ${target.arn}`;
}

function asFailure(error: unknown): Failure {
  if (!(error instanceof AwsError)) return { code: 'INTERNAL_ERROR', message: String(error), retriable: false };
  const { code, status, message } = error;
  if (code === 'QueueDoesNotExist' || code === 'ResourceNotFoundException') return { code: 'NO_RESOURCE', message, retriable: false };
  if (code.startsWith('AccessDenied') || code === 'KmsAccessDenied') return { code: 'NO_PERMISSIONS', message, retriable: false };
  if (status === 429 || code.includes('Throttl')) return { code: 'THROTTLING', message, retriable: true };
  if (status >= 500) return { code: 'ERROR_FROM_TARGET', message, retriable: true };
  return { code: 'INVALID_PARAMETER', message, retriable: false };
}
