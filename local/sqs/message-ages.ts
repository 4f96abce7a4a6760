import type { State, StoredMap } from '../platform/state.ts';

/** When a message came into the queue that it is in. */
interface Arrival {
  readonly queue: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** How often it had been received before, in the queue that it was moved from. */
  readonly receives: number;
}

/**
 * A message that was received so often, and is not deleted, does not count any longer where it may be passed over
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html).
 */
const MANY_RECEIVES = 3;

/** How long messages have been in their queues, a dead-letter queue among them; not how long ago they were sent. */
export class MessageAges {
  readonly #arrivals: StoredMap<Arrival>;

  constructor(state: State) {
    this.#arrivals = state.map('sqs-arrivals');
  }

  /** Takes note of a message in a queue, whether it has just come or not. */
  note(messageId: string, queue: string, receives: number): void {
    if (this.#arrivals.get(messageId)?.queue !== queue) this.#arrivals.set(messageId, { queue, atMs: Date.now(), receives });
  }

  forget(messageId: string): void {
    this.#arrivals.delete(messageId);
  }

  /** Makes every message `ms` older. */
  advance(ms: number): void {
    for (const [messageId, arrival] of [...this.#arrivals.entries()])
      this.#arrivals.set(messageId, { ...arrival, atMs: arrival.atMs - ms });
  }

  /** The age of the oldest message of each queue, in seconds, as SQS measures it; nothing where no message counts. */
  oldest(receivesOf: (messageId: string) => number): ReadonlyMap<string, number> {
    const now = Date.now();
    const oldest = new Map<string, number>();
    for (const [messageId, { queue, atMs, receives }] of this.#arrivals.entries()) {
      const isPassedOver = !queue.endsWith('.fifo') && receivesOf(messageId) - receives >= MANY_RECEIVES;
      const seconds = Math.max(0, Math.floor((now - atMs) / 1000));
      if (!isPassedOver) oldest.set(queue, Math.max(seconds, oldest.get(queue) ?? 0));
    }
    return oldest;
  }
}
