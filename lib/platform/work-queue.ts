import { Duration } from 'aws-cdk-lib';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { MAX_RECEIVES } from '../../lambdas/shared/work-queue.contract.ts';
import type { CapabilityFunction } from './capability-function.ts';
import { acknowledge } from './compliance.ts';
import type { MessageEncryption } from './message-encryption.ts';
import { allowPolling } from './queue-permissions.ts';

/** AWS's advice: a message stays invisible for six times the function's timeout (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). */
const VISIBILITY_FACTOR = 6;

export interface WorkQueueProps {
  /** The longest that the function may take that works on its messages. */
  readonly consumerTimeout: Duration;
  readonly deadLetterQueue: IQueue;
  readonly encryption: MessageEncryption;
}

/** A queue of work for one function, with a dead-letter queue for what fails for good. */
export function workQueue(scope: Construct, id: string, { consumerTimeout, deadLetterQueue, encryption }: WorkQueueProps): Queue {
  return new Queue(scope, id, {
    ...encryption.queue,
    enforceSSL: true,
    visibilityTimeout: Duration.seconds(consumerTimeout.toSeconds() * VISIBILITY_FACTOR),
    deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: MAX_RECEIVES },
  });
}

/**
 * Has a function work on a queue's messages, one at a time, and no more of them at once than `maxConcurrency`. A limit costs: Lambda asks an
 * idle queue by five connections rather than two where there is one (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html),
 * so only what some service cannot bear more of has it. The library's event source would let the function do more than polling needs.
 */
export function consume(queue: Queue, fn: CapabilityFunction, maxConcurrency?: number): void {
  allowPolling(fn, queue);
  fn.addEventSourceMapping('Messages', {
    eventSourceArn: queue.queueArn,
    batchSize: 1,
    ...(maxConcurrency !== undefined && { maxConcurrency }),
  });
  acknowledge(
    fn,
    'Serverless-LambdaEventSourceMappingDestination',
    'A queue as source has no destination for failures: what fails for good goes to its dead-letter queue.',
  );
}
