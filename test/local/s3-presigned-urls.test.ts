import { openBucket, type TestBucket } from './s3-support.ts';

const Bucket = 'manuals';
let bucket: TestBucket;

beforeAll(async () => {
  bucket = await openBucket(Bucket);
});
afterAll(() => bucket.close());

describe('a presigned URL', () => {
  test('lets its bearer read, with the headers that the signer chose', async () => {
    await bucket.put('shared.pdf', 'hello');
    const query = { 'response-content-disposition': 'attachment; filename="a b.pdf"', 'response-content-type': 'text/plain' };
    const response = await fetch(bucket.presign('GET', `/${Bucket}/shared.pdf`, {}, query));
    expect(await response.text()).toBe('hello');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="a b.pdf"');
    expect(response.headers.get('content-type')).toBe('text/plain');
    const wide = await fetch(
      bucket.presign('GET', `/${Bucket}/shared.pdf`, {}, { 'response-content-disposition': 'attachment; filename="日.pdf"' }),
    );
    expect(await wide.text()).toContain('ISO-8859-1');
  });

  test('lets its bearer write, with the checksum that the signer put into it', async () => {
    const url = bucket.presign('PUT', `/${Bucket}/handed-in`, {}, { 'x-amz-checksum-crc32': 'NhCmhg==' });
    expect(await (await fetch(url, { method: 'PUT', body: 'jello' })).text()).toContain('<Code>BadDigest</Code>');
    expect((await fetch(url, { method: 'PUT', body: 'hello' })).status).toBe(200);
    expect(await bucket.text('handed-in')).toBe('hello');
  });

  test('is worthless for another key', async () => {
    await bucket.put('private.pdf', 'secret');
    const url = bucket.presign('GET', `/${Bucket}/shared.pdf`).replace('shared', 'private');
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('<Code>SignatureDoesNotMatch</Code>')]);
  });
});
