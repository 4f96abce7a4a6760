import { REFUSAL_KINDS } from '../../lambdas/shared/guard/guard.contract.ts';
import { PROBLEMS, type ProblemCode, type ProblemDocument } from '../../lambdas/shared/problems.contract.ts';
import { EXPOSED_HEADERS, SECURITY_HEADERS } from '../../lambdas/shared/response-headers.ts';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { startChanged } from '../support/changed-sources.ts';
import { lookUntil } from '../support/isolation-proofs.ts';
import { OperatorView } from '../support/operator-view.ts';
import { wavOf } from '../support/recordings.ts';
import type { StartedRuntime } from '../support/runtime.ts';
import { type StrangersTokens, signInAsStrangers, WITH_STRANGERS } from '../support/strangers.ts';
import { PEER, STRICT, STRICT_STAGE } from '../support/strict-stage.ts';
import { newUser, type SignedInUser } from '../support/users.ts';

/** More than the 6 MB that a function takes, and less than the 10 MB of which AWS lets us word the refusal. */
const TOO_MUCH_FOR_A_FUNCTION = 8_000_000;
const TOO_MUCH_FOR_THE_STAGE = STRICT.maxBodyMiB * 1024 * 1024;
/** Of the runtime's time, which nobody advances meanwhile: longer than anybody waits. */
const FOR_EVER_MS = 600_000;
/** As long as an access token lives, and a second. */
const TOKEN_LIFETIME_MS = 3_601_000;

/** The routes that cost something, each with a body that it would answer, and the first call that it makes of a service behind. */
const ROUTES = {
  '/api/query': {
    body: { question: 'How do I descale the kettle?' },
    wrong: { question: '' },
    pointer: '/question',
    paid: { service: 'bedrock', operation: 'Retrieve' },
  },
  '/api/transcribe': {
    body: { audio_data: Buffer.from(wavOf(1)).toString('base64'), content_type: 'audio/wav' },
    wrong: { audio_data: '', content_type: 'audio/wav' },
    pointer: '/audio_data',
    paid: { service: 'transcribe', operation: 'StartTranscriptionJob' },
  },
} as const;
const QUERY = ['/api/query', ROUTES['/api/query'].body] as const;
const A_FILE = { filename: 'kettle.txt', content_type: 'text/plain', size: 10 };

let runtime: StartedRuntime;
let control: RuntimeControl;
let operator: OperatorView;
let strangers: StrangersTokens;
let user: SignedInUser;
/** Where the user calls from: an address that no other test knows. */
let peer: string;
let peers = 0;

const newPeer = () => `198.51.100.${++peers}`;

beforeAll(async () => {
  runtime = await startChanged([...WITH_STRANGERS, ...STRICT_STAGE], { notesGrants: true });
  control = new RuntimeControl(runtime.file);
  operator = new OperatorView(runtime.file);
  strangers = await signInAsStrangers(runtime.file, await newUser(runtime.file));
});

beforeEach(async () => {
  user = await newUser(runtime.file);
  peer = newPeer();
});

afterEach(() => control.clearFaults());

afterAll(async () => {
  operator[Symbol.dispose]();
  expect(await runtime.stop()).toBe(0);
});

type Headers = Readonly<Record<string, string>>;

/** Has a request sent by the user; a body that is no text is sent as JSON. */
function call(method: string, path: string, { body, headers = {} }: { body?: object | string; headers?: Headers } = {}): Promise<Response> {
  const all = { Authorization: `Bearer ${user.token}`, [PEER]: peer, ...(body !== undefined && { 'Content-Type': 'application/json' }) };
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  return fetch(runtime.file.api_url + path, { method, headers: { ...all, ...headers }, ...(text !== undefined && { body: text }) });
}

const post = (path: string, body: object | string, headers: Headers = {}) => call('POST', path, { body, headers });

