import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { ObjectEvent } from '../../local/s3/object-events.ts';
import { S3Service } from '../../local/s3/s3.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const MEBIBYTE = 1024 * 1024;
const directory = mkdtempSync(path.join(tmpdir(), 's3-multipart-'));
const events: ObjectEvent[] = [];
let door: TestFrontDoor;
let s3: S3Client;
let Bucket: string;

beforeAll(async () => {
  door = await openFrontDoor(({ clock, keys }) => [
    new S3Service({ clock, keys, region: 'eu-west-1', directory, onObjectEvent: (event) => events.push(event) }),
  ]);
  s3 = new S3Client(door.clientConfig);
  const properties = { NotificationConfiguration: { EventBridgeConfiguration: {} } };
  ({ ref: Bucket } = await door.provision('AWS::S3::Bucket', 'Parts', properties));
});

afterAll(async () => {
  s3.destroy();
  await door.close();
  rmSync(directory, { recursive: true });
  expect(door.internalErrors).toEqual([]);
});

const create = async (Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}) =>
  (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId ?? '';

async function upload(Key: string, UploadId: string, PartNumber: number, Body: Buffer | string, more: object = {}): Promise<CompletedPart> {
  const { ETag, ChecksumCRC32, ChecksumSHA256 } = await s3.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ...more }),
  );
  return { PartNumber, ETag, ...(ChecksumCRC32 && { ChecksumCRC32 }), ...(ChecksumSHA256 && { ChecksumSHA256 }) };
}

const complete = (Key: string, UploadId: string, Parts: CompletedPart[], more: Partial<CompleteMultipartUploadCommandInput> = {}) =>
  s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));

const digest = (algorithm: string, ...pieces: Buffer[]) => createHash(algorithm).update(Buffer.concat(pieces)).digest();
const contentFiles = () => readdirSync(path.join(directory, Bucket));

test('20 MB in parts become one object, seen only when complete', async () => {
  const pieces = [randomBytes(8 * MEBIBYTE), randomBytes(8 * MEBIBYTE), randomBytes(4 * MEBIBYTE)];
  const UploadId = await create('big.pdf', { ContentType: 'application/pdf', Metadata: { owner: 'alice' } });
  // In any order, and one of them twice: the last of a number counts.
  await upload('big.pdf', UploadId, 2, 'to be replaced');
  const parts = await Promise.all([2, 3, 1].map((number) => upload('big.pdf', UploadId, number, pieces[number - 1] ?? '')));
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'big.pdf' }))).rejects.toMatchObject({ name: 'NotFound' });
  expect(events).toEqual([]);
  const inOrder = parts.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
  const completed = await complete('big.pdf', UploadId, inOrder, { MpuObjectSize: 20 * MEBIBYTE });
  const etag = `${digest('md5', ...pieces.map((piece) => digest('md5', piece))).toString('hex')}-3`;
  expect(completed).toMatchObject({
    ETag: `"${etag}"`,
    Key: 'big.pdf',
    ChecksumType: 'FULL_OBJECT',
    ChecksumCRC64NVME: expect.any(String),
  });
  const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'big.pdf' }));
  expect(read).toMatchObject({ ContentLength: 20 * MEBIBYTE, ContentType: 'application/pdf', Metadata: { owner: 'alice' } });
  expect(digest('sha256', Buffer.from((await read.Body?.transformToByteArray()) ?? []))).toEqual(digest('sha256', ...pieces));
  expect(events.map(({ detail }) => [detail.reason, detail.object.size, detail.object.etag])).toEqual([
    ['CompleteMultipartUpload', 20 * MEBIBYTE, etag],
  ]);
  expect(contentFiles()).toHaveLength(1);
  await expect(complete('big.pdf', UploadId, inOrder)).rejects.toMatchObject({ name: 'NoSuchUpload' });
});

test('a checksum of the parts is composite, and every part must bring its own', async () => {
  const UploadId = await create('composite', { ChecksumAlgorithm: 'SHA256' });
  const part = await upload('composite', UploadId, 1, 'hello', { ChecksumAlgorithm: 'SHA256' });
  await expect(upload('composite', UploadId, 2, 'x', { ChecksumAlgorithm: 'CRC32' })).rejects.toMatchObject({
    name: 'InvalidRequest',
    message: 'Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32',
  });
  await expect(complete('composite', UploadId, [{ PartNumber: 1, ETag: part.ETag }])).rejects.toMatchObject({
    name: 'InvalidRequest',
    message: expect.stringContaining('It was missing for part 1 in the request.'),
  });
  await expect(complete('composite', UploadId, [{ ...part, ChecksumSHA256: 'other' }])).rejects.toMatchObject({ name: 'InvalidPart' });
  const { ChecksumSHA256, ChecksumType } = await complete('composite', UploadId, [part]);
  const expected = `${digest('sha256', digest('sha256', Buffer.from('hello'))).toString('base64')}-1`;
  expect([ChecksumSHA256, ChecksumType]).toEqual([expected, 'COMPOSITE']);
});

