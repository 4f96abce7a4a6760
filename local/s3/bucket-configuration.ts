import { z } from 'zod';
import type { Encryption, Tags } from './object-version.ts';

/** Templates write truth as a boolean or as text. */
const flag = z.union([z.boolean(), z.enum(['true', 'false'])]).transform((value) => value === true || value === 'true');

const corsRule = z
  .object({
    AllowedOrigins: z.array(z.string()).min(1),
    AllowedMethods: z.array(z.enum(['GET', 'PUT', 'HEAD', 'POST', 'DELETE'])).min(1),
    AllowedHeaders: z.array(z.string()).default([]),
    ExposedHeaders: z.array(z.string()).default([]),
    MaxAge: z.coerce.number().int().nonnegative().optional(),
  })
  .transform((rule) => ({
    allowedOrigins: rule.AllowedOrigins,
    allowedMethods: rule.AllowedMethods as readonly string[],
    allowedHeaders: rule.AllowedHeaders,
    exposedHeaders: rule.ExposedHeaders,
    maxAgeSeconds: rule.MaxAge,
  }));

export type CorsRule = z.infer<typeof corsRule>;

/** What of an `AWS::S3::Bucket` makes a difference here. */
const bucketProperties = z.object({
  BucketName: z.string().optional(),
  VersioningConfiguration: z.object({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  NotificationConfiguration: z
    .object({ EventBridgeConfiguration: z.object({ EventBridgeEnabled: flag.default(true) }).optional() })
    .optional(),
  BucketEncryption: z
    .object({
      ServerSideEncryptionConfiguration: z.array(
        z.object({
          ServerSideEncryptionByDefault: z
            .object({ SSEAlgorithm: z.enum(['AES256', 'aws:kms', 'aws:kms:dsse']), KMSMasterKeyID: z.string().optional() })
            .optional(),
        }),
      ),
    })
    .optional(),
  OwnershipControls: z
    .object({
      Rules: z.array(
        z.object({
          ObjectOwnership: z.literal('BucketOwnerEnforced', {
            error: 'access control lists are not emulated: only BucketOwnerEnforced is',
          }),
        }),
      ),
    })
    .optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
  CorsConfiguration: z.object({ CorsRules: z.array(corsRule) }).optional(),
});

export interface BucketConfiguration {
  readonly versioning: 'Enabled' | 'Suspended' | undefined;
  readonly announcesToEventBridge: boolean;
  /** What an object is answered to be encrypted with when its request names nothing. */
  readonly encryption: Encryption;
  readonly corsRules: readonly CorsRule[];
  readonly tags: Tags;
}

/** Reads a bucket's properties. Throws with the path of the first one that it cannot honour. */
export function parseBucket(properties: Readonly<Record<string, unknown>>): {
  name: string | undefined;
  configuration: BucketConfiguration;
} {
  const bucket = bucketProperties.parse(properties);
  const encryption = bucket.BucketEncryption?.ServerSideEncryptionConfiguration[0]?.ServerSideEncryptionByDefault;
  return {
    name: bucket.BucketName,
    configuration: {
      versioning: bucket.VersioningConfiguration?.Status,
      announcesToEventBridge: bucket.NotificationConfiguration?.EventBridgeConfiguration?.EventBridgeEnabled ?? false,
      encryption: {
        algorithm: encryption?.SSEAlgorithm ?? 'AES256',
        ...(encryption?.KMSMasterKeyID !== undefined && { kmsKeyId: encryption.KMSMasterKeyID }),
      },
      corsRules: bucket.CorsConfiguration?.CorsRules ?? [],
      tags: Object.fromEntries(bucket.Tags.map(({ Key, Value }) => [Key, Value])),
    },
  };
}
