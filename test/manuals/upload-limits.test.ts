import { randomUUID } from 'node:crypto';
import { hasExpired, type Manual } from '../../lambdas/manuals/manual.ts';
import { ManualLibrary } from '../../lambdas/manuals/manual-library.ts';
import { ManualRecords } from '../../lambdas/manuals/manual-records.ts';
import { getManual, listManuals, type ManualsPorts, startUpload } from '../../lambdas/manuals/manuals.ts';
import type { Caller } from '../../lambdas/shared/caller.ts';
import { callerNamed } from '../support/callers.ts';
import { ALICES_MANUAL } from '../support/manuals.ts';
import { type ManualsTable, openManualsTable } from '../support/manuals-table.ts';

const REQUEST = { filename: 'kettle.txt', content_type: 'text/plain', size: 100 };
const LIMITS = { manuals: 3, uploadsPerDay: 5 };
const nobody = () => Promise.reject(new Error('is not asked'));

let table: ManualsTable;
let ports: ManualsPorts;
let library: ManualLibrary;
let caller: Caller;

beforeAll(async () => {
  table = await openManualsTable();
  library = new ManualLibrary(table.client, table.name);
  ports = {
    records: new ManualRecords(table.client, table.name),
    library,
    limits: LIMITS,
    forms: { create: async () => ({ url: 'https://bucket.example', fields: {} }) },
    hidden: { hide: nobody, forget: nobody },
    imports: { lookAt: nobody },
    deletions: { lookAt: nobody },
  };
});

beforeEach(() => {
  caller = callerNamed(randomUUID());
});

afterAll(() => table.close());

/** Uploads that were announced, or became something, an hour ago. */
async function recorded(...changes: Partial<Manual>[]): Promise<string[]> {
  const created_at = new Date(Date.now() - 60 * 60_000).toISOString();
  const manuals = changes.map((change) => ({
    ...ALICES_MANUAL,
    user_id: caller.userId,
    manual_id: randomUUID(),
    created_at,
    ...change,
  }));
  for (const manual of manuals) await library.add(caller, manual, { manuals: 100, uploadsPerDay: 100 }, Date.now() - 24 * 60 * 60_000);
  return manuals.map(({ manual_id }) => manual_id);
}

test('more manuals than a user may have are refused by how many that is, and nothing is recorded', async () => {
  const ids = await recorded({ status: 'ready' }, { status: 'failed', failure: 'indexing_failed' }, { status: 'importing' });
  await expect(startUpload(ports, caller, REQUEST)).rejects.toMatchObject({
    code: 'library_full',
    status: 409,
    message: 'You have 3 manuals, which is as many as you may have. Delete one first.',
  });
  const { manuals } = await listManuals(ports, caller, {});
  expect(manuals.map(({ manual_id }) => manual_id).toSorted()).toEqual(ids.toSorted());
});

test('uploads that never came make room when it is needed, and have failed', async () => {
  const [expired = ''] = await recorded({}, { status: 'ready' }, { status: 'ready' });
  await expect(getManual(ports, caller, expired)).resolves.toMatchObject({ status: 'failed', failure: { code: 'upload_expired' } });
  const { manual_id } = await startUpload(ports, caller, REQUEST);
  await expect(getManual(ports, caller, manual_id)).resolves.toMatchObject({ status: 'awaiting_upload' });
  await expect(ports.records.get(caller, expired)).resolves.toMatchObject({ status: 'failed', failure: 'upload_expired' });
  await expect(startUpload(ports, caller, REQUEST)).rejects.toMatchObject({ code: 'library_full' });
});

test('an upload that may still come keeps its place', async () => {
  await recorded({ status: 'ready' }, { status: 'ready' });
  const { manual_id } = await startUpload(ports, caller, REQUEST);
  await expect(startUpload(ports, caller, REQUEST)).rejects.toMatchObject({ code: 'library_full' });
  const manual = await ports.records.get(caller, manual_id);
  expect(manual && hasExpired(manual, Date.now())).toBe(false);
});

test('more uploads than a day has are refused until the next UTC day', async () => {
  const roomy: ManualsPorts = { ...ports, limits: { manuals: 100, uploadsPerDay: 2 } };
  const upload = (time: string) => startUpload(roomy, caller, REQUEST, Date.parse(`2026-11-20T${time}Z`));
  await upload('00:00:00');
  await upload('23:00:00');
  await expect(upload('23:59:00')).rejects.toMatchObject({
    code: 'quota_exceeded',
    status: 429,
    message: 'You have started 2 uploads today, which is as many as you may in a day.',
    retryAfterSeconds: 60,
  });
  await expect(upload('24:00:00')).resolves.toHaveProperty('upload');
});
