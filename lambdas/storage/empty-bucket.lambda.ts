import { S3Client } from '@aws-sdk/client-s3';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { parseEnvironment } from '../shared/environment.ts';
import { text } from '../shared/function.contract.ts';
import { logger } from '../shared/observability.ts';
import { BucketContents } from './bucket-contents.ts';
import { emptyBucketContract } from './empty-bucket.contract.ts';
import { emptyBucket } from './empty-bucket.ts';
import { answerStack } from './stack-answer.ts';

parseEnvironment(emptyBucketContract);

const client = new S3Client({});
const Properties = z.object({ BucketName: text() });
/** Left for the answer, for which CloudFormation waits. */
const TIME_TO_ANSWER_MS = 30_000;

/** There is nothing to do when the resource is created or updated. */
export const handler = async (event: CloudFormationCustomResourceEvent, context: Context): Promise<void> => {
  if (event.RequestType !== 'Delete') return answerStack(event);
  const { BucketName } = z.parse(Properties, event.ResourceProperties);
  const deadline = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - TIME_TO_ANSWER_MS));
  const emptying = await emptyBucket(new BucketContents(client, BucketName, deadline), event.LogicalResourceId, deadline);
  logger.info('the stack lets go of a bucket', { bucket: BucketName, ...emptying });
  await answerStack(event, 'failure' in emptying ? emptying.failure : undefined);
};
