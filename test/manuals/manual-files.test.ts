import { rmSync } from 'node:fs';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { incomingKey, manualKey } from '../../lambdas/manuals/manual.ts';
import { ManualFiles } from '../../lambdas/manuals/manual-files.ts';
import { ReadDenied } from '../../lambdas/manuals/scanned-file.ts';
import { temporaryDirectory } from '../local/s3-support.ts';
import { Bucket, openVersions, type TestVersions } from '../local/s3-versions-support.ts';
import { ALICES_MANUAL } from '../support/manuals.ts';

const INCOMING = incomingKey(ALICES_MANUAL);
const KEPT = manualKey(ALICES_MANUAL);
/** As many versions as a listing names, and a removal takes. */
const MANY = 1000;

let directory: string;
let s3: TestVersions;
let files: ManualFiles;

beforeAll(async () => {
  directory = temporaryDirectory();
  s3 = await openVersions(directory);
  await s3.provision(Bucket, 'Enabled');
  files = new ManualFiles(s3.client, Bucket);
});

afterAll(async () => {
  await s3.close();
  rmSync(directory, { recursive: true });
});

/** The keys that have any version or delete marker, once for each. */
async function keys(): Promise<(string | undefined)[]> {
  const { Versions = [], DeleteMarkers = [] } = await s3.client.send(new ListObjectVersionsCommand({ Bucket }));
  return [...Versions, ...DeleteMarkers].map(({ Key }) => Key);
}

test('every version and every delete marker of a manual goes, under both keys, and nothing else does', async () => {
  const others = [`${INCOMING}1`, `${KEPT}/1`, incomingKey({ ...ALICES_MANUAL, user_id: 'bob' })];
  for (const key of [INCOMING, INCOMING, KEPT, ...others]) await s3.put(key, 'text');
  for (const key of [INCOMING, KEPT]) await s3.remove(key);
  await s3.put(KEPT, 'text');
  await files.remove(ALICES_MANUAL);
  expect((await keys()).sort()).toEqual(others.toSorted());
  await files.remove(ALICES_MANUAL);
  expect((await keys()).sort()).toEqual(others.toSorted());
});

test('there may be more versions than one listing names', async () => {
  const before = await keys();
  await s3.put(INCOMING, 'x');
  // Delete markers are versions too, and come by the thousand in one request.
  const Objects = Array.from({ length: MANY }, () => ({ Key: INCOMING }));
  await s3.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  await s3.put(INCOMING, 'x');
  await expect(s3.client.send(new ListObjectVersionsCommand({ Bucket }))).resolves.toMatchObject({ IsTruncated: true });
  await files.remove(ALICES_MANUAL);
  await expect(keys()).resolves.toEqual(before);
});

test('what was fetched is written with its type, once: nothing is written over what has arrived already', async () => {
  const bytes = new TextEncoder().encode('Fill the kettle.');
  const version = await files.writeIncoming({ ...ALICES_MANUAL, content_type: 'text/markdown' }, bytes);
  const { Body, ContentType, VersionId } = await s3.client.send(new GetObjectCommand({ Bucket, Key: INCOMING }));
  expect([await Body?.transformToString(), ContentType, VersionId]).toEqual(['Fill the kettle.', 'text/markdown', version]);
  await expect(files.writeIncoming(ALICES_MANUAL, new Uint8Array([1]))).resolves.toBeUndefined();
  await expect(files.readIncoming(ALICES_MANUAL, version ?? '')).resolves.toEqual(bytes);
  expect((await keys()).filter((key) => key === INCOMING)).toHaveLength(1);
  await files.remove(ALICES_MANUAL);
});

test('what S3 does not remove, in an answer that is otherwise a success, is an error that says what and why', async () => {
  const version = await s3.put(KEPT, 'text');
  const client = new S3Client(s3.door.clientConfig);
  client.middlewareStack.add((next, { commandName }) => async (args) => {
    if (commandName !== 'DeleteObjectsCommand') return next(args);
    const Errors = [{ Key: KEPT, VersionId: version, Code: 'AccessDenied', Message: 'Access Denied' }];
    return { response: {}, output: { $metadata: {}, Errors } };
  });
  const refused = new ManualFiles(client, Bucket).remove(ALICES_MANUAL);
  await expect(refused).rejects.toThrow(`S3 did not remove version ${version} of ${KEPT}: AccessDenied, Access Denied`);
  client.destroy();
  await files.remove(ALICES_MANUAL);
  expect(await keys()).not.toContain(KEPT);
});

test('one version of what was uploaded is discarded, twice without harm, and no other', async () => {
  const [unwanted, other] = [await s3.put(INCOMING, 'unwanted'), await s3.put(INCOMING, 'other')];
  await files.discard(ALICES_MANUAL, unwanted);
  await files.discard(ALICES_MANUAL, unwanted);
  await expect(s3.read(INCOMING, other)).resolves.toBe('other');
  await expect(s3.read(INCOMING, unwanted)).rejects.toMatchObject({ name: 'NoSuchVersion' });
});

describe('of a tagged version that the bucket keeps back, or not', () => {
  const allow = { Effect: 'Allow', Action: ['s3:GetObjectVersion', 's3:PutObject'], Resource: `arn:aws:s3:::${Bucket}/*` };

  test('the worker keeps a copy without needing to read or to write tags', async () => {
    const version = await s3.put(INCOMING, 'scanned');
    const Tagging = { TagSet: [{ Key: 'GuardDutyMalwareScanStatus', Value: 'NO_THREATS_FOUND' }] };
    await s3.client.send(new PutObjectTaggingCommand({ Bucket, Key: INCOMING, VersionId: version, Tagging }));
    const worker = new S3Client(s3.door.configOf(await s3.door.createRole([allow])));
    await new ManualFiles(worker, Bucket).keep(ALICES_MANUAL, version);
    worker.destroy();
    await expect(s3.read(KEPT)).resolves.toBe('scanned');
    await expect(s3.client.send(new GetObjectTaggingCommand({ Bucket, Key: KEPT }))).resolves.toMatchObject({ TagSet: [] });
  });

  test('a denial is told apart from whatever else keeps a file from being read', async () => {
    const version = await s3.put(INCOMING, 'unscanned');
    const stranger = new S3Client(s3.door.configOf(await s3.door.createRole([])));
    await expect(new ManualFiles(stranger, Bucket).readIncoming(ALICES_MANUAL, version)).rejects.toThrow(ReadDenied);
    stranger.destroy();
    await s3.remove(INCOMING, version);
    await expect(files.readIncoming(ALICES_MANUAL, version)).rejects.toMatchObject({ name: 'NoSuchVersion' });
  });
});
