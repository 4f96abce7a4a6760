import { Duration } from 'aws-cdk-lib';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { MAX_RECEIVES } from '../../lambdas/shared/work-queue.contract.ts';
import type { CapabilityFunction } from './capability-function.ts';
import { acknowledge } from './compliance.ts';

/** AWS's advice: a message stays invisible for six times the function's timeout (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). */
const VISIBILITY_FACTOR = 6;

export interface WorkQueueProps {
  /** The longest that the function may take that works on its messages. */
  readonly consumerTimeout: Duration;
  readonly deadLetterQueue: IQueue;
}

/** A queue of work for one function, with a dead-letter queue for what fails for good. */
export function workQueue(scope: Construct, id: string, { consumerTimeout, deadLetterQueue }: WorkQueueProps): Queue {
  return new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    visibilityTimeout: Duration.seconds(consumerTimeout.toSeconds() * VISIBILITY_FACTOR),
    deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: MAX_RECEIVES },
  });
}

/**
 * Has a function work on a queue's messages, one at a time. The queue's own grant, and thus the library's event source, allow more than
 * polling needs (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
 */
export function consume(queue: Queue, fn: CapabilityFunction, maxConcurrency: number): void {
  queue.grant(fn, 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes');
  fn.addEventSourceMapping('Messages', { eventSourceArn: queue.queueArn, batchSize: 1, maxConcurrency });
  acknowledge(
    fn,
    'Serverless-LambdaEventSourceMappingDestination',
    'A queue as source has no destination for failures: what fails for good goes to its dead-letter queue.',
  );
}
