import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import { operatorConfig } from './users.ts';

type Attributes = Partial<Record<QueueAttributeName, string>>;

/** How many messages are visible, delayed, or received and not yet deleted. */
const COUNT = /^ApproximateNumberOfMessages/;
/** What only SQS itself says of a queue. */
const READ_ONLY = new RegExp(`^(QueueArn|CreatedTimestamp|LastModifiedTimestamp)$|${COUNT.source}`);
const LOOK_AGAIN_MS = 100;

/** The queues of a runtime, each by a part of its name. */
export class Queues {
  readonly #sqs: SQSClient;

  constructor(file: RuntimeFile) {
    this.#sqs = new SQSClient(operatorConfig(file));
  }

  [Symbol.dispose](): void {
    this.#sqs.destroy();
  }

  async #urlOf(name: string): Promise<string> {
    const { QueueUrls = [] } = await this.#sqs.send(new ListQueuesCommand({}));
    const url = QueueUrls.find((each) => each.includes(name));
    if (url === undefined) throw new Error(`there is no queue ${name}, but ${QueueUrls.join(', ')}`);
    return url;
  }

  /** Waits for a message, for as long as one request does. */
  async receive(name: string): Promise<Message | undefined> {
    const QueueUrl = await this.#urlOf(name);
    const command = new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'], WaitTimeSeconds: 20 });
    const { Messages: [message] = [] } = await this.#sqs.send(command);
    return message;
  }

  async send(name: string, MessageBody: string | undefined): Promise<void> {
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: await this.#urlOf(name), MessageBody }));
  }

  /** Waits until it holds no message, nor is any being worked on. */
  async untilEmpty(name: string): Promise<void> {
    const QueueUrl = await this.#urlOf(name);
    for (;;) {
      const counts = Object.entries(await this.#attributesOf(QueueUrl)).filter(([attribute]) => COUNT.test(attribute));
      if (counts.every(([, count]) => count === '0')) return;
      await sleep(LOOK_AGAIN_MS);
    }
  }

  /** Has something happen while the queue is deleted, and makes it again as it was. */
  async without(name: string, act: () => Promise<void>): Promise<void> {
    const QueueUrl = await this.#urlOf(name);
    const attributes = Object.entries(await this.#attributesOf(QueueUrl)).filter(([attribute]) => !READ_ONLY.test(attribute));
    await this.#sqs.send(new DeleteQueueCommand({ QueueUrl }));
    try {
      await act();
    } finally {
      const QueueName = QueueUrl.split('/').at(-1);
      await this.#sqs.send(new CreateQueueCommand({ QueueName, Attributes: Object.fromEntries(attributes) }));
    }
  }

  /** Has something happen while attributes of the queue are others. */
  async having<Result>(others: Attributes, name: string, act: () => Promise<Result>): Promise<Result> {
    const QueueUrl = await this.#urlOf(name);
    const usual = await this.#attributesOf(QueueUrl);
    const names = Object.keys(others) as QueueAttributeName[];
    await this.#sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: others }));
    try {
      return await act();
    } finally {
      const Attributes = Object.fromEntries(names.map((attribute) => [attribute, usual[attribute] ?? '']));
      await this.#sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    }
  }

  async #attributesOf(QueueUrl: string): Promise<Attributes> {
    const { Attributes = {} } = await this.#sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    return Attributes;
  }
}
