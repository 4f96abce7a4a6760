import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { ObjectEvent } from '../../local/s3/object-events.ts';
import { S3Service } from '../../local/s3/s3.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const Bucket = 'versioned';
const announced = { EventBridgeConfiguration: { EventBridgeEnabled: true } };
let directory: string;
let door: TestFrontDoor;
let s3: S3Client;
let events: ObjectEvent[];

async function open(): Promise<void> {
  events = [];
  door = await openFrontDoor(({ clock, keys }) => [
    new S3Service({ clock, keys, region: 'eu-west-1', directory, onObjectEvent: (event) => events.push(event) }),
  ]);
  s3 = new S3Client(door.clientConfig);
}

async function close(): Promise<void> {
  s3.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
}

const provision = (name: string, status: 'Enabled' | 'Suspended' | undefined, more: object = {}) =>
  door.provision('AWS::S3::Bucket', name, {
    BucketName: name,
    ...(status && { VersioningConfiguration: { Status: status } }),
    NotificationConfiguration: announced,
    ...more,
  });

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 's3-versions-'));
  await open();
  await provision(Bucket, 'Enabled');
});

afterEach(async () => {
  await close();
  rmSync(directory, { recursive: true });
});

const put = async (Key: string, Body: string, bucket = Bucket) =>
  (await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))).VersionId ?? '';
const remove = (Key: string, VersionId?: string, bucket = Bucket) => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
const read = async (Key: string, VersionId?: string, bucket = Bucket) =>
  (await s3.send(new GetObjectCommand({ Bucket: bucket, Key, VersionId }))).Body?.transformToString();
const versions = (more: object = {}) => s3.send(new ListObjectVersionsCommand({ Bucket, ...more }));

