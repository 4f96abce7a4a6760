import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ReadinessMessage } from './manuals.contract.ts';

/** Seconds before each look at a manual; the last one repeats. Direct ingestion takes seconds, seldom minutes. */
const DELAYS_SECONDS = [1, 1, 2, 3, 5, 8, 13, 30];
/** With the delays above, about half an hour. */
const MAX_ATTEMPTS = 60;

/** The queue by which the readiness probe is told to look at a manual, and by which it tells itself to look again. */
export class ReadinessQueue {
  readonly #client: SQSClient;
  readonly #queueUrl: string;

  constructor(client: SQSClient, queueUrl: string) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  /** Asks for a look. A new message each time, so that the queue's receive count counts failures only. */
  async lookAt(message: ReadinessMessage): Promise<void> {
    const delay = DELAYS_SECONDS[Math.min(message.attempt, DELAYS_SECONDS.length - 1)] ?? 0;
    await this.#client.send(
      new SendMessageCommand({ QueueUrl: this.#queueUrl, MessageBody: JSON.stringify(message), DelaySeconds: delay }),
    );
  }

  /** Whether it has been looked at for so long that it will not become ready. */
  isExhausted(message: ReadinessMessage): boolean {
    return message.attempt >= MAX_ATTEMPTS;
  }
}
