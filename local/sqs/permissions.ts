import type { Permission } from '../platform/permission.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';

interface Input {
  readonly QueueUrl?: string;
  readonly QueueName?: string;
}

/** A batch needs the action of a single one (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html). */
const BATCHES: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
};

/** What a call to SQS needs: the action on the queue that its URL or name means. Listing queues is tied to none. */
export function sqsPermissions(operation: string, { QueueUrl, QueueName }: Input, region: string): Permission[] {
  const name = QueueName ?? QueueUrl?.split('/').at(-1);
  const resource = name === undefined || operation === 'ListQueues' ? '*' : `arn:aws:sqs:${region}:${LOCAL_ACCOUNT}:${name}`;
  return [{ action: `sqs:${BATCHES[operation] ?? operation}`, resource }];
}
