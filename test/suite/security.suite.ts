import { randomUUID } from 'node:crypto';
import { ApiProblem, sendForm } from '../../local/cli/manuel-client.ts';
import { MEMBERS, neverWas, withoutFresh } from '../support/isolation-answers.ts';
import { A_FILE, base64url, PLACES, QUESTION } from '../support/isolation-places.ts';
import { ROUTES } from '../support/routes.ts';
import { expectNoInternals, expectStatus } from './answers.ts';
import { check, note, target } from './check.ts';
import { OwnManuals } from './own-manuals.ts';
import { type Person, person } from './people.ts';
import { problemOf, type Sent, send } from './send.ts';

/** That nobody gets at what is somebody else's, and that nothing that is sent does harm or learns what is inside. */
const manuals = new OwnManuals();
afterAll(() => manuals.clear());

/** What is hers, the first user's, and what he has, the second, who asks for hers. */
interface Belongings {
  readonly her: Person;
  readonly him: Person;
  readonly hers: { readonly userId: string; readonly manualId: string; readonly jobId: string };
  readonly his: { readonly userId: string; readonly manualId: string; readonly jobId: string };
  /** What no answer to him may hold. */
  readonly secrets: readonly string[];
}

let belongings: Promise<Belongings> | undefined;

function ofBoth(): Promise<Belongings> {
  belongings ??= settleIn();
  return belongings;
}

async function settleIn(): Promise<Belongings> {
  const [her, him] = await Promise.all([person(0), person(1)]);
  const answer = `marzipan${randomUUID()}`;
  const filename = `wine-cellar-${randomUUID()}.pdf`;
  const [hersReady, started, herJob, hisJob] = await Promise.all([
    manuals.upload(her, [`The cellar opens with ${answer}.`], filename),
    him.client.startUpload(A_FILE),
    ...[her, him].map(({ client }) => client.startRecordingUpload({ content_type: 'audio/wav', size: 10 })),
  ]);
  manuals.note(him, started.manual_id);
  const hers = { userId: her.userId, manualId: hersReady, jobId: herJob?.job_id ?? '' };
  const his = { userId: him.userId, manualId: started.manual_id, jobId: hisJob?.job_id ?? '' };
  const secrets = [her.name, ...Object.values(hers), base64url(hersReady), answer, filename];
  return { her, him, hers, his, secrets };
}

/** What he is answered, without what is new in every answer. */
async function answerToHim(sent: Sent): Promise<{ readonly status: number; readonly content: string }> {
  const { him, secrets } = await ofBoth();
  const answer = await send({ ...sent, token: him.token });
  if (answer.status === 201) manuals.note(him, JSON.parse(answer.text).manual_id ?? '');
  const whole = JSON.stringify(answer).toLowerCase();
  for (const secret of secrets) expect(whole).not.toContain(secret.toLowerCase());
  return { status: answer.status, content: withoutFresh(answer) };
}

