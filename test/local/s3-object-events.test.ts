import { rmSync } from 'node:fs';
import { CopyObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { temporaryDirectory } from './s3-support.ts';
import { Bucket, openVersions, type TestVersions } from './s3-versions-support.ts';

let directory: string;
let s3: TestVersions;

beforeEach(async () => {
  directory = temporaryDirectory();
  s3 = await openVersions(directory);
  await s3.provision(Bucket, 'Enabled');
});

afterEach(async () => {
  await s3.close();
  rmSync(directory, { recursive: true });
});

describe('events', () => {
  test('tell of a creation in the shape that EventBridge carries', async () => {
    const { VersionId, $metadata } = await s3.client.send(new PutObjectCommand({ Bucket, Key: 'manuals/ü 1.pdf', Body: 'hello' }));
    expect(s3.events).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'Object Created',
        source: 'aws.s3',
        account: '000000000000',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        region: 'eu-west-1',
        resources: ['arn:aws:s3:::versioned'],
        detail: {
          version: '0',
          'event-version': '1.2',
          bucket: { name: Bucket },
          object: {
            key: 'manuals/ü 1.pdf',
            size: 5,
            etag: '5d41402abc4b2a76b9719d911017c592',
            'version-id': VersionId,
            sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
          },
          'request-id': $metadata.requestId,
          requester: '000000000000',
          'source-ip-address': '127.0.0.1',
          reason: 'PutObject',
        },
      },
    ]);
  });

  test('tell of deletions by their kind, in order', async () => {
    const version = await s3.put('k', 'hello');
    await s3.client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/k` }));
    const { VersionId: marker } = await s3.remove('k');
    await s3.remove('k', version);
    const told = s3.events.map(({ 'detail-type': type, detail }) => [
      type,
      detail.reason,
      detail['deletion-type'],
      detail.object['version-id'],
    ]);
    expect(told).toEqual([
      ['Object Created', 'PutObject', undefined, version],
      ['Object Created', 'CopyObject', undefined, expect.any(String)],
      ['Object Deleted', 'DeleteObject', 'Delete Marker Created', marker],
      ['Object Deleted', 'DeleteObject', 'Permanently Deleted', version],
    ]);
    expect(s3.events.at(-1)?.detail.object).not.toHaveProperty('size');
    const sequencers = s3.events.map(({ detail }) => detail.object.sequencer);
    expect(sequencers).toEqual([...sequencers].sort());
    expect(new Set(sequencers).size).toBe(4);
  });

  test('come only from buckets that announce, and only of what happened', async () => {
    await s3.provision('quiet', undefined, { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: 'false' } } });
    await s3.put('k', 'hello', 'quiet');
    await s3.remove('k', undefined, 'quiet');
    const refused = s3.client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ContentMD5: 'nonsense' }));
    await expect(refused).rejects.toMatchObject({ name: 'InvalidDigest' });
    expect(s3.events).toEqual([]);
  });

  test('from a bucket without versions name none', async () => {
    await s3.provision('plain', undefined);
    await s3.put('k', 'hello', 'plain');
    const deleted = await s3.remove('k', undefined, 'plain');
    expect([deleted.DeleteMarker, deleted.VersionId]).toEqual([undefined, undefined]);
    await s3.remove('k', undefined, 'plain');
    expect(s3.events.map(({ detail }) => [detail.reason, detail['deletion-type'], detail.object['version-id']])).toEqual([
      ['PutObject', undefined, undefined],
      ['DeleteObject', 'Permanently Deleted', undefined],
    ]);
    await expect(s3.read('k', undefined, 'plain')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});
