import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Embedder } from '../../local/bedrock/embeddings.ts';
import { State } from '../../local/platform/state.ts';
import { CHUNKING, openKnowledgeBase, type TestKnowledgeBase } from './bedrock-support.ts';

const HOUR_MS = 3_600_000;
const KETTLE = { id: 'kettle#1', text: 'Descale the kettle with vinegar.', metadata: { user_id: 'anna', page: 1, tags: ['a', 'b'] } };
const ANNAS = { filter: { equals: { key: 'user_id', value: 'anna' } } };

let directory: string;
/** How far the last run was ahead of the machine's time, where the next goes on. */
let aheadMs: number;

beforeEach(() => {
  aheadMs = 0;
  directory = mkdtempSync(path.join(tmpdir(), 'bedrock-persistence-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Runs Bedrock on what the run before has stored. */
async function run(work: (base: TestKnowledgeBase) => Promise<void>, embedder?: Embedder): Promise<void> {
  const state = State.open(directory);
  const base = await openKnowledgeBase(CHUNKING, embedder, state);
  base.door.clock.advance(aheadMs);
  try {
    await work(base);
    aheadMs = base.door.clock.now() - Date.now();
  } finally {
    await base.close();
    state.close();
  }
  expect(base.door.internalErrors).toEqual([]);
}

const found = async (base: TestKnowledgeBase, question = 'How do I descale it?') =>
  (await base.retrieve(question, ANNAS)).map(({ id }) => id);

test('a document is found after a restart as it was before, and what was deleted is not', async () => {
  let before: object[] = [];
  await run(async (base) => {
    await base.publish(KETTLE, { ...KETTLE, id: 'gone#1' });
    await base.remove('gone#1');
    base.door.clock.advance(HOUR_MS);
    before = await base.retrieve('vinegar', ANNAS);
    expect(before).toHaveLength(1);
  });
  await run(async (base) => {
    expect(await base.retrieve('vinegar', ANNAS)).toEqual(before);
    expect([await base.statusOf('kettle#1'), await base.statusOf('gone#1')]).toEqual(['INDEXED', 'NOT_FOUND']);
  });
});

test('an ingestion under way goes on, and until then the earlier text is found', async () => {
  await run(async (base) => {
    await base.publish(KETTLE);
    base.service.ingestionTimes = { startingMs: HOUR_MS, inProgressMs: HOUR_MS, searchableAfterIndexedMs: HOUR_MS };
    await base.ingest({ ...KETTLE, text: 'Descale the kettle with lemons.' }, { ...KETTLE, id: 'kettle#2' });
  });
  await run(async (base) => {
    const textOf = async () => (await base.retrieve('descale', ANNAS)).map(({ id, text }) => `${id} ${text}`);
    expect(await base.statusOf('kettle#1')).toBe('STARTING');
    expect(await textOf()).toEqual(['kettle#1 Descale the kettle with vinegar.']);
    base.door.clock.advance(1.5 * HOUR_MS);
    expect(await base.statusOf('kettle#1')).toBe('IN_PROGRESS');
    base.door.clock.advance(HOUR_MS);
    expect([await base.statusOf('kettle#1'), await textOf()]).toEqual(['INDEXED', ['kettle#1 Descale the kettle with vinegar.']]);
    base.door.clock.advance(HOUR_MS);
    expect((await textOf()).sort()).toEqual(['kettle#1 Descale the kettle with lemons.', 'kettle#2 Descale the kettle with vinegar.']);
  });
});

test('a deletion under way goes on and leaves nothing, and a failure stays one', async () => {
  let place = '';
  await run(async (base) => {
    await base.publish(KETTLE);
    base.service.ingestionTimes = { deletingMs: HOUR_MS };
    await base.remove('kettle#1');
    base.service.failDocuments(/broken/, 'It is broken.');
    await base.publish({ ...KETTLE, id: 'broken#1' });
  });
  await run(async (base) => {
    expect([await base.statusOf('kettle#1'), await found(base)]).toEqual(['DELETING', ['kettle#1']]);
    base.door.clock.advance(HOUR_MS);
    expect([await base.statusOf('kettle#1'), await found(base)]).toEqual(['NOT_FOUND', []]);
    expect([await base.statusOf('broken#1'), await base.reasonOf('broken#1')]).toEqual(['FAILED', 'It is broken.']);
  });
  await run(async (base) => {
    expect(await base.statusOf('kettle#1')).toBe('NOT_FOUND');
    const { knowledgeBaseId, dataSourceId } = base.source;
    place = `bedrock-documents/${knowledgeBaseId}/${dataSourceId}`;
  });
  const state = State.open(directory);
  expect([...state.map(place).keys()]).toEqual(['broken#1']);
  state.close();
});

describe('with a model that embeds', () => {
  /** Finds what shares no word with the question. */
  function model(name: string): Embedder & { readonly asked: string[] } {
    const asked: string[] = [];
    const embed = async (texts: readonly string[]) => {
      asked.push(...texts);
      return texts.map((text) => Float32Array.from([/vinegar|chalk/i.test(text) ? 1 : 0.1, 0.5]));
    };
    return { model: name, asked, embed };
  }
  const LAMP = { ...KETTLE, id: 'lamp#1', text: 'Switch the lamp on.' };

  test('embeddings are kept, and made anew once for another model', async () => {
    await run((base) => base.publish(LAMP, KETTLE), model('one'));
    for (const [name, times] of [
      ['one', 0],
      ['two', 1],
      ['two', 0],
    ] as const) {
      const embedder = model(name);
      await run(async (base) => {
        expect((await found(base, 'chalk?'))[0]).toBe('kettle#1');
        expect(embedder.asked.filter((text) => text === KETTLE.text)).toHaveLength(times);
      }, embedder);
    }
  });

  test('what was indexed without one is embedded, and without one again found by its words', async () => {
    await run((base) => base.publish(LAMP, KETTLE));
    await run(async (base) => expect((await found(base, 'chalk?'))[0]).toBe('kettle#1'), model('one'));
    await run(async (base) => expect((await found(base))[0]).toBe('kettle#1'));
  });
});
