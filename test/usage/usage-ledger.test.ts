import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { openReservation, type Reservation } from '../../lambdas/usage/reservation.ts';
import { UsageLedger } from '../../lambdas/usage/usage-ledger.ts';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { callerNamed } from '../support/callers.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { templatesOf } from '../support/templates.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const DAY_MS = 24 * 60 * 60 * 1000;

let door: TestFrontDoor;
let table: string;
let client: DynamoDBClient;
let users = 0;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: 'eu-west-1' })]);
  const tables = templatesOf().storage.findResources('AWS::DynamoDB::Table');
  const usageTable = Object.entries(tables).find(([id]) => id.startsWith('UsageTable'));
  table = (await door.provision('AWS::DynamoDB::Table', 'UsageTable', usageTable?.[1].Properties)).ref;
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

async function itemOf(userId: string): Promise<string[]> {
  const { Item = {} } = await client.send(new GetItemCommand({ TableName: table, Key: { user_id: { S: userId } }, ConsistentRead: true }));
  return Object.keys(Item).filter((name) => name !== 'user_id');
}

test('a unit that is settled stays counted and leaves nothing open', async () => {
  const user = newUser();
  const ledger = ledgerOf(50);
  const reservation = await ledger.reserve(user, 'query', 1, NOW);
  expect(reservation.usage).toEqual({ daily_used: 1, daily_limit: 50, monthly_used: 1, monthly_limit: 1000 });
  expect(await itemOf(user.userId)).toContain(`o_${reservation.id}`);
  await ledger.settle(reservation);
  expect((await itemOf(user.userId)).sort()).toEqual(['d20261120', 'm202611']);
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 1, monthly_used: 1 });
});

test('a unit that is refunded is as if it had never been', async () => {
  const user = newUser();
  const ledger = ledgerOf(1);
  await ledger.refund(await ledger.reserve(user, 'query', 1, NOW));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 0, monthly_used: 0 });
  await expect(ledger.reserve(user, 'query', 1, NOW)).resolves.toMatchObject({ units: 1 });
});

test.each([
  ['daily', ledgerLimits(1, 1000), 43_200],
  ['monthly', ledgerLimits(50, 1), 10.5 * 86_400],
])('over the %s quota is a 429 that names it and says when to come back', async (limit, [daily, monthly], retryAfterSeconds) => {
  const user = newUser();
  const ledger = ledgerOf(daily, monthly);
  await ledger.reserve(user, 'query', 1, NOW);
  await expect(ledger.reserve(user, 'query', 1, NOW)).rejects.toMatchObject({
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
  await expect(ledgerOf(50).reserve(user, 'transcription', 51, NOW)).rejects.toMatchObject({
    code: 'quota_exceeded',
    message: 'This takes 51 units, and the daily quota is 50.',
    retryAfterSeconds: 43_200,
  });
  expect(await itemOf(user.userId)).toEqual([]);
  await expect(ledgerOf(50).reserve(user, 'transcription', 50, NOW)).resolves.toMatchObject({ units: 50 });
});

test('a reservation under an id that was known before can be given back by whoever knows when it was made', async () => {
  const user = newUser();
  const ledger = ledgerOf(50);
  const { usage: _, hiddenManualIds: __, ...made } = await ledger.reserve(user, 'transcription', 3, NOW, 'attempt');
  expect(openReservation(user.userId, { id: 'attempt', kind: 'transcription', units: 3, at: NOW })).toEqual(made);
  await ledger.refund(openReservation(user.userId, { id: 'another', kind: 'transcription', units: 3, at: NOW }));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 3, monthly_used: 3 });
  await ledger.refund(openReservation(user.userId, { id: 'attempt', kind: 'transcription', units: 3, at: NOW }));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 0, monthly_used: 0 });
});

test('a new day starts afresh, the month goes on, and settling forgets the days that are over', async () => {
  const user = newUser();
  const ledger = ledgerOf(1);
  for (const day of [0, 1, 2]) await ledger.settle(await ledger.reserve(user, 'query', 1, NOW + day * DAY_MS));
  await expect(ledger.usage(user, NOW + 2 * DAY_MS)).resolves.toMatchObject({ daily_used: 1, monthly_used: 3 });
  expect((await itemOf(user.userId)).sort()).toEqual(['d20261121', 'd20261122', 'm202611']);
});

test('1,000 parallel reservations against a limit of 50, with every seventh answer lost, leave exactly 50', async () => {
  const user = newUser();
  const ledger = ledgerOf(50);
  door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', every: 7 });
  const outcomes = await Promise.allSettled(Array.from({ length: 1000 }, () => ledger.reserve(user, 'query', 1, NOW)));
  door.frontDoor.faults.clear();
  const granted = outcomes.filter(({ status }) => status === 'fulfilled');
  const codes = new Set(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : [])));
  expect(granted).toHaveLength(50);
  expect(codes).toEqual(new Set(['quota_exceeded']));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 50, monthly_used: 50 });
  expect((await itemOf(user.userId)).filter((name) => name.startsWith('o_'))).toHaveLength(50);
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
        const ledger = ledgerOf(limit);
        door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', every });
        const reservations: Reservation[] = [];
        const refunded = new Map<string, boolean>();
        for (const steps of rounds) {
          const known = [...reservations];
          await Promise.all(
            steps.map(async (action) => {
              if (action.do === 'reserve') {
                const reservation = await ledger.reserve(user, 'query', action.units, NOW).catch(() => undefined);
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
        const open = (await itemOf(user.userId)).filter((name) => name.startsWith('o_'));
        expect(open).toHaveLength(reservations.filter(({ id }) => !refunded.has(id)).length);
      },
    ),
    { numRuns: 30 },
  );
});
