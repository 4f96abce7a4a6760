import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime';
import { BedrockService } from '../../local/bedrock/bedrock.service.ts';
import { LanguageModelServer } from '../../local/bedrock/language-model-server.ts';
import { readLanguageModelOptions } from '../../local/cli/language-model-options.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

/** Of a client that asks a server which will say nothing. */
const SHORT_SILENCE_MS = 500;
/** Of the others: never met, however busy the machine is. */
const LONG_SILENCE_MS = 50_000;
const SILENT = `said nothing for ${SHORT_SILENCE_MS / 1000} s`;
const INPUT: ConverseCommandInput = {
  modelId: 'eu.amazon.nova-lite-v1:0',
  system: [{ text: 'Be brief.' }],
  messages: [{ role: 'user', content: [{ text: 'How do I descale it?' }] }],
  inferenceConfig: { maxTokens: 600 },
};

/** What the stand-in does with the next request. */
type Script = (response: ServerResponse) => Promise<void> | void;

let server: Server;
let url: string;
let doors: readonly TestFrontDoor[];
let client: BedrockRuntimeClient;
let impatient: BedrockRuntimeClient;
let script: Script;
const reports: string[] = [];
const requests: { readonly path: string | undefined; readonly body: Record<string, unknown> }[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    requests.push({ path: request.url, body: JSON.parse(Buffer.concat(await request.toArray()).toString()) });
    await script(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [patient, hasty] = await Promise.all([LONG_SILENCE_MS, SHORT_SILENCE_MS].map(openDoor));
  if (!patient || !hasty) throw new Error('no door');
  doors = [patient, hasty];
  client = new BedrockRuntimeClient(patient.clientConfig);
  impatient = new BedrockRuntimeClient(hasty.clientConfig);
});

/** Bedrock with the stand-in as its model. */
function openDoor(silenceMs: number): Promise<TestFrontDoor> {
  const answerer = new LanguageModelServer({ url, model: 'tiny:1b' }, { silenceMs, report: (line) => reports.push(line) });
  return openFrontDoor(({ clock, access }) => [new BedrockService({ clock, region: 'eu-west-1', access, answerer })]);
}

beforeEach(() => {
  requests.length = 0;
  script = says(content('Use '), content('vinegar. [[1]]'), finish('stop'), USAGE);
});

