import { readFileSync } from 'node:fs';
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { ExtractionFailure } from '../../lambdas/manuals/extraction/answer.ts';
import { MANUAL_FAILURES, MAX_MANUAL_PAGES } from '../../lambdas/manuals/manuals.contract.ts';
import { sendForm } from '../../local/cli/manuel-client.ts';
import type { RuntimeControl } from '../../local/control/runtime-control.ts';
import { DOCX_TYPE, docxOf } from '../support/docx.ts';
import { inHaste } from '../support/haste.ts';
import { type SharedRuntime, test } from '../support/journey.ts';
import type { OperatorView } from '../support/operator-view.ts';
import { pdfOf, pdfOfContents, pdfStream } from '../support/pdf.ts';
import { Queues } from '../support/queues.ts';
import { newUser, operatorConfig, type SignedInUser } from '../support/users.ts';

const PAGES = [
  'Fill the kettle up to the mark.',
  'Descale the kettle with vinegar once a month.',
  'Error E-24 means that the kettle is empty.',
];
const INDEXING_TIMES = { startingMs: 50, inProgressMs: 150, searchableAfterIndexedMs: 100 };
/** So that it does not pass by itself. */
const MINUTE_MS = 60_000;

let runtime: SharedRuntime;
let control: RuntimeControl;
let operator: OperatorView;
let user: SignedInUser;

test.beforeAll(({ runtime: shared }) => {
  runtime = shared;
  ({ control, operator } = shared);
});

beforeEach(async () => {
  user = await newUser(runtime.file);
});

afterEach(async () => {
  await control.clearFaults();
  await control.failDocuments();
  await control.setIngestionTimes(INDEXING_TIMES);
});

async function upload(pages: readonly string[] = PAGES): Promise<string> {
  const bytes = pdfOf(pages);
  const { manual_id, upload: form } = await user.client.startUpload({
    filename: 'kettle.pdf',
    content_type: 'application/pdf',
    size: bytes.length,
  });
  await sendForm(form, bytes);
  return manual_id;
}

const untilReady = (manualId: string) => inHaste(control, user.client.untilReady(manualId));

