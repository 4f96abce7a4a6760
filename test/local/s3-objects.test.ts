import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { S3Service } from '../../local/s3/s3.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const Bucket = 'manuals';
const directory = mkdtempSync(path.join(tmpdir(), 's3-objects-'));
let door: TestFrontDoor;
let s3: S3Client;

beforeAll(async () => {
  door = await openFrontDoor(({ clock, keys }) => [
    new S3Service({ clock, keys, region: 'eu-west-1', directory, onObjectEvent: () => undefined }),
  ]);
  s3 = new S3Client(door.clientConfig);
  await door.provision('AWS::S3::Bucket', 'Manuals', { BucketName: Bucket });
});

afterAll(async () => {
  s3.destroy();
  await door.close();
  rmSync(directory, { recursive: true });
  expect(door.internalErrors).toEqual([]);
});

const put = (Key: string, Body: PutObjectCommandInput['Body'], more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));

async function text(Key: string, more: object = {}): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Body?.transformToString();
}

const md5 = (content: string) => createHash('md5').update(content).digest('hex');

describe('an object', () => {
  test('comes back as it was put, with what was said of it', async () => {
    const written = await put('ü+ & manual (1).pdf', 'hello', {
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
    const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'ü+ & manual (1).pdf' }));
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
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'ü+ & manual (1).pdf', ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ETag: written.ETag, ContentLength: 5, Metadata: { owner: 'alice' }, ChecksumCRC32: 'NhCmhg==' });
  });

  test('may be empty', async () => {
    await put('empty', Buffer.alloc(0));
    expect(await text('empty')).toBe('');
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'empty' }))).toMatchObject({ ContentLength: 0 });
  });

  test('is replaced by the next of its key', async () => {
    await put('replaced', 'first', { Metadata: { a: '1' } });
    await put('replaced', 'second');
    expect(await text('replaced')).toBe('second');
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'replaced' }))).Metadata).toEqual({});
  });

  test('that is not there is refused, with a document on GET and without on HEAD', async () => {
    await expect(text('nowhere')).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'nowhere' }))).rejects.toMatchObject({ name: 'NotFound' });
    await expect(s3.send(new GetObjectCommand({ Bucket: 'nobodys', Key: 'k' }))).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(text('k'.repeat(1025))).rejects.toMatchObject({ name: 'KeyTooLongError' });
  });

  test('says how it is encrypted', async () => {
    await put('kms', 'hello', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/manuals' });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'kms' }));
    expect(head).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/manuals' });
    expect(head.ETag).not.toBe(`"${md5('hello')}"`);
  });
});

