import { readFile } from 'node:fs/promises';
import { extractPages } from '../../lambdas/manuals/extraction/extract-pages.ts';
import { loadManualFixtures, type ManualFixture } from '../fixtures/fixtures.ts';
import { type StartedRuntime, startRuntime } from '../support/runtime.ts';
import { newUser, type SignedInUser } from '../support/users.ts';

interface Owner extends SignedInUser {
  readonly fixture: ManualFixture;
  readonly manualId: string;
  readonly pageTexts: ReadonlyMap<number, string>;
}

let runtime: StartedRuntime;
let owners: readonly Owner[];

beforeAll(async () => {
  runtime = await startRuntime();
  owners = await Promise.all(loadManualFixtures().map(becomeOwner));
});

afterAll(async () => {
  expect(await runtime.stop()).toBe(0);
});

async function becomeOwner(fixture: ManualFixture): Promise<Owner> {
  const user = await newUser(runtime.file);
  const manualId = await user.client.upload(fixture.path, fixture.contentType);
  await user.client.untilReady(manualId);
  const { pages } = await extractPages(fixture.contentType, await readFile(fixture.path));
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
