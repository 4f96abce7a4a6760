import { giveUpImport, type ImportPorts, importManual } from '../../lambdas/manuals/import.ts';
import type { Manual } from '../../lambdas/manuals/manual.ts';
import type { ImportMessage } from '../../lambdas/manuals/manuals.contract.ts';
import { ManualNotImported } from '../../lambdas/manuals/url-import/import-failure.ts';
import { ALICE } from '../support/callers.ts';
import { ALICES_IMPORT, MemoryRecords } from '../support/manuals.ts';

const { user_id, manual_id } = ALICES_IMPORT;
const MESSAGE: ImportMessage = { user_id, manual_id, attempt: 0 };
const FETCHED = {
  bytes: new Uint8Array([1, 2, 3]),
  contentType: 'application/pdf',
  filename: 'Kettle K7.pdf',
  finalUrl: 'https://files.example.com/k7',
} as const;
const DESCRIPTION = { filename: 'Kettle K7.pdf', content_type: 'application/pdf', size: 3 };

function world(records = new MemoryRecords(ALICES_IMPORT), replaced: Partial<ImportPorts> = {}) {
  const did: string[] = [];
  let versions = 0;
  const ports: ImportPorts = {
    records,
    library: records,
    fetchManual: async (sourceUrl) => {
      did.push(`fetch ${sourceUrl}`);
      return FETCHED;
    },
    files: {
      writeIncoming: async (manual, bytes) => {
        if (versions > 0) return undefined;
        versions += 1;
        did.push(`write ${manual.content_type} ${bytes.length}`);
        return 'v1';
      },
    },
    queue: { lookAt: async ({ attempt }, delaySeconds) => void did.push(`again ${attempt} after ${delaySeconds} s`) },
    onIgnored: (_message, reason) => void did.push(`ignored: ${reason}`),
    onNotImported: (_message, { reason }) => void did.push(`not imported: ${reason}`),
    ...replaced,
  };
  return {
    did,
    ports,
    run: (message: ImportMessage = MESSAGE) => importManual(ports, message, new AbortController().signal),
    manual: () => records.get(ALICE, manual_id),
  };
}

const recordsOf = (change: Partial<Manual>) => new MemoryRecords({ ...ALICES_IMPORT, ...change });
const DONE = ['fetch https://manuals.example.com/k7', 'write application/pdf 3'];

test('a manual is fetched from its address and written where an upload would be, and its version is noted', async () => {
  const { run, did, manual } = world();
  await run();
  expect(did).toEqual(DONE);
  await expect(manual()).resolves.toEqual({ ...ALICES_IMPORT, ...DESCRIPTION, object_version: 'v1' });
});

test('what the file is has been recorded when it is written, and what ingestion has done since is left as it is', async () => {
  const records = new MemoryRecords(ALICES_IMPORT);
  const { run, manual } = world(records, {
    files: {
      writeIncoming: async () => {
        await expect(manual()).resolves.toMatchObject(DESCRIPTION);
        await expect(records.claim(ALICE, manual_id, 'v1')).resolves.toBe(true);
        await records.advance(ALICE, manual_id, ['validating'], { status: 'indexing' });
        return 'v1';
      },
    },
  });
  await run();
  await expect(manual()).resolves.toMatchObject({ ...DESCRIPTION, status: 'indexing', object_version: 'v1' });
  expect.assertions(3);
});

test('what may not be fetched fails at once, with its sentence', async () => {
  const { run, did, manual } = world(undefined, { fetchManual: () => Promise.reject(new ManualNotImported('not_public')) });
  await run();
  expect(did).toEqual(['not imported: not_public']);
  await expect(manual()).resolves.toMatchObject({
    status: 'failed',
    failure: 'import_refused',
    failure_detail: 'The address, or one that it forwards to, does not lead to a server on the public internet.',
  });
});

test('a server that fails is asked twice more, and then its failure stands, with its sentence', async () => {
  const { run, did, manual } = world(undefined, {
    fetchManual: () => Promise.reject(new ManualNotImported('bad_status', { status: 503 })),
  });
  for (const attempt of [0, 1]) {
    await run({ ...MESSAGE, attempt });
    await expect(manual()).resolves.toEqual(ALICES_IMPORT);
  }
  await run({ ...MESSAGE, attempt: 2 });
  const failed = 'not imported: bad_status';
  expect(did).toEqual([failed, 'again 1 after 15 s', failed, 'again 2 after 120 s', failed]);
  await expect(manual()).resolves.toMatchObject({
    status: 'failed',
    failure: 'import_failed',
    failure_detail: 'The server did not answer with the file. Its status was 503.',
  });
});

