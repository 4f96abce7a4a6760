import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import type { ProblemDocument } from '../../lambdas/shared/problems.contract.ts';
import { type ManuelClient, sendForm } from '../../local/cli/manuel-client.ts';
import { inHaste } from '../support/haste.ts';
import { type SharedRuntime, test } from '../support/journey.ts';
import { REFUSED_REQUESTS } from '../support/refused-requests.ts';
import { newUser, operatorConfig, type SignedInUser } from '../support/users.ts';

const A_FILE = '"filename": "a.txt", "content_type": "text/plain", "size": 1';
const TEXT = new TextEncoder().encode('Fill the kettle up to the mark.\n\nDescale the kettle once a month with vinegar.');

let runtime: SharedRuntime;
let user: SignedInUser;

test.beforeAll(async ({ runtime: shared }) => {
  runtime = shared;
  user = await newUser(runtime.file);
});

function call(
  method: string,
  route: string,
  { body, token, headers = {} }: { body?: string; token?: string; headers?: Record<string, string> } = {},
) {
  return fetch(runtime.file.api_url + route, {
    method,
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
}

const ROUTES: readonly { readonly method: string; readonly route: string; readonly body?: string }[] = [
  { method: 'GET', route: '/api/manuals' },
  { method: 'GET', route: '/api/manuals/01900000-0000-7000-8000-000000000000' },
  { method: 'DELETE', route: '/api/manuals/01900000-0000-7000-8000-000000000000' },
  { method: 'POST', route: '/api/manuals/upload', body: `{${A_FILE}}` },
  { method: 'POST', route: '/api/query', body: '{"question":"How?"}' },
  { method: 'POST', route: '/api/transcribe', body: '{"upload":true,"content_type":"audio/wav","size":1}' },
  { method: 'GET', route: '/api/transcribe/01900000-0000-7000-8000-000000000000' },
  { method: 'GET', route: '/api/user/usage' },
  { method: 'GET', route: '/api/user/quota' },
];

describe('without a token', () => {
  test('the root says what this is, and health that it is alive', async () => {
    const root = await call('GET', '/');
    expect([root.status, await root.json()]).toEqual([200, expect.objectContaining({ name: 'Manuel', version: expect.any(String) })]);
    const health = await call('GET', '/health');
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok', version: expect.any(String) }]);
  });

  test.each(ROUTES)('$method $route is refused', async ({ method, route, body }) => {
    const response = await call(method, route, { ...(body && { body }) });
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    await expect(response.json()).resolves.toMatchObject({ type: 'urn:manuel:problem:unauthorized', status: 401, code: 'unauthorized' });
  });

  test.each([
    ['GET', '/api/nothing'],
    ['DELETE', '/api/query'],
  ])('%s %s is no route, with a token or without', async (method, route) => {
    for (const token of [undefined, user.token]) {
      const response = await call(method, route, { ...(token && { token }) });
      expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ code: 'not_found' })]);
    }
  });
});

describe('bad input', () => {
  test.each(REFUSED_REQUESTS)('%s %s is a 400 %s that names the field', async (route, body, code, pointer) => {
    const response = await call('POST', route, { body, token: user.token });
    const problem = (await response.json()) as ProblemDocument;
    expect([response.status, problem.code]).toEqual([400, code]);
    if (pointer !== undefined) expect(problem.errors).toEqual([{ pointer, detail: expect.any(String) }]);
  });

  test('a body of nonsense is answered briefly', async () => {
    const members = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`member${index}`, 'x'.repeat(100)]));
    const response = await call('POST', '/api/query', { body: JSON.stringify({ question: 'How?', ...members }), token: user.token });
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(JSON.parse(text).errors).toHaveLength(20);
    expect(text.length).toBeLessThan(10_000);
  });

  test.each(['ß', '水', '🔧', '𐎠'])('a question of a thousand characters such as %s is taken', async (character) => {
    await expect(user.client.ask(character.repeat(1000))).resolves.toMatchObject({ context_used: 0 });
  });

  test('a type that cannot be read is a 415, a file that is too large a 413', async () => {
    await expect(user.client.startUpload({ filename: 'a.png', content_type: 'image/png', size: 1 })).rejects.toMatchObject({ status: 415 });
    await expect(user.client.startUpload({ filename: 'a.pdf', content_type: 'application/pdf', size: 52_428_801 })).rejects.toMatchObject({
      status: 413,
    });
  });

  test('a cursor that no list returned is a 400', async () => {
    await expect(user.client.manuals({ cursor: 'bm9uc2Vuc2U' })).rejects.toMatchObject({
      status: 400,
      problem: { code: 'invalid_request' },
    });
    await expect(user.client.manuals({ limit: '0' })).rejects.toMatchObject({ status: 400 });
  });
});

