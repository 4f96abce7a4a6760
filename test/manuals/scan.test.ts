import type { IncomingObject, ScanVerdict } from '../../lambdas/manuals/incoming-events.contract.ts';
import { giveUp, type IngestionPorts, ingest } from '../../lambdas/manuals/ingestion.ts';
import { incomingKey, type Manual } from '../../lambdas/manuals/manual.ts';
import { ReadDenied } from '../../lambdas/manuals/scanned-file.ts';
import { ALICE } from '../support/callers.ts';
import { ALICES_MANUAL, MemoryRecords } from '../support/manuals.ts';

const scanned = (scan: ScanVerdict, version = 'v1'): IncomingObject => ({ key: incomingKey(ALICES_MANUAL), version, scan });

/** A stage that scans; the bucket denies the first reads. */
function world({ manual = ALICES_MANUAL, deniedReads = 0 }: { manual?: Manual; deniedReads?: number } = {}) {
  const records = new MemoryRecords(manual);
  const did: string[] = [];
  let waitedMs = 0;
  let reads = 0;
  const ports: IngestionPorts = {
    scanned: true,
    records,
    contents: { claim: (...of) => records.claimContent(...of) },
    library: records,
    maxPages: 5000,
    files: {
      readIncoming: async (_manual, version) => {
        reads += 1;
        if (reads <= deniedReads) throw new ReadDenied('explicit deny');
        did.push(`read ${version}`);
        return new Uint8Array([1]);
      },
      keep: async (_manual, version) => void did.push(`keep ${version}`),
      discard: async (_manual, version) => void did.push(`discard ${version}`),
    },
    extractPages: async () => ({ pageCount: 1, pages: [{ number: 1, text: 'Fill the kettle.', section: null }] }),
    documents: { ingest: async (_manual, pages) => void did.push(`ingest ${pages.length}`) },
    readiness: { lookAt: async () => void did.push('look') },
    wait: async (ms) => {
      waitedMs += ms;
    },
    onRejected: (_manual, { failure }) => void did.push(`rejected: ${failure}`),
    onIgnored: (_object, reason) => void did.push(`ignored: ${reason}`),
  };
  return { ports, did, waitedMs: () => waitedMs, manual: () => records.get(ALICE, ALICES_MANUAL.manual_id) };
}

test('what was found clean is taken in', async () => {
  const { ports, did, manual, waitedMs } = world();
  await ingest(ports, scanned('clean'));
  expect(did).toEqual(['read v1', 'keep v1', 'ingest 1', 'look']);
  expect(waitedMs()).toBe(0);
  await expect(manual()).resolves.toMatchObject({ status: 'indexing', object_version: 'v1' });
});

test('what holds malware is removed without being read, and fails for good', async () => {
  const { ports, did, manual } = world();
  await ingest(ports, scanned('found'));
  expect(did).toEqual(['discard v1', 'rejected: scan_found']);
  await expect(manual()).resolves.toMatchObject({ status: 'failed', failure: 'scan_found' });
  await giveUp(ports, scanned('found'));
  await ingest(ports, scanned('clean'));
  expect(did.slice(2)).toEqual([expect.stringMatching(/^ignored: the manual is failed already/)]);
  await expect(manual()).resolves.toMatchObject({ status: 'failed', failure: 'scan_found' });
});

test('what could not be scanned fails without being read', async () => {
  const { ports, did, manual } = world();
  await ingest(ports, scanned('inconclusive'));
  expect(did).toEqual(['discard v1', 'rejected: scan_inconclusive']);
  await expect(manual()).resolves.toMatchObject({ status: 'failed', failure: 'scan_inconclusive' });
});

test('an arrival starts nothing where its scan is awaited', async () => {
  const { ports, did, manual } = world();
  await ingest(ports, { key: incomingKey(ALICES_MANUAL), version: 'v1' });
  expect(did).toEqual(['ignored: only the result of its scan starts anything here']);
  await expect(manual()).resolves.toEqual(ALICES_MANUAL);
});

test.each(['clean', 'found', 'inconclusive'] as const)('a scan that was %s starts nothing where none is awaited', async (scan) => {
  const { ports, did, manual } = world();
  await ingest({ ...ports, scanned: false }, scanned(scan));
  expect(did).toEqual(['ignored: nothing is scanned here']);
  await expect(manual()).resolves.toEqual(ALICES_MANUAL);
});

