import type { ManualState, ReadinessMessage } from '../../lambdas/manuals/manuals.contract.ts';
import { checkReadiness, type ReadinessPorts } from '../../lambdas/manuals/readiness.ts';
import type { Passage } from '../../lambdas/shared/manual-retriever.ts';
import { ALICE } from '../support/callers.ts';
import { ALICES_MANUAL, MemoryRecords } from '../support/manuals.ts';

const { manual_id } = ALICES_MANUAL;
const MESSAGE: ReadinessMessage = { user_id: 'alice', manual_id, pages: [1, 2], probe: 'Descale it', attempt: 0 };
const FOUND: Passage = { text: 'Descale it', manualId: manual_id, filename: 'kettle.txt', page: null, section: null, score: 1 };
const signal = new AbortController().signal;

function world({ statuses = ['INDEXED', 'INDEXED'], found = [FOUND], exhausted = false, status = 'indexing' as ManualState } = {}) {
  const records = new MemoryRecords({ ...ALICES_MANUAL, status });
  const looks: ReadinessMessage[] = [];
  const told: string[] = [];
  const searches: object[] = [];
  const ports: ReadinessPorts = {
    records,
    documents: { statuses: async () => statuses },
    retriever: {
      retrieve: async (caller, { question, manualIds }) => {
        searches.push({ ...caller, question, manualIds });
        return found;
      },
    },
    queue: { lookAt: async (message) => void looks.push(message), isExhausted: () => exhausted },
    onReady: () => void told.push('ready'),
    onFailed: () => void told.push('failed'),
  };
  return { ports, looks, told, searches, manual: () => records.get(ALICE, manual_id) };
}

test('indexed and found is ready; the search runs under the owner', async () => {
  const { ports, looks, told, searches, manual } = world();
  await checkReadiness(ports, MESSAGE, signal);
  await expect(manual()).resolves.toMatchObject({ status: 'ready' });
  expect(searches).toEqual([{ userId: 'alice', question: 'Descale it', manualIds: [manual_id] }]);
  expect([looks, told]).toEqual([[], ['ready']]);
});

test.each(['NOT_FOUND', 'PENDING', 'STARTING', 'IN_PROGRESS'])('a page that is %s is looked at again later', async (status) => {
  const { ports, looks, searches, manual } = world({ statuses: ['INDEXED', status] });
  await checkReadiness(ports, MESSAGE, signal);
  expect(looks).toEqual([{ ...MESSAGE, attempt: 1 }]);
  expect(searches).toEqual([]);
  await expect(manual()).resolves.toMatchObject({ status: 'indexing' });
});

test('indexed is not ready as long as no search finds it', async () => {
  const { ports, looks, told, manual } = world({ found: [] });
  await checkReadiness(ports, MESSAGE, signal);
  await expect(manual()).resolves.toMatchObject({ status: 'indexing' });
  expect([looks.length, told]).toEqual([1, []]);
});

test.each(['FAILED', 'PARTIALLY_INDEXED', 'IGNORED', 'SOMETHING_NEW'])('one page that is %s fails the manual', async (status) => {
  const { ports, looks, told, manual } = world({ statuses: ['INDEXED', status] });
  await checkReadiness(ports, MESSAGE, signal);
  await expect(manual()).resolves.toMatchObject({ status: 'failed', failure: 'indexing_failed' });
  expect([looks, told]).toEqual([[], ['failed']]);
});

test('a probe may be done before ingestion’s last write', async () => {
  const { ports, manual } = world({ status: 'validating' });
  await checkReadiness(ports, MESSAGE, signal);
  await expect(manual()).resolves.toMatchObject({ status: 'ready' });
});

test('a manual that is being deleted is not watched any more, and becomes neither ready nor failed', async () => {
  for (const its of [{}, { exhausted: true }, { statuses: ['FAILED', 'INDEXED'] }]) {
    const { ports, looks, told, searches, manual } = world({ ...its, status: 'deleting' });
    await checkReadiness(ports, MESSAGE, signal);
    await expect(manual()).resolves.toMatchObject({ status: 'deleting' });
    expect([looks, told, searches]).toEqual([[], [], []]);
  }
});

test('a manual that takes too long fails', async () => {
  const { ports, manual } = world({ statuses: ['IN_PROGRESS', 'INDEXED'], exhausted: true });
  await checkReadiness(ports, MESSAGE, signal);
  await expect(manual()).resolves.toMatchObject({ status: 'failed', failure: 'indexing_failed' });
});

test('a message about a manual of another owner finds nothing to do', async () => {
  const { ports, looks, told, searches } = world();
  await checkReadiness(ports, { ...MESSAGE, user_id: 'bob' }, signal);
  expect([looks, told, searches]).toEqual([[], [], []]);
});