afterAll(async () => {
  for (const { internalErrors } of doors) expect(internalErrors).toEqual([]);
  for (const opened of [client, impatient]) opened.destroy();
  await Promise.all(doors.map((door) => door.close()));
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const choice = (delta: object, finish_reason: string | null = null) => ({ choices: [{ index: 0, delta, finish_reason }] });
const content = (text: string) => choice({ content: text });
const finish = (reason: string) => choice({}, reason);
const USAGE = { choices: [], usage: { prompt_tokens: 70, completion_tokens: 9, total_tokens: 79 } };
const eventOf = (chunk: object) => `data: ${JSON.stringify(chunk)}\n\n`;
const begin = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();

/** Answers with these chunks and the sign of the end. */
function says(...chunks: object[]): Script {
  return (response) => {
    begin(response);
    response.end(`${chunks.map(eventOf).join('')}data: [DONE]\n\n`);
  };
}

const converse = (change: Partial<ConverseCommandInput> = {}, by = client) => by.send(new ConverseCommand({ ...INPUT, ...change }));

async function stream(by = client): Promise<ConverseStreamOutput[]> {
  const { stream: events } = await by.send(new ConverseStreamCommand(INPUT));
  const all: ConverseStreamOutput[] = [];
  for await (const event of events ?? []) all.push(event);
  return all;
}

test('Converse is answered by the server’s model, which names itself', async () => {
  await expect(converse()).resolves.toMatchObject({
    output: { message: { role: 'assistant', content: [{ text: 'Use vinegar. [[1]]' }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 70, outputTokens: 9, totalTokens: 79 },
    trace: { promptRouter: { invokedModelId: 'local.tiny:1b' } },
  });
  expect(requests).toEqual([
    {
      path: '/v1/chat/completions',
      body: {
        model: 'tiny:1b',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'How do I descale it?' },
        ],
        max_tokens: 600,
        stream: true,
        stream_options: { include_usage: true },
      },
    },
  ]);
});

test('what the request says of sampling and earlier turns is passed on', async () => {
  const turn = (role: 'user' | 'assistant', text: string) => ({ role, content: [{ text }] });
  const messages = [turn('user', 'One?'), turn('assistant', 'Two.'), turn('user', 'Three?')];
  await converse({ messages, system: undefined, inferenceConfig: { temperature: 0.2, topP: 0.9 } });
  expect(requests[0]?.body).toEqual({
    model: 'tiny:1b',
    messages: [
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'Two.' },
      { role: 'user', content: 'Three?' },
    ],
    temperature: 0.2,
    top_p: 0.9,
    stream: true,
    stream_options: { include_usage: true },
  });
});

test('what the named model refuses on AWS is refused before the server is asked', async () => {
  const claude = { modelId: 'eu.anthropic.claude-haiku-5-5', inferenceConfig: { temperature: 0 } };
  await expect(converse(claude)).rejects.toMatchObject({ name: 'ValidationException' });
  expect(requests).toEqual([]);
});

test('ConverseStream passes each delta on when it comes', async () => {
  const { promise: firstRead, resolve: onFirstRead } = Promise.withResolvers<void>();
  script = async (response) => {
    begin(response);
    response.write(eventOf(content('Use ')));
    // Nothing more is said before the client has read this.
    await firstRead;
    response.end(eventOf(content('vinegar.')) + eventOf(finish('stop')));
  };
  const { stream: events } = await client.send(new ConverseStreamCommand(INPUT));
  const deltas: (string | undefined)[] = [];
  for await (const { contentBlockDelta } of events ?? []) {
    if (!contentBlockDelta) continue;
    deltas.push(contentBlockDelta.delta?.text);
    onFirstRead();
  }
  expect(deltas).toEqual(['Use ', 'vinegar.']);
});

test('what is reasoned comes in a block of its own, before the answer', async () => {
  script = says(choice({ reasoning_content: 'Chalk? ' }), choice({ reasoning: 'Acid.' }), content('Use vinegar.'), finish('stop'));
  const events = await stream();
  expect(events.filter((event) => !event.metadata)).toEqual([
    { messageStart: { role: 'assistant' } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { text: 'Chalk? ' } } } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { text: 'Acid.' } } } },
    { contentBlockStop: { contentBlockIndex: 0 } },
    { contentBlockDelta: { contentBlockIndex: 1, delta: { text: 'Use vinegar.' } } },
    { contentBlockStop: { contentBlockIndex: 1 } },
    { messageStop: { stopReason: 'end_turn' } },
  ]);
  const { output } = await converse();
  expect(output?.message?.content).toEqual([{ reasoningContent: { reasoningText: { text: 'Chalk? Acid.' } } }, { text: 'Use vinegar.' }]);
});

test.each([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['content_filter', 'content_filtered'],
  ['tool_calls', 'tool_use'],
])('%s is %s', async (reason, stopReason) => {
  script = says(content('Use'), finish(reason));
  await expect(converse()).resolves.toMatchObject({ stopReason, usage: { inputTokens: 7, outputTokens: 1 } });
});

test('a refusal is one', async () => {
  script = says(choice({ refusal: 'I cannot help with that.' }), finish('stop'));
  await expect(converse()).resolves.toMatchObject({ stopReason: 'refusal', output: { message: { content: [] } } });
});

