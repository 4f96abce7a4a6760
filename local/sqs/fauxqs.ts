import { buildApp } from 'fauxqs';
// Not among the package's exports, hence by their paths.
import { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { INVALID_MESSAGE_BODY_CHAR } from '../../node_modules/fauxqs/dist/sqs/sqsTypes.js';
import { AwsError } from '../platform/call.ts';
import type { StoredMessages } from './stored-messages.ts';

/**
 * fauxqs checks a message's characters by UTF-16 units and so refuses all beyond U+FFFF, emoji among them, which SQS takes
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html). Its expression is replaced in place.
 */
INVALID_MESSAGE_BODY_CHAR.compile(String.raw`[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]`, 'u');

/** Where fauxqs thinks it is. It reads only the queue's name from a URL. */
const INTERNAL_ENDPOINT = 'http://fauxqs.internal';

export type Document = Readonly<Record<string, unknown>>;

/** fauxqs's SQS, called in process: it listens on no port. */
export class Fauxqs {
  readonly #app: ReturnType<typeof buildApp>;
  readonly #store = new SqsStore();

  constructor(region: string, messages: StoredMessages) {
    const stores = { sqsStore: this.#store, snsStore: new SnsStore(), s3Store: new S3Store() };
    messages.attachTo(this.#store);
    this.#app = buildApp({ logger: false, defaultRegion: region, stores });
  }

  /** Executes one operation of the JSON protocol. Throws its refusal. */
  async call(operation: string, input: Document): Promise<Document> {
    const response = await this.#app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
      payload: JSON.stringify(input),
    });
    const output = JSON.parse(response.payload) as Document;
    if (response.statusCode === 200) return output;
    const { __type: type, message } = output as { __type?: string; message?: string };
    if (type === undefined) throw new Error(`fauxqs answered ${response.statusCode} to ${operation}: ${response.payload}`);
    throw new AwsError(type.split('#').at(-1) ?? type, message ?? '', response.statusCode);
  }

  /** Executes an operation on the queue of this name. */
  callQueue(operation: string, queueName: string, input: Document = {}): Promise<Document> {
    return this.call(operation, { ...input, QueueUrl: `${INTERNAL_ENDPOINT}/${queueName}` });
  }

  /** Lets delayed messages come `ms` earlier, as if so much time had passed; whoever waits for them looks every 20 ms. */
  advance(ms: number): void {
    for (const queue of this.#store.allQueues()) {
      for (const message of [...queue.delayedMessages, ...[...queue.fifoDelayed.values()].flat()]) {
        if (message.delayUntil !== undefined) message.delayUntil -= ms;
        this.#store.persistence?.insertMessage(queue.name, message);
      }
    }
  }

  /** Ends waiting receives, empty-handed. */
  async close(): Promise<void> {
    await this.#app.close();
  }
}