describe('manuals', () => {
  test('are listed newest first and page by page', async () => {
    const { client } = await newUser(runtime.file);
    const created: string[] = [];
    for (const filename of ['one.txt', 'two.txt', 'three.txt']) {
      created.push((await client.startUpload({ filename, content_type: 'text/plain', size: 10 })).manual_id);
    }
    const first = await client.manuals({ limit: '2' });
    const second = await client.manuals({ limit: '2', cursor: first.next_cursor ?? '' });
    expect([...first.manuals, ...second.manuals].map(({ manual_id }) => manual_id)).toEqual(created.toReversed());
    expect(first.manuals[0]).toMatchObject({ filename: 'three.txt', status: 'awaiting_upload', size: 10 });
    expect(second).not.toHaveProperty('next_cursor');
  });

  test('somebody else’s cursor leads nowhere but into one’s own list', async () => {
    const { client: alice } = await newUser(runtime.file);
    const { client: bob } = await newUser(runtime.file);
    const upload = { filename: 'a.txt', content_type: 'text/plain', size: 10 };
    const bobs = await bob.startUpload(upload);
    for (let count = 0; count < 2; count += 1) await alice.startUpload(upload);
    const { next_cursor = '' } = await alice.manuals({ limit: '1' });
    const { manuals } = await bob.manuals({ cursor: next_cursor });
    expect(manuals.map(({ manual_id }) => manual_id)).toEqual([bobs.manual_id]);
  });

  test('a file that is not of its type fails with the reason', async () => {
    const { manual_id, upload } = await user.client.startUpload({ filename: 'a.pdf', content_type: 'application/pdf', size: TEXT.length });
    await sendForm(upload, TEXT);
    await expect(inHaste(runtime.control, user.client.untilReady(manual_id))).rejects.toThrow(
      'a.pdf: wrong_type – The file is not of the type that was announced.',
    );
  });

  test('a form writes its own object, of its own size and type, and nothing else', async () => {
    const { upload } = await user.client.startUpload({ filename: 'a.txt', content_type: 'text/plain', size: TEXT.length });
    const tampered = (change: Record<string, string>) => sendForm({ ...upload, fields: { ...upload.fields, ...change } }, TEXT);
    await expect(tampered({ key: `incoming/${user.userId}/other` })).rejects.toThrow(/403.*AccessDenied/s);
    await expect(tampered({ key: `manuals/${user.userId}/other` })).rejects.toThrow(/403/);
    await expect(tampered({ 'Content-Type': 'application/pdf' })).rejects.toThrow(/403/);
    await expect(sendForm(upload, TEXT.subarray(1))).rejects.toThrow(/EntityTooSmall/);
    await expect(sendForm(upload, new Uint8Array([...TEXT, 33]))).rejects.toThrow(/EntityTooLarge/);
    await expect(sendForm(upload, TEXT)).resolves.toBeUndefined();
  });
});

describe('quotas', () => {
  async function askInTurn(client: ManuelClient, questions: number): Promise<void> {
    for (let asked = 0; asked < questions; asked += 1) await client.ask('How?');
  }

  test('an answer says what it cost, and the fifty-first question of the day is refused', async () => {
    const { client, token } = await newUser(runtime.file);
    await expect(client.ask('How?')).resolves.toMatchObject({
      usage: { daily_used: 1, daily_limit: 50, monthly_used: 1, monthly_limit: 1000 },
    });
    // Two at a time: that any number at once is counted right, the tests of usage prove.
    await Promise.all([24, 25].map((questions) => askInTurn(client, questions)));
    await expect(client.usage()).resolves.toMatchObject({ daily_used: 50 });
    await expect(client.ask('How?')).rejects.toMatchObject({
      status: 429,
      problem: { code: 'quota_exceeded', detail: 'The daily quota of 50 units is used up.' },
    });
    await expect(client.quota()).resolves.toMatchObject({ daily_limit: 50, daily_remaining: 0, monthly_remaining: 950 });
    // It says when to come back.
    const response = await call('POST', '/api/query', { body: '{"question":"How?"}', token });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('the operator', () => {
  test('reads the tables that the templates made', async () => {
    const dynamodb = new DynamoDBClient(operatorConfig(runtime.file));
    const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}));
    expect(TableNames.map((name) => name.replace(/-[0-9a-f]{12}$/, ''))).toEqual([
      'Manuel-dev-storage-JobsTable1970BC16',
      'Manuel-dev-storage-ManualsTable0463DFCC',
      'Manuel-dev-storage-UsageTable28300137',
    ]);
    await user.client.ask('How?');
    const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: TableNames[2] }));
    expect(Items.map(({ user_id }) => user_id?.S)).toContain(user.userId);
    dynamodb.destroy();
  });

  test('reads the bucket, where incoming and kept files lie apart and in versions', async () => {
    const text = new TextEncoder().encode('Rinse the kettle.');
    const { manual_id, upload } = await user.client.startUpload({ filename: 'kettle.txt', content_type: 'text/plain', size: text.length });
    await sendForm(upload, text);
    await inHaste(runtime.control, user.client.untilReady(manual_id));
    const s3 = new S3Client(operatorConfig(runtime.file));
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: Buckets[0]?.Name ?? '' }));
    const keys = Versions.filter(({ Key = '' }) => Key.endsWith(manual_id)).map(({ Key }) => Key);
    expect(keys).toEqual([`incoming/${user.userId}/${manual_id}`, `manuals/${user.userId}/${manual_id}`]);
    expect(Versions.every(({ VersionId }) => VersionId !== 'null')).toBe(true);
    s3.destroy();
  });
});
