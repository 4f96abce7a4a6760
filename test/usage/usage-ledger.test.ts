import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { minuteCounter } from '../../lambdas/usage/rate.ts';
import { openReservation, type Reservation } from '../../lambdas/usage/reservation.ts';
import { UsageLedger } from '../../lambdas/usage/usage-ledger.ts';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { callerNamed } from '../support/callers.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { tableProperties } from '../support/tables.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const DAY_MS = 24 * 60 * 60 * 1000;

let door: TestFrontDoor;
let table: string;
let client: DynamoDBClient;
let users = 0;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: 'eu-west-1' })]);
  table = (await door.provision('AWS::DynamoDB::Table', 'UsageTable', await tableProperties('UsageTable'))).ref;
  // A thousand calls at once wait for a socket longer than the SDK finds normal.
  const requestHandler = { socketAcquisitionWarningTimeout: 60_000 };
  client = new DynamoDBClient({ ...door.clientConfig, maxAttempts: 10, retryMode: 'standard', requestHandler });
});

afterEach(() => door.frontDoor.faults.clear());

afterAll(async () => {
  client.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

/** A user whom no other test knows. */
const newUser = () => callerNamed(`user-${++users}`);
const ledgerOf = (daily: number, monthly = 1000) => new UsageLedger(client, table, { daily, monthly });

async function attributesOf(userId: string) {
  const { Item = {} } = await client.send(new GetItemCommand({ TableName: table, Key: { user_id: { S: userId } }, ConsistentRead: true }));
  return Item;
}

const itemOf = async (userId: string) => Object.keys(await attributesOf(userId)).filter((name) => name !== 'user_id');
const requestsCounted = async (userId: string) => Number((await attributesOf(userId))[minuteCounter('request', NOW)]?.N ?? 0);

test('a unit that is settled stays counted and leaves nothing open', async () => {
  const user = newUser();
  const ledger = ledgerOf(50);
  const reservation = await ledger.reserve(user, 'query', 1, { nowMs: NOW });
  expect(reservation.usage).toEqual({ daily_used: 1, daily_limit: 50, monthly_used: 1, monthly_limit: 1000 });
  expect(await itemOf(user.userId)).toContain(`o_${reservation.id}`);
  await ledger.settle(reservation);
  expect((await itemOf(user.userId)).sort()).toEqual(['d20261120', 'm202611']);
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 1, monthly_used: 1 });
});

test('a unit that is refunded is as if it had never been', async () => {
  const user = newUser();
  const ledger = ledgerOf(1);
  await ledger.refund(await ledger.reserve(user, 'query', 1, { nowMs: NOW }));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 0, monthly_used: 0 });
  await expect(ledger.reserve(user, 'query', 1, { nowMs: NOW })).resolves.toMatchObject({ units: 1 });
});

test.each([
  ['daily', ledgerLimits(1, 1000), 43_200],
  ['monthly', ledgerLimits(50, 1), 10.5 * 86_400],
])('over the %s quota is a 429 that names it and says when to come back', async (limit, [daily, monthly], retryAfterSeconds) => {
  const user = newUser();
  const ledger = ledgerOf(daily, monthly);
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
  const user = newUser();
  await expect(ledgerOf(50).reserve(user, 'transcription', 51, { nowMs: NOW })).rejects.toMatchObject({
    code: 'quota_exceeded',
    message: 'This takes 51 units, and the daily quota is 50.',
    retryAfterSeconds: 43_200,
  });
  expect(await itemOf(user.userId)).toEqual([]);
  await expect(ledgerOf(50).reserve(user, 'transcription', 50, { nowMs: NOW })).resolves.toMatchObject({ units: 50 });
});

test('a reservation under an id that was known before can be given back by whoever knows when it was made', async () => {
  const user = newUser();
  const ledger = ledgerOf(50);
  const { usage: _, hiddenManualIds: __, ...made } = await ledger.reserve(user, 'transcription', 3, { nowMs: NOW, id: 'attempt' });
  expect(openReservation(user.userId, { id: 'attempt', kind: 'transcription', units: 3, at: NOW })).toEqual(made);
  await ledger.refund(openReservation(user.userId, { id: 'another', kind: 'transcription', units: 3, at: NOW }));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 3, monthly_used: 3 });
  await ledger.refund(openReservation(user.userId, { id: 'attempt', kind: 'transcription', units: 3, at: NOW }));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 0, monthly_used: 0 });
});

test('a new day starts afresh, the month goes on, and settling forgets the days that are over', async () => {
  const user = newUser();
  const ledger = ledgerOf(1);
  for (const day of [0, 1, 2]) await ledger.settle(await ledger.reserve(user, 'query', 1, { nowMs: NOW + day * DAY_MS }));
  await expect(ledger.usage(user, NOW + 2 * DAY_MS)).resolves.toMatchObject({ daily_used: 1, monthly_used: 3 });
  expect((await itemOf(user.userId)).sort()).toEqual(['d20261121', 'd20261122', 'm202611']);
});

