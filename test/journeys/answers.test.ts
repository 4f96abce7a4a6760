import { readFile } from 'node:fs/promises';
import { TEXT_MODEL_NAMES } from '../../lambdas/query/models.contract.ts';
import { hashedUserId } from '../../lambdas/shared/observability.ts';
import { stageConfig } from '../../lib/stages.ts';
import { sendForm } from '../../local/cli/manuel-client.ts';
import { EXAMPLE } from '../../local/cli/welcome.ts';
import { loadManualFixtures, type ManualFixture } from '../fixtures/fixtures.ts';
import { extractedManual } from '../support/extracted-manuals.ts';
import { inHaste } from '../support/haste.ts';
import { type SharedRuntime, test } from '../support/journey.ts';
import { newUser, type SignedInUser } from '../support/users.ts';

interface Owner extends SignedInUser {
  readonly fixture: ManualFixture;
  readonly manualId: string;
  readonly pageTexts: ReadonlyMap<number, string>;
}

let runtime: SharedRuntime;
let owners: readonly Owner[];

test.beforeAll(async ({ runtime: shared }) => {
  runtime = shared;
  owners = await Promise.all(loadManualFixtures().map(becomeOwner));
});

async function becomeOwner(fixture: ManualFixture): Promise<Owner> {
  const user = await newUser(runtime.file);
  const manualId = await user.client.upload(fixture.path, fixture.contentType);
  await inHaste(runtime.control, user.client.untilReady(manualId));
  const { pages } = await extractedManual(fixture.contentType, await readFile(fixture.path));
  return { ...user, fixture, manualId, pageTexts: new Map(pages.map(({ number, text }) => [number, text])) };
}

const ownerOf = (name: string): Owner => {
  const owner = owners.find(({ fixture }) => fixture.name === name);
  if (!owner) throw new Error(`nobody owns ${name}`);
  return owner;
};
const questions = loadManualFixtures().flatMap(({ name, questions: asked }) =>
  asked.map(({ question, pages }) => ({ name, question, pages })),
);

test.each(questions)('$name answers "$question" from page $pages', async ({ name, question, pages }) => {
  const { client, manualId, pageTexts } = ownerOf(name);
  const { answer, citations, context_used, model_id } = await client.ask(question);
  expect(citations.map(({ page }) => page)).toEqual(expect.arrayContaining([pages[0]]));
  expect(context_used).toBe(citations.length);
  expect(model_id).toBe('local.extractive');
  expect(answer).toMatch(/\[1\]/);
  for (const { manual_id, page, excerpt } of citations) {
    expect(manual_id).toBe(manualId);
    expect(pageTexts.get(page ?? 0)).toContain(excerpt);
  }
});

test('what a start and the README suggest to ask is answered as the README says', async () => {
  const readme = await readFile('README.md', 'utf8');
  expect(readme).toContain(`upload ${EXAMPLE.manual}`);
  expect(readme).toContain(`ask "${EXAMPLE.question}"`);
  const { answer, citations } = await ownerOf('gutenprint').client.ask(EXAMPLE.question);
  expect(readme).toContain(JSON.stringify(answer));
  expect(citations).toMatchObject([{ page: 5 }]);
});

test.each(questions)('whoever does not own $name is told honestly that "$question" has no answer', async ({ name, question }) => {
  const other = owners.find(({ fixture }) => fixture.name !== name);
  await expect(other?.client.ask(question)).resolves.toMatchObject({
    answer: 'Your manuals do not answer this question.',
    context_used: 0,
    citations: [],
  });
});

test('the other user’s manual is as unknown as one that never was, and its id in a query matches nothing', async () => {
  const [mine, theirs] = [ownerOf('nut'), ownerOf('gutenprint')];
  const missing = { status: 404, problem: expect.objectContaining({ code: 'not_found' }) };
  await expect(mine.client.manual(theirs.manualId)).rejects.toMatchObject(missing);
  await expect(mine.client.manual('01900000-0000-7000-8000-000000000000')).rejects.toMatchObject(missing);
  const question = theirs.fixture.questions[0]?.question ?? '';
  await expect(mine.client.ask(question, { manual_ids: [theirs.manualId] })).resolves.toMatchObject({ context_used: 0, citations: [] });
  const { manuals } = await mine.client.manuals();
  expect(manuals.map(({ manual_id }) => manual_id)).toEqual([mine.manualId]);
});

test('the number of passages is limited by max_results, and manual_ids by the caller’s own', async () => {
  const { client, manualId, fixture } = ownerOf('gutenprint');
  const { question = '' } = fixture.questions[1] ?? {};
  const { citations } = await client.ask(question, { manual_ids: [manualId, 'nobodys'], max_results: 1 });
  expect(citations).toHaveLength(1);
});

/** Somebody new with a manual of plain text. */
async function newOwner(text: string) {
  const user = await newUser(runtime.file);
  const bytes = new TextEncoder().encode(text);
  const { manual_id, upload } = await user.client.startUpload({ filename: 'a.txt', content_type: 'text/plain', size: bytes.length });
  await sendForm(upload, bytes);
  await inHaste(runtime.control, user.client.untilReady(manual_id));
  return { ...user, manualId: manual_id };
}

