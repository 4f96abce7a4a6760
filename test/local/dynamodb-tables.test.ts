import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const USAGE = {
  KeySchema: [{ AttributeName: 'user', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'user', AttributeType: 'S' },
    { AttributeName: 'open_shard', AttributeType: 'N' },
    { AttributeName: 'open_since', AttributeType: 'N' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  GlobalSecondaryIndexes: [
    {
      IndexName: 'open',
      KeySchema: [
        { AttributeName: 'open_shard', KeyType: 'HASH' },
        { AttributeName: 'open_since', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
  TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  SSESpecification: { SSEEnabled: true },
  Tags: [{ Key: 'stage', Value: 'dev' }],
};

let door: TestFrontDoor;
let service: DynamoDbService;
let client: DynamoDBClient;
let documents: DynamoDBDocumentClient;
let TableName: string;
let tables = 0;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => {
    service = new DynamoDbService({ clock, region: 'eu-west-1' });
    return [service];
  });
  client = new DynamoDBClient(door.clientConfig);
  documents = DynamoDBDocumentClient.from(client);
});

beforeEach(async () => {
  tables += 1;
  TableName = (await door.provision('AWS::DynamoDB::Table', `Usage${tables}`, USAGE)).ref;
});

afterAll(async () => {
  client.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

const get = async (user: string) => (await documents.send(new GetCommand({ TableName, Key: { user } }))).Item;
const put = (item: Record<string, unknown>) => documents.send(new PutCommand({ TableName, Item: item }));

describe('the table resource', () => {
  test('gives name and ARN of our region and account, and settings that the API reports', async () => {
    const { ref, attributes } = await door.provision('AWS::DynamoDB::Table', 'Reported', USAGE);
    expect(ref).toMatch(/^Test-Reported-[0-9a-f]{12}$/);
    const arn = `arn:aws:dynamodb:eu-west-1:000000000000:table/${ref}`;
    expect(attributes).toEqual({ Arn: arn });
    const { Table: table } = await client.send(new DescribeTableCommand({ TableName: ref }));
    expect(table).toMatchObject({ TableStatus: 'ACTIVE', TableArn: arn, DeletionProtectionEnabled: false });
    expect(table?.GlobalSecondaryIndexes?.[0]).toMatchObject({ IndexArn: `${arn}/index/open`, IndexStatus: 'ACTIVE' });
    expect((await client.send(new ListTablesCommand({}))).TableNames).toContain(ref);
    expect((await client.send(new ListTagsOfResourceCommand({ ResourceArn: arn }))).Tags).toEqual(USAGE.Tags);
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: ref }));
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires_at' });
    const { ContinuousBackupsDescription: backups } = await client.send(new DescribeContinuousBackupsCommand({ TableName: ref }));
    expect(backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe('ENABLED');
  });

  test('takes a table over with its items, unless its keys or indexes changed', async () => {
    await put({ user: 'ada', kept: true });
    const again = await door.provision('AWS::DynamoDB::Table', `Usage${tables}`, USAGE);
    expect(again.ref).toBe(TableName);
    expect(await get('ada')).toEqual({ user: 'ada', kept: true });
    const { GlobalSecondaryIndexes: _dropped, ...withoutIndex } = USAGE;
    const changed = { ...withoutIndex, AttributeDefinitions: USAGE.AttributeDefinitions.slice(0, 1) };
    await expect(door.provision('AWS::DynamoDB::Table', `Usage${tables}`, changed)).rejects.toThrow(/other keys or indexes.*--fresh/);
  });

  test('refuses streams by name, in the template and in the API', async () => {
    const streamed = { ...USAGE, StreamSpecification: { StreamViewType: 'NEW_IMAGE' } };
    await expect(door.provision('AWS::DynamoDB::Table', 'Streamed', streamed)).rejects.toThrow(/Streams.*Test\/Streamed/);
    const schema = {
      KeySchema: USAGE.KeySchema,
      AttributeDefinitions: USAGE.AttributeDefinitions.slice(0, 1),
      BillingMode: USAGE.BillingMode,
    };
    const create = new CreateTableCommand({
      ...(schema as Omit<CreateTableCommand['input'], 'TableName'>),
      TableName: 'Streamed',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    });
    await expect(client.send(create)).rejects.toMatchObject({ name: 'NotImplementedByLocalRuntime' });
  });

  test('protects against deletion where the template says so', async () => {
    const { ref } = await door.provision('AWS::DynamoDB::Table', 'Protected', { ...USAGE, DeletionProtectionEnabled: true });
    await expect(client.send(new DeleteTableCommand({ TableName: ref }))).rejects.toMatchObject({ name: 'ValidationException' });
    await client.send(new DeleteTableCommand({ TableName }));
    await expect(get('ada')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('with a directory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'manuel-dynamodb-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** Runs the service on the directory, as one start of the runtime does. */
  async function run(work: (tableName: string, stored: DynamoDBDocumentClient) => Promise<void>): Promise<void> {
    const stored = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: 'eu-west-1', directory })]);
    const storedClient = DynamoDBDocumentClient.from(new DynamoDBClient(stored.clientConfig));
    try {
      await work((await stored.provision('AWS::DynamoDB::Table', 'Stored', USAGE)).ref, storedClient);
    } finally {
      storedClient.destroy();
      await stored.close();
    }
    expect(stored.internalErrors).toEqual([]);
  }

  test('tables and items outlive the service', async () => {
    await run(async (name, stored) => {
      await stored.send(new PutCommand({ TableName: name, Item: { user: 'ada', units: 3 } }));
    });
    await run(async (name, stored) => {
      expect((await stored.send(new GetCommand({ TableName: name, Key: { user: 'ada' } }))).Item).toEqual({ user: 'ada', units: 3 });
    });
  });

  test('writes to one item wait for each other, although the disk does not', async () => {
    await run(async (name, stored) => {
      const increment = new UpdateCommand({
        TableName: name,
        Key: { user: 'ada' },
        UpdateExpression: 'SET units = if_not_exists(units, :zero) + :one',
        ExpressionAttributeValues: { ':zero': 0, ':one': 1 },
      });
      await Promise.all(Array.from({ length: 100 }, () => stored.send(increment)));
      expect((await stored.send(new GetCommand({ TableName: name, Key: { user: 'ada' } }))).Item).toEqual({ user: 'ada', units: 100 });
    });
  });
});

describe('time to live', () => {
  const inSeconds = (seconds: number) => Math.floor(door.clock.now() / 1000) + seconds;

  test('deletes what has expired by the clock, and nothing else', async () => {
    await put({ user: 'soon', expires_at: inSeconds(60) });
    await put({ user: 'later', expires_at: inSeconds(3600) });
    await put({ user: 'text', expires_at: String(inSeconds(-60)) });
    await put({ user: 'ancient', expires_at: inSeconds(-6 * 365 * 24 * 3600) });
    await put({ user: 'never' });
    await service.expireItems();
    expect(await get('soon')).toBeDefined();
    door.clock.advance(62_000);
    await service.expireItems();
    const { Items: items } = await documents.send(new ScanCommand({ TableName }));
    expect(items?.map(({ user }) => user).sort()).toEqual(['ancient', 'later', 'never', 'text']);
  });

  test('can be switched off and on, each once', async () => {
    const set = (Enabled: boolean) =>
      client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { Enabled, AttributeName: 'expires_at' } }));
    await expect(set(true)).rejects.toThrow('TimeToLive is already enabled');
    await set(false);
    await expect(set(false)).rejects.toThrow('TimeToLive is already disabled');
    await put({ user: 'kept', expires_at: inSeconds(-60) });
    await service.expireItems();
    expect(await get('kept')).toBeDefined();
    await set(true);
    await service.expireItems();
    expect(await get('kept')).toBeUndefined();
  });
});
