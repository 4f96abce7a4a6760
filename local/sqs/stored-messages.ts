// Not among the package's exports, hence by their paths.
import type { SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import type { SqsMessage } from '../../node_modules/fauxqs/dist/sqs/sqsTypes.js';
import type { State, StoredMap } from '../platform/state.ts';
import { MessageAges } from './message-ages.ts';

/** What fauxqs 2.4.1 tells whoever stores for it. */
type FauxqsPersistence = Pick<
  NonNullable<SqsStore['persistence']>,
  | 'insertQueue'
  | 'deleteQueue'
  | 'updateQueueAttributes'
  | 'updateQueueSequenceCounter'
  | 'insertMessage'
  | 'deleteMessage'
  | 'updateMessageInflight'
  | 'updateMessageReady'
  | 'deleteQueueMessages'
>;

interface StoredMessage {
  readonly queue: string;
  readonly message: SqsMessage;
}

interface Receives {
  readonly count: number;
  readonly firstAt: number | undefined;
}

/**
 * The messages of all queues. Queues come from the templates each time, and get theirs when they are created. Whoever had received a message
 * when the runtime ended has ended with it, most likely: it is visible again after a restart, with its receive count.
 *
 * fauxqs brings a store of its own, which is not used: there a message is lost between two queues, every message of a queue that is
 * tagged, and ChangeMessageVisibility with 0 fails.
 */
export class StoredMessages implements FauxqsPersistence {
  readonly #messages: StoredMap<StoredMessage>;
  /** By message id; apart from the messages, so that receiving a large one writes little. */
  readonly #receives: StoredMap<Receives>;
  /** The last number that was given out in a FIFO queue. */
  readonly #sequences: StoredMap<number>;
  readonly #ages: MessageAges;
  readonly #onDelete: (messageId: string) => void;
  readonly #restored = new WeakSet<SqsQueue>();
  #movingOn = false;

  constructor(state: State, onDelete: (messageId: string) => void) {
    this.#messages = state.map('sqs-messages');
    this.#receives = state.map('sqs-receives');
    this.#sequences = state.map('sqs-sequences');
    this.#ages = new MessageAges(state);
    this.#onDelete = onDelete;
  }

  /** Has a store of fauxqs keep its messages here. */
  attachTo(store: SqsStore): void {
    store.persistence = this as FauxqsPersistence as NonNullable<SqsStore['persistence']>;
  }

  /** Called when a queue was created, and when one was tagged. */
  insertQueue(queue: SqsQueue): void {
    if (this.#restored.has(queue)) return;
    this.#restored.add(queue);
    queue.sequenceCounter = this.#sequences.get(queue.name) ?? 0;
    for (const { queue: name, message } of this.#messages.values()) if (name === queue.name) this.#restore(queue, message);
    const dequeue = queue.dequeue.bind(queue);
    queue.dequeue = (...wanted) => {
      // What is deleted meanwhile goes to the dead-letter queue, where it is inserted next and so takes its own place.
      this.#movingOn = true;
      try {
        return dequeue(...wanted);
      } finally {
        this.#movingOn = false;
      }
    };
  }

  insertMessage(queueName: string, message: SqsMessage): void {
    this.#messages.set(message.messageId, { queue: queueName, message });
    this.#ages.note(message.messageId, queueName, message.approximateReceiveCount);
  }

  deleteMessage(messageId: string): void {
    if (this.#movingOn) return;
    this.#messages.delete(messageId);
    this.#receives.delete(messageId);
    this.#ages.forget(messageId);
    this.#onDelete(messageId);
  }

  updateMessageInflight(messageId: string, _handle: string, _deadline: number, count: number, firstAt: number | undefined): void {
    this.#receives.set(messageId, { count, firstAt });
  }

  updateMessageReady(): void {
    // It is ready after a restart in any case.
  }

  updateQueueSequenceCounter(queueName: string, counter: number): void {
    this.#sequences.set(queueName, counter);
  }

  updateQueueAttributes(): void {
    // They come from the template.
  }

  deleteQueue(queueName: string): void {
    this.deleteQueueMessages(queueName);
    this.#sequences.delete(queueName);
  }

  deleteQueueMessages(queueName: string): void {
    for (const [messageId, { queue }] of [...this.#messages.entries()]) if (queue === queueName) this.deleteMessage(messageId);
  }

  /** Makes every message `ms` older. */
  advance(ms: number): void {
    this.#ages.advance(ms);
  }

  /** The age of the oldest message of each queue, in seconds; nothing where no message counts. */
  oldestAges(): ReadonlyMap<string, number> {
    return this.#ages.oldest((messageId) => this.#receives.get(messageId)?.count ?? 0);
  }

  #restore(queue: SqsQueue, stored: SqsMessage): void {
    const { count = 0, firstAt } = this.#receives.get(stored.messageId) ?? {};
    const message = {
      ...stored,
      approximateReceiveCount: count,
      ...(firstAt !== undefined && { approximateFirstReceiveTimestamp: firstAt }),
    };
    const isDelayed = message.delayUntil !== undefined && message.delayUntil > Date.now();
    if (!queue.isFifo()) {
      (isDelayed ? queue.delayedMessages : queue.messages).push(message);
      return;
    }
    const groups = isDelayed ? queue.fifoDelayed : queue.fifoMessages;
    const group = message.messageGroupId ?? '';
    groups.set(group, [...(groups.get(group) ?? []), message]);
    if (message.messageDeduplicationId !== undefined) {
      queue.recordDeduplication(message.messageDeduplicationId, message.messageId, message.sequenceNumber);
    }
  }
}
