import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { networkOf } from '../../lambdas/shared/guard/client-address.ts';
import { minuteCounter, minuteOf } from '../../lambdas/usage/rate.ts';
import { RequestRates } from '../../lambdas/usage/request-rates.ts';
import { UsageLedger } from '../../lambdas/usage/usage-ledger.ts';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { callerNamed } from '../support/callers.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { tableProperties } from '../support/tables.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const MINUTE_MS = 60_000;

let door: TestFrontDoor;
let table: string;
let client: DynamoDBClient;
let onceOnly: DynamoDBClient;
let troubles: string[];
let users = 0;
let networks = 0;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: 'eu-west-1' })]);
  const properties = await tableProperties('UsageTable');
  expect(properties).toMatchObject({ TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true } });
  table = (await door.provision('AWS::DynamoDB::Table', 'UsageTable', properties)).ref;
  const requestHandler = { socketAcquisitionWarningTimeout: 60_000 };
  client = new DynamoDBClient({ ...door.clientConfig, maxAttempts: 10, requestHandler });
  onceOnly = new DynamoDBClient({ ...door.clientConfig, maxAttempts: 1, requestHandler });
});

beforeEach(() => {
  troubles = [];
});

afterEach(() => door.frontDoor.faults.clear());

afterAll(async () => {
  client.destroy();
  onceOnly.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

/** A user, and a network, whom no other test knows. */
const newUser = () => callerNamed(`user-${++users}`);
const newNetwork = () => networkOf(`203.0.113.${++networks}`);
/** Those of an execution environment of their own. */
const newRates = (networkTimeoutMs = 10_000) =>
  new RequestRates(client, onceOnly, table, { onTrouble: (what) => void troubles.push(what), networkTimeoutMs });

async function itemOf(key: string) {
  const { Item = {} } = await client.send(new GetItemCommand({ TableName: table, Key: { user_id: { S: key } }, ConsistentRead: true }));
  return Item;
}
const counted = async (key: string, kind: 'request' | 'read') => Number((await itemOf(key))[minuteCounter(kind, NOW)]?.N ?? 0);
const networkItem = (network: string) => `ip#${network}#${minuteOf(NOW)}`;
const drop = (every: number) => door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', every });
const granted = (outcomes: readonly PromiseSettledResult<void>[]) => outcomes.filter(({ status }) => status === 'fulfilled').length;

describe('the requests of a user', () => {
  test('100 at once, with every fourth answer lost, are as many as the limit, and each is counted once', async () => {
    const user = newUser();
    drop(4);
    // An environment makes one at a time, so that many at once are of many.
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => newRates().countUser(user, 'request', 12, NOW)));
    door.frontDoor.faults.clear();
    expect(granted(outcomes)).toBe(12);
    expect(await counted(user.userId, 'request')).toBe(12);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'rate_limited' });
  });

  test('one after another in one environment, each with its first answer lost, are counted once each', async () => {
    const user = newUser();
    const rates = newRates();
    for (let made = 0; made < 3; made += 1) {
      door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', times: 1 });
      await rates.countUser(user, 'request', 3, NOW);
    }
    await expect(rates.countUser(user, 'request', 3, NOW)).rejects.toMatchObject({ code: 'rate_limited' });
    expect(await counted(user.userId, 'request')).toBe(3);
  });

  test('polls and reads have five times the room, and take none from the others', async () => {
    const user = newUser();
    const rates = newRates();
    for (let made = 0; made < 10; made += 1) await rates.countUser(user, 'read', 2, NOW);
    await expect(rates.countUser(user, 'read', 2, NOW)).rejects.toMatchObject({
      kind: 'rate_user',
      message: 'You have made as many as the limit allows: 10 polls and reads per minute. Try again in 60 s.',
      retryAfterSeconds: 60,
    });
    await expect(rates.countUser(user, 'request', 2, NOW)).resolves.toBeUndefined();
    // The same counter as that of a reservation.
    const ledger = new UsageLedger(client, table, { daily: 50, monthly: 1000 });
    await ledger.reserve(user, 'query', 1, { nowMs: NOW, requestsPerMinute: 2 });
    await expect(rates.countUser(user, 'request', 2, NOW)).rejects.toMatchObject({ code: 'rate_limited' });
  });

  test('start afresh with the calendar minute', async () => {
    const user = newUser();
    const rates = newRates();
    await rates.countUser(user, 'request', 1, NOW + 59_000);
    await expect(rates.countUser(user, 'request', 1, NOW + 59_999)).rejects.toMatchObject({ retryAfterSeconds: 1 });
    await expect(rates.countUser(user, 'request', 1, NOW + MINUTE_MS)).resolves.toBeUndefined();
  });

  test('of minutes that are over are forgotten, so that whoever only ever looks has an item that does not grow', async () => {
    const user = newUser();
    const sizes: number[] = [];
    for (let minute = 0; minute < 30; minute += 1) {
      await newRates().countUser(user, 'read', 1, NOW + minute * MINUTE_MS);
      sizes.push(Object.keys(await itemOf(user.userId)).length);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(15);
    expect(Object.keys(await itemOf(user.userId))).toEqual(
      expect.arrayContaining([minuteCounter('read', NOW + 28 * MINUTE_MS), minuteCounter('read', NOW + 29 * MINUTE_MS)]),
    );
    expect(troubles).toEqual([]);
  });

  test('cannot be counted by a table that is throttled or down: then there is no answer', async () => {
    const user = newUser();
    door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'throttle' });
    await expect(new RequestRates(onceOnly, onceOnly, table, { onTrouble: () => undefined }).countUser(user, 'read', 5)).rejects.toThrow(
      /Rate exceeded/,
    );
  });
});

