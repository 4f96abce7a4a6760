import { z } from 'zod';
import type { ResourceType } from '../platform/service.ts';

const bucketPolicyProperties = z.object({ Bucket: z.string(), PolicyDocument: z.record(z.string(), z.unknown()) });

/** A policy document as the template states it. */
export type PolicyDocument = Readonly<Record<string, unknown>>;

/** The buckets' policies, kept for whoever decides on access. */
export class BucketPolicies {
  readonly #documents = new Map<string, PolicyDocument>();

  /** Every policy with its bucket's name. */
  all(): Iterable<[bucketName: string, policy: PolicyDocument]> {
    return this.#documents;
  }

  policyOf(bucketName: string): PolicyDocument | undefined {
    return this.#documents.get(bucketName);
  }

  /** `AWS::S3::BucketPolicy`. A bucket has one; the latest stands. */
  resourceType(): ResourceType {
    return {
      type: 'AWS::S3::BucketPolicy',
      honours: ['Bucket', 'PolicyDocument'],
      create: async ({ properties }) => {
        const { Bucket, PolicyDocument } = bucketPolicyProperties.parse(properties);
        this.#documents.set(Bucket, PolicyDocument);
        return { ref: Bucket };
      },
    };
  }
}
