import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
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

const versions = (more: object = {}) => s3.client.send(new ListObjectVersionsCommand({ Bucket, ...more }));

describe('a bucket that keeps versions', () => {
  test('gives each its own id, and reads any of them', async () => {
    const [first, second] = [await s3.put('k', 'one'), await s3.put('k', 'two')];
    expect(first).not.toBe(second);
    expect(await s3.read('k')).toBe('two');
    expect(await s3.read('k', first)).toBe('one');
    const missing = '0'.repeat(32);
    await expect(s3.read('k', missing)).rejects.toMatchObject({ name: 'NoSuchVersion', $metadata: { httpStatusCode: 404 } });
    await expect(s3.read('other', first)).rejects.toMatchObject({ name: 'NoSuchVersion' });
  });

  test('hides a deleted key behind a marker, and shows it again when the marker goes', async () => {
    const version = await s3.put('k', 'one');
    const { VersionId: marker, DeleteMarker } = await s3.remove('k');
    expect(DeleteMarker).toBe(true);
    const hidden = await s3.client.send(new GetObjectCommand({ Bucket, Key: 'k' })).catch((error) => error);
    expect(hidden).toMatchObject({ name: 'NoSuchKey' });
    expect(hidden.$response.headers).toMatchObject({ 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker });
    const direct = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'k', VersionId: marker })).catch((error) => error);
    expect(direct.$metadata.httpStatusCode).toBe(405);
    expect(direct.$response.headers).toMatchObject({ allow: 'DELETE', 'x-amz-delete-marker': 'true' });
    await expect(s3.read('k', marker)).rejects.toMatchObject({ name: 'MethodNotAllowed' });
    expect((await s3.client.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
    expect(await s3.read('k', version)).toBe('one');
    expect(await s3.remove('k', marker)).toMatchObject({ DeleteMarker: true, VersionId: marker });
    expect(await s3.read('k')).toBe('one');
  });

  test('removes a version for good, with its bytes', async () => {
    const [first, second] = [await s3.put('k', 'one'), await s3.put('k', 'two')];
    await s3.remove('k', second);
    expect(await s3.read('k')).toBe('one');
    await s3.remove('k', first);
    await s3.remove('k', first);
    await expect(s3.read('k', first)).rejects.toMatchObject({ name: 'NoSuchVersion' });
    expect((await versions()).Versions).toBeUndefined();
    expect(readdirSync(path.join(directory, Bucket), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual(
      [],
    );
  });

  test('copies the version that is named, and thereby restores it', async () => {
    const first = await s3.put('k', 'one');
    await s3.put('k', 'two');
    const copied = await s3.client.send(new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/k?versionId=${first}` }));
    expect(copied.CopySourceVersionId).toBe(first);
    expect(await s3.read('k')).toBe('one');
    expect(await s3.read('k', copied.VersionId)).toBe('one');
  });

  test('lists all versions by key, the newest first, in pages that neither lose nor repeat one', async () => {
    await s3.put('a', '1');
    await s3.put('b', '1');
    await s3.remove('b');
    await s3.put('b', '2');
    await s3.put('c/1', '1');
    await s3.put('c/2', '1');
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
    const version = await s3.put('k1', 'one');
    await s3.put('k2 & <more>', 'two');
    const Objects = [{ Key: 'k1', VersionId: version }, { Key: 'k2 & <more>' }, { Key: 'never there' }];
    const { Deleted } = await s3.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toMatchObject([
      { Key: 'k1', VersionId: version },
      { Key: 'k2 & <more>', DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) },
      { Key: 'never there', DeleteMarker: true },
    ]);
    const quiet = await s3.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects: [{ Key: 'k1' }] } }));
    expect(quiet.Deleted).toBeUndefined();
    const conditional = new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k1', ETag: 'x' }] } });
    await expect(s3.client.send(conditional)).rejects.toMatchObject({ name: 'NotImplemented', message: expect.stringContaining('ETag') });
  });
});

describe('a restart', () => {
  test('finds every version again, and goes on above them', async () => {
    const [first, second] = [await s3.put('k', 'one'), await s3.put('k', 'two')];
    await s3.remove('gone');
    const before = await versions();
    const highest = s3.events.at(-1)?.detail.object.sequencer ?? '';
    await s3.close();
    s3 = await openVersions(directory);
    await s3.provision(Bucket, 'Enabled');
    const after = await versions();
    expect([after.Versions, after.DeleteMarkers]).toEqual([before.Versions, before.DeleteMarkers]);
    expect(await s3.read('k')).toBe('two');
    expect(await s3.read('k', first)).toBe('one');
    await s3.remove('k', second);
    expect(await s3.read('k')).toBe('one');
    expect((s3.events.at(-1)?.detail.object.sequencer ?? '') > highest).toBe(true);
  });

  test('shows nothing of what was half written when the last run ended', async () => {
    const kept = await s3.put('kept', 'whole');
    await s3.close();
    const content = path.join(directory, Bucket);
    const contentBefore = readdirSync(content);
    writeFileSync(path.join(content, 'bytes-without-record'), 'x');
    s3 = await openVersions(directory);
    await s3.provision(Bucket, 'Enabled');
    expect((await versions()).Versions).toMatchObject([{ Key: 'kept', VersionId: kept }]);
    expect(await s3.read('kept')).toBe('whole');
    expect(readdirSync(content)).toEqual(contentBefore);
  });

  test.each([
    ['shorter', (file: string) => writeFileSync(file, 'these by')],
    ['gone', rmSync],
  ])('stops when the bytes of an object are %s, rather than to lose it unnoticed', async (_case, damage) => {
    await s3.put('torn', 'these bytes never reached the disk');
    await s3.close();
    const [file = ''] = readdirSync(path.join(directory, Bucket));
    damage(path.join(directory, Bucket, file));
    s3 = await openVersions(directory);
    await expect(s3.provision(Bucket, 'Enabled')).rejects.toThrow(/is damaged \(the bytes of "torn" are not whole\)\. Start with --fresh/);
  });

  test('pauses versioning where the template no longer asks for it', async () => {
    const version = await s3.put('k', 'one');
    await s3.close();
    s3 = await openVersions(directory);
    await s3.provision(Bucket, undefined);
    expect(await s3.put('k', 'two')).toBe('null');
    expect(await s3.put('k', 'three')).toBe('null');
    expect(await s3.read('k')).toBe('three');
    expect(await s3.read('k', version)).toBe('one');
    expect((await versions()).Versions).toHaveLength(2);
    expect(await s3.remove('k')).toMatchObject({ DeleteMarker: true, VersionId: 'null' });
    expect(await versions()).toMatchObject({ Versions: [{ VersionId: version }], DeleteMarkers: [{ VersionId: 'null', IsLatest: true }] });
  });
});
