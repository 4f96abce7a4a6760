import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/**
 * Lets a function send to a queue. The library would let it see and encrypt more than sending needs; what it takes where the queue is
 * encrypted by a key of ours is SQS's own advice
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html).
 */
export function allowSending(sender: IGrantable, queue: IQueue): void {
  queue.grant(sender, 'sqs:SendMessage');
  queue.encryptionMasterKey?.grant(sender, 'kms:GenerateDataKey', 'kms:Decrypt');
}

/** Lets a function's event source poll a queue (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). */
export function allowPolling(consumer: IGrantable, queue: IQueue): void {
  queue.grant(consumer, 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes');
  queue.encryptionMasterKey?.grant(consumer, 'kms:Decrypt');
}