/** Waits until the manual is in that state; other states on the way are returned with it. */
async function until(manualId: string, status: string): Promise<readonly string[]> {
  const seen = new Set<string>();
  for (;;) {
    const manual = await user.client.manual(manualId);
    seen.add(manual.status);
    if (manual.status === status) return [...seen];
    if (manual.status === 'failed') throw new Error(`it failed: ${manual.failure?.code}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until the readiness probe has run so many times more, by its log. */
async function untilLookedAgain(times: number): Promise<void> {
  const runs = () => operator.runsOf('Manuals/Readiness');
  const before = await runs();
  while ((await runs()) < before + times) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('a manual becomes ready, and pages keep their numbers though one is blank', async () => {
  const manualId = await upload(['', ...PAGES]);
  await expect(untilReady(manualId)).resolves.toMatchObject({ status: 'ready', pages: 4, filename: 'kettle.pdf' });
  await expect(user.client.ask('What does error E-24 mean?')).resolves.toMatchObject({ citations: [{ manual_id: manualId, page: 4 }] });
});

test('ready waits until it is searchable, though every page is indexed', async () => {
  await control.setIngestionTimes({ startingMs: 0, inProgressMs: 0, searchableAfterIndexedMs: MINUTE_MS });
  const manualId = await upload();
  await until(manualId, 'indexing');
  await untilLookedAgain(2);
  await expect(user.client.manual(manualId)).resolves.toMatchObject({ status: 'indexing' });
  await expect(user.client.ask('What does error E-24 mean?')).resolves.toMatchObject({ citations: [] });
  await control.advanceTime(MINUTE_MS);
  await until(manualId, 'ready');
  await expect(user.client.ask('What does error E-24 mean?')).resolves.toMatchObject({ context_used: 1 });
});

test('one page that cannot be indexed fails the manual', async () => {
  await control.failDocuments('#2$');
  const manualId = await upload();
  await expect(untilReady(manualId)).rejects.toThrow('indexing_failed');
  await expect(user.client.manual(manualId)).resolves.toMatchObject({
    status: 'failed',
    failure: { code: 'indexing_failed', detail: 'The manual could not be indexed. Upload it again.' },
  });
});

test('a passing fault of Bedrock or DynamoDB only delays it', async () => {
  await control.armFault({ service: 'bedrock', operation: 'IngestKnowledgeBaseDocuments', kind: 'throttle', times: 2 });
  await control.armFault({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', times: 2 });
  const manualId = await upload();
  await expect(untilReady(manualId)).resolves.toMatchObject({ status: 'ready' });
});

test('a question that Bedrock cannot answer is refused, and costs nothing', async () => {
  const manualId = await upload();
  await untilReady(manualId);
  await control.armFault({ service: 'bedrock', operation: 'ConverseStream', kind: 'throttle' });
  await expect(user.client.ask('What does error E-24 mean?')).rejects.toMatchObject({ status: 503, problem: { code: 'unavailable' } });
  await expect(user.client.usage()).resolves.toMatchObject({ daily_used: 0, monthly_used: 0 });
});

test('two files posted by one form are one of them, whole', async () => {
  const [short, long] = [pdfOf(PAGES), pdfOf([...PAGES].reverse())];
  expect(short.length).toBe(long.length);
  const { manual_id, upload: form } = await user.client.startUpload({
    filename: 'kettle.pdf',
    content_type: 'application/pdf',
    size: short.length,
  });
  await Promise.all([sendForm(form, short), sendForm(form, long)]);
  await untilReady(manual_id);
  const answers = await Promise.all(
    ['What does error E-24 mean?', 'How do I fill the kettle up to the mark?'].map((question) => user.client.ask(question)),
  );
  const pages = answers.map(({ citations }) => citations[0]?.page);
  expect([
    [3, 1],
    [1, 3],
  ]).toContainEqual(pages);
});

test('the same bytes uploaded twice are one manual, until that is deleted; those of another user are another', async () => {
  const first = await upload();
  await untilReady(first);
  const second = await upload();
  await expect(untilReady(second)).rejects.toThrow('duplicate');
  await expect(user.client.manual(second)).resolves.toMatchObject({ failure: { code: 'duplicate', duplicate_of: first } });
  await expect(user.client.ask('What does error E-24 mean?')).resolves.toMatchObject({ citations: [{ manual_id: first }] });
  await user.client.delete(first);
  const third = await upload();
  await untilReady(third);
  await expect(user.client.ask('What does error E-24 mean?')).resolves.toMatchObject({ citations: [{ manual_id: third }] });
  user = await newUser(runtime.file);
  await untilReady(await upload());
});

test('a day has twenty uploads, however many are started at once', async () => {
  const announced = { filename: 'kettle.txt', content_type: 'text/plain', size: 1 };
  for (let started = 0; started < 18; started += 1) await user.client.startUpload(announced);
  const outcomes = await Promise.allSettled(Array.from({ length: 7 }, () => user.client.startUpload(announced)));
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  expect(refused.map(({ status, problem }) => [status, problem.code])).toEqual(Array(5).fill([429, 'quota_exceeded']));
  await expect(user.client.manuals()).resolves.toMatchObject({ manuals: { length: 20 } });
});

test('a text with characters of every plane becomes ready', async () => {
  const bytes = new TextEncoder().encode('The 😀 valve opens to the left. \uffff');
  const { manual_id, upload: form } = await user.client.startUpload({
    filename: 'valve 😀.txt',
    content_type: 'text/plain',
    size: bytes.length,
  });
  await sendForm(form, bytes);
  await expect(untilReady(manual_id)).resolves.toMatchObject({ filename: 'valve 😀.txt' });
});

/** What becomes of files that cannot be used. What is scanned or imported fails in journeys of its own. */
const UNUSABLE: Readonly<Record<ExtractionFailure, () => Uint8Array>> = {
  wrong_type: () => new TextEncoder().encode('This is no PDF.'),
  encrypted: () => readFileSync('test/fixtures/encrypted.pdf'),
  // Nothing but lines, as of a scan.
  unreadable: () => pdfOfContents([pdfStream('0 0 m 100 100 l S')]),
  empty: () => docxOf(''),
  too_many_pages: () => pdfOf(Array(MAX_MANUAL_PAGES + 1).fill('One too many.')),
};

test.each(Object.entries(UNUSABLE))('a file can be %s, and its owner is told so', async (code, bytesOf) => {
  const bytes = bytesOf();
  const content_type = code === 'empty' ? DOCX_TYPE : 'application/pdf';
  const { manual_id, upload: form } = await user.client.startUpload({ filename: 'a manual', content_type, size: bytes.length });
  await sendForm(form, bytes);
  await expect(untilReady(manual_id)).rejects.toThrow(code);
  await expect(user.client.manual(manual_id)).resolves.toMatchObject({
    status: 'failed',
    failure: { code, detail: MANUAL_FAILURES[code as ExtractionFailure] },
  });
});

test('pages beyond what a user may have are refused with how many are left', async () => {
  const dynamodb = new DynamoDBClient(operatorConfig(runtime.file));
  const TableName = await operator.variable('Manuals/Function', 'MANUALS_TABLE');
  const library = { user_id: { S: user.userId }, manual_id: { S: '~library' }, manuals: { N: '1' }, pages: { N: '4998' } };
  await dynamodb.send(new PutItemCommand({ TableName, Item: library }));
  const manualId = await upload();
  await expect(untilReady(manualId)).rejects.toThrow('The file has 3 pages. Your manuals may have 5000 in all, of which 2 are left.');
  dynamodb.destroy();
});

test('an upload that never came has failed half an hour after it was announced', async () => {
  const { manual_id } = await user.client.startUpload({ filename: 'kettle.txt', content_type: 'text/plain', size: 1 });
  const dynamodb = new DynamoDBClient(operatorConfig(runtime.file));
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: await operator.variable('Manuals/Function', 'MANUALS_TABLE'),
      Key: { user_id: { S: user.userId }, manual_id: { S: manual_id } },
      UpdateExpression: 'SET created_at = :then',
      ExpressionAttributeValues: { ':then': { S: new Date(Date.now() - 30 * 60_000).toISOString() } },
    }),
  );
  dynamodb.destroy();
  const failure = { code: 'upload_expired', detail: 'The file was not uploaded in time. Start the upload again.' };
  await expect(user.client.manual(manual_id)).resolves.toMatchObject({ status: 'failed', failure });
  await expect(user.client.manuals()).resolves.toMatchObject({ manuals: [{ manual_id, status: 'failed', failure }] });
});

test('an upload whose queue is gone ends in the dead-letter queue, with the reason', async () => {
  using queues = new Queues(runtime.file);
  await queues.without('ManualsIngestionQueue', async () => {
    const manualId = await upload();
    const message = await queues.receive('dead-letter-ManualsIncomingEvents');
    expect(message?.Body).toContain(`incoming/${user.userId}/${manualId}`);
    expect(message?.MessageAttributes).toMatchObject({ ERROR_CODE: { StringValue: 'NO_RESOURCE' } });
  });
});
