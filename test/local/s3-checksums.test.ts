import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { openBucket, type TestBucket } from './s3-support.ts';

const Bucket = 'manuals';
let bucket: TestBucket;

beforeAll(async () => {
  bucket = await openBucket(Bucket);
});
afterAll(() => bucket.close());

describe('checksums', () => {
  test.each([
    ['CRC32', 'NhCmhg=='],
    ['CRC32C', 'mnG7TA=='],
    ['CRC64NVME', 'M3eFcAZSQlc='],
    ['SHA1', 'qvTGHdzF6KLavt4PO0gs2a6pQ00='],
    ['SHA256', 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='],
  ] as const)('%s is verified and returned', async (algorithm, value) => {
    const written = await bucket.put(algorithm, 'hello', { ChecksumAlgorithm: algorithm });
    expect(written).toMatchObject({ [`Checksum${algorithm}`]: value });
    expect(await bucket.client.send(new GetObjectCommand({ Bucket, Key: algorithm }))).toMatchObject({ [`Checksum${algorithm}`]: value });
    await expect(bucket.put(algorithm, 'jello', { [`Checksum${algorithm}`]: value })).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(bucket.put(algorithm, 'hello', { [`Checksum${algorithm}`]: 'aGVsbG8gd29ybGQ=' })).rejects.toMatchObject({
      name: 'InvalidRequest',
    });
    expect(await bucket.text(algorithm)).toBe('hello');
  });

  test('of the MD5 kind are verified too', async () => {
    const ContentMD5 = createHash('md5').update('hello').digest('base64');
    await bucket.put('md5', 'hello', { ContentMD5 });
    await expect(bucket.put('md5', 'jello', { ContentMD5 })).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(bucket.put('md5', 'hello', { ContentMD5: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidDigest' });
  });

  test('come behind a stream, in the aws-chunked coding, which is not kept', async () => {
    const pieces = ['some ', 'pages ', 'of a manual'].map((piece) => Buffer.from(piece));
    const written = await bucket.put('streamed', Readable.from(pieces), {
      ContentLength: 22,
      ChecksumAlgorithm: 'SHA256',
      ContentEncoding: 'gzip',
    });
    expect(written.ChecksumSHA256).toBe(createHash('sha256').update('some pages of a manual').digest('base64'));
    const read = await bucket.client.send(new GetObjectCommand({ Bucket, Key: 'streamed' }));
    expect(read.ContentEncoding).toBe('gzip');
    expect(await read.Body?.transformToString()).toBe('some pages of a manual');
  });

  test('that are none leave S3 to take its own', async () => {
    const response = await fetch(bucket.presign('PUT', `/${Bucket}/unsummed`), { method: 'PUT', body: 'hello' });
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
    return fetch(bucket.presign('PUT', `/${Bucket}/chunked`, all), { method: 'PUT', body, headers: all });
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
    expect(await bucket.text('chunked')).toBe('hello');
    const signed = await send('', { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' });
    expect(signed.status).toBe(501);
    expect(await signed.text()).toContain('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
  });
});
