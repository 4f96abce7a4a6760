import http from 'node:http';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  ListObjectsCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { openBucket, type TestBucket } from './s3-support.ts';

const Bucket = 'manuals';
let bucket: TestBucket;

beforeAll(async () => {
  bucket = await openBucket(Bucket);
});
afterAll(() => bucket.close());

describe('what is not emulated is refused by name', () => {
  const command = { Bucket, Key: 'kept' };
  test.each([
    ['tagging', new DeleteObjectTaggingCommand(command)],
    ['acl', new PutObjectAclCommand({ ...command, ACL: 'private' })],
    ['notification', new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} })],
    ['PUT on a bucket', new CreateBucketCommand({ Bucket: 'another' })],
    ['DELETE on a bucket', new DeleteBucketCommand({ Bucket })],
    ['ListObjects', new ListObjectsCommand({ Bucket })],
    ['x-amz-tagging', new PutObjectCommand({ ...command, Body: 'x', Tagging: 'a=b' })],
    ['GLACIER', new PutObjectCommand({ ...command, Body: 'x', StorageClass: 'GLACIER' })],
    ['x-amz-object-lock-mode', new PutObjectCommand({ ...command, Body: 'x', ObjectLockMode: 'GOVERNANCE' })],
    ['x-amz-website-redirect-location', new PutObjectCommand({ ...command, Body: 'x', WebsiteRedirectLocation: '/y' })],
    ['partNumber', new GetObjectCommand({ ...command, PartNumber: 1 })],
  ])('%s', async (name, refused) => {
    await bucket.put('kept', 'untouched');
    // biome-ignore lint/suspicious/noExplicitAny: a table of different commands has no common type that send takes
    await expect(bucket.client.send(refused as any)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(name),
      $metadata: { httpStatusCode: 501 },
    });
    expect(await bucket.text('kept')).toBe('untouched');
  });

  test('a parameter that nobody knows', async () => {
    const response = await fetch(bucket.presign('GET', `/${Bucket}/kept`, {}, { surprise: '1' }));
    expect([response.status, await response.text()]).toEqual([501, expect.stringContaining('?surprise')]);
  });

  test('virtual-host style', async () => {
    const httpAgent = new http.Agent({ lookup: (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]) });
    const endpoint = bucket.door.clientConfig.endpoint.replace('127.0.0.1', 's3.localhost');
    const styled = new S3Client({ ...bucket.door.clientConfig, endpoint, requestHandler: { httpAgent } });
    const refusal = styled.send(new GetObjectCommand({ Bucket, Key: 'kept' }));
    await expect(refusal).rejects.toMatchObject({ name: 'NotImplemented', message: expect.stringContaining('virtual-host style') });
    styled.destroy();
  });

  test('access control lists, in the words of a bucket that has none', async () => {
    await expect(bucket.put('kept', 'x', { ACL: 'public-read' })).rejects.toMatchObject({ name: 'AccessControlListNotSupported' });
    await bucket.put('kept', 'x', { ACL: 'bucket-owner-full-control' });
  });

  test('somebody else as the owner', async () => {
    await expect(bucket.text('kept', { ExpectedBucketOwner: '111122223333' })).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

test('a key that nobody issued is refused in the words of S3', async () => {
  const credentials = { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' };
  const stranger = new S3Client({ ...bucket.door.clientConfig, credentials });
  await expect(stranger.send(new GetObjectCommand({ Bucket, Key: 'kept' }))).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
  stranger.destroy();
});
