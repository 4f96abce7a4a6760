import { ManualRetriever } from '../../lambdas/shared/manual-retriever.ts';
import { openKnowledgeBase, type TestKnowledgeBase } from '../local/bedrock-support.ts';
import { ALICE } from '../support/callers.ts';

const page = (manual_id: string, text: string) => ({ id: `${manual_id}#1`, text, metadata: { user_id: 'alice', manual_id, page: 1 } });
/** More than a filter names. */
const MANY_IDS = Array.from({ length: 101 }, (_, index) => `hidden-${index}`);
const signal = new AbortController().signal;

let base: TestKnowledgeBase;

beforeAll(async () => {
  base = await openKnowledgeBase();
  await base.publish(
    page('kept', 'Descale the kettle.'),
    page('hidden', 'Descale, descale, descale the kettle.'),
    page('hidden-100', 'Descale the kettle, descale it.'),
  );
});

afterAll(async () => {
  expect(base.door.internalErrors).toEqual([]);
  await base.close();
});

async function found(maxResults: number, hiddenManualIds: readonly string[], manualIds?: readonly string[]): Promise<string[]> {
  const retriever = new ManualRetriever(base.runtime, base.source.knowledgeBaseId);
  const search = { question: 'How do I descale the kettle?', maxResults, hiddenManualIds, ...(manualIds && { manualIds }), signal };
  return (await retriever.retrieve(ALICE, search)).map(({ manualId }) => manualId);
}

test('a hidden manual takes no place of another', async () => {
  await expect(found(3, [])).resolves.toHaveLength(3);
  await expect(found(1, ['hidden', 'hidden-100'])).resolves.toEqual(['kept']);
});

test('a hidden manual is not found by its name either', async () => {
  await expect(found(3, ['hidden'], ['kept', 'hidden'])).resolves.toEqual(['kept']);
  await expect(found(3, ['hidden'], ['hidden'])).resolves.toEqual([]);
});

test('one that comes back all the same is dropped', async () => {
  base.service.leakPassages(/^hidden#/);
  await expect(found(3, ['hidden'])).resolves.toEqual(['hidden-100', 'kept']);
  base.service.leakPassages(undefined);
});

test('of more than a filter names the rest is dropped, and takes a place', async () => {
  await expect(found(2, MANY_IDS.slice(0, 100))).resolves.toHaveLength(2);
  await expect(found(2, MANY_IDS)).resolves.toEqual(['hidden']);
  await expect(found(3, MANY_IDS)).resolves.toEqual(['hidden', 'kept']);
});
