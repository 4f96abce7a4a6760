import type { Manual } from '../../lambdas/manuals/manual.ts';
import { ManualLibrary } from '../../lambdas/manuals/manual-library.ts';
import { ManualRecords } from '../../lambdas/manuals/manual-records.ts';
import { ALICE, callerNamed } from '../support/callers.ts';
import { ALICES_MANUAL } from '../support/manuals.ts';
import { type ManualsTable, openManualsTable } from '../support/manuals-table.ts';

const LIMITS = { manuals: 1000, uploadsPerDay: 1000 };

let table: ManualsTable;
let records: ManualRecords;
let library: ManualLibrary;
let manuals = 0;

beforeAll(async () => {
  table = await openManualsTable();
  records = new ManualRecords(table.client, table.name);
  library = new ManualLibrary(table.client, table.name);
});

afterAll(() => table.close());

async function recorded(change: Partial<Manual> = {}): Promise<string> {
  manuals += 1;
  const manual_id = `manual-${manuals}`;
  await library.add(ALICE, { ...ALICES_MANUAL, manual_id, ...change }, LIMITS, Date.now());
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
  ['imported, and is that version', { status: 'importing' }, true],
  ['imported, and is another version', { status: 'importing', object_version: 'v2' }, false],
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

test('from a deletion nothing leads back, and once the record is gone nothing brings it back', async () => {
  const id = await recorded({ status: 'validating', object_version: 'v1' });
  await expect(records.beginDeletion(ALICE, id)).resolves.toBe(true);
  await expect(records.beginDeletion(ALICE, id)).resolves.toBe(true);
  const changes = () =>
    Promise.all([
      records.claim(ALICE, id, 'v1'),
      records.advance(ALICE, id, ['awaiting_upload', 'validating', 'indexing', 'ready', 'failed'], { status: 'ready' }),
    ]);
  await expect(changes()).resolves.toEqual([false, false]);
  const deleting = await records.get(ALICE, id);
  expect(deleting).toMatchObject({ status: 'deleting' });
  await library.remove(ALICE, deleting ?? ALICES_MANUAL);
  await expect(changes()).resolves.toEqual([false, false]);
  await records.endWriting(ALICE, id, 'a writer');
  await expect(records.beginDeletion(ALICE, id)).resolves.toBe(false);
  await expect(records.get(ALICE, id)).resolves.toBeUndefined();
});

test('nobody deletes what is somebody else’s', async () => {
  const id = await recorded({ status: 'ready' });
  await expect(records.beginDeletion(callerNamed('bob'), id)).resolves.toBe(false);
  await expect(records.get(ALICE, id)).resolves.toMatchObject({ status: 'ready' });
});

test('a list holds manuals and nothing that stands beside them, newest first, by as many as are asked for', async () => {
  const carol = callerNamed('carol');
  const ids = ['01900000-0000-7000-8000-000000000001', 'ffffffff-ffff-7fff-bfff-ffffffffffff'];
  for (const manual_id of ids) await library.add(carol, { ...ALICES_MANUAL, user_id: 'carol', manual_id }, LIMITS, Date.now());
  const { manuals, lastManualId } = await records.list(carol, 1);
  expect(manuals.map(({ manual_id }) => manual_id)).toEqual([ids[1]]);
  expect(lastManualId).toBe(ids[1]);
  await expect(records.list(carol, 1, lastManualId)).resolves.toMatchObject({ manuals: [{ manual_id: ids[0] }] });
  await expect(records.list(carol, 10)).resolves.toEqual({ manuals: [expect.anything(), expect.anything()] });
});
