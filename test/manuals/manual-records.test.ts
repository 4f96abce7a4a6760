import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isBeingWritten, type Manual } from '../../lambdas/manuals/manual.ts';
import { ManualRecords } from '../../lambdas/manuals/manual-records.ts';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { ALICE, callerNamed } from '../support/callers.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { ALICES_MANUAL } from '../support/manuals.ts';
import { templatesOf } from '../support/templates.ts';

let door: TestFrontDoor;
let client: DynamoDBClient;
let records: ManualRecords;
let manuals = 0;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: 'eu-west-1' })]);
  const tables = templatesOf().storage.findResources('AWS::DynamoDB::Table');
  const table = Object.entries(tables).find(([id]) => id.startsWith('ManualsTable'));
  client = new DynamoDBClient(door.clientConfig);
  records = new ManualRecords(client, (await door.provision('AWS::DynamoDB::Table', 'ManualsTable', table?.[1].Properties)).ref);
});

afterAll(async () => {
  client.destroy();
  await door.close();
});

async function recorded(change: Partial<Manual> = {}): Promise<string> {
  manuals += 1;
  const manual_id = `manual-${manuals}`;
  await records.create({ ...ALICES_MANUAL, manual_id, ...change });
  return manual_id;
}

test('of two versions that come at once one is taken, and it alone may be taken again', async () => {
  const id = await recorded();
  const taken = await Promise.all(['v1', 'v2'].map((version) => records.claim(ALICE, id, version)));
  expect(taken.toSorted()).toEqual([false, true]);
  const [winner, loser] = taken[0] ? ['v1', 'v2'] : ['v2', 'v1'];
  await expect(records.get(ALICE, id)).resolves.toMatchObject({ status: 'validating', object_version: winner });
  await expect(records.claim(ALICE, id, winner)).resolves.toBe(true);
  await expect(records.claim(ALICE, id, loser)).resolves.toBe(false);
});

test.each<[string, Partial<Manual>, boolean]>([
  ['given up', { status: 'failed', failure: 'indexing_failed' }, true],
  ['of the wrong type', { status: 'failed', failure: 'wrong_type' }, false],
  ['being indexed', { status: 'indexing' }, false],
  ['ready', { status: 'ready' }, false],
])('a manual that is %s may be taken up: %s → %s', async (_state, change, expected) => {
  const id = await recorded({ object_version: 'v1', ...change });
  await expect(records.claim(ALICE, id, 'v1')).resolves.toBe(expected);
});

test('nobody takes up, moves on or reads what is somebody else’s or not there, and nothing comes of it', async () => {
  const id = await recorded();
  for (const [caller, manualId] of [
    [callerNamed('bob'), id],
    [ALICE, 'manual-that-never-was'],
  ] as const) {
    await expect(records.claim(caller, manualId, 'v1')).resolves.toBe(false);
    await expect(records.advance(caller, manualId, ['awaiting_upload'], { status: 'ready' })).resolves.toBe(false);
    await expect(records.get(caller, manualId)).resolves.toBeUndefined();
  }
  await expect(records.get(ALICE, id)).resolves.toMatchObject({ status: 'awaiting_upload' });
});

test('an id is recorded once', async () => {
  const id = await recorded();
  await expect(records.create({ ...ALICES_MANUAL, manual_id: id })).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
});

test('writing is noted with the pages while the manual is validated, by each ingestion for itself, and taken back', async () => {
  const id = await recorded({ status: 'validating' });
  const [one, other] = await Promise.all([records.startWriting(ALICE, id, 7), records.startWriting(ALICE, id, 7)]);
  const written = await records.get(ALICE, id);
  expect(written).toMatchObject({ status: 'validating', pages: 7, writers: new Set([one, other]) });
  expect([one === other, isBeingWritten(written ?? {}, Date.now())]).toEqual([false, true]);
  await records.endWriting(ALICE, id, one ?? '');
  await expect(records.get(ALICE, id)).resolves.toMatchObject({ writers: new Set([other]) });
  await records.endWriting(ALICE, id, other ?? '');
  await records.endWriting(ALICE, id, other ?? '');
  expect(isBeingWritten((await records.get(ALICE, id)) ?? {}, Date.now())).toBe(false);
});

test('from a deletion nothing leads back, and once the record is gone nothing brings it back', async () => {
  const id = await recorded({ status: 'validating', object_version: 'v1' });
  const writer = (await records.startWriting(ALICE, id, 7)) ?? '';
  await expect(records.beginDeletion(ALICE, id)).resolves.toBe(true);
  await expect(records.beginDeletion(ALICE, id)).resolves.toBe(true);
  const changes = () =>
    Promise.all([
      records.claim(ALICE, id, 'v1'),
      records.startWriting(ALICE, id, 7),
      records.advance(ALICE, id, ['awaiting_upload', 'validating', 'indexing', 'ready', 'failed'], { status: 'ready' }),
    ]);
  await expect(changes()).resolves.toEqual([false, undefined, false]);
  await expect(records.get(ALICE, id)).resolves.toMatchObject({ status: 'deleting', pages: 7, writers: new Set([writer]) });
  await records.remove(ALICE, id);
  await records.remove(ALICE, id);
  await expect(changes()).resolves.toEqual([false, undefined, false]);
  await records.endWriting(ALICE, id, writer);
  await expect(records.beginDeletion(ALICE, id)).resolves.toBe(false);
  await expect(records.get(ALICE, id)).resolves.toBeUndefined();
});

test('nobody deletes what is somebody else’s', async () => {
  const id = await recorded({ status: 'ready' });
  await expect(records.beginDeletion(callerNamed('bob'), id)).resolves.toBe(false);
  await records.remove(callerNamed('bob'), id);
  await expect(records.get(ALICE, id)).resolves.toMatchObject({ status: 'ready' });
});
