import type { IncomingObject } from '../../lambdas/manuals/incoming-events.contract.ts';
import { giveUp, type IngestionPorts, ingest } from '../../lambdas/manuals/ingestion.ts';
import { incomingKey, isBeingWritten, ManualRejected } from '../../lambdas/manuals/manual.ts';
import type { ReadinessMessage } from '../../lambdas/manuals/manuals.contract.ts';
import { ALICE } from '../support/callers.ts';
import { ALICES_IMPORT, ALICES_MANUAL, MemoryRecords } from '../support/manuals.ts';

const OBJECT: IncomingObject = { key: incomingKey(ALICES_MANUAL), version: 'v1' };
const PAGES = [
  { number: 1, text: 'Fill the kettle.', section: null },
  { number: 3, text: 'Descale it\nmonthly.', section: null },
];

function world(records = new MemoryRecords(ALICES_MANUAL), replaced: Partial<IngestionPorts> = {}) {
  const did: string[] = [];
  const looks: ReadinessMessage[] = [];
  const ports: IngestionPorts = {
    records,
    contents: { claim: (...of) => records.claimContent(...of) },
    library: records,
    maxPages: 5000,
    files: {
      readIncoming: async (_manual, version) => {
        did.push(`read ${version}`);
        return new Uint8Array([1]);
      },
      keep: async (_manual, version) => void did.push(`keep ${version}`),
      discard: async ({ manual_id }, version) => void did.push(`discard ${manual_id === ALICES_MANUAL.manual_id} ${version}`),
    },
    extractPages: async () => ({ pageCount: 3, pages: PAGES }),
    documents: { ingest: async (_manual, pages) => void did.push(`ingest ${pages.length}`) },
    readiness: { lookAt: async (message) => void looks.push(message) },
    onRejected: (_manual, { failure }) => void did.push(`rejected: ${failure}`),
    scanned: false,
    wait: async () => undefined,
    onIgnored: (_object, reason) => void did.push(`ignored: ${reason}`),
    ...replaced,
  };
  return { ports, did, looks, manual: () => records.get(ALICE, ALICES_MANUAL.manual_id) };
}

test('an upload is read, kept, ingested and watched', async () => {
  const { ports, did, looks, manual } = world();
  await ingest(ports, OBJECT);
  expect(did).toEqual(['read v1', 'keep v1', 'ingest 2']);
  expect(looks).toEqual([
    { user_id: 'alice', manual_id: ALICES_MANUAL.manual_id, pages: [1, 3], probe: 'Descale it monthly.', attempt: 0 },
  ]);
  await expect(manual()).resolves.toMatchObject({ status: 'indexing', pages: 3, object_version: 'v1', writers: new Set() });
});

test('what is about to be written is noted before, and that it was written after', async () => {
  const { ports, manual } = world(undefined, {
    documents: {
      ingest: async () => {
        expect(isBeingWritten((await manual()) ?? {}, Date.now())).toBe(true);
        await expect(manual()).resolves.toMatchObject({ status: 'validating', pages: 3 });
      },
    },
  });
  await ingest(ports, OBJECT);
  expect(isBeingWritten((await manual()) ?? {}, Date.now())).toBe(false);
  expect.assertions(3);
});

test('an ingestion that fails has ended all that it began, and still counts as writing', async () => {
  const { promise: slow, resolve: end } = Promise.withResolvers<void>();
  let ended = false;
  const { ports, manual } = world(undefined, { documents: { ingest: () => slow } });
  const files = { ...ports.files, keep: () => Promise.reject(new Error('no bucket')) };
  const failing = ingest({ ...ports, files }, OBJECT).finally(() => {
    ended = true;
  });
  failing.catch(() => undefined);
  await new Promise(setImmediate);
  expect(ended).toBe(false);
  end();
  await expect(failing).rejects.toThrow('no bucket');
  expect(isBeingWritten((await manual()) ?? {}, Date.now())).toBe(true);
});

test.each(['deleting', 'indexing'] as const)('nothing is written of a manual that has become %s while it was read', async (status) => {
  const records = new MemoryRecords(ALICES_MANUAL);
  const { ports, did, looks, manual } = world(records, {
    extractPages: async () => {
      await records.advance(ALICE, ALICES_MANUAL.manual_id, ['validating'], { status });
      return { pageCount: 3, pages: PAGES };
    },
  });
  await ingest(ports, OBJECT);
  expect([did, looks]).toEqual([['read v1', 'ignored: the manual is not being validated any more'], []]);
  await expect(manual()).resolves.toMatchObject({ status });
});

test.each([
  ['is being deleted', new MemoryRecords({ ...ALICES_MANUAL, status: 'deleting' }), 'the manual is being deleted'],
  ['is gone', new MemoryRecords({ ...ALICES_MANUAL, user_id: 'bob' }), 'there is no record of this manual'],
])('what arrives for a manual that %s is removed', async (_state, records, reason) => {
  const { ports, did, looks } = world(records);
  await ingest(ports, OBJECT);
  await giveUp(ports, OBJECT);
  expect([did, looks]).toEqual([['discard true v1', `ignored: ${reason}`], []]);
});

