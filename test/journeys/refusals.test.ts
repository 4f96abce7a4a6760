import type { ProblemDocument } from '../../lambdas/shared/problems.contract.ts';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { wavOf } from '../support/recordings.ts';
import { type StartedRuntime, startRuntime } from '../support/runtime.ts';
import { newUser, type SignedInUser } from '../support/users.ts';

/** More than the 6 MB that a function takes, and less than the 10 MB of which AWS lets us word the refusal. */
const TOO_MUCH = 8_000_000;

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

let runtime: StartedRuntime;
let control: RuntimeControl;
let user: SignedInUser;

beforeAll(async () => {
  runtime = await startRuntime();
  control = new RuntimeControl(runtime.file);
});

beforeEach(async () => {
  user = await newUser(runtime.file);
});

afterEach(() => control.clearFaults());

afterAll(async () => {
  expect(await runtime.stop()).toBe(0);
});

const used = async () => (await user.client.usage()).daily_used;

describe.each(Object.entries(ROUTES))('%s refuses as a problem document', (path, { body, wrong, pointer, paid }) => {
  async function refusalOf(text: string, headers: Readonly<Record<string, string>> = {}) {
    const all = { Authorization: `Bearer ${user.token}`, 'Content-Type': 'application/json', ...headers };
    const response = await fetch(runtime.file.api_url + path, { method: 'POST', headers: all, body: text });
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await response.json()) as ProblemDocument;
    expect(problem).toMatchObject({ status: response.status, request_id: response.headers.get('x-request-id') });
    return { status: response.status, code: problem.code, problem, headers: response.headers };
  }

  test.each([
    ['what is no JSON', '{"', 400, 'malformed_body'],
    ['a list', '[]', 400, 'malformed_body'],
    ['nothing', '{}', 400, 'malformed_body'],
    ['more than a function takes', JSON.stringify({ ...body, padding: 'x'.repeat(TOO_MUCH) }), 413, 'too_large'],
  ])('%s', async (_what, text, status, code) => {
    await expect(refusalOf(text)).resolves.toMatchObject({ status, code });
  });

  test('a field that is wrong, by its name', async () => {
    await expect(refusalOf(JSON.stringify(wrong))).resolves.toMatchObject({
      status: 400,
      code: 'invalid_request',
      problem: { errors: [{ pointer }] },
    });
  });

  test.each([
    ['no token', ''],
    ['another one', 'Bearer x.y.z'],
  ])('%s', async (_what, Authorization) => {
    await expect(refusalOf(JSON.stringify(body), { Authorization })).resolves.toMatchObject({ status: 401, code: 'unauthorized' });
  });

  test.each([
    ['is busy', 'throttle', 503, 'unavailable'],
    ['is broken', 'error', 503, 'unavailable'],
    ['refuses us', 'deny', 502, 'bad_upstream'],
  ] as const)('that a service behind %s, and charges nothing', async (_what, kind, status, code) => {
    await control.armFault({ ...paid, kind });
    const refusal = await refusalOf(JSON.stringify(body));
    expect(refusal).toMatchObject({ status, code });
    expect(JSON.stringify(refusal.problem)).not.toMatch(/arn:|Manuel-dev|bedrock|transcribe\./i);
    await control.clearFaults();
    expect(await used()).toBe(0);
  });

  test('a throttled meter, and charges nothing', async () => {
    await control.armFault({ service: 'dynamodb', operation: 'UpdateItem', kind: 'throttle' });
    await expect(refusalOf(JSON.stringify(body))).resolves.toMatchObject({ status: 503, code: 'unavailable' });
    await control.clearFaults();
    expect(await used()).toBe(0);
  });
});
