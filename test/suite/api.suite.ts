import { EXPOSED_HEADERS } from '../../lambdas/shared/response-headers.ts';
import { ANSWERS } from '../support/edge-answers.ts';
import { REFUSED_REQUESTS } from '../support/refused-requests.ts';
import { ROUTES } from '../support/routes.ts';
import { expectHeaders, expectProblem } from './answers.ts';
import { check, note } from './check.ts';
import { OwnManuals } from './own-manuals.ts';
import { ownRuntime } from './own-runtime.ts';
import { person } from './people.ts';
import { type Answer, problemOf, type Sent, send, sendOnce } from './send.ts';

/** Each route's answer as it is documented, and each refusal that a client can bring about. */
const COUNT = expect.any(Number);
const TEXT = expect.stringMatching(/./);
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
const USAGE = { daily_used: COUNT, daily_limit: COUNT, monthly_used: COUNT, monthly_limit: COUNT };
const FORM = { url: expect.stringMatching(/^https?:/), fields: expect.objectContaining({ key: TEXT }) };
const FILE = { filename: 'checked.txt', content_type: 'text/plain', size: 10 };
const MANUAL = { ...FILE, manual_id: TEXT, status: 'awaiting_upload', created_at: TIME, updated_at: TIME };
const A_RECORDING = { upload: true, content_type: 'audio/wav', size: 10 };
const A_QUESTION = { question: 'How do I descale the kettle?' };
/** Several times what a minute allows, which may end meanwhile. */
const MOST_REQUESTS = 1000;
const AT_ONCE = 50;
const UNKNOWN_ID = '01900000-0000-7000-8000-000000000000';

const manuals = new OwnManuals();
afterAll(() => manuals.clear());

let started: Promise<{ readonly manual_id: string; readonly job_id: string }> | undefined;

/** A manual and a transcription that wait for their files, the same for every check. */
function own() {
  started ??= start();
  return started;
}

async function start() {
  const somebody = await person();
  const { manual_id } = await somebody.client.startUpload(FILE);
  manuals.note(somebody, manual_id);
  const { job_id } = await somebody.client.startRecordingUpload({ content_type: 'audio/wav', size: 10 });
  return { manual_id, job_id };
}

interface Success {
  readonly sent: () => Sent | Promise<Sent>;
  readonly status: number;
  readonly document: object;
  readonly asks?: true;
}

/** In an order in which each finds what it needs. */
const SUCCESSES: Readonly<Record<string, Success>> = {
  'GET /': { sent: () => ({ target: '/' }), status: 200, document: expect.objectContaining({ name: 'Manuel', version: TEXT }) },
  'GET /health': { sent: () => ({ target: '/health' }), status: 200, document: { status: 'ok', version: TEXT } },
  'GET /api/user/usage': { sent: () => ({ target: '/api/user/usage' }), status: 200, document: USAGE },
  'GET /api/user/quota': {
    sent: () => ({ target: '/api/user/quota' }),
    status: 200,
    document: {
      daily_limit: COUNT,
      monthly_limit: COUNT,
      daily_remaining: COUNT,
      monthly_remaining: COUNT,
      daily_resets_at: TIME,
      monthly_resets_at: TIME,
    },
  },
  'POST /api/manuals/upload': {
    sent: () => ({ method: 'POST', target: '/api/manuals/upload', body: FILE }),
    status: 201,
    document: { manual_id: TEXT, upload: FORM, expires_at: TIME },
  },
  'GET /api/manuals': {
    sent: async () => ({ target: `/api/manuals?limit=${(await own()) && 1}` }),
    status: 200,
    document: expect.objectContaining({ manuals: [expect.objectContaining({ manual_id: TEXT, status: TEXT })] }),
  },
  'GET /api/manuals/{manual_id}': {
    sent: async () => ({ target: `/api/manuals/${(await own()).manual_id}` }),
    status: 200,
    document: MANUAL,
  },
  'DELETE /api/manuals/{manual_id}': {
    sent: async () => ({ method: 'DELETE', target: `/api/manuals/${(await own()).manual_id}` }),
    status: 202,
    document: { manual_id: TEXT, status: 'deleting' },
  },
  'POST /api/transcribe': {
    sent: () => ({ method: 'POST', target: '/api/transcribe', body: A_RECORDING }),
    status: 201,
    document: { job_id: TEXT, upload: FORM, expires_at: TIME },
  },
  'GET /api/transcribe/{job_id}': {
    sent: async () => ({ target: `/api/transcribe/${(await own()).job_id}` }),
    status: 200,
    document: { job_id: TEXT, status: 'awaiting_upload' },
  },
  'POST /api/query': {
    sent: () => ({ method: 'POST', target: '/api/query', body: A_QUESTION }),
    status: 200,
    document: { answer: TEXT, context_used: COUNT, citations: expect.any(Array), model_id: TEXT, usage: USAGE },
    asks: true,
  },
};

