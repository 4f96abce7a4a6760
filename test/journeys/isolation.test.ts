import { randomUUID } from 'node:crypto';
import { request as send } from 'node:http';
import fc from 'fast-check';
import { inHaste } from '../support/haste.ts';
import { MEMBERS, neverWas, withoutFresh } from '../support/isolation-answers.ts';
import { A_FILE, askWithin, base64url, type Call, getManual, listAfter, PLACES, QUESTION } from '../support/isolation-places.ts';
import {
  proveOwnerCheck,
  proveOwnerFilter,
  proveServerWrittenMetadata,
  proveUploadPolicy,
  storeManual,
} from '../support/isolation-proofs.ts';
import { type SharedRuntime, test } from '../support/journey.ts';
import type { OperatorView } from '../support/operator-view.ts';
import { ROUTES } from '../support/routes.ts';
import { startRuntime } from '../support/runtime.ts';
import { newUser, type SignedInUser } from '../support/users.ts';

interface Answer {
  readonly status: number;
  /** Status, headers and body, without what differs between any two answers. */
  readonly content: string;
}

/** As many as are let through whatever the minute. */
const REQUESTS_AT_ONCE = 40;

let runtime: SharedRuntime;
let operator: OperatorView;
/** The one whose things are asked for, and the one who asks. */
let anna: SignedInUser;
let ben: SignedInUser;
let bensRequests = 0;
let annasManuals: readonly string[];
let bensManual: string;
let annasJob: string;
let bensJob: string;
let annasSecrets: readonly string[];
let annasBelongings: Awaited<ReturnType<typeof belongingsOf>>;

test.beforeAll(async ({ runtime: shared }) => {
  runtime = shared;
  ({ operator } = shared);
  [anna, ben] = await Promise.all([newUser(runtime.file), newUser(runtime.file)]);
  // Ben's list goes on behind Anna's cursors.
  await ben.client.startUpload(A_FILE);
  const [{ manualId: ready }, { manual_id: awaited }] = await Promise.all([
    storeManual(operator, anna, ['The cellar opens with marzipan.'], 'wine-cellar.pdf'),
    anna.client.startUpload({ filename: 'love-letters.txt', content_type: 'text/plain', size: 10 }),
  ]);
  ({ manualId: bensManual } = await storeManual(operator, ben, ['Descale the kettle with vinegar.'], 'kettle.pdf'));
  await inHaste(runtime.control, Promise.all([anna.client.untilReady(ready), ben.client.untilReady(bensManual)]));
  await anna.client.ask(QUESTION);
  annasManuals = [ready, awaited];
  [annasJob, bensJob] = (await Promise.all([anna, ben].map(startRecording))) as [string, string];
  // Words that no random id can hold.
  annasSecrets = [
    anna.userId,
    anna.name,
    annasJob,
    ...annasManuals,
    ...annasManuals.map(base64url),
    'wine-cellar',
    'marzipan',
    'love-letters',
  ];
  annasBelongings = await belongingsOf(anna);
});

const startRecording = async ({ client }: SignedInUser): Promise<string> =>
  (await client.startRecordingUpload({ content_type: 'audio/wav', size: 10 })).job_id;

/** What Ben is answered, which never holds anything of Anna's. */
async function answerToBen({ method, target, headers = {}, body }: Call): Promise<Answer> {
  // He makes more requests than anybody may in a minute.
  if (++bensRequests % REQUESTS_AT_ONCE === 0) await operator.forgetRequests(ben);
  const { port, hostname } = new URL(runtime.file.api_url);
  const type = body && { 'Content-Type': 'application/json' };
  const options = { method, hostname, port, path: target, headers: { ...type, ...headers, Authorization: `Bearer ${ben.token}` } };
  const answer = await new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const request = send(options, async (response) => {
      const chunks = await response.toArray();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() });
    });
    request.on('error', reject).end(body && JSON.stringify(body));
  });
  const whole = JSON.stringify(answer).toLowerCase();
  for (const secret of annasSecrets) expect(whole).not.toContain(secret.toLowerCase());
  return { status: answer.status, content: withoutFresh(answer) };
}

async function belongingsOf({ userId }: SignedInUser) {
  const [items, objects, passages] = await Promise.all([
    operator.items(),
    operator.objects(),
    operator.passages({ equals: { key: 'user_id', value: userId } }),
  ]);
  const names = (thing: object) => JSON.stringify(thing).includes(userId);
  return { items: items.filter(names), objects: objects.filter(names), passages };
}

