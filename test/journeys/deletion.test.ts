import { randomUUID } from 'node:crypto';
import { sendForm } from '../../local/cli/manuel-client.ts';
import type { RuntimeControl } from '../../local/control/runtime-control.ts';
import { inHaste } from '../support/haste.ts';
import { type SharedRuntime, test } from '../support/journey.ts';
import type { OperatorView } from '../support/operator-view.ts';
import { pdfOf } from '../support/pdf.ts';
import { Queues } from '../support/queues.ts';
import { newUser, type SignedInUser } from '../support/users.ts';

const QUESTION = 'What does error E-24 mean?';
/** More than one call to the knowledge base takes. */
const PAGES = [...Array.from({ length: 11 }, (_, index) => `Page ${index + 1} of the kettle.`), 'Error E-24 means that it is empty.'];
const TIMES = { startingMs: 50, inProgressMs: 150, searchableAfterIndexedMs: 100, deletingMs: 100 };
/** So that it does not pass by itself. */
const MINUTE_MS = 60_000;
const LOOK_AGAIN_MS = 100;
const GONE = { status: 404, problem: { code: 'not_found' } };

let runtime: SharedRuntime;
let control: RuntimeControl;
let operator: OperatorView;
let queues: Queues;
let user: SignedInUser;

test.beforeAll(async ({ runtime: shared }) => {
  runtime = shared;
  ({ control, operator } = shared);
  queues = new Queues(runtime.file);
  // Nobody else's deletions are under way.
  await inHaste(control, queues.untilEmpty('ManualsDeletionQueue'));
});

beforeEach(async () => {
  user = await newUser(runtime.file);
});

afterEach(async () => {
  await control.clearFaults();
  await control.failDocuments();
  await control.leakPassages();
  await control.setIngestionTimes(TIMES);
});

afterAll(() => queues[Symbol.dispose]());

async function startUpload(pages: readonly string[] = PAGES) {
  const bytes = pdfOf(pages);
  const { manual_id: manualId, upload } = await user.client.startUpload({
    filename: 'kettle.pdf',
    content_type: 'application/pdf',
    size: bytes.length,
  });
  return { manualId, send: () => sendForm(upload, bytes) };
}

async function readyManual(pages?: readonly string[]): Promise<string> {
  const { manualId, send } = await startUpload(pages);
  await send();
  await inHaste(control, user.client.untilReady(manualId));
  return manualId;
}

async function untilSo(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}

const until = (isSo: () => Promise<boolean>) => inHaste(control, untilSo(isSo));
const hasStatus = async (manualId: string, status: string) => (await user.client.manual(manualId)).status === status;
const untilFailed = (manualId: string) => until(() => hasStatus(manualId, 'failed'));
/** Not in haste, in which it would be over before it is seen. */
const untilIndexing = (manualId: string) => untilSo(() => hasStatus(manualId, 'indexing'));
const passagesOf = (manualId: string) => operator.passages({ equals: { key: 'manual_id', value: manualId } });

/** What is left of a manual: passages, versions of its files, and items that name it, among them what is hidden. */
async function leftOf(manualId: string) {
  const [passages, objects, items] = await Promise.all([passagesOf(manualId), operator.objects(), itemsOf(manualId)]);
  return { passages: passages.length, objects: objects.filter(({ key }) => key.includes(manualId)).length, items: items.length };
}

const itemsOf = async (manualId: string) => (await operator.items()).filter((item) => JSON.stringify(item).includes(manualId));

/** Waits until the last of it is gone, and sees that nothing is left. */
async function untilGone(manualId: string): Promise<void> {
  await until(async () => (await itemsOf(manualId)).length === 0);
  expect(await leftOf(manualId)).toEqual({ passages: 0, objects: 0, items: 0 });
  await expect(user.client.manual(manualId)).rejects.toMatchObject(GONE);
}

test('a deleted manual stops answering at once, though its vectors are still there, and later nothing is left', async () => {
  const [manualId, other] = [await readyManual(), await readyManual(['Error E-25 means that it is full.'])];
  await expect(user.client.ask(QUESTION)).resolves.toMatchObject({ citations: [{ manual_id: manualId, page: PAGES.length }] });
  const logged = (await operator.logOf('Query/Function')).length;
  await control.setIngestionTimes({ deletingMs: MINUTE_MS });
  await expect(user.client.delete(manualId)).resolves.toEqual({ manual_id: manualId, status: 'deleting' });
  const nothing = { answer: 'Your manuals do not answer this question.', context_used: 0, citations: [] };
  await expect(user.client.ask(QUESTION, { max_results: 1 })).resolves.toMatchObject(nothing);
  await expect(user.client.ask(QUESTION, { manual_ids: [manualId] })).resolves.toMatchObject(nothing);
  await control.leakPassages(`^${manualId}#`);
  await expect(user.client.ask(QUESTION)).resolves.toMatchObject(nothing);
  await control.leakPassages();
  const log = (await operator.logOf('Query/Function')).slice(logged);
  const complaints = log.filter(({ level, Kind }) => level === 'ERROR' || Kind !== undefined);
  expect(complaints).toEqual([]);
  await expect(passagesOf(manualId)).resolves.toHaveLength(PAGES.length);
  await expect(user.client.manual(manualId)).resolves.toMatchObject({ status: 'deleting', pages: PAGES.length });
  const { manuals } = await user.client.manuals();
  expect(manuals.map(({ manual_id, status }) => [manual_id, status])).toEqual([
    [other, 'ready'],
    [manualId, 'deleting'],
  ]);
  await expect(user.client.delete(manualId)).resolves.toEqual({ manual_id: manualId, status: 'deleting' });
  await control.setIngestionTimes(TIMES);
  await control.advanceTime(MINUTE_MS);
  await untilGone(manualId);
  await expect(user.client.delete(manualId)).rejects.toMatchObject(GONE);
  await expect(user.client.ask('What does error E-25 mean?')).resolves.toMatchObject({ citations: [{ manual_id: other }] });
});