describe('a range', () => {
  test('of any form gives just those bytes', async () => {
    const content = Buffer.from('0123456789');
    await put('digits', content);
    const bound = fc.option(fc.nat(15), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(bound, bound, async (first, last) => {
        fc.pre((first ?? last) !== undefined && (first === undefined || last === undefined || first <= last));
        const expected =
          first === undefined ? content.subarray(Math.max(0, 10 - (last ?? 0))) : content.subarray(first, (last ?? content.length) + 1);
        const reading = s3.send(new GetObjectCommand({ Bucket, Key: 'digits', Range: `bytes=${first ?? ''}-${last ?? ''}` }));
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
    await put('some', 'hello');
    expect(await text('some', { Range: 'pages=1-2' })).toBe('hello');
    expect(await text('some', { Range: 'bytes=3-1' })).toBe('hello');
    await put('none', Buffer.alloc(0));
    await expect(text('none', { Range: 'bytes=0-' })).rejects.toMatchObject({ name: 'InvalidRange' });
    await expect(text('some', { Range: 'bytes=0-1,3-4' })).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

describe('conditions', () => {
  test('of a reader hold or refuse', async () => {
    const { ETag } = await put('conditional', 'hello');
    expect(await text('conditional', { IfMatch: ETag })).toBe('hello');
    expect(await text('conditional', { IfNoneMatch: '"other"' })).toBe('hello');
    await expect(text('conditional', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(text('conditional', { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
    expect(await text('conditional', { IfModifiedSince: past })).toBe('hello');
    await expect(text('conditional', { IfModifiedSince: future })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await expect(text('conditional', { IfUnmodifiedSince: past })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect(await text('conditional', { IfMatch: ETag, IfUnmodifiedSince: past })).toBe('hello');
  });

  test('of a writer let only one of many create a key', async () => {
    const attempts = Array.from({ length: 8 }, (_, index) => put('once', `writer ${index}`, { IfNoneMatch: '*' }));
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'PreconditionFailed' });
    }
  });

  test('of a writer let it replace only what it has seen', async () => {
    const { ETag } = await put('seen', 'first');
    await put('seen', 'second', { IfMatch: ETag });
    await expect(put('seen', 'third', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('unseen', 'first', { IfMatch: ETag })).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await text('seen')).toBe('second');
  });
});

describe('checksums', () => {
  test.each([
    ['CRC32', 'NhCmhg=='],
    ['CRC32C', 'mnG7TA=='],
    ['CRC64NVME', 'M3eFcAZSQlc='],
    ['SHA1', 'qvTGHdzF6KLavt4PO0gs2a6pQ00='],
    ['SHA256', 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='],
  ] as const)('%s is verified and returned', async (algorithm, value) => {
    const written = await put(algorithm, 'hello', { ChecksumAlgorithm: algorithm });
    expect(written).toMatchObject({ [`Checksum${algorithm}`]: value });
    expect(await s3.send(new GetObjectCommand({ Bucket, Key: algorithm }))).toMatchObject({ [`Checksum${algorithm}`]: value });
    await expect(put(algorithm, 'jello', { [`Checksum${algorithm}`]: value })).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(put(algorithm, 'hello', { [`Checksum${algorithm}`]: 'aGVsbG8gd29ybGQ=' })).rejects.toMatchObject({
      name: 'InvalidRequest',
    });
    expect(await text(algorithm)).toBe('hello');
  });

  test('of the MD5 kind are verified too', async () => {
    const ContentMD5 = createHash('md5').update('hello').digest('base64');
    await put('md5', 'hello', { ContentMD5 });
    await expect(put('md5', 'jello', { ContentMD5 })).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(put('md5', 'hello', { ContentMD5: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidDigest' });
  });

  test('come behind a stream, in the aws-chunked coding, which is not kept', async () => {
    const pieces = ['some ', 'pages ', 'of a manual'].map((piece) => Buffer.from(piece));
    const written = await put('streamed', Readable.from(pieces), {
      ContentLength: 22,
      ChecksumAlgorithm: 'SHA256',
      ContentEncoding: 'gzip',
    });
    expect(written.ChecksumSHA256).toBe(createHash('sha256').update('some pages of a manual').digest('base64'));
    const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'streamed' }));
    expect(read.ContentEncoding).toBe('gzip');
    expect(await read.Body?.transformToString()).toBe('some pages of a manual');
  });

  test('that are none leave S3 to take its own', async () => {
    const response = await fetch(presign('PUT', `/${Bucket}/unsummed`), { method: 'PUT', body: 'hello' });
    expect(response.headers.get('x-amz-checksum-crc64nvme')).toBe('M3eFcAZSQlc=');
  });
});

describe('a stream in the aws-chunked coding', () => {
  const send = (body: string, headers: Record<string, string> = {}) => {
    const all = {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      ...headers,
    };
    return fetch(presign('PUT', `/${Bucket}/chunked`, all), { method: 'PUT', body, headers: all });
  };
  const trailer = 'x-amz-checksum-crc32:NhCmhg==\r\n\r\n';

  test.each([
    ['with a wrong checksum', '5\r\njello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', 'BadDigest'],
    ['that ends early', '5\r\nhel', 'IncompleteBody'],
    ['of another length than stated', `4\r\nhell\r\n0\r\n${trailer}`, 'IncompleteBody'],
    ['whose chunk has no size', `x\r\nhello\r\n0\r\n${trailer}`, 'IncompleteBody'],
    ['without the trailer it announces', '5\r\nhello\r\n0\r\n\r\n', 'MalformedTrailerError'],
    ['with a trailer it does not announce', `5\r\nhello\r\n0\r\nx-amz-meta-a:b\r\n${trailer}`, 'MalformedTrailerError'],
  ])('%s is refused', async (_case, body, code) => {
    expect(await (await send(body)).text()).toContain(`<Code>${code}</Code>`);
  });

  test('is taken when all is right, and refused by name when its chunks are signed', async () => {
    expect((await send(`5\r\nhello\r\n0\r\n${trailer}`)).status).toBe(200);
    expect(await text('chunked')).toBe('hello');
    const signed = await send('', { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' });
    expect(signed.status).toBe(501);
    expect(await signed.text()).toContain('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
  });
});

describe('a presigned URL', () => {
  test('lets its bearer read, with the headers that the signer chose', async () => {
    await put('shared.pdf', 'hello');
    const query = { 'response-content-disposition': 'attachment; filename="a b.pdf"', 'response-content-type': 'text/plain' };
    const response = await fetch(presign('GET', `/${Bucket}/shared.pdf`, {}, query));
    expect(await response.text()).toBe('hello');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="a b.pdf"');
    expect(response.headers.get('content-type')).toBe('text/plain');
    const wide = await fetch(
      presign('GET', `/${Bucket}/shared.pdf`, {}, { 'response-content-disposition': 'attachment; filename="日.pdf"' }),
    );
    expect(await wide.text()).toContain('ISO-8859-1');
  });

  test('lets its bearer write, with the checksum that the signer put into it', async () => {
    const url = presign('PUT', `/${Bucket}/handed-in`, {}, { 'x-amz-checksum-crc32': 'NhCmhg==' });
    expect(await (await fetch(url, { method: 'PUT', body: 'jello' })).text()).toContain('<Code>BadDigest</Code>');
    expect((await fetch(url, { method: 'PUT', body: 'hello' })).status).toBe(200);
    expect(await text('handed-in')).toBe('hello');
  });

  test('is worthless for another key', async () => {
    const url = presign('GET', `/${Bucket}/shared.pdf`).replace('shared', 'conditional');
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('<Code>SignatureDoesNotMatch</Code>')]);
  });
});

describe('a copy', () => {
  const copy = (Key: string, CopySource: string, more: object = {}) => s3.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...more }));

  test('keeps what was said of the original, or takes what is said now', async () => {
    await put('original +1', 'hello', { ContentType: 'text/plain', Metadata: { owner: 'alice' } });
    const { CopyObjectResult } = await copy('copied', `${Bucket}/original%20%2B1`);
    expect(CopyObjectResult).toMatchObject({ ETag: `"${md5('hello')}"`, ChecksumCRC32: 'NhCmhg==' });
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'copied' }))).toMatchObject({
      ContentType: 'text/plain',
      Metadata: { owner: 'alice' },
    });
    await copy('recast', `/${Bucket}/original%20%2B1`, {
      MetadataDirective: 'REPLACE',
      ContentType: 'text/markdown',
      Metadata: { owner: 'bob' },
      ChecksumAlgorithm: 'SHA1',
    });
    const recast = await s3.send(new GetObjectCommand({ Bucket, Key: 'recast' }));
    expect(recast).toMatchObject({ ContentType: 'text/markdown', Metadata: { owner: 'bob' }, ChecksumSHA1: expect.any(String) });
    expect(await recast.Body?.transformToString()).toBe('hello');
  });

  test('is refused from nowhere, onto itself, and when a condition fails', async () => {
    const { ETag } = await put('itself', 'hello');
    await expect(copy('x', `${Bucket}/nowhere`)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(copy('x', 'nobodys/key')).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(copy('x', 'nonsense')).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(copy('itself', `${Bucket}/itself`)).rejects.toMatchObject({ name: 'InvalidRequest' });
    await expect(copy('x', `${Bucket}/itself`, { CopySourceIfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(copy('x', `${Bucket}/itself`, { CopySourceIfNoneMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(text('x')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('what is not emulated is refused by name', () => {
  const command = { Bucket, Key: 'kept' };
  test.each([
    ['tagging', new PutObjectTaggingCommand({ ...command, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } })],
    ['tagging', new GetObjectTaggingCommand(command)],
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
    await put('kept', 'untouched');
    // biome-ignore lint/suspicious/noExplicitAny: a table of different commands has no common type that send takes
    await expect(s3.send(refused as any)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(name),
      $metadata: { httpStatusCode: 501 },
    });
    expect(await text('kept')).toBe('untouched');
  });

  test('a parameter that nobody knows', async () => {
    const response = await fetch(presign('GET', `/${Bucket}/kept`, {}, { surprise: '1' }));
    expect([response.status, await response.text()]).toEqual([501, expect.stringContaining('?surprise')]);
  });

  test('virtual-host style', async () => {
    const httpAgent = new http.Agent({ lookup: (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]) });
    const endpoint = door.clientConfig.endpoint.replace('127.0.0.1', 's3.localhost');
    const styled = new S3Client({ ...door.clientConfig, endpoint, requestHandler: { httpAgent } });
    const refusal = styled.send(new GetObjectCommand({ Bucket, Key: 'kept' }));
    await expect(refusal).rejects.toMatchObject({ name: 'NotImplemented', message: expect.stringContaining('virtual-host style') });
    styled.destroy();
  });

  test('access control lists, in the words of a bucket that has none', async () => {
    await expect(put('kept', 'x', { ACL: 'public-read' })).rejects.toMatchObject({ name: 'AccessControlListNotSupported' });
    await put('kept', 'x', { ACL: 'bucket-owner-full-control' });
  });

  test('somebody else as the owner', async () => {
    await expect(text('kept', { ExpectedBucketOwner: '111122223333' })).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

test('a key that nobody issued is refused in the words of S3', async () => {
  const credentials = { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' };
  const stranger = new S3Client({ ...door.clientConfig, credentials });
  await expect(stranger.send(new GetObjectCommand({ Bucket, Key: 'kept' }))).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
  stranger.destroy();
});

/** Signs as https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html says. */
function presign(method: string, urlPath: string, headers: Record<string, string> = {}, query: Record<string, string> = {}): string {
  const { endpoint, credentials } = door.clientConfig;
  const timestamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${timestamp.slice(0, 8)}/eu-west-1/s3/aws4_request`;
  const signed: Record<string, string> = { ...headers, host: new URL(endpoint).host };
  const names = Object.keys(signed).sort();
  const parameters = Object.entries({
    ...query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': timestamp,
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': names.join(';'),
  }).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const canonicalRequest = [
    method,
    urlPath,
    parameters.sort().join('&'),
    ...names.map((name) => `${name}:${signed[name]}`),
    '',
    names.join(';'),
    headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const stringToSign = ['AWS4-HMAC-SHA256', timestamp, scope, createHash('sha256').update(canonicalRequest).digest('hex')].join('\n');
  const hmac = (key: string | Buffer, message: string) => createHmac('sha256', key).update(message).digest();
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  return `${endpoint}${urlPath}?${parameters.join('&')}&X-Amz-Signature=${hmac(key, stringToSign).toString('hex')}`;
}
