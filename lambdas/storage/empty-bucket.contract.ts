import { commonEnvironment, type FunctionContract } from '../shared/function.contract.ts';

/** The type of the custom resource that stands for emptying a bucket. */
export const EMPTY_BUCKET = 'Custom::EmptyBucket';

/** The tag by which a bucket says which custom resource of its stack, by its logical id, may empty it. */
export const EMPTIED_BY = 'manuel:emptied-by';

/** As long as a function may run at all (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
export const EMPTYING_MINUTES = 15;

/** Empties a bucket when its stack is deleted. It learns which one from CloudFormation. */
export const emptyBucketContract = {
  name: 'storage-empty-bucket',
  entry: 'storage/empty-bucket',
  environment: commonEnvironment,
} as const satisfies FunctionContract;
