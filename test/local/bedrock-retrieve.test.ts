import { RetrieveCommand, type RetrieveCommandInput } from '@aws-sdk/client-bedrock-agent-runtime';
import { openKnowledgeBase, type TestKnowledgeBase } from './bedrock-support.ts';

let base: TestKnowledgeBase;

beforeAll(async () => {
  base = await openKnowledgeBase();
  await base.publish(
    { id: 'a#1', text: 'Descale the machine every three months with liquid descaler.', metadata: { user_id: 'anna', page: 1 } },
    { id: 'a#2', text: 'E-24: The water tank is empty. Refill the tank.', metadata: { user_id: 'anna', page: 2 } },
    { id: 'a#3', text: 'Connect the USB-C cable to the charger.', metadata: { user_id: 'anna', page: 3, tags: ['power', 'cable'] } },
    { id: 'b#1', text: 'Descale the kettle, descale the iron and descale the machine.', metadata: { user_id: 'ben', page: 1 } },
    { id: 'c#1', text: 'Descale without an owner.' },
  );
});

afterAll(async () => {
  expect(base.door.internalErrors).toEqual([]);
  await base.close();
});

const ofAnna = { equals: { key: 'user_id', value: 'anna' } };

test('the best passage comes first, with its document, its metadata and a score', async () => {
  const [best] = await base.retrieve('How often do I descale the machine?', { filter: ofAnna });
  expect(best).toEqual({
    id: 'a#1',
    text: 'Descale the machine every three months with liquid descaler.',
    score: expect.closeTo(1, 5),
    metadata: {
      user_id: 'anna',
      page: 1,
      'x-amz-bedrock-kb-data-source-id': base.source.dataSourceId,
      'x-amz-bedrock-kb-chunk-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    },
  });
});

test('scores tell a related passage from an unrelated one, which is returned all the same as by a vector search', async () => {
  const found = await base.retrieve('What does E24 mean?', { filter: ofAnna });
  expect(found.map(({ id }) => id)).toEqual(['a#2', 'a#1', 'a#3']);
  expect(found.map(({ score }) => score > 0.9)).toEqual([true, false, false]);
  const unrelated = await base.retrieve('Who won the football world cup?', { filter: ofAnna });
  for (const { score } of unrelated) expect(score).toBeLessThan(0.05);
});

test.each([
  ['E-24', 'a#2'],
  ['error e 24', 'a#2'],
  ['usb-c', 'a#3'],
  ['USB C cables', 'a#3'],
  ['descaling', 'a#1'],
])('codes are found however they are written, words by their stem: %s', async (question, id) => {
  expect((await base.retrieve(question, { filter: ofAnna }))[0]).toMatchObject({ id, score: expect.any(Number) });
});

describe('whoever speaks', () => {
  const ofSam = { equals: { key: 'user_id', value: 'sam' } };

  beforeAll(async () => {
    const texts = [
      'Press keypad 5.',
      'Run GPU-LS.',
      'SOLA-330 is serial.',
      'The cable of 3 and 30.',
      'Set it to 2.4.',
      'Press the key, then the pad.',
    ];
    await base.publish(...texts.map((text, index) => ({ id: `s#${index + 1}`, text, metadata: { user_id: 'sam' } })));
  });

  test.each([
    ['um hello where is the key pad five', 's#1'],
    ['how do i run g p u l s', 's#2'],
    ['uh the solar three thirty', 's#3'],
    ['where is two point four', 's#5'],
  ])('is understood: %s', async (question, id) => {
    expect((await base.retrieve(question, { filter: ofSam }))[0]?.id).toBe(id);
  });
});

describe('words that are used alike', () => {
  const ofVera = { equals: { key: 'user_id', value: 'vera' } };

  beforeAll(async () => {
    const texts = ['Lower the power limit.', 'The fans are loud.', 'A grey case.', 'Power, power, power.'];
    await base.publish(...texts.map((text, index) => ({ id: `v#${index + 1}`, text, metadata: { user_id: 'vera' } })));
  });

  test.each([
    ['electricity', 'v#4'],
    ['noisy', 'v#2'],
  ])('find what does not hold the word itself: %s', async (question, id) => {
    const [best] = await base.retrieve(question, { filter: ofVera });
    expect(best?.id).toBe(id);
    expect(best?.score).toBeGreaterThan(0);
  });

  test('count less than the word itself', async () => {
    await base.publish({
      id: 'v#5',
      text: 'Our electricity comes from the wall and has nothing to do with this.',
      metadata: { user_id: 'vera' },
    });
    expect((await base.retrieve('electricity', { filter: ofVera }))[0]?.id).toBe('v#5');
  });
});

test('each document is found once before any is found again, and the same question always finds the same', async () => {
  const metadata = { user_id: 'dora' };
  const long = Array.from({ length: 60 }, (_, index) => `Descale the steam oven in step ${index}, slowly and with care.`).join(' ');
  await base.publish(
    { id: 'd#1', text: long, metadata },
    { id: 'd#2', text: 'The oven is hot.', metadata },
    { id: 'd#3', text: 'Grill.', metadata },
  );
  const find = () => base.retrieve('How do I descale the steam oven?', { filter: { equals: { key: 'user_id', value: 'dora' } } });
  const found = await find();
  expect(found.map(({ id }) => id)).toEqual(['d#1', 'd#2', 'd#3', 'd#1', 'd#1']);
  expect(await find()).toEqual(found);
});

test('a document that was replaced is found by what it says now alone', async () => {
  const metadata = { user_id: 'rosa' };
  const find = (question: string) => base.retrieve(question, { filter: { equals: { key: 'user_id', value: 'rosa' } } });
  await base.publish({ id: 'x#1', text: 'Toaster crumbs.', metadata }, { id: 'x#2', text: 'Kettle lid.', metadata });
  await base.publish({ id: 'x#1', text: 'Whisk.', metadata });
  expect((await find('toaster')).map(({ score }) => score)).toEqual([0, 0]);
  expect((await find('whisk'))[0]).toMatchObject({ id: 'x#1', text: 'Whisk.' });
  expect((await find('kettle'))[0]).toMatchObject({ id: 'x#2', score: expect.closeTo(0.9, 1) });
});

test('a rare word of the question says more than a common one', async () => {
  const texts = ['Machine with button.', 'Machine with lamp.', 'Machine with display.', 'A ring that seals.'];
  await base.publish(...texts.map((text, index) => ({ id: `r#${index}`, text, metadata: { user_id: 'rita' } })));
  const [best] = await base.retrieve('machine seals', { filter: { equals: { key: 'user_id', value: 'rita' } } });
  expect(best?.text).toBe('A ring that seals.');
});

test("a score depends on the passages that pass the filter, not on another owner's", async () => {
  const question = 'Is there a kettle with a charger?';
  const before = await base.retrieve(question, { filter: ofAnna });
  await base.publish({ id: 'b#2', text: 'Kettle, kettle, kettle.', metadata: { user_id: 'ben' } });
  expect(await base.retrieve(question, { filter: ofAnna })).toEqual(before);
  expect(before[0]?.score).toBeLessThan(0.9);
});

test('the filter applies before the number of results does', async () => {
  const found = await base.retrieve('descale descale descale', { filter: ofAnna, numberOfResults: 1 });
  expect(found.map(({ id }) => id)).toEqual(['a#1']);
});

test('five results by default', async () => {
  expect(await base.retrieve('descale')).toHaveLength(5);
});

test('a store that leaks returns what its filter should keep back, and first', async () => {
  base.service.leakPassages(/^[bc]#1$/);
  const leaking = await base.retrieve('descale the kettle', { filter: ofAnna, numberOfResults: 3 });
  base.service.leakPassages(undefined);
  expect(leaking.map(({ id }) => id)).toEqual(['b#1', 'c#1', 'a#1']);
  expect((await base.retrieve('descale the kettle', { filter: ofAnna })).map(({ id }) => id)).toEqual(['a#1', 'a#2', 'a#3']);
});

describe('refusals', () => {
  const send = (input: Partial<RetrieveCommandInput>) =>
    base.runtime.send(new RetrieveCommand({ knowledgeBaseId: base.source.knowledgeBaseId, retrievalQuery: { text: 'descale' }, ...input }));
  const vectorSearch = (vectorSearchConfiguration: object) => send({ retrievalConfiguration: { vectorSearchConfiguration } });

  test('a question beyond 1,000 characters', async () => {
    await expect(send({ retrievalQuery: { text: 'x'.repeat(1000) } })).resolves.toBeDefined();
    await expect(send({ retrievalQuery: { text: '🔧'.repeat(1000) } })).resolves.toBeDefined();
    await expect(send({ retrievalQuery: { text: 'x'.repeat(1001) } })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(
        "Value at 'retrievalQuery.text' failed to satisfy constraint: Member must have length less than or equal to 1000",
      ),
    });
  });

  test.each([0, 101, 1.5])('%d results', async (numberOfResults) => {
    await expect(vectorSearch({ numberOfResults })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('a hybrid search, which S3 Vectors has not', async () => {
    await expect(vectorSearch({ overrideSearchType: 'SEMANTIC' })).resolves.toBeDefined();
    await expect(vectorSearch({ overrideSearchType: 'HYBRID' })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('HYBRID'),
    });
  });

  test.each([
    ['rerankingConfiguration', { rerankingConfiguration: { type: 'BEDROCK_RERANKING_MODEL' } }],
    ['implicitFilterConfiguration', { implicitFilterConfiguration: { metadataAttributes: [], modelArn: 'arn:aws:bedrock:x' } }],
  ])('the member %s, by name', async (member, configuration) => {
    await expect(vectorSearch(configuration)).rejects.toMatchObject({
      name: 'NotImplementedByLocalRuntime',
      message: expect.stringContaining(member),
    });
  });

  test('a knowledge base that does not exist', async () => {
    await expect(send({ knowledgeBaseId: 'ZZZZZZZZZZ' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
