import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** Seconds before each look; the last one repeats. What the knowledge base is asked for takes seconds, seldom minutes. */
const DELAYS_SECONDS = [1, 1, 2, 3, 5, 8, 13, 30];
/** With the delays above, about half an hour. */
const MAX_ATTEMPTS = 60;

/** A queue by which a worker is told to look at a manual, and by which it tells itself to look again. */
export class LookQueue<Message extends { readonly attempt: number }> {
  readonly #client: SQSClient;
  readonly #queueUrl: string;

  constructor(client: SQSClient, queueUrl: string) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  /** Asks for a look, the later the more there were. A new message each time, so that the queue's receive count counts failures only. */
  async lookAt(message: Message, delaySeconds: number = delayBefore(message.attempt)): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({ QueueUrl: this.#queueUrl, MessageBody: JSON.stringify(message), DelaySeconds: delaySeconds }),
    );
  }

  /** Whether it has been looked at for so long that looking on is of no use. */
  isExhausted(message: Message): boolean {
    return message.attempt >= MAX_ATTEMPTS;
  }
}

const delayBefore = (attempt: number): number => DELAYS_SECONDS[Math.min(attempt, DELAYS_SECONDS.length - 1)] ?? 0;
