import { randomUUID } from 'node:crypto';
import { type AttributeValue, QueryCommand, TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { isBeingWritten, type Manual, takesPlace } from '../../lambdas/manuals/manual.ts';
import { ManualContents } from '../../lambdas/manuals/manual-contents.ts';
import { type LibraryLimits, ManualLibrary } from '../../lambdas/manuals/manual-library.ts';
import { ManualRecords } from '../../lambdas/manuals/manual-records.ts';
import { despiteConflicts } from '../../lambdas/manuals/write-at-once.ts';
import type { Caller } from '../../lambdas/shared/caller.ts';
import { callerNamed } from '../support/callers.ts';
import { ALICES_MANUAL } from '../support/manuals.ts';
import { type ManualsTable, openManualsTable } from '../support/manuals-table.ts';

const LIMITS: LibraryLimits = { manuals: 5, uploadsPerDay: 8 };
const MAX_PAGES = 100;
const NOW = Date.parse('2026-11-20T23:59:00Z');
const NEXT_DAY = NOW + 2 * 60_000;

let table: ManualsTable;
let records: ManualRecords;
let library: ManualLibrary;
let contents: ManualContents;
/** Of each test its own. */
let caller: Caller;

beforeAll(async () => {
  table = await openManualsTable();
  records = new ManualRecords(table.client, table.name);
  library = new ManualLibrary(table.client, table.name);
  contents = new ManualContents(table.client, table.name);
});

beforeEach(() => {
  caller = callerNamed(randomUUID());
});

afterAll(() => table.close());

const newManual = (change: Partial<Manual> = {}): Manual => ({
  ...ALICES_MANUAL,
  user_id: caller.userId,
  manual_id: randomUUID(),
  ...change,
});
const add = (manual = newManual(), limits = LIMITS, nowMs = NOW) => library.add(caller, manual, limits, nowMs);

/** A manual in the middle of its ingestion. */
async function validating(): Promise<Manual> {
  const manual = newManual({ status: 'validating' });
  await add(manual, { manuals: 1000, uploadsPerDay: 1000 });
  return manual;
}

async function itemsBeside(prefix: string): Promise<Record<string, unknown>[]> {
  const values: Record<string, AttributeValue> = { ':user': { S: caller.userId }, ':prefix': { S: prefix } };
  const condition = 'user_id = :user AND begins_with(manual_id, :prefix)';
  const { Items = [] } = await table.client.send(
    new QueryCommand({ TableName: table.name, KeyConditionExpression: condition, ExpressionAttributeValues: values }),
  );
  return Items.map((item) => unmarshall(item));
}

const counted = async () => (await itemsBeside('~library'))[0];
const claimed = () => itemsBeside('~sha256#');

async function stored(): Promise<readonly Manual[]> {
  const { manuals } = await records.list(caller, 100);
  return manuals;
}

describe('places', () => {
  test('however many are added at once, as many find one as there are', async () => {
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => add(newManual(), { ...LIMITS, uploadsPerDay: 100 })));
    expect(outcomes.filter((reached) => reached === undefined)).toHaveLength(LIMITS.manuals);
    expect(outcomes.filter((reached) => reached === 'manuals')).toHaveLength(12 - LIMITS.manuals);
    await expect(stored()).resolves.toHaveLength(LIMITS.manuals);
    await expect(counted()).resolves.toMatchObject({ manuals: LIMITS.manuals });
  });

  test('one that is deleted frees its place and its pages, once', async () => {
    const manual = await validating();
    await library.startWriting(caller, manual, 7, MAX_PAGES);
    await add();
    await records.beginDeletion(caller, manual.manual_id);
    const deleting = (await records.get(caller, manual.manual_id)) ?? manual;
    await expect(counted()).resolves.toMatchObject({ manuals: 2, pages: 7 });
    await Promise.all([library.remove(caller, deleting), library.remove(caller, deleting)]);
    await library.remove(caller, deleting);
    await expect(counted()).resolves.toMatchObject({ manuals: 1, pages: 0 });
    await expect(stored()).resolves.toHaveLength(1);
  });

  test('one that failed for good frees its place, once, and its deletion does not free another', async () => {
    const manual = await validating();
    await add();
    const reject = () => library.reject(caller, manual.manual_id, ['validating'], { failure: 'empty' });
    expect((await Promise.all([reject(), reject()])).toSorted()).toEqual([false, true]);
    await expect(counted()).resolves.toMatchObject({ manuals: 1 });
    const failed = await records.get(caller, manual.manual_id);
    expect(failed).toMatchObject({ status: 'failed', failure: 'empty' });
    await library.remove(caller, failed ?? manual);
    await expect(counted()).resolves.toMatchObject({ manuals: 1 });
  });

  test('one of which pages were written keeps its place when it fails, until it is deleted', async () => {
    const manual = await validating();
    await library.startWriting(caller, manual, 7, MAX_PAGES);
    await expect(library.reject(caller, manual.manual_id, ['validating'], { failure: 'unreadable' })).resolves.toBe(true);
    await expect(counted()).resolves.toMatchObject({ manuals: 1, pages: 7 });
    await library.remove(caller, (await records.get(caller, manual.manual_id)) ?? manual);
    await expect(counted()).resolves.toMatchObject({ manuals: 0, pages: 0 });
  });

  test('nobody rejects what is in another state, somebody else’s or not there', async () => {
    const manual = await validating();
    const rejection = { failure: 'empty' } as const;
    await expect(library.reject(caller, manual.manual_id, ['awaiting_upload'], rejection)).resolves.toBe(false);
    await expect(library.reject(callerNamed('mallory'), manual.manual_id, ['validating'], rejection)).resolves.toBe(false);
    await expect(library.reject(caller, randomUUID(), ['validating'], rejection)).resolves.toBe(false);
    await expect(stored()).resolves.toEqual([expect.objectContaining({ status: 'validating' })]);
    await expect(counted()).resolves.toMatchObject({ manuals: 1 });
  });

  test('an id is recorded once', async () => {
    const manual = newManual();
    await add(manual);
    await expect(add(manual)).rejects.toThrow(`there is a manual of the id ${manual.manual_id} already`);
    await expect(counted()).resolves.toMatchObject({ manuals: 1, uploads: 1 });
  });
});

