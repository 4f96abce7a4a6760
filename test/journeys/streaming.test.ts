import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { readEvents } from '../../local/cli/event-stream.ts';
import type { RuntimeControl } from '../../local/control/runtime-control.ts';
import { inHaste } from '../support/haste.ts';
import { type SharedRuntime, test } from '../support/journey.ts';
import type { OperatorView } from '../support/operator-view.ts';
import { PROJECT } from '../support/runtime.ts';
import { newUser, operatorConfig, type SignedInUser } from '../support/users.ts';

const EVENTS = 'text/event-stream';
const JSON_TYPE = 'application/json';
/** Two statements that answer the same question, so that there is more text behind the first citation. */
const KETTLE = [
  'Cleaning the filter',
  'Rinse the filter of the kettle with cold water once a month.',
  'Rinse the filter of the kettle with vinegar once a year, and let it dry in the sun for a day.',
].join('\n\n');
const QUESTION = 'How do I rinse the filter of the kettle?';
/** Of the runtime's time, for each four words or so; an answer must not take the integration's 70 s. */
const PACE_MS = 2_000;

let runtime: SharedRuntime;
let control: RuntimeControl;
let operator: OperatorView;
let dynamodb: DynamoDBClient;
let table: string;
let owner: SignedInUser;
let folder: string;

test.beforeAll(async ({ runtime: shared }) => {
  runtime = shared;
  ({ control, operator } = shared);
  dynamodb = new DynamoDBClient(operatorConfig(runtime.file));
  table = await operator.variable('Query/Function', 'USAGE_TABLE');
  folder = await mkdtemp(path.join(tmpdir(), 'manuel-streaming-'));
  await writeFile(path.join(folder, 'kettle.txt'), KETTLE);
  owner = await newUser(runtime.file);
  await inHaste(control, owner.client.untilReady(await owner.client.upload(path.join(folder, 'kettle.txt'), 'text/plain')));
});

afterEach(async () => {
  await control.setAnswerPace(0);
  await control.breakOffAnswers();
  await control.clearFaults();
});

afterAll(async () => {
  dynamodb.destroy();
  await rm(folder, { recursive: true });
});

interface Asked {
  readonly accept?: string;
  readonly token?: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

function ask({
  accept = EVENTS,
  token = owner.token,
  body = JSON.stringify({ question: QUESTION }),
  signal,
}: Asked = {}): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': JSON_TYPE, Accept: accept };
  return fetch(`${runtime.file.api_url}/api/query`, { method: 'POST', headers, body, ...(signal && { signal }) });
}

/** The events of a response, as they come. */
async function* eventsOf({ body }: Response) {
  if (!body) throw new Error('there is no body');
  for await (const { event, data } of readEvents(body)) yield { event, data: JSON.parse(data) };
}

async function allOf(response: Response) {
  const events: { event: string; data: Record<string, unknown> }[] = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}

const expectProblem = async (response: Response, status: number, code: string) => {
  expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
  expect(await response.json()).toMatchObject({ status, code });
};

const usedBy = async ({ client }: SignedInUser) => (await client.usage()).daily_used;
const userKey = (userId: string) => ({ TableName: table, Key: { user_id: { S: userId } } });
const openReservations = async ({ userId }: SignedInUser) => {
  const { Item = {} } = await dynamodb.send(new GetItemCommand({ ...userKey(userId), ConsistentRead: true }));
  return Object.keys(Item).filter((name) => name.startsWith('o_'));
};

test('an answer comes in pieces while the function is still at it, and is the one that JSON gives', async () => {
  const whole = await owner.client.ask(QUESTION);
  expect(whole.context_used).toBe(1);
  await control.setAnswerPace(PACE_MS);
  const response = await inHaste(control, ask());
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': EVENTS,
    'x-request-id': expect.any(String),
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
    'transfer-encoding': 'chunked',
  });
  const events = eventsOf(response);
  const runs = await operator.runsOf('Query/Function');
  const received = [(await inHaste(control, events.next())).value];
  expect(received[0]).toMatchObject({ event: 'token', data: { text: expect.stringMatching(/\[1\]/) } });
  expect(await operator.runsOf('Query/Function')).toBe(runs);
  await inHaste(
    control,
    (async () => {
      for await (const event of events) received.push(event);
    })(),
  );
  const kinds = received.map((each) => each?.event);
  expect(kinds.slice(0, 3)).toEqual(['token', 'citation', 'token']);
  expect(kinds.filter((kind) => kind === 'token').length).toBeGreaterThan(3);
  expect(kinds.at(-1)).toBe('done');
  const dataOf = (kind: string) => received.flatMap((each) => (each?.event === kind ? [each.data] : []));
  const [done] = dataOf('done');
  expect({
    answer: dataOf('token')
      .map(({ text }) => text)
      .join(''),
    citations: dataOf('citation'),
    ...done,
  }).toEqual({
    ...whole,
    usage: { ...whole.usage, daily_used: whole.usage.daily_used + 1, monthly_used: whole.usage.monthly_used + 1 },
  });
  expect(await openReservations(owner)).toEqual([]);
});

