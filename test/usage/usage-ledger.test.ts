import { minuteCounter } from '../../lambdas/usage/rate.ts';
import { openReservation } from '../../lambdas/usage/reservation.ts';
import { codesOf, DAY_MS, expectBalance, expectExactQuota, type Ledgers, NOW, openLedgers } from './ledger-support.ts';

/** Of steps that are drawn; many more in the long run. */
const RUNS = 10;

let ledgers: Ledgers;

beforeAll(async () => {
  ledgers = await openLedgers();
});
afterEach(() => ledgers.faults.clear());
afterAll(() => ledgers.close());

test('a unit that is settled stays counted and leaves nothing open', async () => {
  const user = ledgers.newUser();
  const ledger = ledgers.ledgerOf(50);
  const reservation = await ledger.reserve(user, 'query', 1, { nowMs: NOW });
  expect(reservation.usage).toEqual({ daily_used: 1, daily_limit: 50, monthly_used: 1, monthly_limit: 1000 });
  expect(await ledgers.itemOf(user.userId)).toContain(`o_${reservation.id}`);
  await ledger.settle(reservation);
  expect((await ledgers.itemOf(user.userId)).sort()).toEqual(['d20261120', 'm202611']);
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 1, monthly_used: 1 });
});

test('a unit that is refunded is as if it had never been', async () => {
  const user = ledgers.newUser();
  const ledger = ledgers.ledgerOf(1);
  await ledger.refund(await ledger.reserve(user, 'query', 1, { nowMs: NOW }));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 0, monthly_used: 0 });
  await expect(ledger.reserve(user, 'query', 1, { nowMs: NOW })).resolves.toMatchObject({ units: 1 });
});

test.each([
  ['daily', ledgerLimits(1, 1000), 43_200],
  ['monthly', ledgerLimits(50, 1), 10.5 * 86_400],
])('over the %s quota is a 429 that names it and says when to come back', async (limit, [daily, monthly], retryAfterSeconds) => {
  const user = ledgers.newUser();
  const ledger = ledgers.ledgerOf(daily, monthly);
  await ledger.reserve(user, 'query', 1, { nowMs: NOW });
  await expect(ledger.reserve(user, 'query', 1, { nowMs: NOW })).rejects.toMatchObject({
    name: 'Problem',
    code: 'quota_exceeded',
    message: `The ${limit} quota of 1 units is used up.`,
    retryAfterSeconds,
  });
});

function ledgerLimits(daily: number, monthly: number): [number, number] {
  return [daily, monthly];
}

test('more units than the quota has are refused, though nothing is used yet', async () => {
  const user = ledgers.newUser();
  await expect(ledgers.ledgerOf(50).reserve(user, 'transcription', 51, { nowMs: NOW })).rejects.toMatchObject({
    code: 'quota_exceeded',
    message: 'This takes 51 units, and the daily quota is 50.',
    retryAfterSeconds: 43_200,
  });
  expect(await ledgers.itemOf(user.userId)).toEqual([]);
  await expect(ledgers.ledgerOf(50).reserve(user, 'transcription', 50, { nowMs: NOW })).resolves.toMatchObject({ units: 50 });
});

test('a reservation under an id that was known before can be given back by whoever knows when it was made', async () => {
  const user = ledgers.newUser();
  const ledger = ledgers.ledgerOf(50);
  const { usage: _, hiddenManualIds: __, ...made } = await ledger.reserve(user, 'transcription', 3, { nowMs: NOW, id: 'attempt' });
  expect(openReservation(user.userId, { id: 'attempt', kind: 'transcription', units: 3, at: NOW })).toEqual(made);
  await ledger.refund(openReservation(user.userId, { id: 'another', kind: 'transcription', units: 3, at: NOW }));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 3, monthly_used: 3 });
  await ledger.refund(openReservation(user.userId, { id: 'attempt', kind: 'transcription', units: 3, at: NOW }));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 0, monthly_used: 0 });
});