describe('of another version than the one that is being used', () => {
  const inUse: Manual = { ...ALICES_MANUAL, status: 'validating', object_version: 'v1' };

  test.each(['clean', 'inconclusive'] as const)('a scan that was %s changes nothing', async (scan) => {
    const { ports, did, manual } = world({ manual: inUse });
    await ingest(ports, scanned(scan, 'v2'));
    expect(did).toEqual([expect.stringContaining('another version of it is being used')]);
    await expect(manual()).resolves.toEqual(inUse);
  });

  test('one that found malware removes that version, and changes nothing for the manual', async () => {
    const { ports, did, manual } = world({ manual: inUse });
    await ingest(ports, scanned('found', 'v2'));
    expect(did).toEqual(['discard v2', expect.stringContaining('another version of it is being used')]);
    await expect(manual()).resolves.toEqual(inUse);
  });
});

test.each(['clean', 'found', 'inconclusive'] as const)(
  'a result that comes twice, and was %s, changes nothing the second time',
  async (scan) => {
    const { ports, did, manual } = world();
    await ingest(ports, scanned(scan));
    const [before, done] = [await manual(), did.length];
    await ingest(ports, scanned(scan));
    expect(did.slice(done).filter((deed) => deed !== 'discard v1')).toEqual([
      expect.stringMatching(/^ignored: the manual is (failed|indexing) already/),
    ]);
    await expect(manual()).resolves.toEqual(before);
  },
);

test.each(['clean', 'found', 'inconclusive'] as const)(
  'a result for a manual that is being deleted, and was %s, leaves nothing of it',
  async (scan) => {
    const deleting: Manual = { ...ALICES_MANUAL, status: 'deleting' };
    const { ports, did, manual } = world({ manual: deleting });
    await ingest(ports, scanned(scan));
    expect(did).toEqual(['discard v1', 'ignored: the manual is being deleted']);
    await expect(manual()).resolves.toEqual(deleting);
  },
);

test('malware is removed by the next attempt when a crash came before it was', async () => {
  const { ports, did, manual } = world();
  const crashing = { ...ports.files, discard: () => Promise.reject(new Error('no bucket')) };
  await expect(ingest({ ...ports, files: crashing }, scanned('found'))).rejects.toThrow('no bucket');
  await giveUp(ports, scanned('found'));
  await ingest(ports, scanned('found'));
  expect(did).toEqual(['discard v1', expect.stringMatching(/^ignored: the manual is failed already/)]);
  await expect(manual()).resolves.toMatchObject({ status: 'failed', failure: 'scan_found' });
});

describe('a file that the bucket keeps back though its scan was clean', () => {
  test('is read as soon as the bucket knows of the scan', async () => {
    const { ports, did, manual, waitedMs } = world({ deniedReads: 6 });
    await ingest(ports, scanned('clean'));
    expect(did).toEqual(['read v1', 'keep v1', 'ingest 1', 'look']);
    expect(waitedMs()).toBe(15_750);
    await expect(manual()).resolves.toMatchObject({ status: 'indexing' });
  });

  test('is not waited for longer, and could not be checked', async () => {
    const { ports, did, manual } = world({ deniedReads: 7 });
    await ingest(ports, scanned('clean'));
    expect(did).toEqual(['discard v1', 'rejected: scan_inconclusive']);
    await expect(manual()).resolves.toMatchObject({ status: 'failed', failure: 'scan_inconclusive' });
  });

  test('is no failure of the file where nothing is scanned', async () => {
    const { ports, did, manual } = world({ deniedReads: 1 });
    await expect(ingest({ ...ports, scanned: false }, { key: incomingKey(ALICES_MANUAL), version: 'v1' })).rejects.toThrow(ReadDenied);
    expect(did).toEqual([]);
    await expect(manual()).resolves.toMatchObject({ status: 'validating' });
  });
});

test('another error of the bucket is tried again by the queue, at once', async () => {
  const { ports, manual, waitedMs } = world();
  const files = { ...ports.files, readIncoming: () => Promise.reject(new Error('SlowDown')) };
  await expect(ingest({ ...ports, files }, scanned('clean'))).rejects.toThrow('SlowDown');
  expect(waitedMs()).toBe(0);
  await expect(manual()).resolves.toMatchObject({ status: 'validating' });
});