describe('uploads of the day', () => {
  const limits = { manuals: 1000, uploadsPerDay: 3 };

  test('however many start at once, as many are let in as a day has', async () => {
    const outcomes = await Promise.all(Array.from({ length: 9 }, () => add(newManual(), limits)));
    expect(outcomes.filter((reached) => reached === undefined)).toHaveLength(3);
    expect(outcomes.filter((reached) => reached === 'uploadsPerDay')).toHaveLength(6);
  });

  test('start afresh with the UTC day, and a clock that is behind does not bring the old day back', async () => {
    for (const expected of [undefined, undefined, undefined, 'uploadsPerDay']) expect(await add(newManual(), limits)).toBe(expected);
    expect(await add(newManual(), limits, NEXT_DAY)).toBeUndefined();
    expect(await add(newManual(), limits, NOW)).toBeUndefined();
    expect(await add(newManual(), limits, NOW)).toBeUndefined();
    expect(await add(newManual(), limits, NOW)).toBe('uploadsPerDay');
    await expect(counted()).resolves.toMatchObject({ manuals: 6, uploads: 3, upload_day: '20261121' });
  });

  test('are not given back by a deletion', async () => {
    const manual = newManual({ status: 'deleting' });
    await add(manual, { ...limits, uploadsPerDay: 1 });
    await library.remove(caller, manual);
    expect(await add(newManual(), { ...limits, uploadsPerDay: 1 })).toBe('uploadsPerDay');
  });
});