test('somebody else deletes nothing, and is told what he would be told of none', async () => {
  const manualId = await readyManual(['Error E-24 means that it is empty.']);
  const stranger = await newUser(runtime.file);
  const refusals = [manualId, randomUUID(), 'kettle'].map((id) => stranger.client.delete(id).catch(({ problem }) => problem.detail));
  expect(new Set(await Promise.all(refusals))).toEqual(new Set(['You have no manual of this id.']));
  await expect(user.client.manual(manualId)).resolves.toMatchObject({ status: 'ready' });
  await expect(user.client.ask(QUESTION)).resolves.toMatchObject({ citations: [{ manual_id: manualId }] });
});

test('a manual can be deleted in every state, and what its form uploads later is removed', async () => {
  const [awaiting, unreadable, unindexed] = [await startUpload(), await startUpload(['One.']), await startUpload(['One.', 'Two.'])];
  await control.failDocuments(`^${unindexed.manualId}#2$`);
  await Promise.all([unreadable.send(), unindexed.send()]);
  const indexing = await startUpload(['Two.']);
  await untilIndexing(unreadable.manualId);
  await untilFailed(unindexed.manualId);
  await control.setIngestionTimes({ inProgressMs: MINUTE_MS });
  await indexing.send();
  await untilIndexing(indexing.manualId);
  const all = [awaiting, unreadable, unindexed, indexing];
  await Promise.all(all.map(({ manualId }) => user.client.delete(manualId)));
  await Promise.all(all.map(({ manualId }) => untilGone(manualId)));
  await Promise.all(all.map(({ send }) => send()));
  await until(async () => (await Promise.all(all.map(({ manualId }) => leftOf(manualId)))).every(({ objects }) => objects === 0));
  await control.advanceTime(MINUTE_MS);
  for (const { manualId } of all) expect(await leftOf(manualId)).toEqual({ passages: 0, objects: 0, items: 0 });
});

test('an ingestion that is still writing when the manual is deleted leaves nothing behind', async () => {
  const { manualId, send } = await startUpload();
  await control.armFault({ service: 'bedrock', operation: 'IngestKnowledgeBaseDocuments', kind: 'slow', delayMs: MINUTE_MS });
  await send();
  // Known from the moment in which it begins to write.
  await untilSo(async () => (await user.client.manual(manualId)).pages !== undefined);
  // A deletion that did not wait would fail, and not look again.
  await control.armFault({ service: 'bedrock', operation: 'DeleteKnowledgeBaseDocuments', kind: 'deny' });
  const before = await operator.runsOf('Manuals/Deletion');
  await user.client.delete(manualId);
  await untilSo(async () => (await operator.runsOf('Manuals/Deletion')) > before + 1);
  await expect(user.client.manual(manualId)).resolves.toMatchObject({ status: 'deleting' });
  await control.clearFaults();
  await control.advanceTime(MINUTE_MS);
  await untilGone(manualId);
});

test('a passing fault of any service only delays it', async () => {
  const manualId = await readyManual();
  const faults = [
    ['dynamodb', 'UpdateItem', 'throttle'],
    ['dynamodb', 'GetItem', 'drop'],
    ['dynamodb', 'TransactWriteItems', 'drop'],
    ['bedrock', 'DeleteKnowledgeBaseDocuments', 'throttle'],
    ['bedrock', 'DeleteKnowledgeBaseDocuments', 'drop'],
    ['bedrock', 'GetKnowledgeBaseDocuments', 'throttle'],
    ['s3', 'ListObjectVersions', 'throttle'],
    ['s3', 'DeleteObjects', 'drop'],
    ['sqs', 'SendMessage', 'drop'],
  ] as const;
  for (const [service, operation, kind] of faults) await control.armFault({ service, operation, kind, times: 1 });
  await user.client.delete(manualId);
  await untilGone(manualId);
});

test('what cannot be deleted becomes a dead letter and stays hidden, and a redrive takes it up again', async () => {
  const { manualId, send } = await startUpload();
  await send();
  await untilIndexing(manualId);
  await control.armFault({ service: 's3', operation: 'DeleteObjects', kind: 'deny' });
  // Received again at once.
  const letter = await queues.having({ VisibilityTimeout: '0' }, 'ManualsDeletionQueue', async () => {
    await user.client.delete(manualId);
    return queues.receive('dead-letter-ManualsDeletion');
  });
  await expect(user.client.manual(manualId)).resolves.toMatchObject({ status: 'deleting' });
  await expect(user.client.ask(QUESTION)).resolves.toMatchObject({ context_used: 0 });
  expect(await operator.items()).toContainEqual(expect.objectContaining({ user_id: user.userId, hidden_manual_ids: [manualId] }));
  await control.clearFaults();
  await queues.send('ManualsDeletionQueue', letter?.Body);
  await untilGone(manualId);
});