test('the table holds every route that a contract has', () => {
  expect(Object.keys(PLACES).sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
});

const places = Object.entries(PLACES).flatMap(([route, { places }]) =>
  Object.entries(places).map(([place, [status, call]]) => ({ route, place, status, call })),
);

test.each(places)('$route answers of her manual in $place as of none', async ({ route, status, call }) => {
  const method = route.split(' ')[0] ?? '';
  const calls = annasManuals.map((manualId) => {
    const nobody = { userId: neverWas(anna.userId), manualId: neverWas(manualId), jobId: neverWas(annasJob) };
    return [call({ userId: anna.userId, manualId, jobId: annasJob }), call(nobody)] as const;
  });
  // Not every place names the manual.
  for (const [named, ofNone] of new Map(calls.map((each) => [JSON.stringify(each[0]), each])).values()) {
    const unknown = await answerToBen({ method, ...ofNone });
    await expect(answerToBen({ method, ...named })).resolves.toEqual(unknown);
    expect(unknown.status).toBe(status);
  }
});

test.each(Object.keys(PLACES))('%s heeds no header and no parameter that names somebody', async (route) => {
  const call = ownCall(route);
  const plain = await answerToBen(call);
  expect([200, 201, 202]).toContain(plain.status);
  const names = MEMBERS.map((name) => [name, anna.userId] as const);
  const headers = Object.fromEntries([...names, ['X-User-Id', anna.userId], ['X-Forwarded-User', anna.name], ['Cookie', anna.userId]]);
  await expect(answerToBen({ ...call, headers })).resolves.toEqual(plain);
  await expect(answerToBen({ ...call, target: `${call.target}?${new URLSearchParams(Object.fromEntries(names))}` })).resolves.toEqual(
    plain,
  );
});

test.each(Object.keys(PLACES).filter((route) => route.startsWith('POST')))('%s refuses a member that names somebody', async (route) => {
  const call = ownCall(route);
  for (const member of MEMBERS) {
    const answers = [anna.userId, neverWas(anna.userId)].map((userId) =>
      answerToBen({ ...call, body: { ...call.body, [member]: userId } }),
    );
    const [named, unknown] = await Promise.all(answers);
    expect([member, named?.status]).toEqual([member, 400]);
    expect(named).toEqual(unknown);
  }
});

function ownCall(route: string): Call {
  const { own } = PLACES[route] ?? {};
  if (!own) throw new Error(`there is no route ${route}`);
  return { method: route.split(' ')[0] ?? '', ...own({ userId: ben.userId, manualId: bensManual, jobId: bensJob }) };
}

describe('however her ids are mangled', () => {
  const noise = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('%', '%2f', '../', '#1', '\0', ';', '?', '{', '"', '\u2028', 'ı'));
  const edit = fc.oneof(
    fc.constantFrom<(id: string) => string>(
      (id) => id.toUpperCase(),
      encodeURIComponent,
      (id) => id.replaceAll('-', ''),
      base64url,
    ),
    fc.tuple(fc.nat(40), fc.nat(2), noise).map(
      ([at, dropped, added]) =>
        (id: string) =>
          id.slice(0, at) + added + id.slice(at + dropped),
    ),
  );
  /** Her ids, some of them as they are. */
  const mangled = fc
    .tuple(fc.nat(2), fc.array(edit, { maxLength: 3 }))
    .map(([which, edits]) => edits.reduce((id, change) => change(id), [...annasManuals, anna.userId][which] ?? ''));

  test('there is no such manual', async () => {
    const missing = await answerToBen({ method: 'GET', ...getManual(neverWas(annasManuals[0] ?? '')) });
    const isMissing = async (id: string) => {
      expect(await answerToBen({ method: 'GET', ...getManual(encodeURIComponent(id)) })).toEqual(missing);
    };
    await fc.assert(fc.asyncProperty(mangled, isMissing), { numRuns: 60 });
  });

  test('manual_ids match nothing', async () => {
    const nothing = await answerToBen({ method: 'POST', ...askWithin(randomUUID()) });
    const isNothing = async (ids: string[]) => {
      const manualIds = ids.map((id) => id.slice(0, 64)).filter((id) => id !== '');
      expect(await answerToBen({ method: 'POST', ...askWithin(...manualIds) })).toEqual(nothing);
    };
    await fc.assert(fc.asyncProperty(fc.array(mangled, { minLength: 40, maxLength: 50 }), isNothing), { numRuns: 5, endOnFailure: true });
  });

  test('a cursor leads into one’s own list or nowhere', async () => {
    const isHarmless = async (id: string) => {
      expect([200, 400]).toContain((await answerToBen({ method: 'GET', ...listAfter(base64url(id)) })).status);
    };
    await fc.assert(fc.asyncProperty(mangled, isHarmless), { numRuns: 40 });
  });
});

test('nothing of hers has changed', async () => {
  expect(annasBelongings).toMatchObject({ items: { length: 6 }, objects: { length: 2 }, passages: { length: 1 } });
  await expect(belongingsOf(anna)).resolves.toEqual(annasBelongings);
});

test('she herself gets all of it', async () => {
  const { manuals } = await anna.client.manuals();
  expect(manuals.map(({ manual_id }) => manual_id).sort()).toEqual([...annasManuals].sort());
  await expect(anna.client.manual(annasManuals[0] ?? '')).resolves.toMatchObject({ filename: 'wine-cellar.pdf', status: 'ready' });
  await expect(anna.client.ask(QUESTION, { manual_ids: annasManuals })).resolves.toMatchObject({
    answer: expect.stringContaining('marzipan'),
    citations: [{ manual_id: annasManuals[0] }],
  });
});

describe('each control holds by itself', () => {
  test('the owner filter of a search', () => proveOwnerFilter(runtime.file));
  test('the check of what a search has returned', () => proveOwnerCheck(runtime.file));
  test('the metadata that only the backend writes', () => proveServerWrittenMetadata(runtime.file));
  test('the policy of an upload form', async () => {
    const { file, stop } = await startRuntime();
    try {
      await proveUploadPolicy(file);
    } finally {
      expect(await stop()).toBe(0);
    }
  });
});
