import {
  AdminCreateUserCommand,
  GetUserCommand,
  InitiateAuthCommand,
  ListUsersCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { byteMatch, openWaf, rateOf, rule, type TestWaf } from './waf-support.ts';

const MINUTE_MS = 60_000;
const BLOCKED = {
  name: 'ForbiddenException',
  message: 'Request not allowed due to WAF block.',
  $metadata: expect.objectContaining({ httpStatusCode: 403 }),
};

let waf: TestWaf;
beforeEach(async () => {
  waf = await openWaf();
  waf.door.clock.freeze();
});
afterEach(async () => {
  await waf.close();
  expect(waf.door.internalErrors).toEqual([]);
});

const times = (count: number, run: () => boolean) => Array.from({ length: count }, run);
const get = (headers?: RequestInit['headers']) => fetch(waf.apiUrl, { ...(headers && { headers }) });
const signUp = (ClientId: string) =>
  waf.cognito.send(new SignUpCommand({ ClientId, Username: `${crypto.randomUUID()}@example.com`, Password: 'Analytical-Engine-1843' }));

describe('addresses', () => {
  test('off an allowlist are blocked before the API is looked at, whatever a header says of them', async () => {
    const set = await waf.createSet('IPV4', ['203.0.113.0/24']);
    const elsewhere = rule('Elsewhere', 0, { NotStatement: { Statement: { IPSetReferenceStatement: { Arn: set } } } });
    await waf.createAcl('Acl', [elsewhere], [waf.stageArn]);
    for (const headers of [{}, { 'x-forwarded-for': '203.0.113.9' }, { forwarded: 'for=203.0.113.9' }]) {
      const answer = await get(headers);
      expect(answer.status).toBe(403);
      expect(answer.headers.get('x-amzn-errortype')).toBe('ForbiddenException');
      expect(await answer.json()).toEqual({ message: 'Forbidden' });
    }
    expect((await fetch(`${waf.apiUrl}/no/such/route`)).headers.get('x-amzn-errortype')).toBe('ForbiddenException');
  });

  test('on an allowlist pass', async () => {
    const set = await waf.createSet('IPV4', ['127.0.0.0/8']);
    const elsewhere = rule('Elsewhere', 0, { NotStatement: { Statement: { IPSetReferenceStatement: { Arn: set } } } });
    await waf.createAcl('Acl', [elsewhere], [waf.stageArn]);
    expect((await get()).status).toBe(204);
  });

  test('are told apart by the bits of their ranges, of either version', async () => {
    const sets = [await waf.createSet('IPV4', ['203.0.113.64/26', '198.51.100.7/32']), await waf.createSet('IPV6', ['2001:db8:1::/48'])];
    const among = { OrStatement: { Statements: sets.map((Arn) => ({ IPSetReferenceStatement: { Arn } })) } };
    await waf.createAcl('Acl', [rule('Elsewhere', 0, { NotStatement: { Statement: among } })], [waf.stageArn]);
    const admitted = (sourceIp: string) => waf.admits(waf.stageArn, { sourceIp });
    const inside = ['203.0.113.64', '203.0.113.127', '198.51.100.7', '2001:db8:1::1', '2001:db8:1:ffff::', '::ffff:203.0.113.65'];
    const outside = ['203.0.113.63', '203.0.113.128', '198.51.100.8', '2001:db8:2::1', '::1', '::ffff:203.0.113.1', '127.0.0.1'];
    expect(inside.filter((address) => !admitted(address))).toEqual([]);
    expect(outside.filter(admitted)).toEqual([]);
  });

  test.each([
    ['IPV4', '2001:db8::/32'],
    ['IPV6', '203.0.113.0/24'],
    ['IPV4', '0.0.0.0/0'],
  ])('a set of %s takes no range %s', async (version, range) => {
    await expect(waf.createSet(version, [range])).rejects.toThrow(`an IP set of ${version} takes no range ${range}`);
  });
});

describe('a rate', () => {
  test('blocks what comes above the limit within the window, by address, until less came', async () => {
    await waf.createAcl('Acl', [rule('Rate', 0, rateOf(10))], [waf.stageArn]);
    const send = () => waf.admits(waf.stageArn, { sourceIp: '203.0.113.9' });
    expect(times(12, send)).toEqual([...Array(10).fill(true), false, false]);
    expect(waf.admits(waf.stageArn, { sourceIp: '203.0.113.10' })).toBe(true);
    expect(waf.admits(waf.stageArn, { sourceIp: '2001:db8::9' })).toBe(true);
    waf.door.clock.advance(MINUTE_MS - 1);
    expect(send()).toBe(false);
    // All but the last are a minute old now.
    waf.door.clock.advance(1);
    expect(times(10, send)).toEqual([...Array(9).fill(true), false]);
  });

  test('goes on blocking whoever goes on calling', async () => {
    await waf.createAcl('Acl', [rule('Rate', 0, rateOf(10))], [waf.stageArn]);
    times(10, () => waf.admits(waf.stageArn, {}));
    // Twelve a minute.
    for (let second = 0; second < 120; second += 5) {
      expect(waf.admits(waf.stageArn, {})).toBe(false);
      waf.door.clock.advance(5000);
    }
    waf.door.clock.advance(MINUTE_MS);
    expect(waf.admits(waf.stageArn, {})).toBe(true);
  });

  test('looks back as far as its window, five minutes unless it says otherwise', async () => {
    const fiveMinutes = rule('Rate', 0, { RateBasedStatement: { Limit: 10, AggregateKeyType: 'IP' } });
    await waf.createAcl('Acl', [fiveMinutes], [waf.stageArn]);
    times(10, () => waf.admits(waf.stageArn, {}));
    waf.door.clock.advance(5 * MINUTE_MS - 1);
    expect(waf.admits(waf.stageArn, {})).toBe(false);
    waf.door.clock.advance(1);
    expect(waf.admits(waf.stageArn, {})).toBe(true);
  });

  test('counts only what its scope takes in, and what no earlier rule has ended', async () => {
    const rules = [
      rule('Gone', 0, byteMatch('/gone')),
      rule('Rate', 1, rateOf(10, { ScopeDownStatement: byteMatch('/costly', { position: 'STARTS_WITH' }) })),
    ];
    await waf.createAcl('Acl', rules, [waf.stageArn]);
    times(20, () => waf.admits(waf.stageArn, { path: '/cheap' }));
    times(20, () => waf.admits(waf.stageArn, { path: '/gone' }));
    expect(times(11, () => waf.admits(waf.stageArn, { path: '/costly/one' })).at(-1)).toBe(false);
    expect(waf.admits(waf.stageArn, { path: '/cheap' })).toBe(true);
  });

  test('counts an address over all that its web ACL stands before, over real HTTP and through the SDK', async () => {
    const { arn, ClientId } = await waf.createPool();
    await waf.createAcl('Acl', [rule('Rate', 0, rateOf(10))], [waf.stageArn, arn]);
    for (let request = 0; request < 9; request++) expect((await get({ 'x-forwarded-for': `203.0.113.${request}` })).status).toBe(204);
    await signUp(ClientId);
    await expect(signUp(ClientId)).rejects.toMatchObject(BLOCKED);
    expect((await get({ 'x-forwarded-for': '203.0.113.99' })).status).toBe(403);
    waf.door.clock.advance(MINUTE_MS);
    expect((await get()).status).toBe(204);
    await signUp(ClientId);
  });
});

test('the API’s access log tells what the web ACL made of a request', async () => {
  await get();
  await waf.createAcl('Acl', [rule('Path', 0, byteMatch('/blocked'))], [waf.stageArn]);
  await get();
  await fetch(`${waf.apiUrl}/blocked`);
  // A line is written when the answer has left, which a client may hear before.
  let lines: string[] = [];
  for (let tries = 0; lines.length < 3 && tries < 100; tries += 1) lines = await waf.accessLogged();
  expect(lines).toEqual(['- -', 'WAF_ALLOW -', 'WAF_BLOCK WAF_FILTERED']);
});

describe('a user pool', () => {
  test('refuses its public operations as Cognito does, and administrators’ none', async () => {
    const { arn, poolId, ClientId } = await waf.createPool();
    await waf.createAcl('Acl', [rule('Everything', 0, byteMatch('/'))], [arn]);
    const AuthParameters = { USERNAME: 'ada@example.com', SRP_A: 'abcdef0123456789' };
    await expect(signUp(ClientId)).rejects.toMatchObject(BLOCKED);
    await expect(waf.cognito.send(new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters }))).rejects.toMatchObject(
      BLOCKED,
    );
    const iss = Buffer.from(JSON.stringify({ iss: `https://cognito-idp.eu-west-1.amazonaws.com/${poolId}` })).toString('base64url');
    await expect(waf.cognito.send(new GetUserCommand({ AccessToken: `${iss}.${iss}.x` }))).rejects.toMatchObject(BLOCKED);
    await waf.cognito.send(new AdminCreateUserCommand({ UserPoolId: poolId, Username: 'ada@example.com' }));
    const { Users } = await waf.cognito.send(new ListUsersCommand({ UserPoolId: poolId }));
    expect(Users).toHaveLength(1);
  });

  test('is not held up by the web ACL of another', async () => {
    const [guarded, open] = [await waf.createPool(), await waf.createPool()];
    await waf.createAcl('Acl', [rule('Everything', 0, byteMatch('/'))], [guarded.arn]);
    await signUp(open.ClientId);
    await expect(signUp(guarded.ClientId)).rejects.toMatchObject(BLOCKED);
  });
});
