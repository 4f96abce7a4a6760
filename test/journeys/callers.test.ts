import { SPEND_FLAG_KEY } from '../../lambdas/spend/spend.contract.ts';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { startChanged } from '../support/changed-sources.ts';
import { Forger } from '../support/forged-tokens.ts';
import { OperatorView } from '../support/operator-view.ts';
import { BODIES_BY_ROUTE } from '../support/route-bodies.ts';
import { ROUTES } from '../support/routes.ts';
import type { StartedRuntime } from '../support/runtime.ts';
import { type StrangersTokens, signInAsStrangers, WITH_STRANGERS } from '../support/strangers.ts';
import { claimsOf, newUser, type SignedInUser, signInAgain } from '../support/users.ts';

const PUBLIC = ['GET /', 'GET /health'];
/** Everything that a function behind the API may ask. */
const SERVICES = ['dynamodb', 's3', 'sqs', 'bedrock', 'transcribe'];
/** As long as an access token lives, and a second. */
const TOKEN_LIFETIME_MS = 3_601_000;

/** Who refuses, by what the client is told. */
const REFUSED_BY = {
  authorizer: 'The access token is missing, expired or not valid. Sign in and try again.',
  function: 'The access token was not issued to this application. Sign in and try again.',
} as const;

let runtime: StartedRuntime;
let control: RuntimeControl;
let user: SignedInUser;
let manualId: string;
/** The one that a request to delete is about. */
let doomedId: string;
let jobId: string;
let idToken: string;
let strangers: StrangersTokens;
let forger: Forger;

beforeAll(async () => {
  runtime = await startChanged(WITH_STRANGERS);
  const { file } = runtime;
  control = new RuntimeControl(file);
  user = await newUser(file);
  [strangers, forger, { idToken }, manualId, { job_id: jobId }] = await Promise.all([
    signInAsStrangers(file, user),
    Forger.of(file, user.token),
    signInAgain(file, user),
    newManual(),
    user.client.startRecordingUpload({ content_type: 'audio/wav', size: 10 }),
  ]);
  doomedId = await newManual();
});

afterAll(async () => {
  expect(await runtime.stop()).toBe(0);
});

async function newManual(): Promise<string> {
  const { manual_id } = await user.client.startUpload({ filename: 'kettle.txt', content_type: 'text/plain', size: 10 });
  return manual_id;
}

type Answer = { readonly status: number; readonly type: string | null; readonly document: unknown };