test.each<[string, Partial<ImportPorts>]>([
  ['fetching', { fetchManual: () => Promise.reject(new TypeError('a bug')) }],
  ['writing', { files: { writeIncoming: () => Promise.reject(new Error('no bucket')) } }],
  [
    'asking again',
    { fetchManual: () => Promise.reject(new ManualNotImported('timeout')), queue: { lookAt: () => Promise.reject(new Error()) } },
  ],
])('a failure of ours in %s is thrown, and the same message takes it up again', async (_step, replaced) => {
  const records = new MemoryRecords(ALICES_IMPORT);
  await expect(world(records, replaced).run()).rejects.toThrow();
  const again = world(records);
  await expect(again.manual()).resolves.toMatchObject({ status: 'importing' });
  await again.run();
  expect(again.did).toEqual(DONE);
  await expect(again.manual()).resolves.toMatchObject({ status: 'importing', object_version: 'v1' });
});

test('a message that failed for the last time tells the owner, and a redrive takes it up again', async () => {
  const { run, ports, did, manual } = world();
  await giveUpImport(ports, MESSAGE);
  await expect(manual()).resolves.toMatchObject({ status: 'failed', failure: 'indexing_failed' });
  await run();
  expect(did).toEqual(DONE);
  await expect(manual()).resolves.toMatchObject({ ...DESCRIPTION, status: 'importing', object_version: 'v1' });
});

test.each(['validating', 'indexing', 'ready', 'deleting'] as const)('nothing is given up of a manual that is %s', async (status) => {
  const { ports, manual } = world(recordsOf({ status }));
  await giveUpImport(ports, MESSAGE);
  await expect(manual()).resolves.toEqual({ ...ALICES_IMPORT, status });
});

test.each<[string, Partial<Manual>, string]>([
  ['was written', { ...DESCRIPTION, object_version: 'v1' }, 'the manual was fetched already'],
  ['could not be indexed', { status: 'failed', failure: 'indexing_failed', object_version: 'v1' }, 'the manual was fetched already'],
  ['is being validated', { status: 'validating' }, 'the manual is validating already'],
  ['is ready', { status: 'ready' }, 'the manual is ready already'],
  ['is being deleted', { status: 'deleting' }, 'the manual is deleting already'],
  ['may not be fetched', { status: 'failed', failure: 'import_refused' }, 'the manual is failed already'],
  ['could not be fetched', { status: 'failed', failure: 'import_failed' }, 'the manual is failed already'],
  ['is somebody else’s', { user_id: 'bob' }, 'there is no record of this manual'],
])('a message for a manual that %s fetches and changes nothing', async (_state, change, reason) => {
  const records = recordsOf(change);
  const before = await records.get(ALICE, manual_id);
  const { run, did, manual } = world(records);
  await run();
  expect(did).toEqual([`ignored: ${reason}`]);
  await expect(manual()).resolves.toEqual(before);
});

test('a manual that is to be uploaded is not fetched', async () => {
  const { source_url: _none, ...uploaded } = ALICES_IMPORT;
  const { run, did } = world(new MemoryRecords({ ...uploaded, status: 'awaiting_upload', upload_method: 'direct_upload' }));
  await run();
  expect(did).toEqual(['ignored: the manual has no address']);
});

test.each<[string, (records: MemoryRecords) => Promise<unknown>]>([
  ['being deleted', (records) => records.beginDeletion(ALICE, manual_id)],
  ['deleted', (records) => records.remove(ALICE, ALICES_IMPORT)],
])('nothing is written of a manual that is %s while it is fetched', async (_state, change) => {
  const records = new MemoryRecords(ALICES_IMPORT);
  const { run, did, manual } = world(records, {
    fetchManual: async () => {
      await change(records);
      return FETCHED;
    },
  });
  await run();
  expect(did).toEqual(['ignored: the manual is not being imported any more']);
  expect((await manual())?.content_type).toBeUndefined();
});

test('of a message that comes twice at once one is written', async () => {
  const { run, did, manual } = world();
  await Promise.all([run(), run()]);
  expect(did.filter((line) => line.startsWith('write'))).toHaveLength(1);
  await expect(manual()).resolves.toMatchObject({ status: 'importing', object_version: 'v1' });
});