describe('whom and what a request names', () => {
  const { allowed } = stageConfig('dev').models;
  const KETTLE = 'Fill the kettle up to the mark.\n\nDescale the kettle once a month with vinegar.';

  test('manual_ids, max_results and model_id go together in every combination', async () => {
    const { client, manualId } = await newOwner(KETTLE);
    const foreign = ownerOf('nut').manualId;
    const models = [undefined, ...allowed];
    const scopes: [string[] | undefined, number][] = [
      [undefined, 1],
      [[manualId], 1],
      [[foreign, manualId, 'nobodys'], 1],
      [[foreign], 0],
    ];
    for (const model_id of models) {
      for (const [manual_ids, context_used] of scopes) {
        for (const max_results of [undefined, 20]) {
          const asked = { ...(model_id && { model_id }), ...(manual_ids && { manual_ids }), ...(max_results && { max_results }) };
          const answer = await client.ask('How often do I descale the kettle?', asked);
          const expected =
            context_used > 0 ? { model_id: 'local.extractive' } : { model_id: model_id ?? 'claude-haiku-5-5', citations: [] };
          expect({ asked, ...answer }).toMatchObject({ asked, context_used, ...expected });
        }
      }
    }
  });

  test('a model that the stage does not allow is refused, by the names of those that it does, and costs nothing', async () => {
    const { client } = await newUser(runtime.file);
    const refused = TEXT_MODEL_NAMES.filter((name) => !(allowed as readonly string[]).includes(name));
    for (const model_id of [...refused, 'eu.anthropic.claude-haiku-5-5', 'local.extractive', '', 'toString']) {
      await expect(client.ask('How?', { model_id })).rejects.toMatchObject({
        status: 400,
        problem: { code: 'invalid_request', errors: [{ pointer: '/model_id', detail: `must be one of ${allowed.join(', ')}` }] },
      });
    }
    await expect(client.usage()).resolves.toMatchObject({ daily_used: 0 });
  });

  test('another model answers when one is throttled; when all are, nothing is charged', async () => {
    const { client, userId } = await newOwner(KETTLE);
    const { control, operator } = runtime;
    const throttle = async (times?: number) => {
      for (const operation of ['Converse', 'ConverseStream']) {
        await control.armFault({ service: 'bedrock', operation, kind: 'throttle', ...(times !== undefined && { times }) });
      }
    };
    const question = 'How often do I descale the kettle?';
    try {
      // Both attempts at the first model.
      await throttle(2);
      await expect(client.ask(question, { model_id: 'claude-sonnet-5-5' })).resolves.toMatchObject({ context_used: 1 });
      const log = (await operator.logOf('Query/Function')).filter(({ user }) => user === hashedUserId(userId));
      const passedOver = log.filter(({ message }) => message === 'a model was passed over');
      expect(passedOver).toEqual([expect.objectContaining({ level: 'WARN', model: 'claude-sonnet-5-5' })]);
      await throttle();
      await expect(client.ask(question)).rejects.toMatchObject({ status: 503, problem: { code: 'unavailable' } });
    } finally {
      await control.clearFaults();
    }
    await expect(client.ask(question)).resolves.toMatchObject({ context_used: 1, usage: { daily_used: 2 } });
  });
});

describe('a question in any language', () => {
  const LINES: Readonly<Record<string, readonly [line: string, question: string]>> = {
    German: ['Entkalken Sie den Wasserkocher monatlich mit Essig.', 'Womit entkalken Sie den Wasserkocher monatlich?'],
    French: [
      'Détartrez la bouilloire une fois par mois avec du vinaigre.',
      'Détartrez la bouilloire : à quelle fréquence, avec du vinaigre ?',
    ],
    Russian: ['Удаляйте накипь из чайника раз в месяц уксусом.', 'Чем удаляйте накипь из чайника?'],
    Greek: ['Καθαρίστε το φίλτρο κάθε εβδομάδα με νερό.', 'Πότε καθαρίστε το φίλτρο;'],
    Arabic: ['نظف مرشح الماء كل أسبوع بالماء الدافئ.', 'متى نظف مرشح الماء؟'],
    Hebrew: ['נקו את מסנן המים פעם בשבוע במים חמים.', 'מתי נקו את מסנן המים?'],
    Hindi: ['केतली को महीने में एक बार सिरके से साफ करें।', 'केतली को कब साफ करें?'],
    Korean: ['주전자는 한 달에 한 번 식초로 청소하십시오.', '주전자는 언제 식초로 청소하십시오?'],
    Japanese: ['電気ケトルは月に一度、酢で水垢を取り除いてください。', '電気ケトルの水垢はどうやって取り除きますか？'],
    Thai: ['ล้างกาต้มน้ำด้วยน้ำส้มสายชูเดือนละครั้ง', 'ล้างกาต้มน้ำอย่างไร'],
    emoji: ['🔧 ⚙️ 👩‍🔧', '🔧 ⚙️ 👩‍🔧?'],
  };

  test('is answered in the words of the manual, or refused where the local answerer finds none', async () => {
    const { client, manualId } = await newOwner(
      Object.values(LINES)
        .map(([line]) => line)
        .join('\n\n'),
    );
    const refused: string[] = [];
    for (const [language, [line, question]] of Object.entries(LINES)) {
      const { answer, citations, context_used } = await client.ask(question);
      expect(context_used).toBe(citations.length);
      if (context_used === 0) refused.push(language);
      else expect({ answer, citations }).toMatchObject({ answer: `${line} [1]`, citations: [{ manual_id: manualId }] });
      for (const { excerpt } of citations) expect(excerpt).toContain(line);
    }
    // A pictogram is no word.
    expect(refused).toEqual(['emoji']);
  });
});
