import { rmSync } from 'node:fs';
import {
  CopyObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  type Tag,
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

const toSet = (tags: Readonly<Record<string, string>>): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

async function tag(Key: string, tags: Readonly<Record<string, string>>, VersionId?: string, client = s3.client) {
  return client.send(new PutObjectTaggingCommand({ Bucket, Key, VersionId, Tagging: { TagSet: toSet(tags) } }));
}

async function tagsOf(Key: string, VersionId?: string): Promise<Readonly<Record<string, string | undefined>>> {
  const { TagSet = [] } = await s3.client.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }));
  return Object.fromEntries(TagSet.map(({ Key: name = '', Value }) => [name, Value]));
}

/** A client that may do this with every object, and what the bucket's policy leaves of it. */
async function clientThatMay(...actions: string[]): Promise<S3Client> {
  const Action = actions.map((action) => `s3:${action}`);
  return new S3Client(s3.door.configOf(await s3.door.createRole([{ Effect: 'Allow', Action, Resource: `arn:aws:s3:::${Bucket}/*` }])));
}

const DENIED = { name: 'AccessDenied' };

test('each version has tags of its own, which take the place of those before', async () => {
  const [one, two] = [await s3.put('k', 'one'), await s3.put('k', 'two')];
  await expect(tag('k', { a: '1', 'b & c': '<2>' }, one)).resolves.toMatchObject({ VersionId: one });
  await expect(tagsOf('k', one)).resolves.toEqual({ a: '1', 'b & c': '<2>' });
  await expect(tagsOf('k')).resolves.toEqual({});
  await tag('k', { a: 'of the newest' });
  await expect(tagsOf('k', two)).resolves.toEqual({ a: 'of the newest' });
  await tag('k', { only: '' }, one);
  await expect(tagsOf('k', one)).resolves.toEqual({ only: '' });
  await expect(s3.read('k', one)).resolves.toBe('one');
  await expect(s3.read('k')).resolves.toBe('two');
});

test('tags survive a restart, and go with their version', async () => {
  const one = await s3.put('k', 'one');
  await tag('k', { a: '1' });
  await s3.close();
  s3 = await openVersions(directory);
  await s3.provision(Bucket, 'Enabled');
  await expect(tagsOf('k', one)).resolves.toEqual({ a: '1' });
  await s3.remove('k', one);
  await expect(tagsOf('k', one)).rejects.toMatchObject({ name: 'NoSuchVersion' });
});

test('a copy takes over the tags, unless it is to have its own', async () => {
  await s3.put('k', 'one');
  await tag('k', { a: '1' });
  const copy = (Key: string, directive: object) =>
    s3.client.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/k`, ...directive }));
  await copy('with', {});
  await copy('with too', { TaggingDirective: 'COPY' });
  await copy('without', { TaggingDirective: 'REPLACE' });
  await expect(Promise.all(['with', 'with too', 'without'].map((key) => tagsOf(key)))).resolves.toEqual([{ a: '1' }, { a: '1' }, {}]);
  await expect(copy('x', { TaggingDirective: 'KEEP' })).rejects.toMatchObject({ name: 'InvalidArgument' });
});

test('whoever copies tags must be allowed to read and to write them', async () => {
  await s3.put('plain', 'one');
  await s3.put('tagged', 'two');
  await tag('tagged', { a: '1' });
  const copy = (client: S3Client, source: string, directive: object = {}) =>
    client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/${source}`, ...directive }));
  const copier = await clientThatMay('GetObject', 'PutObject');
  await copy(copier, 'plain');
  await copy(copier, 'tagged', { TaggingDirective: 'REPLACE' });
  await expect(copy(copier, 'tagged')).rejects.toMatchObject(DENIED);
  await expect(copy(await clientThatMay('GetObject', 'PutObject', 'GetObjectTagging'), 'tagged')).rejects.toMatchObject(DENIED);
  await expect(copy(await clientThatMay('GetObjectTagging', 'PutObjectTagging'), 'tagged')).rejects.toMatchObject(DENIED);
  await copy(await clientThatMay('GetObject', 'PutObject', 'GetObjectTagging', 'PutObjectTagging'), 'tagged');
});

describe('a policy that goes by the tag of an object', () => {
  const unclean = { StringNotEquals: { 's3:ExistingObjectTag/Status': 'CLEAN' } };

  beforeEach(async () => {
    const Action = ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObjectTagging'];
    const deny = { Effect: 'Deny', Principal: '*', Action, Resource: `arn:aws:s3:::${Bucket}/*`, Condition: unclean };
    await s3.door.provision('AWS::S3::BucketPolicy', 'Policy', { Bucket, PolicyDocument: { Version: '2012-10-17', Statement: [deny] } });
  });

  test('goes by the tag of the very version that is read, and takes a missing one for another', async () => {
    const [clean, later] = [await s3.put('k', 'clean'), await s3.put('k', 'later')];
    await tag('k', { Status: 'CLEAN' }, clean);
    await expect(s3.read('k', clean)).resolves.toBe('clean');
    await expect(s3.read('k', later)).rejects.toMatchObject(DENIED);
    await expect(s3.read('k')).rejects.toMatchObject(DENIED);
    await expect(s3.client.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    await tag('k', { Status: 'FOUND' }, later);
    await expect(s3.read('k', later)).rejects.toMatchObject(DENIED);
    await tag('k', { Status: 'CLEAN' }, later);
    await expect(s3.read('k')).resolves.toBe('later');
  });

  test('keeps from copying, and from tagging, what it keeps from reading', async () => {
    const unscanned = await s3.put('k', 'unscanned');
    const copy = new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/k?versionId=${unscanned}` });
    await expect(s3.client.send(copy)).rejects.toMatchObject(DENIED);
    await expect(tag('k', { Status: 'CLEAN' })).rejects.toMatchObject(DENIED);
  });

  test('is one that the runtime starts with, unlike one that goes by a key without a name', async () => {
    await s3.door.access.review();
    const Condition = { StringEquals: { 's3:ExistingObjectTag/': 'CLEAN' } };
    await s3.door.createRole([{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', Condition }]);
    await expect(s3.door.access.review()).rejects.toThrow('the local runtime does not know the condition key s3:ExistingObjectTag/.');
  });

  test('applies to roles that are allowed to read, too', async () => {
    const version = await s3.put('k', 'text');
    const reader = await clientThatMay('GetObjectVersion');
    const read = () => reader.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: version }));
    await expect(read()).rejects.toMatchObject(DENIED);
    await tag('k', { Status: 'CLEAN' }, version);
    await expect(read()).resolves.toMatchObject({ VersionId: version });
  });
});

test.each<[string, Tag[], string]>([
  ['more tags than ten', toSet(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`k${index}`, 'v']))), 'BadRequest'],
  ['a key twice', [...toSet({ a: '1' }), ...toSet({ a: '2' })], 'InvalidTag'],
  ['an empty key', toSet({ '': 'v' }), 'InvalidTag'],
  ['a key that is too long', toSet({ ['k'.repeat(129)]: 'v' }), 'InvalidTag'],
  ['a value that is too long', toSet({ a: 'v'.repeat(257) }), 'InvalidTag'],
  ['no value', [{ Key: 'a', Value: undefined }], 'MalformedXML'],
])('%s is refused', async (_, TagSet, name) => {
  await s3.put('k', 'text');
  await expect(s3.client.send(new PutObjectTaggingCommand({ Bucket, Key: 'k', Tagging: { TagSet } }))).rejects.toMatchObject({ name });
  await expect(tagsOf('k')).resolves.toEqual({});
});
