import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { minuteCounter } from '../../lambdas/usage/rate.ts';
import type { Reservation } from '../../lambdas/usage/reservation.ts';
import { UsageLedger } from '../../lambdas/usage/usage-ledger.ts';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { callerNamed } from '../support/callers.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { tableProperties } from '../support/tables.ts';

export const NOW = Date.parse('2026-11-20T12:00:00Z');
export const DAY_MS = 24 * 60 * 60 * 1000;

/** Ledgers of one table, with all that is known of a user. */
export interface Ledgers {
  readonly faults: TestFrontDoor['frontDoor']['faults'];
  /** Its client is its own: one that has retried some fifty times gives up for a while. */
  ledgerOf(daily: number, monthly?: number): UsageLedger;
  /** A user whom no other test knows. */
  newUser(): ReturnType<typeof callerNamed>;
  /** The names of the attributes that a user's item has. */
  itemOf(userId: string): Promise<string[]>;
  /** In the minute of `NOW`. */
  requestsCounted(userId: string): Promise<number>;
  close(): Promise<void>;
}

export async function openLedgers(): Promise<Ledgers> {
  const door = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: 'eu-west-1' })]);
  const { ref: table } = await door.provision('AWS::DynamoDB::Table', 'UsageTable', await tableProperties('UsageTable'));
  const clients: DynamoDBClient[] = [];
  const newClient = () => {
    // A thousand calls at once wait for a socket longer than the SDK finds normal.
    const requestHandler = { socketAcquisitionWarningTimeout: 60_000 };
    const client = new DynamoDBClient({ ...door.clientConfig, maxAttempts: 10, retryMode: 'standard', requestHandler });
    clients.push(client);
    return client;
  };
  const reader = newClient();
  let users = 0;
  const attributesOf = async (userId: string) => {
    const Key = { user_id: { S: userId } };
    const { Item = {} } = await reader.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
    return Item;
  };
  return {
    faults: door.frontDoor.faults,
    ledgerOf: (daily, monthly = 1000) => new UsageLedger(newClient(), table, { daily, monthly }),
    newUser: () => callerNamed(`user-${++users}`),
    itemOf: async (userId) => Object.keys(await attributesOf(userId)).filter((name) => name !== 'user_id'),
    requestsCounted: async (userId) => Number((await attributesOf(userId))[minuteCounter('request', NOW)]?.N ?? 0),
    close: async () => {
      for (const client of clients) client.destroy();
      await door.close();
      expect(door.internalErrors).toEqual([]);
    },
  };
}

export const codesOf = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  new Set(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : [])));

/** No reservation, where it was refused; anything else is not expected. */
function refusal(error: Error): undefined {
  if (error.name !== 'Problem') throw error;
}

/** Has the last 10 units of 50 reserved by that many requests at once, each settled at once, with every seventh answer lost. */
export async function expectExactQuota(ledgers: Ledgers, requests: number): Promise<void> {
  const user = ledgers.newUser();
  const ledger = ledgers.ledgerOf(50);
  // Each refusal reads all that is open: most of what they take.
  await ledger.settle(await ledger.reserve(user, 'transcription', 40, { nowMs: NOW }));
  ledgers.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', every: 7 });
  const reserveAndSettle = async () => ledger.settle(await ledger.reserve(user, 'query', 1, { nowMs: NOW, requestsPerMinute: 60 }));
  const outcomes = await Promise.allSettled(Array.from({ length: requests }, reserveAndSettle));
  ledgers.faults.clear();
  const granted = outcomes.filter(({ status }) => status === 'fulfilled');
  expect(granted).toHaveLength(10);
  expect(codesOf(outcomes)).toEqual(new Set(['quota_exceeded']));
  await expect(ledger.usage(user, NOW)).resolves.toMatchObject({ daily_used: 50, monthly_used: 50 });
  expect((await ledgers.itemOf(user.userId)).filter((name) => name.startsWith('o_'))).toEqual([]);
  expect(await ledgers.requestsCounted(user.userId)).toBe(10);
}

type Step = { readonly do: 'reserve'; readonly units: number } | { readonly do: 'settle' | 'refund'; readonly which: number };

/** Each step after a reservation of its own, with every second answer lost, and with every third. */
const EACH_STEP: [Step[][], number][] = [2, 3].map((every) => [
  [
    [
      { do: 'reserve', units: 2 },
      { do: 'reserve', units: 3 },
    ],
    [
      { do: 'refund', which: 0 },
      { do: 'settle', which: 1 },
    ],
  ],
  every,
]);

/** Holds what is counted against what was not refunded, after that many drawn sequences of steps, in parallel and with lost answers. */
export async function expectBalance(ledgers: Ledgers, runs: number): Promise<void> {
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
        const user = ledgers.newUser();
        const limit = 10;
        const requestsPerMinute = 6;
        const ledger = ledgers.ledgerOf(limit);
        ledgers.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', every });
        const reservations: Reservation[] = [];
        const refunded = new Map<string, boolean>();
        for (const steps of rounds) {
          const known = [...reservations];
          await Promise.all(
            steps.map(async (action) => {
              if (action.do === 'reserve') {
                const options = { nowMs: NOW, requestsPerMinute };
                const reservation = await ledger.reserve(user, 'query', action.units, options).catch(refusal);
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
        ledgers.faults.clear();
        const expected = reservations.filter(({ id }) => !refunded.get(id)).reduce((sum, { units: used }) => sum + used, 0);
        const { daily_used, monthly_used } = await ledger.usage(user, NOW);
        expect([daily_used, monthly_used]).toEqual([expected, expected]);
        expect(daily_used).toBeLessThanOrEqual(limit);
        expect(reservations.length).toBeLessThanOrEqual(requestsPerMinute);
        expect(await ledgers.requestsCounted(user.userId)).toBe(reservations.length);
        const open = (await ledgers.itemOf(user.userId)).filter((name) => name.startsWith('o_'));
        expect(open).toHaveLength(reservations.filter(({ id }) => !refunded.has(id)).length);
      },
    ),
    { numRuns: runs, examples: EACH_STEP },
  );
}