describe('pages', () => {
  test('count once, however often and by how many the writing starts', async () => {
    const manual = await validating();
    const outcomes = await Promise.all([1, 2, 3].map(() => library.startWriting(caller, manual, 7, MAX_PAGES)));
    const written = await records.get(caller, manual.manual_id);
    expect(written).toMatchObject({ status: 'validating', pages: 7 });
    const writers = outcomes.map((outcome) => outcome.kind === 'started' && outcome.writer);
    expect(written?.writers).toEqual(new Set(writers));
    expect([writers.length, isBeingWritten(written ?? {}, Date.now())]).toEqual([3, true]);
    for (const writer of written?.writers ?? []) await records.endWriting(caller, manual.manual_id, writer);
    expect(isBeingWritten((await records.get(caller, manual.manual_id)) ?? {}, Date.now())).toBe(false);
    await expect(counted()).resolves.toMatchObject({ pages: 7 });
  });

  test('that were read anew, by a better reader, count by how many they are more; those of before may be written still', async () => {
    const manual = await validating();
    for (const [pages, expected] of [
      [7, 7],
      [9, 9],
      [5, 9],
    ] as const) {
      await expect(library.startWriting(caller, manual, pages, MAX_PAGES)).resolves.toMatchObject({ kind: 'started' });
      await expect(counted()).resolves.toMatchObject({ pages: expected });
      await expect(records.get(caller, manual.manual_id)).resolves.toMatchObject({ pages: expected });
    }
  });

  test('of parallel manuals never pass the limit, to the last one that fits', async () => {
    const manuals = await Promise.all(Array.from({ length: 6 }, validating));
    const outcomes = await Promise.all(manuals.map((manual) => library.startWriting(caller, manual, 30, MAX_PAGES)));
    expect(outcomes.filter(({ kind }) => kind === 'started')).toHaveLength(3);
    expect(outcomes.filter(({ kind }) => kind === 'full')).toHaveLength(3);
    const last = await validating();
    await expect(library.startWriting(caller, last, 11, MAX_PAGES)).resolves.toEqual({ kind: 'full', pagesLeft: 10 });
    await expect(records.get(caller, last.manual_id)).resolves.not.toHaveProperty('pages');
    await expect(library.startWriting(caller, last, 10, MAX_PAGES)).resolves.toMatchObject({ kind: 'started' });
  });

  test('of the first manual are held to the limit too', async () => {
    await expect(library.startWriting(caller, await validating(), MAX_PAGES + 1, MAX_PAGES)).resolves.toEqual({
      kind: 'full',
      pagesLeft: MAX_PAGES,
    });
  });

  test('of a manual in another state, or somebody else’s, are not written', async () => {
    const manual = newManual();
    await add(manual);
    await expect(library.startWriting(caller, manual, 7, MAX_PAGES)).resolves.toEqual({ kind: 'closed' });
    await expect(library.startWriting(callerNamed('mallory'), await validating(), 7, MAX_PAGES)).resolves.toEqual({ kind: 'closed' });
    await expect(counted()).resolves.not.toHaveProperty('pages');
  });
});

describe('the same content', () => {
  const HASH = 'ab'.repeat(32);
  const claim = ({ manual_id }: Manual, hash = HASH) => contents.claim(caller, manual_id, hash);

  test('is one manual’s, of however many claim it at once, and it may claim it again', async () => {
    const manuals = await Promise.all(Array.from({ length: 5 }, validating));
    const outcomes = await Promise.all(manuals.map((manual) => claim(manual)));
    const owners = manuals.filter((_, index) => outcomes[index]?.kind === 'claimed');
    expect(owners).toHaveLength(1);
    const [owner = newManual()] = owners;
    for (const [index, manual] of manuals.entries()) {
      if (manual !== owner) expect(outcomes[index]).toEqual({ kind: 'duplicate', of: owner.manual_id });
    }
    await expect(claim(owner)).resolves.toEqual({ kind: 'claimed' });
    await expect(claimed()).resolves.toEqual([{ user_id: caller.userId, manual_id: `~sha256#${HASH}`, owned_by: owner.manual_id }]);
  });

  test.each<[string, (manual: Manual) => Promise<unknown>]>([
    ['failed', ({ manual_id }) => library.reject(caller, manual_id, ['validating'], { failure: 'encrypted' })],
    ['is being deleted', ({ manual_id }) => records.beginDeletion(caller, manual_id)],
  ])('is free when the manual that had it %s, whose deletion then leaves it to the new one', async (_what, abandon) => {
    const [one, other] = await Promise.all([validating(), validating()]);
    await claim(one);
    await abandon(one);
    await expect(claim(other)).resolves.toEqual({ kind: 'claimed' });
    await records.beginDeletion(caller, one.manual_id);
    await library.remove(caller, (await records.get(caller, one.manual_id)) ?? one);
    await expect(stored()).resolves.toEqual([expect.objectContaining({ manual_id: other.manual_id, content_hash: HASH })]);
    await expect(claimed()).resolves.toEqual([expect.objectContaining({ owned_by: other.manual_id })]);
  });

  test('is free again when its manual is gone', async () => {
    const manual = await validating();
    await claim(manual);
    await records.beginDeletion(caller, manual.manual_id);
    await library.remove(caller, (await records.get(caller, manual.manual_id)) ?? manual);
    await expect(claimed()).resolves.toEqual([]);
    await expect(claim(await validating())).resolves.toEqual({ kind: 'claimed' });
  });

  test('is nothing that two users share', async () => {
    await claim(await validating());
    caller = callerNamed(randomUUID());
    await expect(claim(await validating())).resolves.toEqual({ kind: 'claimed' });
  });

  test('is not claimed for a manual that is not being validated, or is somebody else’s', async () => {
    const manual = newManual();
    await add(manual);
    await expect(claim(manual)).resolves.toEqual({ kind: 'closed' });
    const { manual_id } = await validating();
    await expect(contents.claim(callerNamed('mallory'), manual_id, HASH)).resolves.toEqual({ kind: 'closed' });
    await expect(claimed()).resolves.toEqual([]);
  });
});

