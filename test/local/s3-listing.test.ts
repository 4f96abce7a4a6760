import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ListObjectsV2Command, type ListObjectsV2CommandInput, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { S3Service } from '../../local/s3/s3.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const directory = mkdtempSync(path.join(tmpdir(), 's3-listing-'));
let door: TestFrontDoor;
let s3: S3Client;
let bucketCount = 0;

beforeAll(async () => {
  door = await openFrontDoor(({ clock, keys }) => [
    new S3Service({ clock, keys, region: 'eu-west-1', directory, onObjectEvent: () => undefined }),
  ]);
  s3 = new S3Client(door.clientConfig);
});

afterAll(async () => {
  s3.destroy();
  await door.close();
  rmSync(directory, { recursive: true });
  expect(door.internalErrors).toEqual([]);
});

async function bucketWith(keys: readonly string[]): Promise<string> {
  const { ref: Bucket } = await door.provision('AWS::S3::Bucket', `Listing${bucketCount++}`, {});
  await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))));
  return Bucket;
}

/** Every name of a listing, page by page: keys as they are, common prefixes in brackets. */
async function listAll(input: ListObjectsV2CommandInput): Promise<{ names: string[]; pageSizes: number[] }> {
  const names: string[] = [];
  const pageSizes: number[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ ...input, ContinuationToken: token }));
    const found = [
      ...(page.Contents ?? []).map(({ Key = '' }) => decoded(Key, input)),
      ...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => `[${decoded(Prefix, input)}]`),
    ];
    expect(page.KeyCount).toBe(found.length);
    expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
    names.push(...found);
    pageSizes.push(found.length);
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return { names, pageSizes };
}

function decoded(name: string, { EncodingType }: ListObjectsV2CommandInput): string {
  return EncodingType === 'url' ? decodeURIComponent(name.replaceAll('+', ' ')) : name;
}

const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What S3's documentation says a listing holds, told the long way round. */
function expectedNames(keys: readonly string[], prefix: string, delimiter: string | undefined, startAfter: string): string[] {
  const names = keys
    .filter((key) => key.startsWith(prefix) && bytewise(key, startAfter) > 0)
    .map((key) => {
      const [head, ...tail] = delimiter === undefined ? [key] : key.slice(prefix.length).split(delimiter);
      return tail.length > 0 ? `[${prefix}${head}${delimiter}]` : key;
    });
  return [...new Set(names)];
}

test('a listing holds each key or common prefix once, however it is paged', async () => {
  const key = fc.string({
    unit: fc.constantFrom('a', 'b', '/', '/', ' ', '+', '&', '<', '%', 'é', '\uffee', '😀'),
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { maxLength: 14 }),
      fc.constantFrom('', '', 'a', 'a/', '/'),
      fc.constantFrom(undefined, '/', 'b'),
      fc.constantFrom('', 'a', 'b'),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(undefined, 'url' as const),
      async (keys, Prefix, Delimiter, StartAfter, MaxKeys, EncodingType) => {
        // Where the start itself is a common prefix, AWS's documentation does not say what is left of it.
        fc.pre(Delimiter !== StartAfter);
        const Bucket = await bucketWith(keys);
        const { names, pageSizes } = await listAll({ Bucket, Prefix, Delimiter, StartAfter, MaxKeys, EncodingType });
        const expected = expectedNames(keys, Prefix, Delimiter, StartAfter);
        expect([...names].sort()).toEqual([...expected].sort());
        expect(pageSizes.slice(0, -1).every((size) => size === MaxKeys)).toBe(true);
        const listedKeys = names.filter((name) => !name.startsWith('['));
        expect(listedKeys).toEqual([...listedKeys].sort(bytewise));
      },
    ),
    { numRuns: 60 },
  );
});

test('a listing tells of each object what a reader needs', async () => {
  const Bucket = await bucketWith(['k']);
  const { Contents, ...rest } = await s3.send(new ListObjectsV2Command({ Bucket, FetchOwner: true, StartAfter: 'a' }));
  expect(rest).toMatchObject({ Name: Bucket, Prefix: '', MaxKeys: 1000, KeyCount: 1, IsTruncated: false, StartAfter: 'a' });
  expect(Contents).toEqual([
    {
      Key: 'k',
      ETag: '"9dd4e461268c8034f5c8564e155c67a6"',
      Size: 1,
      LastModified: expect.any(Date),
      StorageClass: 'STANDARD',
      ChecksumAlgorithm: ['CRC32'],
      ChecksumType: 'FULL_OBJECT',
      Owner: { ID: '000000000000' },
    },
  ]);
});

test('a page of no keys is empty, and nonsense is refused', async () => {
  const Bucket = await bucketWith(['k']);
  const list = (input: object) => s3.send(new ListObjectsV2Command({ Bucket, ...input }));
  expect(await list({ MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false });
  await expect(list({ MaxKeys: -1 })).rejects.toMatchObject({ name: 'InvalidArgument' });
  await expect(list({ ContinuationToken: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidArgument' });
  await expect(list({ EncodingType: 'base64' })).rejects.toMatchObject({ name: 'InvalidArgument' });
  await expect(s3.send(new ListObjectsV2Command({ Bucket: 'nobodys' }))).rejects.toMatchObject({ name: 'NoSuchBucket' });
});
