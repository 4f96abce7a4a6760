import { type CfnElement, CustomResource, Duration, Tags } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { EMPTIED_BY, EMPTY_BUCKET, EMPTYING_MINUTES, emptyBucketContract } from '../../lambdas/storage/empty-bucket.contract.ts';
import { CapabilityFunction, type FunctionSettings } from '../platform/capability-function.ts';
import { explainWildcard } from '../platform/compliance.ts';

const TIMEOUT = Duration.minutes(EMPTYING_MINUTES);
/** Lambda tries an event three times, 1 and 2 minutes apart (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html). */
const PATIENCE = Duration.minutes(50);
const OF_BUCKETS = ['s3:GetBucketTagging', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'];
const OF_OBJECTS = ['s3:DeleteObjectVersion', 's3:AbortMultipartUpload'];

/**
 * Empties buckets when their stack is deleted, which S3 demands before it lets go of a bucket. For stages only whose data may go.
 *
 * The library's own way, `autoDeleteObjects`, comes with a role with a managed policy and a function whose log group stays behind. This
 * one's goes: its role may write to it and not make it anew, so that a late line does not bring it back.
 */
export class EmptyBucket extends Construct {
  readonly #fn: CapabilityFunction;

  constructor(scope: Construct, id: string, settings: FunctionSettings) {
    super(scope, id);
    this.#fn = new CapabilityFunction(this, 'Function', {
      ...settings,
      contract: emptyBucketContract,
      timeout: TIMEOUT,
      withoutDeadLetters:
        'Only CloudFormation invokes it, which waits for an answer: without one the deletion fails, and is to be started again.',
    });
    explainWildcard(this.#fn, { actions: OF_OBJECTS, ending: '/*', reason: 'Of a bucket that goes everything goes, whatever it is.' });
  }

  /** The custom resource stands on the bucket and on the function with its policy, so that it is deleted before any of them. */
  empty(id: string, bucket: Bucket): void {
    const fn = this.#fn;
    fn.addToRolePolicy(new PolicyStatement({ actions: OF_BUCKETS, resources: [bucket.bucketArn] }));
    fn.addToRolePolicy(new PolicyStatement({ actions: OF_OBJECTS, resources: [bucket.arnForObjects('*')] }));
    const resource = new CustomResource(this, id, {
      resourceType: EMPTY_BUCKET,
      serviceToken: fn.functionArn,
      serviceTimeout: PATIENCE,
      properties: { BucketName: bucket.bucketName },
    });
    if (fn.role) resource.node.addDependency(fn.role);
    Tags.of(bucket).add(EMPTIED_BY, (resource.node.defaultChild as CfnElement).logicalId);
  }
}
