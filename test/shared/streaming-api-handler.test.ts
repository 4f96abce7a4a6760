import { PassThrough, type Writable } from 'node:stream';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { type ServerSentEvent, UNDER_WAY } from '../../lambdas/shared/event-stream.ts';
import type { FunctionContract } from '../../lambdas/shared/function.contract.ts';
import type { RequestGuard } from '../../lambdas/shared/guard/request-guard.ts';
import { Problem } from '../../lambdas/shared/problem.ts';
import { rateLimited } from '../../lambdas/usage/rate.ts';
import { guardWith } from '../support/guards.ts';

/** What Lambda's runtime puts there: the head is sent with the first piece of the body. */
Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: unknown) => handler,
    HttpResponseStream: {
      from: (output: Writable, metadata: object) => {
        output.write(JSON.stringify(metadata));
        return output;
      },
    },
  },
});
const { streamingApiHandler } = await import('../../lambdas/shared/streaming-api-handler.ts');

const contract = {
  name: 'echo',
  entry: 'echo/echo',
  environment: {},
  routes: { ask: { method: 'POST', path: '/ask/{name}', access: 'user', body: z.strictObject({ question: z.string() }), streams: true } },
} as const satisfies FunctionContract;

const ENVIRONMENT = {
  POWERTOOLS_SERVICE_NAME: 'test',
  POWERTOOLS_METRICS_NAMESPACE: 'test',
  POWERTOOLS_LOG_LEVEL: 'ERROR',
  FUNCTION: 'echo',
  USER_POOL_CLIENT_ID: 'app',
  CORS_ORIGINS: 'https://app.example',
} as const;

const EVENTS = 'text/event-stream';

type Work = (asked: {
  name: string;
  question: string;
  userId: string;
}) => AsyncGenerator<ServerSentEvent | Problem | typeof UNDER_WAY, object>;

interface Asked {
  readonly accept?: string;
  readonly body?: string;
  readonly claims?: Record<string, string>;
  readonly resource?: string;
  readonly guard?: RequestGuard;
}

/** Asks for an answer; `written` tells what has left so far, the head as one line of JSON and then the body. */
function ask(work: Work, { accept, body = '{"question":"why?"}', claims, resource = '/ask/{name}', guard = guardWith() }: Asked = {}) {
  const handler = streamingApiHandler(contract, ENVIRONMENT, guard, {
    ask: ({ params, body: { question }, caller }) => work({ name: params['name'] ?? '', question, userId: caller.userId }),
  }) as unknown as (event: APIGatewayProxyEvent, output: Writable, context: Context) => Promise<void>;
  const event = {
    httpMethod: 'POST',
    resource,
    pathParameters: { name: 'eve' },
    headers: { origin: 'https://app.example', 'content-type': 'application/json' },
    multiValueHeaders: accept === undefined ? {} : { accept: [accept] },
    body,
    isBase64Encoded: false,
    requestContext: {
      requestId: 'r-1',
      identity: { sourceIp: '203.0.113.7' },
      authorizer: { claims: claims ?? { sub: 'u-1', token_use: 'access', client_id: 'app' } },
    },
  } as unknown as APIGatewayProxyEvent;
  const output = new PassThrough();
  let written = '';
  output.setEncoding('utf8').on('data', (chunk) => {
    written += chunk;
  });
  const finished = handler(event, output, { awsRequestId: 'l-1' } as Context).then(() => reply(written));
  return { finished, written: () => written, output };
}

function reply(written: string) {
  const end = written.indexOf('}}') + 2;
  const { statusCode, headers } = JSON.parse(written.slice(0, end)) as { statusCode: number; headers: Record<string, string> };
  return { status: statusCode, headers, body: written.slice(end) };
}

async function* greeting({ name, question, userId }: { name: string; question: string; userId: string }) {
  yield UNDER_WAY;
  yield { event: 'token', data: { text: `Hello,\n${name}` } };
  yield { event: 'done', data: {} };
  return { name, question, userId };
}

async function* failing(items: readonly (ServerSentEvent | typeof UNDER_WAY | Problem)[], error?: Error) {
  for (const item of items) yield item;
  if (error) throw error;
  return { whole: true };
}

const TOKEN = { event: 'token', data: { text: 'x' } };

afterEach(() => void vi.useRealTimers());

const tooMany = (of: 'user' | 'ip') => () => Promise.reject(rateLimited(of, 'request', 2, 0));

test('who wants events gets each as it comes', async () => {
  const { status, headers, body } = await ask(greeting, { accept: EVENTS }).finished;
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'Content-Type': EVENTS,
    'X-Request-Id': 'r-1',
    'Cache-Control': 'no-store',
    'Access-Control-Allow-Origin': 'https://app.example',
  });
  expect(body).toBe('event: token\ndata: {"text":"Hello,\\neve"}\n\nevent: done\ndata: {}\n\n');
});

test.each([undefined, '*/*', 'application/json'])('who accepts %s gets the whole in one piece', async (accept) => {
  const { status, headers, body } = await ask(greeting, accept === undefined ? {} : { accept }).finished;
  expect({ status, type: headers['Content-Type'] }).toEqual({ status: 200, type: 'application/json' });
  expect(JSON.parse(body)).toEqual({ name: 'eve', question: 'why?', userId: 'u-1' });
});