check('no route of the contracts is left out here', [], async () => {
  expect(ROUTES.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(SUCCESSES).sort());
});

for (const [route, { sent, status, document, asks }] of Object.entries(SUCCESSES)) {
  const isPublic = ROUTES.some(({ method, path, access }) => `${method} ${path}` === route && access === 'public');
  check(`answers: ${route}`, isPublic ? [] : ['user', ...(asks ? (['questions'] as const) : [])], async () => {
    const token = isPublic ? {} : { token: (await person()).token };
    const answer = await send({ ...(await sent()), ...token });
    const answered = JSON.parse(answer.text);
    expect([answer.status, answered]).toEqual([status, document]);
    if (route.endsWith('/upload')) manuals.note(await person(), answered.manual_id);
  });
}

/** A stage whose team has named no origins answers no preflight. */
async function mayBeClosedToPages(): Promise<boolean> {
  const { headers } = await send({ target: '/health', headers: { Origin: 'https://app.example' } });
  return headers['access-control-allow-origin'] === undefined;
}

for (const [kind, path, { signedIn, ...rest }, status, code] of ANSWERS) {
  const asks = status === 200 && path === '/api/query';
  check(
    `headers of every kind of answer: ${kind}`,
    [...(signedIn ? (['user'] as const) : []), ...(asks ? (['questions'] as const) : [])],
    async () => {
      const answer = await send({ ...rest, target: path, ...(signedIn && { token: (await person()).token }) });
      expectHeaders(answer);
      if (rest.method === 'OPTIONS' && answer.status === 404 && (await mayBeClosedToPages())) {
        expectProblem(answer, 404, 'not_found');
        return note('no page may call this stage');
      }
      if (code) expectProblem(answer, status, code);
      expect(answer.status).toBe(status);
      if (answer.headers['access-control-allow-origin'] && status !== 204) {
        expect(answer.headers['access-control-expose-headers']).toBe(EXPOSED_HEADERS);
      }
    },
  );
}

const posted = async (path: string, body: object | string, headers: Record<string, string> = {}): Promise<Answer> =>
  send({ method: 'POST', target: path, body, headers, token: (await person()).token });

for (const path of new Set(REFUSED_REQUESTS.map(([of]) => of))) {
  check(`refused with a 400 that names the member: bodies of POST ${path}`, ['user'], async () => {
    const requests = REFUSED_REQUESTS.filter(([of]) => of === path);
    for (const [, body, code, pointer] of requests) {
      const answer = await posted(path, body);
      const { errors } = problemOf(answer);
      expect([body.slice(0, 80), answer.status, errors?.map((error) => error.pointer)]).toEqual([
        body.slice(0, 80),
        400,
        pointer && [pointer],
      ]);
      expectProblem(answer, 400, code, pointer === undefined ? undefined : [pointer]);
    }
    note(`${requests.length} bodies`);
  });
}

check('refused with a 400: a cursor that no list returned, and a limit of none', ['user'], async () => {
  const { token } = await person();
  for (const parameters of ['cursor=bm9uc2Vuc2U', 'limit=0', 'limit=101']) {
    expectProblem(await send({ target: `/api/manuals?${parameters}`, token }), 400, 'invalid_request');
  }
});

