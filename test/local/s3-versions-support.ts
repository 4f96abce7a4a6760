import { DeleteObjectCommand, type DeleteObjectCommandOutput, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { openS3, type TestS3 } from './s3-support.ts';

/** The bucket that is meant where none is named. */
export const Bucket = 'versioned';

/** S3 whose buckets announce what happens in them, with short words for single versions. */
export interface TestVersions extends TestS3 {
  provision(name: string, status: 'Enabled' | 'Suspended' | undefined, more?: object): Promise<unknown>;
  /** Gives the id of the new version, and nothing where the bucket keeps none. */
  put(Key: string, Body: string, bucket?: string): Promise<string>;
  remove(Key: string, VersionId?: string, bucket?: string): Promise<DeleteObjectCommandOutput>;
  read(Key: string, VersionId?: string, bucket?: string): Promise<string | undefined>;
}

/** Opens S3 on what `directory` holds of an earlier run. */
export async function openVersions(directory: string): Promise<TestVersions> {
  const s3 = await openS3(directory);
  const { client, door } = s3;
  return {
    ...s3,
    provision: (name, status, more = {}) =>
      door.provision('AWS::S3::Bucket', name, {
        BucketName: name,
        ...(status && { VersioningConfiguration: { Status: status } }),
        NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
        ...more,
      }),
    put: async (Key, Body, bucket = Bucket) => (await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))).VersionId ?? '',
    remove: (Key, VersionId, bucket = Bucket) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId })),
    read: async (Key, VersionId, bucket = Bucket) =>
      (await client.send(new GetObjectCommand({ Bucket: bucket, Key, VersionId }))).Body?.transformToString(),
  };
}
