import { randomUUID } from 'node:crypto';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Principal } from '../platform/principal.ts';
import type { StoredMap } from '../platform/state.ts';
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

export interface Delivery {
  readonly rule: Rule;
  readonly target: Target;
  readonly event: EventEnvelope;
}

/** What is stored of a delivery that is under way. */
export interface StoredDelivery {
  readonly rule: string;
  readonly target: string;
  readonly event: EventEnvelope;
  readonly publishedAt: number;
  /** After how many failed retries. */
  readonly retries: number;
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

/**
 * Brings events to targets: retries what can be retried, gives up to the dead-letter queue, and reports whatever failed. What is under way
 * when the runtime ends is taken up again at the next start, so that a target gets an event at least once.
 */
export class Deliveries {
  readonly #clock: Clock;
  readonly #queues: TargetQueues;
  readonly #functions: TargetFunctions;
  readonly #report: (line: string) => void;
  readonly #stored: StoredMap<StoredDelivery>;
  readonly #underWay = new Set<string>();
  readonly #retries = new Set<Promise<void>>();
  readonly #stopped = new AbortController();

  constructor(parts: {
    clock: Clock;
    queues: TargetQueues;
    functions: TargetFunctions;
    report: (line: string) => void;
    stored: StoredMap<StoredDelivery>;
  }) {
    this.#clock = parts.clock;
    this.#queues = parts.queues;
    this.#functions = parts.functions;
    this.#report = parts.report;
    this.#stored = parts.stored;
  }

  /** Takes a delivery on: it is stored when this returns. Resolves after the first attempt; retries go on by the clock. Never rejects. */
  deliver(delivery: Delivery): Promise<void> {
    const { rule, target, event } = delivery;
    const id = randomUUID();
    const stored = { rule: rule.name, target: target.id, event, publishedAt: this.#clock.now(), retries: 0 };
    this.#stored.set(id, stored);
    return this.#take(id, delivery, stored);
  }

  /** Takes up what an earlier run has left. `find` gives the rule and the target of these names, if they are still there. */
  resume(find: (rule: string, target: string) => Omit<Delivery, 'event'> | undefined): void {
    for (const [id, stored] of [...this.#stored.entries()]) {
      if (this.#underWay.has(id)) continue;
      const found = find(stored.rule, stored.target);
      if (found) void this.#take(id, { ...found, event: stored.event }, stored);
      else {
        this.#stored.delete(id);
        this.#report(`EventBridge lost event ${stored.event.id} of rule ${stored.rule}: the rule, or its target ${stored.target}, is gone`);
      }
    }
  }

  /** Ends all retries until the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#retries);
  }

  async #take(id: string, delivery: Delivery, stored: StoredDelivery): Promise<void> {
    this.#underWay.add(id);
    await this.#begin(id, delivery, stored).catch((error) => this.#reportUnstored(delivery, error));
  }

  async #begin(id: string, delivery: Delivery, stored: StoredDelivery): Promise<void> {
    // Whoever publishes does so in one step with what the event tells of; nothing is sent before that step is over.
    await undefined;
    const failure = await this.#attempt(delivery);
    if (failure?.retriable) {
      const retry = this.#retry(id, delivery, stored, failure)
        .catch((error) => this.#reportUnstored(delivery, error))
        .finally(() => this.#retries.delete(retry));
      this.#retries.add(retry);
      return;
    }
    if (failure) await this.#giveUp(delivery, failure, { retries: stored.retries });
    this.#end(id);
  }

  async #retry(id: string, delivery: Delivery, stored: StoredDelivery, first: Failure): Promise<void> {
    const { maxRetryAttempts, maxEventAgeSeconds } = delivery.target;
    let failure = first;
    for (let { retries } = stored; ; retries += 1) {
      this.#stored.set(id, { ...stored, retries });
      if (retries >= maxRetryAttempts) {
        await this.#giveUp(delivery, failure, { retries, condition: 'MaximumRetryAttempts' });
        break;
      }
      const delayMs = Math.min(FIRST_RETRY_MS * 2 ** retries, LONGEST_RETRY_MS);
      const remainingMs = stored.publishedAt + maxEventAgeSeconds * 1000 - this.#clock.now();
      await this.#clock.sleep(Math.min(delayMs, Math.max(0, remainingMs)), this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      if (delayMs > remainingMs) {
        await this.#giveUp(delivery, failure, { retries, condition: 'MaximumEventAgeInSeconds' });
        break;
      }
      const next = await this.#attempt(delivery);
      if (!next) break;
      if (!next.retriable) {
        await this.#giveUp(delivery, next, { retries: retries + 1 });
        break;
      }
      failure = next;
    }
    this.#end(id);
  }

  /** A delivery that ends while the runtime stops may have failed by that, and stays to be made again. */
  #end(id: string): void {
    if (!this.#stopped.signal.aborted) this.#stored.delete(id);
    this.#underWay.delete(id);
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
    if (this.#stopped.signal.aborted) return;
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

  #reportUnstored(delivery: Delivery, error: unknown): void {
    this.#report(`EventBridge could not store how far ${describe(delivery)} is, and begins it again at the next start: ${String(error)}`);
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
