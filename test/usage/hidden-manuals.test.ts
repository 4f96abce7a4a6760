import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { HiddenManuals } from '../../lambdas/usage/hidden-manuals.ts';
import { UsageLedger } from '../../lambdas/usage/usage-ledger.ts';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { callerNamed } from '../support/callers.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { tableProperties } from '../support/tables.ts';

const QUOTA = { daily: 50, monthly: 1000 };

let door: TestFrontDoor;
let table: string;
let client: DynamoDBClient;
let hidden: HiddenManuals;
let ledger: UsageLedger;
let users = 0;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: 'eu-west-1' })]);
  table = (await door.provision('AWS::DynamoDB::Table', 'UsageTable', await tableProperties('UsageTable'))).ref;
  client = new DynamoDBClient({ ...door.clientConfig, maxAttempts: 3 });
  hidden = new HiddenManuals(client, table);
  ledger = new UsageLedger(client, table, QUOTA);
});

afterEach(() => door.frontDoor.faults.clear());

afterAll(async () => {
  client.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

/** A user whom no other test knows. */
const newUser = () => callerNamed(`user-${++users}`);

async function itemOf({ userId }: { userId: string }) {
  const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: { user_id: { S: userId } }, ConsistentRead: true }));
  return Item;
}

test('the very next reservation names what was hidden, and no more once it is forgotten', async () => {
  const user = newUser();
  await expect(ledger.reserve(user, 'query', 1)).resolves.toMatchObject({ hiddenManualIds: [] });
  await hidden.hide(user, 'm1');
  await hidden.hide(user, 'm2');
  await hidden.hide(user, 'm1');
  const { hiddenManualIds } = await ledger.reserve(user, 'query', 1);
  expect(hiddenManualIds.toSorted()).toEqual(['m1', 'm2']);
  await hidden.forget(user, 'm1');
  await expect(ledger.reserve(user, 'query', 1)).resolves.toMatchObject({ hiddenManualIds: ['m2'] });
  await hidden.forget(user, 'm2');
  await expect(ledger.reserve(user, 'query', 1)).resolves.toMatchObject({ hiddenManualIds: [] });
  expect(await itemOf(user)).not.toHaveProperty('hidden_manual_ids');
});

test('a reservation whose first answer was lost names it too', async () => {
  const user = newUser();
  await hidden.hide(user, 'm1');
  door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', times: 1 });
  await expect(ledger.reserve(user, 'query', 1)).resolves.toMatchObject({ hiddenManualIds: ['m1'], usage: { daily_used: 1 } });
});

test('hiding and forgetting leave alone what is counted and open, and survive lost answers', async () => {
  const user = newUser();
  const reservation = await ledger.reserve(user, 'query', 1);
  const before = await itemOf(user);
  door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', times: 1 });
  await hidden.hide(user, 'm1');
  expect(await itemOf(user)).toEqual({ ...before, hidden_manual_ids: { SS: ['m1'] } });
  door.frontDoor.faults.arm({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', times: 1 });
  await hidden.forget(user, 'm1');
  expect(await itemOf(user)).toEqual(before);
  await hidden.hide(user, 'm1');
  await ledger.settle(reservation);
  expect(await itemOf(user)).toMatchObject({ hidden_manual_ids: { SS: ['m1'] } });
});

test('forgetting what was never hidden writes nothing', async () => {
  const user = newUser();
  await hidden.forget(user, 'm1');
  expect(await itemOf(user)).toBeUndefined();
});