test('a new day starts afresh, the month goes on, and settling forgets the days that are over', async () => {
  const user = ledgers.newUser();
  const ledger = ledgers.ledgerOf(1);
  for (const day of [0, 1, 2]) await ledger.settle(await ledger.reserve(user, 'query', 1, { nowMs: NOW + day * DAY_MS }));
  await expect(ledger.usage(user, NOW + 2 * DAY_MS)).resolves.toMatchObject({ daily_used: 1, monthly_used: 3 });
  expect((await ledgers.itemOf(user.userId)).sort()).toEqual(['d20261121', 'd20261122', 'm202611']);
});

test('100 parallel reservations of the last 10 units of 50, settled at once, with every seventh answer lost, leave exactly 50', () =>
  expectExactQuota(ledgers, 100));

describe('a reservation that counts the request', () => {
  const perMinute = (requestsPerMinute: number, nowMs = NOW) => ({ nowMs, requestsPerMinute });

  test('200 at once, with every fifth answer lost, are as many as a minute has', async () => {
    const user = ledgers.newUser();
    const ledger = ledgers.ledgerOf(1000);
    ledgers.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', every: 5 });
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => ledger.reserve(user, 'query', 1, perMinute(20))));
    ledgers.faults.clear();
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    expect(codesOf(outcomes)).toEqual(new Set(['rate_limited']));
    expect(await ledgers.requestsCounted(user.userId)).toBe(20);
    await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 20, monthly_used: 20 });
  });

  test('is refused until the minute is over, by name and with the time that is left, and charges nothing', async () => {
    const user = ledgers.newUser();
    const ledger = ledgers.ledgerOf(50);
    await ledger.reserve(user, 'query', 1, perMinute(1, NOW + 12_000));
    await expect(ledger.reserve(user, 'query', 1, perMinute(1, NOW + 12_000))).rejects.toMatchObject({
      name: 'Problem',
      code: 'rate_limited',
      kind: 'rate_user',
      message: 'You have made as many as the limit allows: 1 requests per minute. Try again in 48 s.',
      retryAfterSeconds: 48,
    });
    await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 1 });
    await expect(ledger.reserve(user, 'query', 1, perMinute(1, NOW + 60_000))).resolves.toMatchObject({ usage: { daily_used: 2 } });
  });

  test('tells of the quota first, which lasts longer', async () => {
    const user = ledgers.newUser();
    await ledgers.ledgerOf(1).reserve(user, 'query', 1, perMinute(1));
    await expect(ledgers.ledgerOf(1).reserve(user, 'query', 1, perMinute(1))).rejects.toMatchObject({ code: 'quota_exceeded' });
  });

  test('leaves the request counted when its units are given back, and settling forgets the minutes that are over', async () => {
    const user = ledgers.newUser();
    const ledger = ledgers.ledgerOf(50);
    await ledger.refund(await ledger.reserve(user, 'query', 1, perMinute(5)));
    expect(await ledgers.requestsCounted(user.userId)).toBe(1);
    await ledger.settle(await ledger.reserve(user, 'query', 1, perMinute(5, NOW + 60_000)));
    expect(await ledgers.requestsCounted(user.userId)).toBe(1);
    await ledger.settle(await ledger.reserve(user, 'query', 1, perMinute(5, NOW + 120_000)));
    const minutes = [60_000, 120_000].map((ms) => minuteCounter('request', NOW + ms));
    expect((await ledgers.itemOf(user.userId)).sort()).toEqual(['d20261120', 'm202611', ...minutes]);
  });

  test('work that no request waits for is held to no rate', async () => {
    const user = ledgers.newUser();
    const ledger = ledgers.ledgerOf(50);
    await ledger.reserve(user, 'query', 1, perMinute(1));
    await expect(ledger.reserve(user, 'transcription', 1, { nowMs: NOW })).resolves.toMatchObject({ units: 1 });
    expect(await ledgers.requestsCounted(user.userId)).toBe(1);
  });
});

test('whatever is reserved, settled and refunded, in parallel and with lost answers: what is counted is what was not refunded', () =>
  expectBalance(ledgers, RUNS));