test('the command line prints an answer as it comes', async () => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const words = ['ask', '--stream', QUESTION, '--as', owner.name, '--password', owner.password, '--directory', runtime.directory];
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(PROJECT, 'local/cli/manuel.ts'), ...words], { env });
  expect(stdout).toMatch(/^Rinse the filter of the kettle .*\[1\].*\n\n\[1\] kettle\.txt, .+\n$/s);
});

test('an answer takes three calls one after another: beside the three writes and no read of its usage, one search and one model', async () => {
  const calls = async () => {
    const counts = (await control.calls()).filter(({ caller }) => caller.includes('QueryFunction'));
    return new Map(counts.map(({ operation, count }) => [operation, count]));
  };
  // The flag of the spend cap is read once a minute, beside the others.
  await owner.client.ask(QUESTION);
  // A new environment would read it anew.
  await operator.untilIdle('Query/Function');
  const before = await calls();
  await owner.client.ask(QUESTION);
  const made = [...(await calls())].map(([operation, count]) => [operation, count - (before.get(operation) ?? 0)] as const);
  expect(Object.fromEntries(made.filter(([operation, count]) => count > 0 && operation !== 'GetItem'))).toEqual({
    UpdateItem: 3,
    Retrieve: 1,
    ConverseStream: 1,
  });
  expect(new Map(made).get('GetItem')).toBe(0);
});

test('JSON is one piece, whatever else is accepted', async () => {
  for (const accept of ['*/*', JSON_TYPE, 'text/html', `${EVENTS};q=0.1, */*`]) {
    const response = await ask({ accept });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, JSON_TYPE]);
    expect(await response.json()).toMatchObject({ context_used: 1, model_id: 'local.extractive', usage: { daily_limit: 50 } });
  }
});

test('what the manuals do not answer is said so in one token', async () => {
  const response = await ask({ body: JSON.stringify({ question: 'What is the capital of France?' }) });
  expect(await allOf(response)).toEqual([
    { event: 'token', data: { text: 'Your manuals do not answer this question.' } },
    { event: 'done', data: { context_used: 0, model_id: expect.any(String), usage: expect.any(Object) } },
  ]);
});

describe.each([EVENTS, JSON_TYPE])('a refusal has its status for who accepts %s:', (accept) => {
  test('no token, no JSON, a field that is wrong', async () => {
    await expectProblem(await ask({ accept, token: 'none' }), 401, 'unauthorized');
    await expectProblem(await ask({ accept, body: '{' }), 400, 'malformed_body');
    await expectProblem(await ask({ accept, body: '{"question":""}' }), 400, 'invalid_request');
  });

  test('a quota that is used up', async () => {
    const user = await newUser(runtime.file);
    expect((await ask({ accept: JSON_TYPE, token: user.token })).status).toBe(200);
    const day = `d${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`;
    await dynamodb.send(
      new UpdateItemCommand({
        ...userKey(user.userId),
        UpdateExpression: 'SET #d = :all',
        ExpressionAttributeNames: { '#d': day },
        ExpressionAttributeValues: { ':all': { N: '50' } },
      }),
    );
    const response = await ask({ accept, token: user.token });
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    await expectProblem(response, 429, 'quota_exceeded');
  });

  test('a service behind that refuses before the first token, which is refunded', async () => {
    const used = await usedBy(owner);
    await control.armFault({ service: 'bedrock', operation: 'ConverseStream', kind: 'throttle' });
    await expectProblem(await ask({ accept }), 503, 'unavailable');
    expect(await usedBy(owner)).toBe(used);
    expect(await openReservations(owner)).toEqual([]);
  });
});

test('a model that breaks off in the middle ends the answer with a problem, and is paid for', async () => {
  const used = await usedBy(owner);
  // Behind the first citation, in front of the end.
  await control.breakOffAnswers(5);
  const events = await allOf(await ask());
  expect(events.map(({ event }) => event).slice(0, 2)).toEqual(['token', 'citation']);
  expect(events.at(-1)).toMatchObject({ event: 'error', data: { status: 502, code: 'bad_upstream', request_id: expect.any(String) } });
  expect(await usedBy(owner)).toBe(used + 1);
  const response = await ask({ accept: JSON_TYPE });
  expect([response.status, await response.json()]).toMatchObject([502, { code: 'bad_upstream' }]);
  expect(await usedBy(owner)).toBe(used + 2);
  expect(await openReservations(owner)).toEqual([]);
});

test('a client that hangs up stops nothing: the answer runs to its end, and is charged', async () => {
  const used = await usedBy(owner);
  // The request before it was refused with a 502, and may be logged as late as now.
  const lastRequest = async () => (await operator.logOf('Query/Function')).filter(({ message }) => message === 'request').at(-1);
  await control.setAnswerPace(PACE_MS);
  const leaving = new AbortController();
  const events = eventsOf(await inHaste(control, ask({ signal: leaving.signal })));
  await inHaste(control, events.next());
  leaving.abort();
  await inHaste(
    control,
    (async () => {
      while ((await lastRequest())?.['status'] !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
    })(),
  );
  expect(Number((await lastRequest())?.['duration_ms'])).toBeGreaterThan(0);
  expect(await usedBy(owner)).toBe(used + 1);
  expect(await openReservations(owner)).toEqual([]);
});
