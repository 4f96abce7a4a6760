import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, TransactGetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const USERS = {
  KeySchema: [{ AttributeName: 'user', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'user', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
};

let door: TestFrontDoor;
let client: DynamoDBClient;
let documents: DynamoDBDocumentClient;
let TableName: string;
let tables = 0;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: 'eu-west-1' })]);
  client = new DynamoDBClient(door.clientConfig);
  documents = DynamoDBDocumentClient.from(client);
});

beforeEach(async () => {
  tables += 1;
  TableName = (await door.provision('AWS::DynamoDB::Table', `Usage${tables}`, USERS)).ref;
});

afterAll(async () => {
  client.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

const get = async (user: string) => (await documents.send(new GetCommand({ TableName, Key: { user } }))).Item;
const put = (item: Record<string, unknown>) => documents.send(new PutCommand({ TableName, Item: item }));

describe('transactions', () => {
  const increment = (user: string) => ({
    Update: { TableName, Key: { user }, UpdateExpression: 'ADD units :one', ExpressionAttributeValues: { ':one': 1 } },
  });
  const exists = (user: string) => ({
    TableName,
    Key: { user },
    ConditionExpression: 'attribute_exists(#u)',
    ExpressionAttributeNames: { '#u': 'user' },
  });

  test('write everything, and a token makes the repetition harmless', async () => {
    await put({ user: 'eve' });
    const transaction = {
      TransactItems: [
        { Put: { TableName, Item: { user: 'ada', units: 1 } } },
        increment('bob'),
        { ConditionCheck: exists('eve') },
        { Delete: { TableName, Key: { user: 'gone' } } },
      ],
      ClientRequestToken: 'token-1',
    };
    await documents.send(new TransactWriteCommand(transaction));
    await documents.send(new TransactWriteCommand(transaction));
    const read = await documents.send(
      new TransactGetCommand({ TransactItems: ['ada', 'bob', 'eve', 'gone'].map((user) => ({ Get: { TableName, Key: { user } } })) }),
    );
    expect(read.Responses?.map(({ Item }) => Item)).toEqual([
      { user: 'ada', units: 1 },
      { user: 'bob', units: 1 },
      { user: 'eve' },
      undefined,
    ]);
    const other = { TransactItems: [increment('bob')], ClientRequestToken: 'token-1' };
    await expect(documents.send(new TransactWriteCommand(other))).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' });
    door.clock.advance(10 * 60 * 1000);
    await documents.send(new TransactWriteCommand(other));
    expect(await get('bob')).toEqual({ user: 'bob', units: 2 });
  });

  test('cancelled, they write nothing and say why for each action', async () => {
    await put({ user: 'eve', units: 7 });
    const refusal = await documents
      .send(
        new TransactWriteCommand({
          TransactItems: [
            increment('ada'),
            {
              Put: {
                TableName,
                Item: { user: 'eve' },
                ConditionExpression: 'attribute_not_exists(units)',
                ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
              },
            },
            { ConditionCheck: exists('nobody') },
          ],
        }),
      )
      .catch((error) => error);
    expect(refusal).toMatchObject({
      name: 'TransactionCanceledException',
      message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed]',
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', Item: { user: { S: 'eve' }, units: { N: '7' } } },
        { Code: 'ConditionalCheckFailed' },
      ],
    });
    expect(refusal.CancellationReasons[2]).not.toHaveProperty('Item');
    expect(await get('ada')).toBeUndefined();
  });

  test('refuse two actions on one item', async () => {
    const twice = documents.send(new TransactWriteCommand({ TransactItems: [increment('ada'), increment('ada')] }));
    await expect(twice).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('multiple operations on one item'),
    });
  });

  test('are seen whole by a transactional read', async () => {
    await documents.send(new TransactWriteCommand({ TransactItems: [increment('ada'), increment('bob')] }));
    const both = { TransactItems: ['ada', 'bob'].map((user) => ({ Get: { TableName, Key: { user } } })) };
    const reads = await Promise.all(
      Array.from({ length: 20 }, async () => {
        await documents.send(new TransactWriteCommand({ TransactItems: [increment('ada'), increment('bob')] }));
        return documents.send(new TransactGetCommand(both));
      }),
    );
    for (const { Responses } of reads) expect(Responses?.[0]?.Item?.['units']).toBe(Responses?.[1]?.Item?.['units']);
  });
});