describe('the requests of a network', () => {
  test('100 at once, with every fourth answer lost, are counted once each, and no more than the limit', async () => {
    const network = newNetwork();
    drop(4);
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => newRates().countNetwork(network, 'request', 12, NOW)));
    door.frontDoor.faults.clear();
    expect(await counted(networkItem(network), 'request')).toBe(12);
    expect(granted(outcomes)).toBe(12);
    expect(troubles.length).toBeGreaterThan(0);
  });

  test('are limited apart from other networks, until the minute is over; polls and reads have five times the room', async () => {
    const [one, other] = [newNetwork(), newNetwork()];
    const rates = newRates();
    await rates.countNetwork(one, 'request', 1, NOW);
    await expect(rates.countNetwork(one, 'request', 1, NOW)).rejects.toMatchObject({
      code: 'rate_limited',
      kind: 'rate_ip',
      message: 'From your network there were as many as the limit allows: 1 requests per minute. Try again in 60 s.',
      retryAfterSeconds: 60,
    });
    await expect(rates.countNetwork(other, 'request', 1, NOW)).resolves.toBeUndefined();
    for (let made = 0; made < 5; made += 1) await rates.countNetwork(one, 'read', 1, NOW);
    await expect(rates.countNetwork(one, 'read', 1, NOW)).rejects.toMatchObject({ code: 'rate_limited' });
    await expect(rates.countNetwork(one, 'request', 1, NOW + MINUTE_MS)).resolves.toBeUndefined();
  });

  test('stand on an item that names no address and expires with its minute', async () => {
    const network = newNetwork();
    await newRates().countNetwork(network, 'request', 1, NOW);
    const item = await itemOf(networkItem(network));
    expect(JSON.stringify(item)).not.toContain('203.0');
    expect(item['expires_at']).toEqual({ N: String((NOW + 2 * MINUTE_MS) / 1000) });
  });

  test('go on where the count is slow, lost or refused, and that is told', async () => {
    const network = newNetwork();
    for (const kind of ['drop', 'error', 'deny'] as const) {
      door.frontDoor.faults.clear();
      door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind });
      await expect(newRates().countNetwork(network, 'request', 1, NOW)).resolves.toBeUndefined();
    }
    door.frontDoor.faults.clear();
    door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'slow', delayMs: MINUTE_MS });
    await expect(newRates(50).countNetwork(network, 'request', 1, NOW)).resolves.toBeUndefined();
    expect(troubles).toEqual(Array(4).fill('a request could not be counted for its address'));
    door.clock.advance(MINUTE_MS);
  });

  test('stop where their item is throttled, which is not what the limit is about', async () => {
    door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'throttle' });
    await expect(newRates().countNetwork(newNetwork(), 'request', 1, NOW)).rejects.toThrow(/Rate exceeded/);
  });
});