/** The answer to a request, such as `GET /health`, with this `Authorization`. */
async function answerTo(name: string, authorization: string | undefined): Promise<Answer> {
  const [method = '', route = ''] = name.split(' ');
  const body = BODIES_BY_ROUTE[name];
  const path = route.replace('{manual_id}', method === 'DELETE' ? doomedId : manualId).replace('{job_id}', jobId);
  const response = await fetch(runtime.file.api_url + path, {
    method,
    headers: {
      ...(authorization !== undefined && { Authorization: authorization }),
      ...(body && { 'Content-Type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const { status, headers } = response;
  return { status, type: headers.get('content-type'), document: await response.json() };
}

/** The answers to those requests by their names, one after the other, so that those of a function have one execution environment. */
async function answersTo(names: readonly string[], authorization: string | undefined): Promise<Record<string, Answer>> {
  const answers: Record<string, Answer> = {};
  for (const name of names) answers[name] = await answerTo(name, authorization);
  return answers;
}

const PROTECTED = Object.keys(BODIES_BY_ROUTE);
const each = (names: readonly string[], answer: object) => Object.fromEntries(names.map((name) => [name, answer]));
const refusalBy = (by: keyof typeof REFUSED_BY) => ({
  status: 401,
  type: 'application/problem+json',
  document: {
    type: 'urn:manuel:problem:unauthorized',
    title: 'A valid access token is required',
    status: 401,
    detail: REFUSED_BY[by],
    code: 'unauthorized',
    request_id: expect.any(String),
  },
});

/** Sends it to every protected route while nothing behind the API can be asked, and checks that nothing was changed. */
async function expectRefusal(authorization: string | undefined, by: keyof typeof REFUSED_BY): Promise<void> {
  const before = await stored();
  for (const service of SERVICES) await control.armFault({ service, kind: 'deny' });
  const answers = await answersTo(PROTECTED, authorization).finally(() => control.clearFaults());
  expect(answers).toEqual(each(PROTECTED, refusalBy(by)));
  const after = await stored();
  expect({ ...after, passing: [] }).toEqual({ ...before, passing: [] });
  // Nothing is new among what goes by itself, such as a network's count of its minute, which may have gone meanwhile.
  expect(before.passing).toEqual(expect.arrayContaining(after.passing));
}

/** Every item of every table but the flag that a schedule writes; apart from them those that expire; and every version of every object. */
async function stored() {
  using operator = new OperatorView(runtime.file);
  const [all, objects] = await Promise.all([operator.items(), operator.objects()]);
  const items = all.filter((item) => item['user_id'] !== SPEND_FLAG_KEY);
  const expires = (item: object) => 'expires_at' in item;
  return { items: items.filter((item) => !expires(item)), passing: items.filter(expires), objects };
}

test('the table holds every route of the contracts, and no other', () => {
  const named = (access: string) => ROUTES.filter((route) => route.access === access).map(({ method, path }) => `${method} ${path}`);
  expect(named('user').sort()).toEqual(PROTECTED.toSorted());
  expect(named('public').sort()).toEqual(PUBLIC);
});

test('the strangers’ tokens are wrong in one thing each', () => {
  const right = claimsOf(user.token);
  const { iss, client_id, sub, token_use, scope } = right;
  expect(right).toMatchObject({ token_use: 'access', scope: 'aws.cognito.signin.user.admin' });
  expect(claimsOf(strangers.otherPool)).toMatchObject({ token_use, scope, iss: expect.not.stringMatching(`^${iss}$`) });
  expect(claimsOf(strangers.otherClient)).toMatchObject({
    token_use,
    scope,
    iss,
    sub,
    client_id: expect.not.stringMatching(`^${client_id}$`),
  });
  expect(claimsOf(strangers.otherScope)).toMatchObject({ token_use, iss, client_id, scope: 'openid email' });
  expect(claimsOf(idToken)).toMatchObject({ token_use: 'id', iss, sub, aud: client_id });
});

test('a genuine access token of this client is let in on every route', async () => {
  const success = { status: expect.any(Number), type: 'application/json', document: expect.any(Object) };
  const answers = await answersTo(PROTECTED, `Bearer ${user.token}`);
  expect(answers).toEqual(each(PROTECTED, success));
  expect(Object.values(answers).every(({ status }) => status < 300)).toBe(true);
  // What follows is to find the same again and again.
  while (JSON.stringify(await stored()).includes(doomedId)) await new Promise((resolve) => setTimeout(resolve, 100));
  doomedId = await newManual();
});

test.each([
  ['without a token', () => undefined],
  ['with one that is refused elsewhere', () => `Bearer ${forger.unsigned()}`],
])('what is public answers %s', async (_which, authorization) => {
  const answers = await answersTo(PUBLIC, authorization());
  expect(answers).toEqual(each(PUBLIC, { status: 200, type: 'application/json', document: expect.any(Object) }));
  const preflights = await Promise.all(
    [...new Set(ROUTES.map(({ path }) => path))].map((path) => fetch(runtime.file.api_url + path, { method: 'OPTIONS' })),
  );
  expect(new Set(preflights.map(({ status }) => status))).toEqual(new Set([204]));
});

test.each([
  ['no header', () => undefined],
  ['an empty header', () => ''],
  ['a scheme without a token', () => 'Bearer '],
  ['another scheme', () => `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`],
  ['garbage', () => 'Bearer garbage'],
  ['garbage of three parts', () => 'Bearer Z2FyYmFnZQ.Z2FyYmFnZQ.Z2FyYmFnZQ'],
  ['two genuine tokens', () => `Bearer ${user.token}, Bearer ${user.token}`],
  ['a changed header', () => `Bearer ${forger.flipped('header')}`],
  ['a changed payload', () => `Bearer ${forger.flipped('payload')}`],
  ['a changed signature', () => `Bearer ${forger.flipped('signature')}`],
  ['no signature', () => `Bearer ${forger.unsigned()}`],
  ['the public key taken for a shared secret', () => `Bearer ${forger.signedWithPublicKey()}`],
  ['a stranger’s signature', () => `Bearer ${forger.signedByStranger()}`],
  ['a stranger’s signature and key', () => `Bearer ${forger.signedByStrangerWithKey()}`],
  ['a genuine token of another pool', () => `Bearer ${strangers.otherPool}`],
  ['a genuine ID token', () => `Bearer ${idToken}`],
  ['a genuine access token of another scope', () => `Bearer ${strangers.otherScope}`],
])('%s is refused by the authorizer on every route, and nothing is charged, written or read', async (_who, authorization) => {
  await expectRefusal(authorization(), 'authorizer');
});

test('a genuine access token of another client is refused by the function on every route, and nothing is charged, written or read', async () => {
  await expectRefusal(`Bearer ${strangers.otherClient}`, 'function');
});

test('an expired token is refused on every route, and one that is newly signed is let in', async () => {
  await control.advanceTime(TOKEN_LIFETIME_MS);
  await expectRefusal(`Bearer ${user.token}`, 'authorizer');
  const { accessToken } = await signInAgain(runtime.file, user);
  const answers = await answersTo(PROTECTED, `Bearer ${accessToken}`);
  expect(Object.values(answers).every(({ status }) => status < 300)).toBe(true);
});