describe.each([EVENTS, 'application/json'])('to who accepts %s', (accept) => {
  test.each<[string, Asked, number, string]>([
    ['a token of another client', { claims: { sub: 'u-1', token_use: 'access', client_id: 'other' } }, 401, 'unauthorized'],
    ['a body that is no JSON', { body: '{' }, 400, 'malformed_body'],
    ['a body with another member', { body: '{"question":"why?","who":"me"}' }, 400, 'invalid_request'],
    ['an unknown route', { resource: '/other' }, 404, 'not_found'],
    ['a network that may not call', { guard: guardWith({ allowlist: ['198.51.100.0/24'] }) }, 403, 'forbidden'],
    ['a body that is too large', { guard: guardWith({ maxBodyBytes: 5 }) }, 413, 'too_large'],
    ['a user who asks too often', { guard: guardWith({}, { countUser: tooMany('user') }) }, 429, 'rate_limited'],
    ['a network that asks too often', { guard: guardWith({}, { countNetwork: tooMany('ip') }) }, 429, 'rate_limited'],
  ])('%s is refused with its status', async (_what, asked, expected, code) => {
    const { status, headers, body } = await ask(greeting, { ...asked, accept }).finished;
    expect({ status, type: headers['Content-Type'] }).toEqual({ status: expected, type: 'application/problem+json' });
    expect(JSON.parse(body)).toMatchObject({ code, status: expected, request_id: 'r-1' });
  });

  test('what fails before the first event is a problem with its status', async () => {
    const full = new Problem('quota_exceeded', 'No.', { retryAfterSeconds: 9 });
    const { status, headers, body } = await ask(() => failing([UNDER_WAY], full), { accept }).finished;
    expect({ status, after: headers['Retry-After'], code: JSON.parse(body).code }).toEqual({
      status: 429,
      after: '9',
      code: 'quota_exceeded',
    });
  });
});

test('what fails later is an error event, and a problem with its status in one piece', async () => {
  const work = () => failing([TOKEN], Object.assign(new Error('secret detail'), { name: 'ThrottlingException' }));
  const { status, body } = await ask(work, { accept: EVENTS }).finished;
  expect(status).toBe(200);
  expect(body).toMatch(/^event: token\n.*\n\nevent: error\ndata: .*"status":503.*"code":"unavailable","request_id":"r-1".*\n\n$/);
  expect(body).not.toContain('secret');
  expect(await ask(work).finished).toMatchObject({ status: 503, body: expect.stringContaining('"unavailable"') });
});

test('what is taken back ends the events, and is no matter in one piece', async () => {
  const work = () => failing([TOKEN, new Problem('bad_upstream', 'Taken back.'), { event: 'done', data: {} }]);
  const { body } = await ask(work, { accept: EVENTS }).finished;
  expect(body).toMatch(/event: error\ndata: .*Taken back/);
  expect(body).not.toContain('done');
  expect(await ask(work).finished).toMatchObject({ status: 200, body: '{"whole":true}' });
});

describe('silence', () => {
  /** An answer that says what it is told to. */
  function prompted() {
    const cues: PromiseWithResolvers<ServerSentEvent | typeof UNDER_WAY>[] = [];
    const say = (item: ServerSentEvent | typeof UNDER_WAY) => cues.at(-1)?.resolve(item);
    async function* work() {
      for (;;) {
        const cue = Promise.withResolvers<ServerSentEvent | typeof UNDER_WAY>();
        cues.push(cue);
        const item = await cue.promise;
        yield item;
        if (item !== UNDER_WAY && item.event === 'done') return {};
      }
    }
    return { work, say };
  }

  test('sends nothing before the answer is under way, so that a refusal still has its status; then comments', async () => {
    vi.useFakeTimers();
    const { work, say } = prompted();
    const { written, finished } = ask(work, { accept: EVENTS });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(written()).toBe('');
    say(UNDER_WAY);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(written()).toBe('');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reply(written())).toMatchObject({ status: 200, body: ': keep-alive\n\n' });
    say(TOKEN);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(reply(written()).body).toBe(': keep-alive\n\nevent: token\ndata: {"text":"x"}\n\n');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reply(written()).body).toMatch(/token.*\n.*\n\n: keep-alive\n\n$/);
    say({ event: 'done', data: {} });
    await vi.advanceTimersByTimeAsync(0);
    const { body } = await finished;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reply(written()).body).toBe(body);
  });

  test.each([
    [EVENTS, 61_500],
    ['application/json', 26_500],
  ])('of an answer that never comes ends for %s after %d ms', async (accept, limitMs) => {
    vi.useFakeTimers();
    const { work, say } = prompted();
    const { written, finished, output } = ask(work, { accept });
    await vi.advanceTimersByTimeAsync(0);
    if (accept === EVENTS) say(TOKEN);
    await vi.advanceTimersByTimeAsync(limitMs - 1);
    expect(written()).not.toContain('timeout');
    await vi.advanceTimersByTimeAsync(1);
    expect((await finished).body).toContain('"code":"timeout"');
    const write = vi.spyOn(output, 'write');
    // What comes all the same is said to nobody.
    say(TOKEN);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(write).not.toHaveBeenCalled();
  });
});