check('no route of the contracts is left out here', [], async () => {
  expect(Object.keys(PLACES).sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
});

check('she herself gets what is hers', ['user', 'second user', 'questions'], async () => {
  const { her, hers, secrets } = await ofBoth();
  await expect(her.client.manual(hers.manualId)).resolves.toMatchObject({ status: 'ready' });
  const { answer, citations } = await her.client.ask(QUESTION, { manual_ids: [hers.manualId] });
  expect(citations).toMatchObject([{ manual_id: hers.manualId, page: 1 }]);
  expect(secrets.some((secret) => `${answer}${citations[0]?.excerpt}`.includes(secret))).toBe(true);
});

for (const [route, { own, places }] of Object.entries(PLACES)) {
  const [method = ''] = route.split(' ');
  const names = Object.entries(places);
  const asks = route === 'POST /api/query' ? (['questions'] as const) : [];
  if (names.length > 0) {
    check(`what is hers is to him as what never was: ${route}`, ['user', 'second user', ...asks], async () => {
      const { hers } = await ofBoth();
      const nobodys = { userId: neverWas(hers.userId), manualId: neverWas(hers.manualId), jobId: neverWas(hers.jobId) };
      for (const [place, [status, call]] of names) {
        const [named, unknown] = [await answerToHim({ method, ...call(hers) }), await answerToHim({ method, ...call(nobodys) })];
        expect({ place, ...named }).toEqual({ place, ...unknown });
        // A web ACL may refuse it before Manuel does.
        expectStatus(place, named, [status, 403]);
      }
      note(`${names.length} places`);
    });
  }
  // His own is still wanted.
  if (method === 'DELETE') continue;
  check(`no header and no parameter makes him her: ${route}`, ['user', 'second user', ...asks], async () => {
    const { her, his } = await ofBoth();
    const call = { method, ...own(his) };
    const plain = await answerToHim(call);
    const named = Object.fromEntries(MEMBERS.map((name) => [name, her.userId]));
    const headers = { ...named, 'X-User-Id': her.userId, 'X-Forwarded-User': her.name, Cookie: `sub=${her.userId}` };
    await expect(answerToHim({ ...call, headers, target: `${call.target}?${new URLSearchParams(named)}` })).resolves.toEqual(plain);
  });
}

check('no member of a body makes him her', ['user', 'second user'], async () => {
  const { hers, his } = await ofBoth();
  const posts = Object.entries(PLACES).filter(([route]) => route.startsWith('POST '));
  for (const [route, { own }] of posts) {
    for (const member of MEMBERS) {
      const { body, ...call } = own(his);
      const { status } = await answerToHim({ method: 'POST', ...call, body: { ...body, [member]: hers.userId } });
      expectStatus(`${member} of ${route}`, { status }, [400]);
    }
  }
  note(`${posts.length * MEMBERS.length} bodies`);
});

check('an upload form writes its own file, of its own size and type, and nothing else', ['user'], async () => {
  const { client, userId } = await person();
  const { manual_id, upload } = await client.startUpload(A_FILE);
  manuals.note({ client }, manual_id);
  const bytes = new Uint8Array(A_FILE.size).fill(0x61);
  const changed = (fields: Record<string, string>) => sendForm({ ...upload, fields: { ...upload.fields, ...fields } }, bytes);
  await expect(changed({ key: `incoming/${userId}/other` })).rejects.toThrow(/refused with 403/);
  await expect(changed({ key: `manuals/${userId}/${manual_id}` })).rejects.toThrow(/refused with 403/);
  await expect(changed({ 'Content-Type': 'text/html' })).rejects.toThrow(/refused with 403/);
  await expect(sendForm(upload, bytes.subarray(1))).rejects.toThrow(/refused with 400/);
  await expect(sendForm(upload, new Uint8Array([...bytes, 0x61]))).rejects.toThrow(/refused with 400/);
});

check('a page of an unknown origin may not act for who is signed in', [], async () => {
  const origin = `https://${randomUUID()}.example`;
  const preflight = { method: 'OPTIONS', target: '/api/query', headers: { 'Access-Control-Request-Method': 'POST' } };
  for (const { headers: asked, ...sent } of [{ target: '/health', headers: {} }, { target: '/api/query', headers: {} }, preflight]) {
    const { headers } = await send({ ...sent, headers: { ...asked, Origin: origin } });
    // Any page may, where the stage says so: but by a token that it has, never by a cookie.
    expect(['*', undefined]).toContain(headers['access-control-allow-origin']);
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  }
  const { headers } = await send({ target: '/health' });
  for (const telling of ['x-powered-by', 'set-cookie']) expect(headers).not.toHaveProperty(telling);
});

const DEPTH = 20_000;
const asked = (question: string) => JSON.stringify({ question });
/** Bodies of a question that are refused, whatever it is that refuses them. */
const REFUSED: Readonly<Record<string, string>> = {
  'a question of a megabyte': asked('x'.repeat(1_000_000)),
  'lists within lists': `{"question": ${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`,
  'objects within objects': `${'{"question":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`,
  'ten thousand members': JSON.stringify({
    question: 'How?',
    ...Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`m${at}`, at])),
  }),
  'a number that is too large': '{"question": "How?", "max_results": 1e999}',
  'a number in place of text': '{"question": 7}',
  'a list in place of text': '{"question": ["How?"]}',
  'an object in place of text': '{"question": {"S": "How?"}}',
  'nothing in place of text': '{"question": null}',
  'a prototype': '{"question": "How?", "__proto__": {"user_id": "somebody"}}',
  'a constructor': '{"question": "How?", "constructor": {"prototype": {}}}',
  'half a character': '{"question": "\\ud800", "max_results": 0}',
  'bytes that are no text': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]).toString('latin1'),
  'two documents': '{"question": "How?"}{"question": "How?"}',
};