test('an answer may come in any pieces, with comments between', async () => {
  script = async (response) => {
    begin(response);
    const bytes = Buffer.from(
      `: wait\r\n\r\n${eventOf(content('Größe 水 🔧')).replaceAll('\n', '\r\n')}event: x\n${eventOf(finish('stop'))}`,
    );
    for (const byte of bytes) {
      response.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    response.end();
  };
  const { output } = await converse();
  expect(output?.message?.content).toEqual([{ text: 'Größe 水 🔧' }]);
});

const sentence = (what: string) => `The language model of MANUEL_LLM_URL, tiny:1b at ${url}/v1/chat/completions, ${what}.`;
const answers =
  (status: number, body: string, type = 'application/json'): Script =>
  (response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };

test.each<[string, Script, string, string]>([
  ['does not know the model', answers(404, '{"error":"no"}'), 'ModelErrorException', 'answered 404: {"error":"no"}'],
  ['is overrun', answers(429, 'busy'), 'ThrottlingException', 'answered 429: busy'],
  ['does not stream', answers(200, '{}'), 'ModelErrorException', 'answered with something else than an event stream'],
  ['says nothing', begin, 'ModelTimeoutException', SILENT],
  ['does not even begin', () => undefined, 'ModelTimeoutException', SILENT],
  [
    'streams nonsense',
    (response) => {
      begin(response);
      response.end('data: <html>\n\n');
    },
    'ModelErrorException',
    'answered with something else than a chat completion: <html>',
  ],
  [
    'fails in the stream',
    says({ error: { message: 'out of memory' } }),
    'ModelErrorException',
    'answered with an error: {"message":"out of memory"}',
  ],
  ['ends at once', says(), 'ModelErrorException', 'broke off before the end of its answer'],
])('a server that %s fails the call as a model of AWS does, and says so', async (_what, script_, name, what) => {
  script = script_;
  const failure = { name, message: sentence(what) };
  const by = what === SILENT ? impatient : client;
  await expect(converse({}, by)).rejects.toMatchObject(failure);
  await expect(stream(by)).rejects.toMatchObject(failure);
});

test('a server that is gone is named, with what the system says', async () => {
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  await once(gone, 'close');
  const nobody = new LanguageModelServer({ url: `http://127.0.0.1:${port}/v1/`, model: 'tiny' });
  await expect(nobody.greet()).rejects.toMatchObject({
    code: 'ServiceUnavailableException',
    message: expect.stringMatching(
      /^The language model of MANUEL_LLM_URL, tiny at http:\/\/127.0.0.1:\d+\/v1\/chat\/completions, cannot be reached: .*ECONNREFUSED/,
    ),
  });
});

test.each<[string, (response: ServerResponse) => void, string]>([
  ['breaks off', (response) => response.end(), 'broke off before the end of its answer'],
  ['is cut off', (response) => response.destroy(), 'broke off: '],
  ['falls silent', () => undefined, SILENT],
])('a server that %s in the middle ends the stream with an error, after what it has said', async (_what, end, what) => {
  script = async (response) => {
    begin(response);
    response.write(eventOf(content('Use ')));
    await new Promise(setImmediate);
    end(response);
  };
  const { stream: events } = await (what === SILENT ? impatient : client).send(new ConverseStreamCommand(INPUT));
  const deltas: unknown[] = [];
  const read = async () => {
    for await (const { contentBlockDelta } of events ?? []) if (contentBlockDelta) deltas.push(contentBlockDelta.delta?.text);
  };
  await expect(read()).rejects.toMatchObject({ name: 'ModelStreamErrorException', message: expect.stringContaining(what) });
  expect(deltas).toEqual(['Use ']);
});

test('whoever stops listening stops the server’s model', async () => {
  const { promise: hungUp, resolve } = Promise.withResolvers<void>();
  script = (response) => {
    begin(response);
    response.on('close', resolve);
    const talking = setInterval(() => response.write(eventOf(content('and '))), 5);
    response.on('close', () => clearInterval(talking));
  };
  const messages = [{ role: 'user' as const, text: 'How?' }];
  const request = { system: '', messages, message: 'How?', input: 'How?', maxTokens: 600 };
  for await (const _ of new LanguageModelServer({ url, model: 'tiny:1b' }).answer(request)) break;
  await hungUp;
});

test('a failure is reported once, until an answer has come in between', async () => {
  const overrun = answers(429, 'busy');
  const answering = script;
  reports.length = 0;
  for (const next of [overrun, overrun, answering, overrun]) {
    script = next;
    await converse().catch(() => undefined);
  }
  expect(reports).toEqual(Array(2).fill(sentence('answered 429: busy')));
});

test('a server that goes on with something else is not listened to', async () => {
  const { promise: hungUp, resolve } = Promise.withResolvers<void>();
  script = (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).on('close', resolve).write('Once upon a time');
  };
  await expect(converse()).rejects.toMatchObject({ message: sentence('answered with something else than an event stream') });
  await hungUp;
});

test('a greeting asks for one token', async () => {
  script = says(content('Y'), finish('length'));
  await new LanguageModelServer({ url: `${url}/v1`, model: 'tiny:1b' }).greet();
  expect(requests[0]).toMatchObject({ path: '/v1/chat/completions', body: { max_tokens: 1 } });
});

describe('the environment', () => {
  test('names the server and its model, or neither', () => {
    expect(readLanguageModelOptions({})).toBeUndefined();
    expect(readLanguageModelOptions({ MANUEL_LLM_URL: url, MANUEL_LLM_MODEL: 'tiny' })).toEqual({ url, model: 'tiny' });
  });

  test.each([
    [{ MANUEL_LLM_URL: 'localhost:11434', MANUEL_LLM_MODEL: 'tiny' }, 'MANUEL_LLM_URL is no address'],
    [{ MANUEL_LLM_URL: 'http://localhost:11434' }, 'MANUEL_LLM_MODEL'],
  ])('is refused by the name of the variable: %j', (environment, variable) => {
    expect(() => readLanguageModelOptions(environment)).toThrow(variable);
  });
});