check('refused with a 404: a manual and a transcription that never were', ['user'], async () => {
  const { token } = await person();
  for (const sent of [
    { target: `/api/manuals/${UNKNOWN_ID}` },
    { method: 'DELETE', target: `/api/manuals/${UNKNOWN_ID}` },
    { target: `/api/transcribe/${UNKNOWN_ID}` },
  ]) {
    expectProblem(await send({ ...sent, token }), 404, 'not_found');
  }
});

check('refused with a 413 or a 415: files and recordings that are too large, or of another type', ['user'], async () => {
  const refusals = [
    ['/api/manuals/upload', { ...FILE, size: 52_428_801 }, 413, 'too_large'],
    ['/api/manuals/upload', { ...FILE, content_type: 'image/png' }, 415, 'unsupported_type'],
    ['/api/transcribe', { ...A_RECORDING, size: 26_214_401 }, 413, 'too_large'],
    ['/api/transcribe', { ...A_RECORDING, content_type: 'video/mp4' }, 415, 'unsupported_type'],
    ['/api/transcribe', { audio_data: Buffer.from('no recording').toString('base64'), content_type: 'audio/wav' }, 415, 'unsupported_type'],
  ] as const;
  for (const [path, body, status, code] of refusals) expectProblem(await posted(path, body), status, code);
  expectProblem(await posted('/api/query', A_QUESTION, { 'Content-Type': 'text/plain' }), 415, 'unsupported_type');
});

check('refused with a 400: a language that is not spoken here, and audio that is no base64', ['user'], async () => {
  expectProblem(await posted('/api/transcribe', { ...A_RECORDING, language: 'xx-XX' }), 400, 'invalid_request', ['/language']);
  expectProblem(await posted('/api/transcribe', { audio_data: '§', content_type: 'audio/wav' }), 400, 'invalid_request', ['/audio_data']);
});

check('refused with a 429 and Retry-After: a question above the daily quota', ['own runtime'], async () => {
  const { token, client } = await ownRuntime().newUser();
  const { daily_limit } = await client.quota();
  const ask = () => send({ method: 'POST', target: '/api/query', body: A_QUESTION, token });
  await Promise.all(Array.from({ length: daily_limit }, ask));
  const refused = await ask();
  expectProblem(refused, 429, 'quota_exceeded');
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  await expect(client.quota()).resolves.toMatchObject({ daily_remaining: 0 });
});

check('refused with a 429 and Retry-After: more requests than a user may make within a minute', ['own runtime'], async () => {
  const { token } = await ownRuntime().newUser();
  // Wrong in itself, so that it makes nothing, and counted all the same.
  const wrong = { method: 'POST', target: '/api/manuals/upload', body: { source_url: '' }, token };
  for (let sent = 0; sent < MOST_REQUESTS; sent += AT_ONCE) {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => sendOnce(wrong)));
    const refused = answers.find(({ status }) => status === 429);
    if (refused === undefined) continue;
    expectProblem(refused, 429, 'rate_limited');
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    return note(`within ${sent + AT_ONCE} requests`);
  }
  throw new Error(`none of ${MOST_REQUESTS} requests was refused`);
});

check('refused with a 502, 503 or 504, and charged for nothing: what a service behind cannot do', ['own runtime'], async () => {
  const { control, newUser } = ownRuntime();
  const { token, client } = await newUser();
  const refusals = [
    ['throttle', 503, 'unavailable'],
    ['error', 503, 'unavailable'],
    ['deny', 502, 'bad_upstream'],
  ] as const;
  for (const [kind, status, code] of refusals) {
    await control.armFault({ service: 'bedrock', operation: 'Retrieve', kind });
    const refused = await send({ method: 'POST', target: '/api/query', body: A_QUESTION, token }).finally(() => control.clearFaults());
    expectProblem(refused, status, code);
    if (status === 503) expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  }
  await expect(client.usage()).resolves.toMatchObject({ daily_used: 0 });
});
