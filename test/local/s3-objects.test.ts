import { createHash } from 'node:crypto';
import { CopyObjectCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { openBucket, type TestBucket } from './s3-support.ts';

const Bucket = 'manuals';
let bucket: TestBucket;

beforeAll(async () => {
  bucket = await openBucket(Bucket);
});
afterAll(() => bucket.close());

const md5 = (content: string) => createHash('md5').update(content).digest('hex');

describe('an object', () => {
  test('comes back as it was put, with what was said of it', async () => {
    const written = await bucket.put('ü+ & manual (1).pdf', 'hello', {
      ContentType: 'application/pdf',
      CacheControl: 'no-store',
      ContentLanguage: 'en',
      Metadata: { owner: 'alice' },
    });
    expect(written).toMatchObject({
      ETag: `"${md5('hello')}"`,
      ChecksumCRC32: 'NhCmhg==',
      ChecksumType: 'FULL_OBJECT',
      ServerSideEncryption: 'AES256',
    });
    expect(written.VersionId).toBeUndefined();
    const read = await bucket.client.send(new GetObjectCommand({ Bucket, Key: 'ü+ & manual (1).pdf' }));
    expect(read).toMatchObject({
      ETag: written.ETag,
      ContentLength: 5,
      ContentType: 'application/pdf',
      CacheControl: 'no-store',
      ContentLanguage: 'en',
      Metadata: { owner: 'alice' },
      ChecksumCRC32: 'NhCmhg==',
      ServerSideEncryption: 'AES256',
      AcceptRanges: 'bytes',
    });
    expect(await read.Body?.transformToString()).toBe('hello');
    const head = await bucket.client.send(new HeadObjectCommand({ Bucket, Key: 'ü+ & manual (1).pdf', ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ETag: written.ETag, ContentLength: 5, Metadata: { owner: 'alice' }, ChecksumCRC32: 'NhCmhg==' });
  });

  test('may be empty', async () => {
    await bucket.put('empty', Buffer.alloc(0));
    expect(await bucket.text('empty')).toBe('');
    expect(await bucket.client.send(new HeadObjectCommand({ Bucket, Key: 'empty' }))).toMatchObject({ ContentLength: 0 });
  });

  test('is replaced by the next of its key', async () => {
    await bucket.put('replaced', 'first', { Metadata: { a: '1' } });
    await bucket.put('replaced', 'second');
    expect(await bucket.text('replaced')).toBe('second');
    expect((await bucket.client.send(new HeadObjectCommand({ Bucket, Key: 'replaced' }))).Metadata).toEqual({});
  });

  test('that is not there is refused, with a document on GET and without on HEAD', async () => {
    await expect(bucket.text('nowhere')).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
    await expect(bucket.client.send(new HeadObjectCommand({ Bucket, Key: 'nowhere' }))).rejects.toMatchObject({ name: 'NotFound' });
    await expect(bucket.client.send(new GetObjectCommand({ Bucket: 'nobodys', Key: 'k' }))).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(bucket.text('k'.repeat(1025))).rejects.toMatchObject({ name: 'KeyTooLongError' });
  });

  test('says how it is encrypted', async () => {
    await bucket.put('kms', 'hello', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/manuals' });
    const head = await bucket.client.send(new HeadObjectCommand({ Bucket, Key: 'kms' }));
    expect(head).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/manuals' });
    expect(head.ETag).not.toBe(`"${md5('hello')}"`);
  });
});

describe('a range', () => {
  test('of any form gives just those bytes', async () => {
    const content = Buffer.from('0123456789');
    await bucket.put('digits', content);
    const bound = fc.option(fc.nat(15), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(bound, bound, async (first, last) => {
        fc.pre((first ?? last) !== undefined && (first === undefined || last === undefined || first <= last));
        const expected =
          first === undefined ? content.subarray(Math.max(0, 10 - (last ?? 0))) : content.subarray(first, (last ?? content.length) + 1);
        const reading = bucket.client.send(new GetObjectCommand({ Bucket, Key: 'digits', Range: `bytes=${first ?? ''}-${last ?? ''}` }));
        if (expected.length === 0) {
          await expect(reading).rejects.toMatchObject({ name: 'InvalidRange', $metadata: { httpStatusCode: 416 } });
          return;
        }
        const { Body, ContentRange, ContentLength, ChecksumCRC32, $metadata } = await reading;
        const start = content.indexOf(expected);
        expect(await Body?.transformToString()).toBe(expected.toString());
        expect(ContentRange).toBe(`bytes ${start}-${start + expected.length - 1}/10`);
        expect(ContentLength).toBe(expected.length);
        expect(ChecksumCRC32).toBeUndefined();
        expect($metadata.httpStatusCode).toBe(206);
      }),
      { numRuns: 60 },
    );
  });

  test('of nothing sensible is as no range; of an empty object there is none', async () => {
    await bucket.put('some', 'hello');
    expect(await bucket.text('some', { Range: 'pages=1-2' })).toBe('hello');
    expect(await bucket.text('some', { Range: 'bytes=3-1' })).toBe('hello');
    await bucket.put('none', Buffer.alloc(0));
    await expect(bucket.text('none', { Range: 'bytes=0-' })).rejects.toMatchObject({ name: 'InvalidRange' });
    await expect(bucket.text('some', { Range: 'bytes=0-1,3-4' })).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

describe('conditions', () => {
  test('of a reader hold or refuse', async () => {
    const { ETag } = await bucket.put('conditional', 'hello');
    expect(await bucket.text('conditional', { IfMatch: ETag })).toBe('hello');
    expect(await bucket.text('conditional', { IfNoneMatch: '"other"' })).toBe('hello');
    await expect(bucket.text('conditional', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(bucket.text('conditional', { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
    expect(await bucket.text('conditional', { IfModifiedSince: past })).toBe('hello');
    await expect(bucket.text('conditional', { IfModifiedSince: future })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await expect(bucket.text('conditional', { IfUnmodifiedSince: past })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect(await bucket.text('conditional', { IfMatch: ETag, IfUnmodifiedSince: past })).toBe('hello');
  });

  test('of a writer let only one of many create a key', async () => {
    const attempts = Array.from({ length: 8 }, (_, index) => bucket.put('once', `writer ${index}`, { IfNoneMatch: '*' }));
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'PreconditionFailed' });
    }
  });

  test('of a writer let it replace only what it has seen', async () => {
    const { ETag } = await bucket.put('seen', 'first');
    await bucket.put('seen', 'second', { IfMatch: ETag });
    await expect(bucket.put('seen', 'third', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(bucket.put('unseen', 'first', { IfMatch: ETag })).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await bucket.text('seen')).toBe('second');
  });
});

describe('a copy', () => {
  const copy = (Key: string, CopySource: string, more: object = {}) =>
    bucket.client.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...more }));

  test('keeps what was said of the original, or takes what is said now', async () => {
    await bucket.put('original +1', 'hello', { ContentType: 'text/plain', Metadata: { owner: 'alice' } });
    const { CopyObjectResult } = await copy('copied', `${Bucket}/original%20%2B1`);
    expect(CopyObjectResult).toMatchObject({ ETag: `"${md5('hello')}"`, ChecksumCRC32: 'NhCmhg==' });
    expect(await bucket.client.send(new HeadObjectCommand({ Bucket, Key: 'copied' }))).toMatchObject({
      ContentType: 'text/plain',
      Metadata: { owner: 'alice' },
    });
    await copy('recast', `/${Bucket}/original%20%2B1`, {
      MetadataDirective: 'REPLACE',
      ContentType: 'text/markdown',
      Metadata: { owner: 'bob' },
      ChecksumAlgorithm: 'SHA1',
    });
    const recast = await bucket.client.send(new GetObjectCommand({ Bucket, Key: 'recast' }));
    expect(recast).toMatchObject({ ContentType: 'text/markdown', Metadata: { owner: 'bob' }, ChecksumSHA1: expect.any(String) });
    expect(await recast.Body?.transformToString()).toBe('hello');
  });

  test('is refused from nowhere, onto itself, and when a condition fails', async () => {
    const { ETag } = await bucket.put('itself', 'hello');
    await expect(copy('x', `${Bucket}/nowhere`)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(copy('x', 'nobodys/key')).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(copy('x', 'nonsense')).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(copy('itself', `${Bucket}/itself`)).rejects.toMatchObject({ name: 'InvalidRequest' });
    await expect(copy('x', `${Bucket}/itself`, { CopySourceIfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(copy('x', `${Bucket}/itself`, { CopySourceIfNoneMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(bucket.text('x')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});