describe('a bucket that keeps versions', () => {
  test('gives each its own id, and reads any of them', async () => {
    const [first, second] = [await put('k', 'one'), await put('k', 'two')];
    expect(first).not.toBe(second);
    expect(await read('k')).toBe('two');
    expect(await read('k', first)).toBe('one');
    const missing = '0'.repeat(32);
    await expect(read('k', missing)).rejects.toMatchObject({ name: 'NoSuchVersion', $metadata: { httpStatusCode: 404 } });
    await expect(read('other', first)).rejects.toMatchObject({ name: 'NoSuchVersion' });
  });

  test('hides a deleted key behind a marker, and shows it again when the marker goes', async () => {
    const version = await put('k', 'one');
    const { VersionId: marker, DeleteMarker } = await remove('k');
    expect(DeleteMarker).toBe(true);
    const hidden = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' })).catch((error) => error);
    expect(hidden).toMatchObject({ name: 'NoSuchKey' });
    expect(hidden.$response.headers).toMatchObject({ 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker });
    const direct = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', VersionId: marker })).catch((error) => error);
    expect(direct.$metadata.httpStatusCode).toBe(405);
    expect(direct.$response.headers).toMatchObject({ allow: 'DELETE', 'x-amz-delete-marker': 'true' });
    await expect(read('k', marker)).rejects.toMatchObject({ name: 'MethodNotAllowed' });
    expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
    expect(await read('k', version)).toBe('one');
    expect(await remove('k', marker)).toMatchObject({ DeleteMarker: true, VersionId: marker });
    expect(await read('k')).toBe('one');
  });

  test('removes a version for good, with its bytes', async () => {
    const [first, second] = [await put('k', 'one'), await put('k', 'two')];
    await remove('k', second);
    expect(await read('k')).toBe('one');
    await remove('k', first);
    await remove('k', first);
    await expect(read('k', first)).rejects.toMatchObject({ name: 'NoSuchVersion' });
    expect((await versions()).Versions).toBeUndefined();
    expect(readdirSync(path.join(directory, Bucket), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual(
      [],
    );
  });

  test('copies the version that is named, and thereby restores it', async () => {
    const first = await put('k', 'one');
    await put('k', 'two');
    const copied = await s3.send(new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/k?versionId=${first}` }));
    expect(copied.CopySourceVersionId).toBe(first);
    expect(await read('k')).toBe('one');
    expect(await read('k', copied.VersionId)).toBe('one');
  });

  test('lists all versions by key, the newest first, in pages that neither lose nor repeat one', async () => {
    await put('a', '1');
    await put('b', '1');
    await remove('b');
    await put('b', '2');
    await put('c/1', '1');
    await put('c/2', '1');
    const whole = await versions();
    expect(whole.Versions?.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([
      ['a', true],
      ['b', true],
      ['b', false],
      ['c/1', true],
      ['c/2', true],
    ]);
    expect(whole.DeleteMarkers).toMatchObject([{ Key: 'b', IsLatest: false }]);
    const ids = (page: Awaited<ReturnType<typeof versions>>) =>
      [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ VersionId }) => VersionId);
    const paged: unknown[] = [];
    for (let markers = {}, more = true; more; ) {
      const page = await versions({ MaxKeys: 1, ...markers });
      paged.push(...ids(page));
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      more = page.IsTruncated === true;
    }
    expect(paged).toHaveLength(6);
    expect(new Set(paged)).toEqual(new Set(ids(whole)));
    expect(await versions({ Prefix: 'b' })).toMatchObject({ Versions: [{ Key: 'b' }, { Key: 'b' }], DeleteMarkers: [{ Key: 'b' }] });
    const rolledUp = await versions({ Delimiter: '/', KeyMarker: 'b' });
    expect([rolledUp.CommonPrefixes, rolledUp.Versions]).toEqual([[{ Prefix: 'c/' }], undefined]);
  });

  test('deletes many at once', async () => {
    const version = await put('k1', 'one');
    await put('k2 & <more>', 'two');
    const Objects = [{ Key: 'k1', VersionId: version }, { Key: 'k2 & <more>' }, { Key: 'never there' }];
    const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toMatchObject([
      { Key: 'k1', VersionId: version },
      { Key: 'k2 & <more>', DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) },
      { Key: 'never there', DeleteMarker: true },
    ]);
    const quiet = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects: [{ Key: 'k1' }] } }));
    expect(quiet.Deleted).toBeUndefined();
    const conditional = new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k1', ETag: 'x' }] } });
    await expect(s3.send(conditional)).rejects.toMatchObject({ name: 'NotImplemented', message: expect.stringContaining('ETag') });
  });
});

describe('a restart', () => {
  test('finds every version again, and goes on above them', async () => {
    const [first, second] = [await put('k', 'one'), await put('k', 'two')];
    await remove('gone');
    const before = await versions();
    const highest = events.at(-1)?.detail.object.sequencer ?? '';
    await close();
    await open();
    await provision(Bucket, 'Enabled');
    const after = await versions();
    expect([after.Versions, after.DeleteMarkers]).toEqual([before.Versions, before.DeleteMarkers]);
    expect(await read('k')).toBe('two');
    expect(await read('k', first)).toBe('one');
    await remove('k', second);
    expect(await read('k')).toBe('one');
    expect((events.at(-1)?.detail.object.sequencer ?? '') > highest).toBe(true);
  });

  test('shows nothing of what was half written when the last run ended', async () => {
    const kept = await put('kept', 'whole');
    await close();
    const [content, records] = ['content', 'versions'].map((part) => path.join(directory, Bucket, part)) as [string, string];
    const contentBefore = readdirSync(content);
    await open();
    await provision(Bucket, 'Enabled');
    await put('torn', 'these bytes never reached the disk');
    await close();
    const torn = readdirSync(content).find((name) => !contentBefore.includes(name)) ?? '';
    writeFileSync(path.join(content, torn), 'these by');
    writeFileSync(path.join(content, 'bytes-without-record'), 'x');
    writeFileSync(path.join(records, 'a.json.draft'), '{"key":');
    await open();
    await provision(Bucket, 'Enabled');
    expect((await versions()).Versions).toMatchObject([{ Key: 'kept', VersionId: kept }]);
    expect(await read('kept')).toBe('whole');
    expect(readdirSync(content)).toEqual(contentBefore);
    expect(readdirSync(records)).toHaveLength(1);
  });

  test('pauses versioning where the template no longer asks for it', async () => {
    const version = await put('k', 'one');
    await close();
    await open();
    await provision(Bucket, undefined);
    expect(await put('k', 'two')).toBe('null');
    expect(await put('k', 'three')).toBe('null');
    expect(await read('k')).toBe('three');
    expect(await read('k', version)).toBe('one');
    expect((await versions()).Versions).toHaveLength(2);
    expect(await remove('k')).toMatchObject({ DeleteMarker: true, VersionId: 'null' });
    expect(await versions()).toMatchObject({ Versions: [{ VersionId: version }], DeleteMarkers: [{ VersionId: 'null', IsLatest: true }] });
  });
});

describe('events', () => {
  test('tell of a creation in the shape that EventBridge carries', async () => {
    const { VersionId, $metadata } = await s3.send(new PutObjectCommand({ Bucket, Key: 'manuals/ü 1.pdf', Body: 'hello' }));
    expect(events).toEqual([
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
    const version = await put('k', 'hello');
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/k` }));
    const { VersionId: marker } = await remove('k');
    await remove('k', version);
    const told = events.map(({ 'detail-type': type, detail }) => [
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
    expect(events.at(-1)?.detail.object).not.toHaveProperty('size');
    const sequencers = events.map(({ detail }) => detail.object.sequencer);
    expect(sequencers).toEqual([...sequencers].sort());
    expect(new Set(sequencers).size).toBe(4);
  });

  test('come only from buckets that announce, and only of what happened', async () => {
    await provision('quiet', undefined, { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: 'false' } } });
    await put('k', 'hello', 'quiet');
    await remove('k', undefined, 'quiet');
    const refused = s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ContentMD5: 'nonsense' }));
    await expect(refused).rejects.toMatchObject({ name: 'InvalidDigest' });
    expect(events).toEqual([]);
  });

  test('from a bucket without versions name none', async () => {
    await provision('plain', undefined);
    await put('k', 'hello', 'plain');
    const deleted = await remove('k', undefined, 'plain');
    expect([deleted.DeleteMarker, deleted.VersionId]).toEqual([undefined, undefined]);
    await remove('k', undefined, 'plain');
    expect(events.map(({ detail }) => [detail.reason, detail['deletion-type'], detail.object['version-id']])).toEqual([
      ['PutObject', undefined, undefined],
      ['DeleteObject', 'Permanently Deleted', undefined],
    ]);
    await expect(read('k', undefined, 'plain')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});
