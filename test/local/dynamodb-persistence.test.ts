import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { openFrontDoor } from '../support/front-door.ts';

const SCHEMA = {
  KeySchema: [{ AttributeName: 'user', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'user', AttributeType: 'S' },
    { AttributeName: 'team', AttributeType: 'S' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  GlobalSecondaryIndexes: [
    { IndexName: 'teams', KeySchema: [{ AttributeName: 'team', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
  ],
  TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
};

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'manuel-dynamodb-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

interface Run {
  readonly TableName: string;
  readonly documents: DynamoDBDocumentClient;
  readonly service: DynamoDbService;
  readonly advance: (ms: number) => void;
}

/** Runs DynamoDB on the directory, as one start of the runtime does. */
async function run<Result>(work: (run: Run) => Promise<Result>, schema: Record<string, unknown> = SCHEMA): Promise<Result> {
  const services: DynamoDbService[] = [];
  const door = await openFrontDoor(({ clock }) => {
    services.push(new DynamoDbService({ clock, region: 'eu-west-1', directory }));
    return services;
  });
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(door.clientConfig));
  try {
    const { ref: TableName } = await door.provision('AWS::DynamoDB::Table', 'Stored', schema);
    return await work({ TableName, documents, service: services[0] as DynamoDbService, advance: (ms) => door.clock.advance(ms) });
  } finally {
    documents.destroy();
    await door.close();
  }
}

const increment = (TableName: string, user: string) => ({
  Update: { TableName, Key: { user }, UpdateExpression: 'ADD units :one', ExpressionAttributeValues: { ':one': 1 } },
});

test('items are found again by key and by index, and expire', async () => {
  await run(({ documents, TableName }) =>
    documents.send(new PutCommand({ TableName, Item: { user: 'ada', team: 'red', expires_at: Math.floor(Date.now() / 1000) + 60 } })),
  );
  await run(async ({ documents, TableName, service, advance }) => {
    const byTeam = { TableName, IndexName: 'teams', KeyConditionExpression: 'team = :t', ExpressionAttributeValues: { ':t': 'red' } };
    expect((await documents.send(new QueryCommand(byTeam))).Items).toMatchObject([{ user: 'ada' }]);
    advance(62_000);
    await service.expireItems();
    expect((await documents.send(new QueryCommand(byTeam))).Items).toEqual([]);
    expect((await documents.send(new GetCommand({ TableName, Key: { user: 'ada' } }))).Item).toBeUndefined();
  });
});

test('a transaction that is repeated after a restart is done once, for as long as its token holds', async () => {
  const transaction = (TableName: string) =>
    new TransactWriteCommand({ TransactItems: [increment(TableName, 'ada'), increment(TableName, 'bob')], ClientRequestToken: 'token-1' });
  await run(({ documents, TableName }) => documents.send(transaction(TableName)));
  await run(async ({ documents, TableName, advance }) => {
    await documents.send(transaction(TableName));
    const read = async (user: string) => (await documents.send(new GetCommand({ TableName, Key: { user } }))).Item;
    expect([await read('ada'), await read('bob')]).toEqual([
      { user: 'ada', units: 1 },
      { user: 'bob', units: 1 },
    ]);
    const other = new TransactWriteCommand({ TransactItems: [increment(TableName, 'ada')], ClientRequestToken: 'token-1' });
    await expect(documents.send(other)).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' });
    advance(10 * 60 * 1000);
    await documents.send(transaction(TableName));
    expect(await read('bob')).toEqual({ user: 'bob', units: 2 });
  });
});

test('a table whose keys the template has changed stops the start, by name', async () => {
  await run(async () => undefined);
  const other = { ...SCHEMA, KeySchema: [{ AttributeName: 'team', KeyType: 'HASH' }] };
  await expect(run(async () => undefined, other)).rejects.toThrow(/Test\/Stored: the table .* is stored with other keys .* --fresh/);
});

test('tables that cannot be read stop the start, with the way out', async () => {
  await run(async () => undefined);
  for (const name of readdirSync(directory).filter((file) => file.startsWith('MANIFEST')))
    writeFileSync(path.join(directory, name), 'nonsense');
  await expect(run(async () => undefined)).rejects.toThrow(/^The state in .* is damaged \(.*\)\. Start with --fresh/);
});