for (const [what, body] of Object.entries(REFUSED)) {
  check(`refused, and nothing of what is inside told: ${what}`, ['user'], async () => {
    const answer = await send({ method: 'POST', target: '/api/query', body, token: (await person()).token });
    expectNoInternals(answer);
    expect(answer.text.length).toBeLessThan(10_000);
    expectStatus(what, answer, [400, 403, 413]);
    expect(problemOf(answer)).toMatchObject({ status: answer.status });
  });
}

/** What a manual may be about, and so a question. */
const QUESTIONS: Readonly<Record<string, string>> = {
  SQL: "'; DROP TABLE manuals; -- what does error 42 mean?",
  'a script': '<script>alert(document.cookie)</script> <img src=x onerror=alert(1)>',
  'a template': '{{7*7}} #{7*7} <%= 7*7 %> %s %n $(id) `id`',
  'a path': '../../../../etc/passwd and file:///proc/self/environ',
};

for (const [what, question] of Object.entries(QUESTIONS)) {
  check(`answered as any other, or refused as a question: ${what} in a question`, ['user', 'questions'], async () => {
    const { token } = await person();
    const answer = await send({ method: 'POST', target: '/api/query', body: { question }, token });
    expectNoInternals(answer);
    expectStatus(what, answer, [200, 400, 403]);
    expect(answer.headers['content-type']).toMatch(/^application\/(problem\+)?json/);
    expect(answer.text).not.toMatch(/root:x:|\b49\b|uid=/);
  });
}

const PATHS = [
  '/api/../api/user/usage',
  '/api/manuals/..%2f..%2fhealth',
  '/api/manuals/%00',
  '/api//manuals',
  '/.git/config',
  '/api/manuals/%ff',
];

check('refused, and nothing of what is inside told: paths that lead elsewhere', ['user'], async () => {
  const { token } = await person();
  for (const path of PATHS) {
    const answer = await send({ target: path, token });
    expectStatus(path, answer, [400, 403, 404]);
    expectNoInternals(answer);
  }
});

check('refused, and nothing of what is inside told: addresses that are not to be fetched', ['user'], async () => {
  const { client } = await person();
  const addresses = [
    'http://169.254.169.254/latest/',
    'https://169.254.169.254/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://0x7f.1/',
    'file:///etc/passwd',
    'https://user:secret@example.com/',
  ];
  for (const address of addresses) {
    const refusal = await client.startImport(address).then(
      ({ manual_id }) => ({ address, started: manual_id }),
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(ApiProblem);
    expectStatus(address, refusal as ApiProblem, [400, 403]);
  }
});

check('nothing travels in the clear', [], async () => {
  const { protocol } = new URL(target.url);
  const { headers } = await send({ target: '/health' });
  expect(headers['strict-transport-security']).toMatch(/max-age=\d{8}/);
  note(protocol === 'https:' ? 'TLS' : 'no TLS on this machine, whose loopback interface stands for it');
});
