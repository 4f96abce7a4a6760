import type { SQSRecord } from 'aws-lambda';
import { MAX_RECEIVES } from './work-queue.contract.ts';

/** Whether a message that fails now goes to the dead-letter queue. */
export function isLastReceive({ attributes }: SQSRecord): boolean {
  return Number(attributes.ApproximateReceiveCount) >= MAX_RECEIVES;
}