test('1,000 parallel reservations of the last 10 units of 50, settled at once, with every seventh answer lost, leave exactly 50', async () => {
  const user = newUser();
  const ledger = ledgerOf(50);
  // Each refusal reads all that is open: most of what a thousand of them took.
  await ledger.settle(await ledger.reserve(user, 'transcription', 40, { nowMs: NOW }));
  door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', every: 7 });
  const reserveAndSettle = async () => ledger.settle(await ledger.reserve(user, 'query', 1, { nowMs: NOW, requestsPerMinute: 60 }));
  const outcomes = await Promise.allSettled(Array.from({ length: 1000 }, reserveAndSettle));
  door.frontDoor.faults.clear();
  const granted = outcomes.filter(({ status }) => status === 'fulfilled');
  expect(granted).toHaveLength(10);
  expect(codesOf(outcomes)).toEqual(new Set(['quota_exceeded']));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 50, monthly_used: 50 });
  expect((await itemOf(user.userId)).filter((name) => name.startsWith('o_'))).toEqual([]);
  expect(await requestsCounted(user.userId)).toBe(10);
});

const codesOf = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  new Set(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : [])));

describe('a reservation that counts the request', () => {
  const perMinute = (requestsPerMinute: number, nowMs = NOW) => ({ nowMs, requestsPerMinute });

  test('200 at once, with every fifth answer lost, are as many as a minute has', async () => {
    const user = newUser();
    const ledger = ledgerOf(1000);
    door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', every: 5 });
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => ledger.reserve(user, 'query', 1, perMinute(20))));
    door.frontDoor.faults.clear();
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    expect(codesOf(outcomes)).toEqual(new Set(['rate_limited']));
    expect(await requestsCounted(user.userId)).toBe(20);
    await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 20, monthly_used: 20 });
  });

  test('is refused until the minute is over, by name and with the time that is left, and charges nothing', async () => {
    const user = newUser();
    const ledger = ledgerOf(50);
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
    const user = newUser();
    await ledgerOf(1).reserve(user, 'query', 1, perMinute(1));
    await expect(ledgerOf(1).reserve(user, 'query', 1, perMinute(1))).rejects.toMatchObject({ code: 'quota_exceeded' });
  });

  test('leaves the request counted when its units are given back, and settling forgets the minutes that are over', async () => {
    const user = newUser();
    const ledger = ledgerOf(50);
    await ledger.refund(await ledger.reserve(user, 'query', 1, perMinute(5)));
    expect(await requestsCounted(user.userId)).toBe(1);
    await ledger.settle(await ledger.reserve(user, 'query', 1, perMinute(5, NOW + 60_000)));
    expect(await requestsCounted(user.userId)).toBe(1);
    await ledger.settle(await ledger.reserve(user, 'query', 1, perMinute(5, NOW + 120_000)));
    const minutes = [60_000, 120_000].map((ms) => minuteCounter('request', NOW + ms));
    expect((await itemOf(user.userId)).sort()).toEqual(['d20261120', 'm202611', ...minutes]);
  });

  test('work that no request waits for is held to no rate', async () => {
    const user = newUser();
    const ledger = ledgerOf(50);
    await ledger.reserve(user, 'query', 1, perMinute(1));
    await expect(ledger.reserve(user, 'transcription', 1, { nowMs: NOW })).resolves.toMatchObject({ units: 1 });
    expect(await requestsCounted(user.userId)).toBe(1);
  });
});

type Step = { readonly do: 'reserve'; readonly units: number } | { readonly do: 'settle' | 'refund'; readonly which: number };

test('whatever is reserved, settled and refunded, in parallel and with lost answers: what is counted is what was not refunded', async () => {
  const units = fc.integer({ min: 1, max: 4 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constant('reserve' as const), units }),
    fc.record({ do: fc.constantFrom('settle' as const, 'refund' as const), which: fc.nat(9) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 5 }),
      fc.integer({ min: 2, max: 9 }),
      async (rounds, every) => {
        const user = newUser();
        const limit = 10;
        const requestsPerMinute = 6;
        const ledger = ledgerOf(limit);
        door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', every });
        const reservations: Reservation[] = [];
        const refunded = new Map<string, boolean>();
        for (const steps of rounds) {
          const known = [...reservations];
          await Promise.all(
            steps.map(async (action) => {
              if (action.do === 'reserve') {
                const options = { nowMs: NOW, requestsPerMinute };
                const reservation = await ledger.reserve(user, 'query', action.units, options).catch(() => undefined);
                if (reservation) reservations.push(reservation);
                return;
              }
              const target = known[action.which];
              if (!target || refunded.has(target.id)) return;
              refunded.set(target.id, action.do === 'refund');
              // Sent twice at once, as a client that lost the answer would: it counts once.
              await Promise.all([ledger[action.do](target), ledger[action.do](target)]);
            }),
          );
        }
        door.frontDoor.faults.clear();
        const expected = reservations.filter(({ id }) => !refunded.get(id)).reduce((sum, { units: used }) => sum + used, 0);
        const { daily_used, monthly_used } = await ledger.usage(user, NOW);
        expect([daily_used, monthly_used]).toEqual([expected, expected]);
        expect(daily_used).toBeLessThanOrEqual(limit);
        expect(reservations.length).toBeLessThanOrEqual(requestsPerMinute);
        expect(await requestsCounted(user.userId)).toBe(reservations.length);
        const open = (await itemOf(user.userId)).filter((name) => name.startsWith('o_'));
        expect(open).toHaveLength(reservations.filter(({ id }) => !refunded.has(id)).length);
      },
    ),
    { numRuns: 30 },
  );
});
