import type { AccessControl } from '../platform/access-control.ts';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Principal } from '../platform/principal.ts';
import type { InvocationResult } from './lambda-function.ts';
import type { MappingConfiguration } from './mapping-configuration.ts';
import type { MessageQueues, ReceivedMessage } from './message-queues.ts';
import { reportedFailures, sqsEvent } from './sqs-batch.ts';

/** The most that SQS gives at once, and the longest it waits (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html). */
const RECEIVE = { maxMessages: 10, waitSeconds: 20 };
/** A batch is complete when its messages reach this size, since a function's event may not be larger (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html). */
const MAX_BATCH_BYTES = 6 * 1024 * 1024;
/** What polling needs (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). */
const POLLING_ACTIONS = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];
/** After the queue could not be read. */
const BACKOFF_MS = 5_000;

export interface EventSourceMappingContext {
  readonly clock: Clock;
  readonly region: string;
  readonly access: AccessControl;
  readonly queues: MessageQueues;
  /** The function's role, with whose rights the queue is polled. */
  readonly role: Principal;
  readonly functionTimeoutMs: number;
  readonly report: (line: string) => void;
  /** Runs the mapping's function with an event. */
  readonly invoke: (event: object) => Promise<InvocationResult>;
}

/**
 * Polls an SQS queue and runs a function with what it gives. Messages that were processed are deleted; those that failed are
 * left alone, so that the queue's visibility timeout and redrive policy decide.
 */
export class EventSourceMapping {
  readonly configuration: MappingConfiguration;
  readonly #context: EventSourceMappingContext;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #polling: Promise<void> | undefined;

  constructor(configuration: MappingConfiguration, context: EventSourceMappingContext) {
    this.configuration = configuration;
    this.#context = context;
  }

  /** Throws what AWS refuses a mapping with: a role that may not poll, a queue that shows a message again while it is being processed. */
  async verify(): Promise<void> {
    const { access, queues, role, functionTimeoutMs } = this.#context;
    const { queueArn } = this.configuration;
    for (const action of POLLING_ACTIONS) {
      try {
        access.require(role, { action: `sqs:${action}`, resource: queueArn });
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        throw invalid(`The function execution role does not have permissions to call ${action} on SQS: ${error.message}`);
      }
    }
    const visibilitySeconds = Number((await queues.attributes(role, queueArn))['VisibilityTimeout']);
    if (visibilitySeconds * 1000 < functionTimeoutMs) {
      throw invalid(
        `Queue visibility timeout: ${visibilitySeconds} seconds is less than Function timeout: ${functionTimeoutMs / 1000} seconds`,
      );
    }
  }

  start(): void {
    this.#polling ??= this.#poll();
  }

  /** Ends polling at once. What is being processed is for `finished` to wait for. */
  stop(): void {
    this.#stopping.abort();
  }

  async finished(): Promise<void> {
    await this.#polling;
    await Promise.all(this.#running);
  }

  async #poll(): Promise<void> {
    const { clock, report } = this.#context;
    while (!this.#stopping.signal.aborted) {
      try {
        const messages = await this.#collect();
        for (const batch of splitBySize(messages)) await this.#dispatch(batch);
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        report(`${this.configuration.queueArn} cannot be polled: ${error instanceof Error ? error.message : String(error)}`);
        await clock.sleep(BACKOFF_MS, this.#stopping.signal);
      }
    }
  }

  /** Waits for messages, and from the first one on for the batching window or a full batch. */
  async #collect(): Promise<ReceivedMessage[]> {
    const { clock } = this.#context;
    const { batchSize, batchingWindowMs } = this.configuration;
    const messages = await this.#receive(batchSize, RECEIVE.waitSeconds);
    const windowEndsAt = clock.now() + batchingWindowMs;
    while (messages.length > 0 && messages.length < batchSize && !this.#stopping.signal.aborted) {
      const remainingMs = windowEndsAt - clock.now();
      if (remainingMs <= 0) break;
      const waitSeconds = Math.min(Math.ceil(remainingMs / 1000), RECEIVE.waitSeconds);
      messages.push(...(await this.#receive(batchSize - messages.length, waitSeconds)));
    }
    return messages;
  }

  async #receive(room: number, waitSeconds: number): Promise<ReceivedMessage[]> {
    const maxMessages = Math.min(room, RECEIVE.maxMessages);
    const { queues, role } = this.#context;
    const { signal } = this.#stopping;
    return [...(await queues.receive(role, this.configuration.queueArn, { maxMessages, waitSeconds, signal }))];
  }

  /** Begins a batch, and returns when there is room for another. */
  async #dispatch(batch: readonly ReceivedMessage[]): Promise<void> {
    const processing = this.#process(batch)
      .catch((error: unknown) => this.#reportFailure(batch.length, error instanceof Error ? error.message : String(error)))
      .finally(() => this.#running.delete(processing));
    this.#running.add(processing);
    if (this.#running.size >= this.configuration.maxConcurrency) await Promise.race(this.#running);
  }

  async #process(batch: readonly ReceivedMessage[]): Promise<void> {
    const { queues, role, region, invoke } = this.#context;
    const { queueArn, reportsItemFailures } = this.configuration;
    const result = await invoke(sqsEvent(batch, queueArn, region));
    if (result.functionError) return this.#reportFailure(batch.length, result.payload.toString('utf8'));
    const failed = reportsItemFailures ? reportedFailures(result.payload, batch) : new Set<string>();
    if (failed === 'all') return this.#reportFailure(batch.length, `unusable batch response ${result.payload.toString('utf8')}`);
    const processed = batch.filter((message) => !failed.has(message.messageId));
    if (processed.length > 0) {
      await queues.delete(
        role,
        queueArn,
        processed.map((message) => message.receiptHandle),
      );
    }
  }

  #reportFailure(batchLength: number, error: string): void {
    if (this.#stopping.signal.aborted) return;
    const { functionName, queueArn } = this.configuration;
    this.#context.report(`${functionName}: a batch of ${batchLength} from ${queueArn} failed: ${error}`);
  }
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message, 400, { Type: 'User' });
}

/** Splits what was received so that no event passes Lambda's limit. */
function splitBySize(messages: readonly ReceivedMessage[]): ReceivedMessage[][] {
  const batches: ReceivedMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(JSON.stringify(message));
    const batch = batches.at(-1);
    if (batch && bytes + size <= MAX_BATCH_BYTES) {
      batch.push(message);
      bytes += size;
    } else {
      batches.push([message]);
      bytes = size;
    }
  }
  return batches;
}
