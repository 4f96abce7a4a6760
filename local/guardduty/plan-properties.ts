import * as z from 'zod';

/** https://docs.aws.amazon.com/guardduty/latest/ug/s3-malware-protection-capability.html */
const MAX_PREFIXES = 5;

const planProperties = z.strictObject({
  Role: z.string(),
  ProtectedResource: z.strictObject({
    S3Bucket: z.strictObject({ BucketName: z.string(), ObjectPrefixes: z.array(z.string()).max(MAX_PREFIXES).default([]) }),
  }),
  Actions: z.strictObject({ Tagging: z.strictObject({ Status: z.enum(['ENABLED', 'DISABLED']) }).optional() }).optional(),
  Tags: z.unknown().optional(),
});

/** What an `AWS::GuardDuty::MalwareProtectionPlan` asks for. */
export interface PlanConfiguration {
  readonly roleArn: string;
  readonly bucket: string;
  /** None stands for every object of the bucket. */
  readonly prefixes: readonly string[];
  /** Whether what was scanned is tagged with the result. */
  readonly tags: boolean;
}

/** Reads a plan's properties. Throws with the path of each that it does not know. */
export function readPlan(properties: Readonly<Record<string, unknown>>): PlanConfiguration {
  const parsed = planProperties.safeParse(properties);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { Role, ProtectedResource, Actions } = parsed.data;
  const { BucketName, ObjectPrefixes } = ProtectedResource.S3Bucket;
  return { roleArn: Role, bucket: BucketName, prefixes: ObjectPrefixes, tags: Actions?.Tagging?.Status === 'ENABLED' };
}