/** What every refusal has, whoever it comes from; `Retry-After` where it is told to. */
async function expectRefusal(response: Response, code: ProblemCode, { retryAfter = false, ...document }: Expected = {}): Promise<void> {
  const text = await response.text();
  expect([response.headers.get('content-type'), text]).toEqual(['application/problem+json', expect.stringMatching(/^\{/)]);
  const problem: ProblemDocument = JSON.parse(text);
  const { status, title } = PROBLEMS[code];
  const request_id = response.headers.get('x-request-id');
  expect(problem).toMatchObject({
    type: `urn:manuel:problem:${code}`,
    title,
    status,
    detail: expect.any(String),
    code,
    request_id,
    ...document,
  });
  expect([response.status, request_id]).toEqual([status, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  const headers = { ...SECURITY_HEADERS, 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': EXPOSED_HEADERS };
  for (const [name, value] of Object.entries(headers)) expect([name, response.headers.get(name)]).toEqual([name, value]);
  expect(response.headers.get('retry-after')).toEqual(retryAfter ? expect.stringMatching(/^[1-9]\d*$/) : null);
  expect(text).not.toMatch(/arn:|Manuel-dev|dynamodb|bedrock|transcribe\.|lambda/i);
}

interface Expected {
  readonly retryAfter?: boolean;
  readonly errors?: object;
  readonly detail?: object;
}

/** What a user has been charged. */
async function charged(): Promise<number> {
  const response = await call('GET', '/api/user/usage', { headers: { [PEER]: newPeer() } });
  expect(response.status).toBe(200);
  return ((await response.json()) as { daily_used: number }).daily_used;
}

/** Asks again and again until it is refused: a minute may end meanwhile, but not two. Says how often it was let in before. */
async function untilRefused(
  send: () => Promise<Response>,
  limit: number,
): Promise<{ readonly response: Response; readonly letIn: number }> {
  for (let letIn = 0; letIn <= 2 * limit; letIn += 1) {
    const response = await send();
    if (response.status === 429) return { response, letIn };
    await response.arrayBuffer();
  }
  throw new Error(`more than ${2 * limit} requests were let in`);
}

describe.each(Object.entries(ROUTES))('%s refuses, and charges nothing for it', (path, { body, wrong, pointer, paid }) => {
  afterEach(async () => {
    await control.clearFaults();
    expect(await charged()).toBe(0);
  });

  test.each([
    ['what is no JSON', '{"', 'malformed_body'],
    ['a list', '[]', 'malformed_body'],
    ['nothing', '{}', 'malformed_body'],
    ['more than a function takes', JSON.stringify({ ...body, padding: 'x'.repeat(TOO_MUCH_FOR_A_FUNCTION) }), 'too_large'],
    ['more than the stage lets in', JSON.stringify({ ...body, padding: 'x'.repeat(TOO_MUCH_FOR_THE_STAGE) }), 'too_large'],
  ] as const)('%s', async (_what, text, code) => expectRefusal(await post(path, text), code));

  test('a field that is wrong, by its name', async () => {
    await expectRefusal(await post(path, wrong), 'invalid_request', { errors: [{ pointer, detail: expect.any(String) }] });
  });

  test.each(['text/plain;charset=UTF-8', 'application/x-www-form-urlencoded'])('a body of the type %s', async (type) => {
    await expectRefusal(await post(path, body, { 'Content-Type': type }), 'unsupported_type');
  });

  test('a request with no token, or with a foreign one', async () => {
    for (const token of ['', 'Bearer x.y.z', ...Object.values(strangers).map((foreign) => `Bearer ${foreign}`)]) {
      await expectRefusal(await post(path, body, { Authorization: token }), 'unauthorized');
    }
  });

  test('a network that is not on the allowlist, whatever it says of itself', async () => {
    const headers = { [PEER]: '203.0.113.9', 'X-Forwarded-For': '198.51.100.1', 'X-Real-IP': '127.0.0.1' };
    await expectRefusal(await post(path, body, headers), 'forbidden', { detail: expect.stringContaining('network') });
    const mapped = await call('GET', '/api/user/quota', { headers: { [PEER]: `::ffff:${peer}`, 'X-Forwarded-For': '203.0.113.9' } });
    expect(mapped.status).toBe(200);
  });

  test.each([
    ['is busy', 'throttle', 'unavailable', true],
    ['is broken', 'error', 'unavailable', true],
    ['refuses us', 'deny', 'bad_upstream', false],
  ] as const)('that a service behind %s', async (_what, kind, code, retryAfter) => {
    await control.armFault({ ...paid, kind });
    await expectRefusal(await post(path, body), code, { retryAfter });
  });

  test('that a service behind takes too long', async () => {
    await control.armFault({ ...paid, kind: 'slow', delayMs: FOR_EVER_MS });
    await expectRefusal(await post(path, body), 'timeout');
    await control.advanceTime(FOR_EVER_MS);
  });

  test('that its meter is throttled, or down', async () => {
    for (const kind of ['throttle', 'error'] as const) {
      await control.armFault({ service: 'dynamodb', operation: 'UpdateItem', kind });
      await expectRefusal(await post(path, body), 'unavailable', { retryAfter: true });
      await control.clearFaults();
    }
  });
});

describe('what only looks refuses', () => {
  test('a route that there is not, and a thing of somebody else’s', async () => {
    await expectRefusal(await call('GET', '/api/nothing'), 'not_found');
    const { manual_id } = (await (await post('/api/manuals/upload', A_FILE)).json()) as { manual_id: string };
    user = await newUser(runtime.file);
    for (const method of ['GET', 'DELETE']) await expectRefusal(await call(method, `/api/manuals/${manual_id}`), 'not_found');
  });

  test('a meter that is throttled: a count that cannot be made is a 503', async () => {
    await control.armFault({ service: 'dynamodb', operation: 'UpdateItem', kind: 'throttle' });
    await expectRefusal(await call('GET', '/api/manuals'), 'unavailable', { retryAfter: true });
  });
});

test('what there is no room for is a 409', async () => {
  expect((await post('/api/manuals/upload', A_FILE)).status).toBe(201);
  await expectRefusal(await post('/api/manuals/upload', A_FILE), 'library_full');
});

test('bytes that are not of their type are a 415', async () => {
  const audio_data = Buffer.from('This is no recording.').toString('base64');
  await expectRefusal(await post('/api/transcribe', { audio_data, content_type: 'audio/wav' }), 'unsupported_type');
  expect(await charged()).toBe(0);
});

describe('429 says what was met, and when to come back:', () => {
  const minute = { retryAfter: true };

  test('the quota', async () => {
    for (let asked = 0; asked < STRICT.dailyQuota; asked += 1) {
      await operator.forgetRequests(user);
      expect((await post(...QUERY, { [PEER]: newPeer() })).status).toBe(200);
    }
    const quota = { retryAfter: true, detail: expect.stringContaining(`daily quota of ${STRICT.dailyQuota} units`) };
    await expectRefusal(await post(...QUERY), 'quota_exceeded', quota);
    expect(await charged()).toBe(STRICT.dailyQuota);
  });

  test.each([
    ['questions', () => post(...QUERY, { Accept: 'text/event-stream', [PEER]: newPeer() }), STRICT.userPerMinute, 'requests'],
    ['bodies that are wrong', () => post('/api/query', { question: '' }, { [PEER]: newPeer() }), STRICT.userPerMinute, 'requests'],
    ['uploads', () => post('/api/manuals/upload', { ...A_FILE, size: 0 }, { [PEER]: newPeer() }), STRICT.userPerMinute, 'requests'],
    [
      'recordings to be uploaded',
      () => post('/api/transcribe', { upload: true, content_type: 'audio/wav', size: 10 }, { [PEER]: newPeer() }),
      STRICT.userPerMinute,
      'requests',
    ],
    ['reads', () => call('GET', '/api/manuals', { headers: { [PEER]: newPeer() } }), 5 * STRICT.userPerMinute, 'polls and reads'],
  ])('the user’s rate, of %s', async (what, send, limit, kind) => {
    const { response, letIn } = await untilRefused(send, limit);
    expect(letIn).toBeGreaterThanOrEqual(limit);
    expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    const detail = expect.stringContaining(`You have made as many as the limit allows: ${limit} ${kind} per minute`);
    await expectRefusal(response, 'rate_limited', { ...minute, detail });
    await operator.forgetRequests(user);
    expect(await charged()).toBe(what === 'questions' ? letIn : 0);
  });

  test('the network’s rate, whoever asks and whatever they say of themselves; the unit is given back', async () => {
    const users = [user, ...(await Promise.all([1, 2, 3].map(() => newUser(runtime.file))))];
    let sent = 0;
    const { response, letIn } = await untilRefused(() => {
      user = users[sent++ % users.length] ?? user;
      return post(...QUERY, { 'X-Forwarded-For': `198.51.100.${200 + sent}` });
    }, STRICT.ipPerMinute);
    expect(letIn).toBeGreaterThanOrEqual(STRICT.ipPerMinute);
    const detail = expect.stringContaining(
      `From your network there were as many as the limit allows: ${STRICT.ipPerMinute} requests per minute`,
    );
    await expectRefusal(response, 'rate_limited', { ...minute, detail });
    let units = 0;
    for (user of users) units += await charged();
    expect(units).toBe(letIn);
    const items = JSON.stringify(await operator.items());
    expect(items).not.toMatch(/"o_/);
    expect(items).not.toContain(peer);
  });
});

test('a token that has expired is a 401', async () => {
  await control.advanceTime(TOKEN_LIFETIME_MS);
  await expectRefusal(await post(...QUERY), 'unauthorized');
});

test('each kind of refusal was told as a security event, and each reservation as a share of its quotas', async () => {
  const kinds = REFUSAL_KINDS.toSorted();
  const told = await lookUntil(
    () => operator.logOf('Query/Function'),
    (lines) => kinds.every((kind) => lines.some(({ Kind }) => Kind === kind)),
  );
  const events = told.filter(({ SecurityEvent }) => SecurityEvent !== undefined);
  expect([...new Set(events.map(({ Kind }) => Kind))].sort()).toEqual(kinds);
  expect(events.every(({ SecurityEvent, service }) => SecurityEvent === 1 && service === 'manuel-dev')).toBe(true);
  const shares = told.filter(({ QuotaUsagePercentage }) => QuotaUsagePercentage !== undefined);
  expect([...new Set(shares.map(({ QuotaType, Operation }) => `${QuotaType} ${Operation}`))].sort()).toEqual([
    'daily query',
    'monthly query',
  ]);
  const ofDay = shares.filter(({ QuotaType }) => QuotaType === 'daily').map(({ QuotaUsagePercentage }) => QuotaUsagePercentage);
  expect([Math.min(...(ofDay as number[])), Math.max(...(ofDay as number[]))]).toEqual([100 / STRICT.dailyQuota, 100]);
});
