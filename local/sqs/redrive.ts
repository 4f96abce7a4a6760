import { AwsError } from '../platform/call.ts';
import type { StoredMap } from '../platform/state.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const MAX_RECEIVE_COUNT = 1000;

interface RedriveAllowPolicy {
  readonly redrivePermission?: 'allowAll' | 'denyAll' | 'byQueue';
  readonly sourceQueueArns?: readonly string[];
}

/** A queue's attributes, or nothing when there is no such queue. */
export type AttributesOf = (queueArn: string) => Promise<Readonly<Record<string, string>> | undefined>;

/** Refuses a redrive policy as SQS does; fauxqs takes any, and would then keep the messages in the source. */
export async function checkRedrivePolicy(policy: string, sourceArn: string, attributesOf: AttributesOf): Promise<void> {
  const refuse = (reason: string) =>
    new AwsError('InvalidParameterValue', `Value ${policy} for parameter RedrivePolicy is invalid. Reason: ${reason}`);
  const { deadLetterTargetArn, maxReceiveCount } = parse(policy);
  const count = Number(maxReceiveCount);
  if (!Number.isInteger(count) || count < 1 || count > MAX_RECEIVE_COUNT) {
    throw refuse(
      `Invalid value for maxReceiveCount: ${String(maxReceiveCount)}, valid values are from 1 to ${MAX_RECEIVE_COUNT} both inclusive.`,
    );
  }
  const target = typeof deadLetterTargetArn === 'string' ? await attributesOf(deadLetterTargetArn) : undefined;
  if (!target) throw refuse('Dead letter target does not exist.');
  if (sourceArn.endsWith('.fifo') !== String(deadLetterTargetArn).endsWith('.fifo')) {
    throw refuse('Dead letter queue must be same type of queue as the source.');
  }
  const { redrivePermission = 'allowAll', sourceQueueArns = [] }: RedriveAllowPolicy = parse(target['RedriveAllowPolicy'] ?? '{}');
  const allowed = redrivePermission === 'allowAll' || (redrivePermission === 'byQueue' && sourceQueueArns.includes(sourceArn));
  if (!allowed) throw refuse('Source queue is not allowed by the RedriveAllowPolicy of the dead letter queue.');
}

function parse(document: string): Record<string, unknown> {
  try {
    return JSON.parse(document) as Record<string, unknown>;
  } catch {
    throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter RedrivePolicy: ${document}`);
  }
}

/** Where a message was received last, and from where it had come there. */
export interface SeenMessage {
  readonly queueArn: string;
  readonly sourceArn?: string;
}

/** Remembers from which queue a message was redriven, which fauxqs does not. A message keeps its id when it moves. */
export class RedriveSources {
  readonly #seen: StoredMap<SeenMessage>;

  constructor(seen: StoredMap<SeenMessage>) {
    this.#seen = seen;
  }

  /** Takes note that the message was received from a queue, and gives the queue that it was redriven from, if any. */
  note(messageId: string, queueArn: string): string | undefined {
    const last = this.#seen.get(messageId);
    if (last?.queueArn === queueArn) return last.sourceArn;
    this.#seen.set(messageId, { queueArn, ...(last && { sourceArn: last.queueArn }) });
    return last?.queueArn;
  }

  /** Called when a message is deleted. */
  forget(messageId: string): void {
    this.#seen.delete(messageId);
  }
}