test('a checksum of the whole is compared with the one that the caller states', async () => {
  const UploadId = await create('whole', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
  const pieces = [randomBytes(5 * MEBIBYTE), Buffer.from('hello')];
  const parts = [];
  for (const [index, piece] of pieces.entries()) parts.push(await upload('whole', UploadId, index + 1, piece));
  await expect(complete('whole', UploadId, parts, { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
  const expected = Buffer.alloc(4);
  expected.writeUInt32BE(crc32(Buffer.concat(pieces)));
  const stated = { ChecksumCRC32: expected.toString('base64'), ChecksumType: 'FULL_OBJECT' as const };
  expect(await complete('whole', UploadId, parts, stated)).toMatchObject(stated);
});

test('parts that do not fit together are refused, and the upload can still be completed', async () => {
  const UploadId = await create('misfits');
  const [small, last] = [await upload('misfits', UploadId, 1, 'small'), await upload('misfits', UploadId, 7, 'last')];
  await expect(complete('misfits', UploadId, [last, small])).rejects.toMatchObject({ name: 'InvalidPartOrder' });
  await expect(complete('misfits', UploadId, [small, last])).rejects.toMatchObject({ name: 'EntityTooSmall' });
  await expect(complete('misfits', UploadId, [{ ...last, ETag: small.ETag }])).rejects.toMatchObject({ name: 'InvalidPart' });
  await expect(complete('misfits', UploadId, [{ ...last, PartNumber: 2 }])).rejects.toMatchObject({ name: 'InvalidPart' });
  await expect(complete('misfits', UploadId, [])).rejects.toMatchObject({ name: 'MalformedXML' });
  await expect(complete('misfits', UploadId, [last], { MpuObjectSize: 5 })).rejects.toMatchObject({ name: 'InvalidRequest' });
  await expect(upload('misfits', UploadId, 10_001, 'x')).rejects.toMatchObject({ name: 'InvalidArgument' });
  await expect(upload('misfits', UploadId, 1, 'x', { ContentMD5: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidDigest' });
  await complete('misfits', UploadId, [last], { IfNoneMatch: '*' });
  const again = await create('misfits');
  const part = await upload('misfits', again, 1, 'x');
  await expect(complete('misfits', again, [part], { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  await complete('misfits', again, [part]);
});

test('parts are listed in pages', async () => {
  const UploadId = await create('listed');
  for (const number of [3, 1, 2]) await upload('listed', UploadId, number, `part ${number}`);
  const first = await s3.send(new ListPartsCommand({ Bucket, Key: 'listed', UploadId, MaxParts: 2 }));
  expect(first).toMatchObject({
    IsTruncated: true,
    NextPartNumberMarker: '2',
    Parts: [
      { PartNumber: 1, Size: 6 },
      { PartNumber: 2, Size: 6 },
    ],
  });
  const rest = await s3.send(new ListPartsCommand({ Bucket, Key: 'listed', UploadId, PartNumberMarker: '2' }));
  expect(rest).toMatchObject({ IsTruncated: false, Parts: [{ PartNumber: 3 }] });
});

test('an aborted upload leaves nothing', async () => {
  const before = contentFiles();
  const UploadId = await create('aborted');
  await upload('aborted', UploadId, 1, 'x');
  expect(contentFiles()).toHaveLength(before.length + 1);
  const abort = (Key: string) => s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  await expect(abort('another key')).rejects.toMatchObject({ name: 'NoSuchUpload' });
  await abort('aborted');
  expect(contentFiles()).toEqual(before);
  await expect(upload('aborted', UploadId, 2, 'x')).rejects.toMatchObject({ name: 'NoSuchUpload' });
});

test('a part that is a copy is refused by name', async () => {
  const UploadId = await create('copied');
  const copy = new UploadPartCopyCommand({ Bucket, Key: 'copied', UploadId, PartNumber: 1, CopySource: `${Bucket}/big.pdf` });
  await expect(s3.send(copy)).rejects.toMatchObject({ name: 'NotImplemented', message: expect.stringContaining('x-amz-copy-source') });
});

test('uploads under way are listed by key, a page at a time, under a prefix', async () => {
  const keys = ['under way/ä', 'under way/b', 'under way/b', 'under way/c'];
  const ids = await Promise.all(keys.map((key) => create(key)));
  const found: string[] = [];
  for (let marker = {}; ; ) {
    const page = await s3.send(
      new ListMultipartUploadsCommand({ Bucket, Prefix: 'under way/', MaxUploads: 1, EncodingType: 'url', ...marker }),
    );
    expect(page.Uploads).toHaveLength(1);
    found.push(...(page.Uploads ?? []).map(({ Key = '', UploadId }) => `${decodeURIComponent(Key.replaceAll('+', ' '))} ${UploadId}`));
    if (!page.IsTruncated) break;
    marker = { KeyMarker: decodeURIComponent((page.NextKeyMarker ?? '').replaceAll('+', ' ')), UploadIdMarker: page.NextUploadIdMarker };
  }
  const bs = [ids[1], ids[2]].sort().map((id) => `under way/b ${id}`);
  expect(found).toEqual([...bs, `under way/c ${ids[3]}`, `under way/ä ${ids[0]}`]);
  // Without an upload's own marker a page goes on after all of that key's.
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'under way/', KeyMarker: 'under way/b' }));
  expect(Uploads.map(({ Key }) => Key)).toEqual(['under way/c', 'under way/ä']);
  for (const [index, Key] of keys.entries()) await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: ids[index] }));
  expect((await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'under way/' }))).Uploads).toBeUndefined();
});
