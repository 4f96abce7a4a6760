import { randomUUID } from 'node:crypto';
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { v7 as uuidv7 } from 'uuid';
import { type ManuelClient, sendForm } from '../../local/cli/manuel-client.ts';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { startChanged } from '../support/changed-sources.ts';
import { OperatorView } from '../support/operator-view.ts';
import { pdfOf } from '../support/pdf.ts';
import { plantManuals } from '../support/planted-passages.ts';
import { newUser, operatorConfig, type SignedInUser } from '../support/users.ts';

/**
 * `npm run bench:library`: what listing, asking, uploading and deleting take for somebody who has 1, 100 and 10,000 manuals, in time and in calls
 * of AWS; then what a manual of 1,000 pages takes until it is ready, by step. A stage of its own raises the limits.
 */
const MANUALS = [1, 100, 10_000];
const ROUNDS = 15;
const PAGES = 1000;

const runtime = await startChanged([
  {
    file: 'lib/stages.ts',
    find: '{ manuals: 50, pages: 5000, uploadsPerDay: 20 }',
    replace: '{ manuals: 20000, pages: 500000, uploadsPerDay: 10000 }',
  },
  { file: 'lib/stages.ts', find: 'quota: { daily: 50, monthly: 1000 }', replace: 'quota: { daily: 10000, monthly: 100000 }' },
  {
    file: 'lib/stages.ts',
    find: 'rateLimits: { userPerMinute: 100, ipPerMinute: 1000 }',
    replace: 'rateLimits: { userPerMinute: 10000, ipPerMinute: 100000 }',
  },
]);
const control = new RuntimeControl(runtime.file);
const operator = new OperatorView(runtime.file);
const dynamodb = new DynamoDBClient(operatorConfig(runtime.file));
await control.setIngestionTimes({ startingMs: 0, inProgressMs: 0, searchableAfterIndexedMs: 0, deletingMs: 0 });

try {
  print('manuals', 'operation', 'median ms', 'calls');
  for (const count of MANUALS) await measureLibrary(await newUser(runtime.file), count);
  await measureLongManual(await newUser(runtime.file));
} finally {
  operator[Symbol.dispose]();
  dynamodb.destroy();
  await runtime.stop();
}

async function measureLibrary({ client, userId }: SignedInUser, count: number): Promise<void> {
  await plant(userId, count);
  const { manual_id } = await upload(client, ['The red valve of the samovar opens to the left.']);
  await client.untilReady(manual_id);
  await measure(count, 'list the first page', ROUNDS, () => client.manuals());
  await measure(count, 'look at one', ROUNDS, () => client.manual(manual_id));
  await measure(count, 'ask', ROUNDS, () => client.ask('How does the red valve of the samovar open?'));
  await measure(count, 'ask of one', ROUNDS, () => client.ask('How does the red valve open?', { manual_ids: [manual_id] }));
  await measure(count, 'start an upload', ROUNDS, () => client.startUpload({ filename: 'a.txt', content_type: 'text/plain', size: 1 }));
  const uploaded = await Promise.all(Array.from({ length: 3 }, () => upload(client, [`Turn it ${randomUUID()}.`])));
  for (const each of uploaded) await client.untilReady(each.manual_id);
  await measure(count, 'delete until gone', uploaded.length, async (round) => {
    const { manual_id: doomed = '' } = uploaded[round] ?? {};
    await client.delete(doomed);
    while (await client.manual(doomed).catch(() => undefined)) await new Promise((resolve) => setTimeout(resolve, 25));
  });
}

/** Manuals of one page each, past the backend, since uploading ten thousand would measure nothing else. */
async function plant(userId: string, count: number): Promise<void> {
  const table = await operator.variable('Manuals/Function', 'MANUALS_TABLE');
  const now = new Date().toISOString();
  const ids = Array.from({ length: count - 1 }, () => uuidv7());
  for (const some of inGroups(ids, 25)) {
    const manuals = some.map((manual_id) => ({
      user_id: userId,
      manual_id,
      filename: 'planted.txt',
      content_type: 'text/plain',
      size: 100,
      status: 'ready',
      pages: 1,
      upload_method: 'direct_upload',
      created_at: now,
      updated_at: now,
    }));
    await dynamodb.send(
      new BatchWriteItemCommand({ RequestItems: { [table]: manuals.map((Item) => ({ PutRequest: { Item: marshall(Item) } })) } }),
    );
  }
  const text = 'Press the green button and wait until the lamp is lit.';
  await plantManuals(
    runtime.file,
    operator,
    ids.map((manualId) => ({ manualId, owners: [userId], text })),
  );
}

async function measureLongManual({ client }: SignedInUser): Promise<void> {
  const pages = Array.from(
    { length: PAGES },
    (_, index) => `Page ${index + 1}. ${'Loosen the screw, lift the lid and clean the filter under it. '.repeat(20)}`,
  );
  const startedAt = performance.now();
  const { manual_id } = await upload(client, pages);
  const reached = new Map<string, number>([['uploaded', performance.now() - startedAt]]);
  for (let status = ''; status !== 'ready'; ) {
    ({ status } = await client.manual(manual_id));
    if (!reached.has(status)) reached.set(status, performance.now() - startedAt);
    if (status === 'failed') throw new Error('the long manual failed');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  process.stdout.write(`\n${PAGES} pages: ${[...reached].map(([step, ms]) => `${step} after ${(ms / 1000).toFixed(2)} s`).join(', ')}\n`);
}

async function upload(client: ManuelClient, pages: readonly string[]) {
  const bytes = pdfOf(pages);
  const started = await client.startUpload({ filename: 'bench.pdf', content_type: 'application/pdf', size: bytes.length });
  await sendForm(started.upload, bytes);
  return started;
}

/** The median time of some rounds, and the calls of AWS that one of them makes. */
async function measure(manuals: number, what: string, rounds: number, run: (round: number) => Promise<unknown>): Promise<void> {
  const before = await callsSoFar();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    await run(round);
    times.push(performance.now() - startedAt);
  }
  const calls = [...(await callsSoFar())].flatMap(([name, count]) => {
    const made = (count - (before.get(name) ?? 0)) / rounds;
    return made === 0 ? [] : [`${Number(made.toFixed(1))} ${name}`];
  });
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
  print(String(manuals), what, median.toFixed(0), calls.join(', '));
}

/** Those of functions, by operation. */
async function callsSoFar(): Promise<Map<string, number>> {
  const functions = new Set(runtime.file.functions.map(({ name }) => name));
  const sums = new Map<string, number>();
  for (const { caller, operation, count } of await control.calls()) {
    if (functions.has(caller)) sums.set(operation, (sums.get(operation) ?? 0) + count);
  }
  return sums;
}

function* inGroups<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

function print(manuals: string, what: string, median: string, calls: string): void {
  process.stdout.write(`${manuals.padStart(7)}  ${what.padEnd(20)} ${median.padStart(9)}  ${calls}\n`);
}