test('a file that cannot be used fails with its reason, and is not tried again', async () => {
  const { ports, did, manual } = world(undefined, { extractPages: () => Promise.reject(new ManualRejected('encrypted')) });
  await ingest(ports, OBJECT);
  expect(did).toEqual(['read v1', 'discard true v1', 'rejected: encrypted']);
  await expect(manual()).resolves.toMatchObject({ status: 'failed', failure: 'encrypted' });
});

test('what its owner has already is not read, kept or ingested, and names the other', async () => {
  const hashes: string[] = [];
  const { ports, did, manual } = world(undefined, {
    extractPages: () => Promise.reject(new Error('was read all the same')),
    contents: {
      claim: async (_owner, _id, hash) => {
        hashes.push(hash);
        return { kind: 'duplicate', of: 'the-other' };
      },
    },
  });
  await ingest(ports, OBJECT);
  expect(did).toEqual(['read v1', 'discard true v1', 'rejected: duplicate']);
  await expect(manual()).resolves.toMatchObject({ status: 'failed', failure: 'duplicate', duplicate_of: 'the-other' });
  // Of the one byte 1 that is read: `printf '\x01' | sha256sum`.
  expect(hashes).toEqual(['4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a']);
});

test('pages for which its owner has no room fail with how many are left, and nothing is written', async () => {
  const records = new MemoryRecords(ALICES_MANUAL);
  const { ports, did, manual } = world(records, {
    library: { startWriting: async () => ({ kind: 'full', pagesLeft: 2 }), reject: (...of) => records.reject(...of) },
  });
  await ingest(ports, OBJECT);
  expect(did).toEqual(['read v1', 'discard true v1', 'rejected: too_many_pages']);
  await expect(manual()).resolves.toMatchObject({
    status: 'failed',
    failure: 'too_many_pages',
    failure_detail: 'The file has 3 pages. Your manuals may have 5000 in all, of which 2 are left. Delete one first.',
  });
});

test('after a crash between two steps the same message takes it up again', async () => {
  const records = new MemoryRecords(ALICES_MANUAL);
  const crashing = world(records, { documents: { ingest: () => Promise.reject(new Error('throttled')) } });
  await expect(ingest(crashing.ports, OBJECT)).rejects.toThrow('throttled');
  await expect(crashing.manual()).resolves.toMatchObject({ status: 'validating' });
  const again = world(records);
  await ingest(again.ports, OBJECT);
  await expect(again.manual()).resolves.toMatchObject({ status: 'indexing' });
});

test.each(['indexing', 'ready', 'failed'] as const)('a message that comes again changes nothing once the manual is %s', async (status) => {
  const failure = status === 'failed' ? 'encrypted' : undefined;
  const { ports, did, looks, manual } = world(
    new MemoryRecords({ ...ALICES_MANUAL, status, ...(failure && { failure }), object_version: 'v1' }),
  );
  await ingest(ports, OBJECT);
  expect(did).toEqual([`ignored: the manual is ${status} already, or another version of it is being used`]);
  expect(looks).toEqual([]);
  await expect(manual()).resolves.toMatchObject({ status });
});

test('a message that failed for the last time tells the owner, and a redrive takes it up again', async () => {
  const records = new MemoryRecords({ ...ALICES_MANUAL, status: 'validating', object_version: 'v1' });
  await giveUp({ records }, OBJECT);
  const redriven = world(records);
  await expect(redriven.manual()).resolves.toMatchObject({ status: 'failed', failure: 'indexing_failed' });
  await ingest(redriven.ports, OBJECT);
  await expect(redriven.manual()).resolves.toMatchObject({ status: 'indexing' });
});

test('what was imported is ingested as what it was recorded to be', async () => {
  const records = new MemoryRecords({ ...ALICES_MANUAL, status: 'importing', object_version: 'v1' });
  const { ports, did, manual } = world(records);
  await ingest(ports, OBJECT);
  expect(did).toEqual(['read v1', 'keep v1', 'ingest 2']);
  await expect(manual()).resolves.toMatchObject({ status: 'indexing' });
});

test('what arrives before it was recorded what it is is a failure of ours, of which the owner is told in the end', async () => {
  const records = new MemoryRecords({ ...ALICES_IMPORT, manual_id: ALICES_MANUAL.manual_id });
  const { ports, did, manual } = world(records);
  await expect(ingest(ports, OBJECT)).rejects.toThrow('arrived before it was recorded what it is');
  expect(did).toEqual([]);
  await giveUp(ports, OBJECT);
  await expect(manual()).resolves.toMatchObject({ status: 'failed', failure: 'indexing_failed' });
});

test('another version than the one being used is ignored', async () => {
  const { ports, did } = world(new MemoryRecords({ ...ALICES_MANUAL, status: 'validating', object_version: 'v1' }));
  await ingest(ports, { ...OBJECT, version: 'v2' });
  expect(did).toEqual([expect.stringContaining('or another version of it is being used')]);
});

test.each([
  ['incoming/alice', 'the key is not that of a manual'],
  ['manuals/alice/m', 'the key is not that of a manual'],
])('%s is ignored: %s', async (key, reason) => {
  const { ports, did } = world();
  await ingest(ports, { key, version: 'v1' });
  expect(did).toEqual([`ignored: ${reason}`]);
});
