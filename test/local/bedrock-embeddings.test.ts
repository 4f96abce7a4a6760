import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EmbeddingsServer } from '../../local/bedrock/embeddings.ts';
import { readEmbeddingsOptions } from '../../local/cli/embeddings-options.ts';
import { CHUNKING, openKnowledgeBase, type TestDocument, type TestKnowledgeBase } from './bedrock-support.ts';

/** A stand-in for a model: what a text is about, of three subjects, whatever words say it. */
const SUBJECTS = [/descal|limescale|chalk/i, /noise|loud|hush/i, /./];
const embeddingOf = (text: string) => SUBJECTS.map((subject) => (subject.test(text) ? 1 : 0));

let server: Server;
let url: string;
let base: TestKnowledgeBase;
const requests: { readonly path: string | undefined; readonly body: { readonly model: string; readonly input: string[] } }[] = [];
/** What the server answers instead. */
let answer: { readonly status: number; readonly body: string } | undefined;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    requests.push({ path: request.url, body });
    const data = body.input.map((text: string, index: number) => ({ object: 'embedding', index, embedding: embeddingOf(text) }));
    // In any order: each names its place.
    response
      .writeHead(answer?.status ?? 200, { 'content-type': 'application/json' })
      .end(answer?.body ?? JSON.stringify({ data: data.reverse() }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(async () => {
  base = await openKnowledgeBase(CHUNKING, new EmbeddingsServer({ url, model: 'tiny' }));
});

afterEach(async () => {
  answer = undefined;
  expect(base.door.internalErrors).toEqual([]);
  await base.close();
});

afterAll(async () => {
  server.close();
  await once(server, 'close');
});

const metadata = { user_id: 'anna' };
const ofAnna = { filter: { equals: { key: 'user_id', value: 'anna' } } };
const PAGES: [TestDocument, TestDocument, TestDocument] = [
  { id: 'a#1', text: 'Remove chalk with vinegar.', metadata },
  { id: 'a#2', text: 'Descale the lamp of the display.', metadata },
  { id: 'a#3', text: 'Hush mode makes it quiet.', metadata },
];

test('a passage is found by what it means, though it shares no word with the question', async () => {
  await base.publish(...PAGES);
  const found = await base.retrieve('Too loud!', ofAnna);
  expect(found.map(({ id }) => id)[0]).toBe('a#3');
  expect(requests).toContainEqual({ path: '/v1/embeddings', body: { model: 'tiny', input: ['Remove chalk with vinegar.'] } });
  expect(requests.at(-1)?.body.input).toEqual(['Too loud!']);
});

test('what is high by words and by meaning comes first', async () => {
  await base.publish(...PAGES);
  const found = await base.retrieve('How do I descale it?', ofAnna);
  expect(found.map(({ id }) => id)).toEqual(['a#2', 'a#1', 'a#3']);
  expect(found[0]?.score).toBeCloseTo(1, 1);
});

test('each chunk of a document has its own meaning', async () => {
  const filler = 'Nothing of interest happens in this sentence. '.repeat(60);
  await base.publish({ id: 'a#1', text: `Chalk is removed with vinegar. ${filler}`, metadata }, PAGES[2]);
  const [best] = await base.retrieve('How do I descale it?', ofAnna);
  expect(best?.text).toMatch(/^Chalk/);
});

test('the filter holds for meaning as well', async () => {
  await base.publish(...PAGES, { id: 'b#1', text: 'Too loud? Press hush.', metadata: { user_id: 'ben' } });
  expect((await base.retrieve('Too loud!', ofAnna)).map(({ id }) => id).sort()).toEqual(['a#1', 'a#2', 'a#3']);
});

const NONSENSE: [string, { status: number; body: string }, string][] = [
  ['an error', { status: 404, body: '{"error":"model \\"tiny\\" not found"}' }, 'answered 404: {"error":"model \\"tiny\\" not found"}'],
  ['no JSON', { status: 200, body: '<html>' }, 'answered with something else than JSON'],
  ['no embeddings', { status: 200, body: '{"embedding":[1,2]}' }, 'answered with something else than embeddings'],
  ['too few', { status: 200, body: '{"data":[]}' }, 'answered 1 texts with 0 embeddings'],
  [
    'other numbers',
    { status: 200, body: '{"data":[{"index":0,"embedding":[1]}]}' },
    'answered with embeddings of 1 numbers after such of 3',
  ],
];

describe.each(NONSENSE)('when the server answers with %s', (_what, nonsense, complaint) => {
  const sentence = () => `The embeddings server of MANUEL_EMBEDDINGS_URL, ${url}/v1/embeddings, ${complaint}.`;

  test('Retrieve fails as when a model of AWS does, and says so', async () => {
    await base.publish(...PAGES);
    answer = nonsense;
    await expect(base.retrieve('Too loud!', ofAnna)).rejects.toMatchObject({ name: 'DependencyFailedException', message: sentence() });
  });

  test('a document fails with that reason, and can be ingested again', async () => {
    await base.publish({ id: 'a#9', text: 'Warm up the embedder.', metadata });
    answer = nonsense;
    await base.publish({ id: 'a#1', text: 'Remove chalk.', metadata });
    expect(await base.statusOf('a#1')).toBe('FAILED');
    expect(await base.reasonOf('a#1')).toBe(sentence());
    answer = undefined;
    await base.publish({ id: 'a#1', text: 'Remove chalk.', metadata });
    expect(await base.statusOf('a#1')).toBe('INDEXED');
  });
});

test('a server that is not there is named, with what the system says', async () => {
  const nobody = new EmbeddingsServer({ url: 'http://127.0.0.1:9/v1/', model: 'tiny' });
  await expect(nobody.embed(['anything'])).rejects.toMatchObject({
    message: expect.stringMatching(
      /^The embeddings server of MANUEL_EMBEDDINGS_URL, http:\/\/127.0.0.1:9\/v1\/embeddings, cannot be reached: /,
    ),
  });
});

describe('the environment', () => {
  test('names the server and its model, or neither', () => {
    expect(readEmbeddingsOptions({})).toBeUndefined();
    expect(readEmbeddingsOptions({ MANUEL_EMBEDDINGS_URL: url, MANUEL_EMBEDDINGS_MODEL: 'tiny' })).toEqual({ url, model: 'tiny' });
  });

  test.each([
    [{ MANUEL_EMBEDDINGS_URL: 'localhost:11434', MANUEL_EMBEDDINGS_MODEL: 'tiny' }, 'MANUEL_EMBEDDINGS_URL'],
    [{ MANUEL_EMBEDDINGS_URL: 'http://localhost:11434' }, 'MANUEL_EMBEDDINGS_MODEL'],
  ])('is refused by the name of the variable: %j', (environment, variable) => {
    expect(() => readEmbeddingsOptions(environment)).toThrow(variable);
  });
});