/** One of three contents: that of a manual never changes, since one version of its file is ingested. */
const contentOf = ({ manual_id }: Manual): string => String(Number.parseInt(manual_id.slice(0, 8), 16) % 3);

test('whatever happens to manuals at once, the library counts what there is', async () => {
  const step = fc.record({
    deed: fc.constantFrom('add', 'claim', 'write', 'reject', 'delete', 'remove'),
    which: fc.nat(5),
    size: fc.nat(40),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 12 }), async (rounds) => {
      caller = callerNamed(randomUUID());
      for (const round of rounds) {
        const before = await stored();
        await Promise.all(
          round.map(async ({ deed, which, size }) => {
            if (deed === 'add') return add(newManual({ status: 'validating' }));
            const manual = before[which % (before.length || 1)];
            if (!manual) return undefined;
            if (deed === 'claim') return contents.claim(caller, manual.manual_id, contentOf(manual));
            if (deed === 'write') return library.startWriting(caller, manual, size + 1, MAX_PAGES);
            if (deed === 'reject') return library.reject(caller, manual.manual_id, ['validating'], { failure: 'empty' });
            if (deed === 'delete') return records.beginDeletion(caller, manual.manual_id);
            return manual.status === 'deleting' ? library.remove(caller, manual) : undefined;
          }),
        );
        const manuals = await stored();
        const { manuals: places = 0, pages = 0 } = (await counted()) ?? {};
        expect(places).toBe(manuals.filter(takesPlace).length);
        expect(pages).toBe(manuals.reduce((sum, manual) => sum + (manual.pages ?? 0), 0));
        expect(places).toBeLessThanOrEqual(LIMITS.manuals);
        expect(pages).toBeLessThanOrEqual(MAX_PAGES);
        // No content is left to a manual that is gone, and no two manuals that live have one content.
        const ids = new Set(manuals.map(({ manual_id }) => manual_id));
        for (const { owned_by } of await claimed()) expect(ids).toContain(owned_by);
        const living = manuals.filter(({ status, content_hash }) => status === 'validating' && content_hash !== undefined);
        expect(new Set(living.map(({ content_hash }) => content_hash)).size).toBe(living.length);
      }
    }),
    { numRuns: 25 },
  );
});

describe('a write that meets another', () => {
  const conflict = new TransactionConflictException({ message: 'conflict', $metadata: {} });
  const cancelled = (...codes: string[]) =>
    new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons: codes.map((Code) => ({ Code })) });

  async function triesUntil(failures: readonly Error[]): Promise<{ tries: number; error?: unknown }> {
    let tries = 0;
    const send = async () => {
      const failure = failures[tries];
      tries += 1;
      if (failure) throw failure;
    };
    return despiteConflicts(send).then(
      () => ({ tries }),
      (error: unknown) => ({ tries, error }),
    );
  }

  test('is sent again', async () => {
    await expect(triesUntil([conflict, cancelled('None', 'TransactionConflict')])).resolves.toEqual({ tries: 3 });
  });

  test('is given up after a while', async () => {
    await expect(triesUntil(Array(10).fill(conflict))).resolves.toEqual({ tries: 6, error: conflict });
  });

  test.each([
    ['whose condition is unmet as well', cancelled('ConditionalCheckFailed', 'TransactionConflict')],
    ['that fails for another reason', new Error('no route')],
  ])('and one %s is not', async (_what, error) => {
    await expect(triesUntil([error])).resolves.toEqual({ tries: 1, error });
  });
});
