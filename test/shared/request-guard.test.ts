import fc from 'fast-check';
import type { RouteContract } from '../../lambdas/shared/function.contract.ts';
import { networkOf, within } from '../../lambdas/shared/guard/client-address.ts';
import { apiEvent } from '../support/api-events.ts';
import { ALICE } from '../support/callers.ts';
import { guardWith } from '../support/guards.ts';

/** What a guard says at sight: the code, or nothing. */
function sight(guard: ReturnType<typeof guardWith>, event: ReturnType<typeof apiEvent>) {
  try {
    return guard.inspect(event);
  } catch (error) {
    return error;
  }
}

describe('the allowlist', () => {
  const RANGES = ['203.0.113.0/24', '2001:db8:1::/48', '::ffff:198.51.100.0/120'];

  test.each([
    ['203.0.113.0', true],
    ['203.0.113.255', true],
    ['203.0.114.0', false],
    ['::ffff:203.0.113.7', true],
    ['::ffff:cb00:7107', true],
    ['::ffff:203.0.114.7', false],
    ['198.51.100.9', true],
    ['198.51.101.9', false],
    ['2001:db8:1:ffff::1', true],
    ['2001:DB8:0001::1', true],
    ['2001:db8:2::1', false],
    // What only ends like an address that is let in.
    ['2001:db8:2::203.0.113.7', false],
    ['64:ff9b::203.0.113.7', false],
    ['', false],
    ['test-invoke-source-ip', false],
  ])('has %s: %s', (address, isLetIn) => {
    expect(within(RANGES)(address)).toBe(isLetIn);
  });

  test('takes every address of a range and none beside it, whatever its form', () => {
    const v4 = (bits: number) => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.integer({ min: 1, max: 32 }), fc.nat(0xffffffff), (network, prefix, client) => {
        const isInside = network >>> (32 - prefix) === client >>> (32 - prefix);
        const isListed = within([`${v4(network)}/${prefix}`]);
        expect([isListed(v4(client)), isListed(`::ffff:${v4(client)}`)]).toEqual([isInside, isInside]);
      }),
    );
  });

  test('refuses who is not on it with a 403, by the address that the gateway saw, whatever headers say', () => {
    const guard = guardWith({ allowlist: RANGES });
    const headers = { 'X-Forwarded-For': '203.0.113.7', Forwarded: 'for=203.0.113.7', 'X-Real-IP': '203.0.113.7' };
    expect(sight(guard, apiEvent({ sourceIp: '192.0.2.1', headers }))).toMatchObject({ code: 'forbidden', status: 403, kind: 'allowlist' });
    expect(sight(guard, apiEvent({ sourceIp: '203.0.113.7', headers: { 'X-Forwarded-For': '192.0.2.1' } }))).toBeUndefined();
  });

  test('is for nobody where it is empty', () => {
    expect(sight(guardWith(), apiEvent({ sourceIp: '192.0.2.1' }))).toBeUndefined();
  });
});

describe('a body', () => {
  const guard = guardWith({ maxBodyBytes: 10 });
  const tooLarge = { code: 'too_large', status: 413, kind: 'body_size' };

  test('is measured in bytes as they were sent', () => {
    expect(sight(guard, apiEvent({ body: 'x'.repeat(10) }))).toBeUndefined();
    expect(sight(guard, apiEvent({ body: 'x'.repeat(11) }))).toMatchObject(tooLarge);
    expect(sight(guard, apiEvent({ body: 'ü'.repeat(5) }))).toBeUndefined();
    expect(sight(guard, apiEvent({ body: `${'ü'.repeat(5)}x` }))).toMatchObject(tooLarge);
    const base64 = (bytes: number) => Buffer.alloc(bytes, 120).toString('base64');
    expect(sight(guard, apiEvent({ body: base64(10), isBase64Encoded: true }))).toBeUndefined();
    expect(sight(guard, apiEvent({ body: base64(11), isBase64Encoded: true }))).toMatchObject(tooLarge);
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON',
    ' application/json ;v=1',
  ])('of the type "%s" is taken', (type) => {
    expect(sight(guard, apiEvent({ body: '{}', headers: { 'Content-TYPE': type } }))).toBeUndefined();
  });

  test.each([
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'application/json-patch+json',
    'text/plain, application/json',
    'multipart/form-data; boundary=application/json',
    '',
  ])('of the type "%s" is a 415', (type) => {
    expect(sight(guard, apiEvent({ body: '{}', headers: { 'content-type': type } }))).toMatchObject({
      code: 'unsupported_type',
      status: 415,
      kind: 'content_type',
    });
  });

  test('of no type is a 415, and no body needs none', () => {
    expect(sight(guard, apiEvent({ body: '{}', headers: {} }))).toMatchObject({ kind: 'content_type' });
    for (const body of [null, '']) expect(sight(guard, apiEvent({ body, headers: { 'content-type': 'text/plain' } }))).toBeUndefined();
  });
});

describe('what a request is counted as', () => {
  const counted: unknown[] = [];
  const guard = guardWith(
    {},
    {
      countUser: async (caller, kind, perMinute) => void counted.push([caller.userId, kind, perMinute]),
      countNetwork: async (network, kind, perMinute) => void counted.push([network, kind, perMinute]),
    },
  );

  test.each([
    ['GET', 'read'],
    ['POST', 'request'],
    ['DELETE', 'request'],
  ] as const)('%s is a %s of its user and of the network that the gateway saw', async (method, kind) => {
    counted.length = 0;
    const route: RouteContract = { method, path: '/things', access: 'user' };
    const headers = { 'X-Forwarded-For': '192.0.2.1' };
    await guard.admit(apiEvent({ method, headers }), route, ALICE).ended();
    expect(counted).toEqual([
      [networkOf('203.0.113.7'), kind, 3],
      ['alice', kind, 2],
    ]);
  });

  test('an IPv4 address is the same in its IPv6 form, and what begins like an IPv6 address is of one site', () => {
    expect(networkOf('::ffff:203.0.113.7')).toBe(networkOf('203.0.113.7'));
    expect(networkOf('203.0.113.8')).not.toBe(networkOf('203.0.113.7'));
    expect(networkOf('2001:db8:1:2:ffff::9')).toBe(networkOf('2001:DB8:1:2::1'));
    expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'));
    expect(networkOf('203.0.113.7')).toMatch(/^[0-9a-f]{32}$/);
  });
});
