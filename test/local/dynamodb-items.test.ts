import { ConditionalCheckFailedException, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
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
  TableName = (await door.provision('AWS::DynamoDB::Table', `Usage${tables}`, USAGE)).ref;
});

afterAll(async () => {
  client.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

const get = async (user: string) => (await documents.send(new GetCommand({ TableName, Key: { user } }))).Item;
const put = (item: Record<string, unknown>) => documents.send(new PutCommand({ TableName, Item: item }));
const update = (user: string, rest: Omit<UpdateCommandInput, 'TableName' | 'Key'>) =>
  documents.send(new UpdateCommand({ TableName, Key: { user }, ...rest }));

/** The reservation that the product makes before anything expensive: one update that counts under three limits. */
const reserve = (id: string, limits: { day: number; month: number; rate: number }) =>
  update('ada', {
    UpdateExpression:
      'SET #d = if_not_exists(#d, :zero) + :u, #m = if_not_exists(#m, :zero) + :u, #r = if_not_exists(#r, :zero) + :one, #o = :entry',
    ConditionExpression:
      '(attribute_not_exists(#d) OR #d <= :day) AND (attribute_not_exists(#m) OR #m <= :month) AND (attribute_not_exists(#r) OR #r < :rate) AND attribute_not_exists(#o)',
    ExpressionAttributeNames: { '#d': 'd20261120', '#m': 'm202611', '#r': 'r29400000', '#o': `o_${id}` },
    ExpressionAttributeValues: {
      ':zero': 0,
      ':one': 1,
      ':u': 2,
      ':entry': { kind: 'query', units: 2, day: '20261120', month: '202611', at: 1 },
      ':day': limits.day - 2,
      ':month': limits.month - 2,
      ':rate': limits.rate,
    },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });

describe('the quota reservation', () => {
  test('counts, records the reservation and returns the whole item', async () => {
    const { Attributes: item } = await reserve('a', { day: 50, month: 1000, rate: 10 });
    expect(item).toEqual({
      user: 'ada',
      d20261120: 2,
      m202611: 2,
      r29400000: 1,
      o_a: { kind: 'query', units: 2, day: '20261120', month: '202611', at: 1 },
    });
    expect((await reserve('b', { day: 50, month: 1000, rate: 10 })).Attributes).toMatchObject({ d20261120: 4, m202611: 4, r29400000: 2 });
  });

  test('refused by any one limit, it changes nothing and shows the old item', async () => {
    await reserve('a', { day: 50, month: 1000, rate: 10 });
    const before = await get('ada');
    const limits = { day: 50, month: 1000, rate: 10 };
    for (const limit of [
      { ...limits, day: 3 },
      { ...limits, month: 3 },
      { ...limits, rate: 1 },
    ]) {
      const refusal = await reserve('b', limit).catch((error) => error);
      expect(refusal).toBeInstanceOf(ConditionalCheckFailedException);
      // The document client leaves an error's members as they are.
      expect(refusal.Item).toMatchObject({ user: { S: 'ada' }, d20261120: { N: '2' }, o_a: { M: { units: { N: '2' } } } });
    }
    // The SDK's own retry: the reservation is already there.
    expect((await reserve('a', limits).catch((error) => error)).Item).toHaveProperty('o_a');
    expect(await get('ada')).toEqual(before);
  });

  test('settling and refunding happen once each', async () => {
    await reserve('a', { day: 50, month: 1000, rate: 10 });
    await reserve('b', { day: 50, month: 1000, rate: 10 });
    const settle = () =>
      update('ada', { UpdateExpression: 'REMOVE o_a, d20251119', ConditionExpression: 'attribute_exists(o_a)', ReturnValues: 'ALL_NEW' });
    const refund = () =>
      update('ada', {
        UpdateExpression: 'SET d20261120 = d20261120 - :u, m202611 = m202611 - :u REMOVE o_b',
        ConditionExpression: 'attribute_exists(o_b) AND (attribute_not_exists(refunds) OR refunds < :cap)',
        ExpressionAttributeValues: { ':u': 2, ':cap': 5 },
        ReturnValues: 'ALL_NEW',
      });
    expect((await settle()).Attributes).not.toHaveProperty('o_a');
    await expect(settle()).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    expect((await refund()).Attributes).toEqual({ user: 'ada', d20261120: 2, m202611: 2, r29400000: 2 });
    await expect(refund()).rejects.toBeInstanceOf(ConditionalCheckFailedException);
  });

  // A thousand, of which the most is the SDK's own work, are sent by the test of the ledger.
  test('200 parallel reservations never pass the limit', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) => reserve(`${index}`, { day: 40, month: 1000, rate: 5000 })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    expect(await get('ada')).toMatchObject({ d20261120: 40, m202611: 40, r29400000: 20 });
  });

  test('a sparse index shows only open reservations', async () => {
    await put({ user: 'ada', open_shard: 3, open_since: 10 });
    await put({ user: 'bob', open_shard: 3, open_since: 20 });
    await put({ user: 'eve', units: 1 });
    const open = new QueryCommand({
      TableName,
      IndexName: 'open',
      KeyConditionExpression: 'open_shard = :shard AND open_since < :now',
      ExpressionAttributeValues: { ':shard': 3, ':now': 15 },
    });
    expect((await documents.send(open)).Items).toEqual([{ user: 'ada', open_shard: 3, open_since: 10 }]);
    await update('ada', { UpdateExpression: 'REMOVE open_shard, open_since' });
    expect((await documents.send(open)).Items).toEqual([]);
  });
});

describe('expressions', () => {
  test.each([
    ['a map equal to a value', 'm = :m', true],
    ['a list equal to a value', 'l = :l', true],
    ['a number that is written otherwise', 'n = :n', true],
    ['a false value exists', 'attribute_type(f, :bool) AND f IN (:f)', true],
    ['the size of an empty string', 'size(s) = :zero', true],
    ['a map within a list', 'contains(l, :one)', true],
    ['numbers by magnitude, not by text', 'n > :nine', true],
    ['a missing attribute differs from any value', 'absent <> :n', true],
    ['a missing attribute is not less', 'absent < :nine', false],
    ['values of different types', 's < :nine', false],
    ['a negation', 'NOT (n BETWEEN :nine AND :eleven)', false],
    ['one of two', 'n <= :nine OR n >= :ten', true],
    ['neither of two', 'n < :nine OR n > :eleven', false],
    ['the beginning of a text', 'begins_with(t, :te)', true],
    ['what is not the beginning of a text', 'begins_with(t, :ext)', false],
    ['the beginning of a number, which has none', 'begins_with(n, :te)', false],
    ['the beginning of bytes', 'begins_with(bytes, :firstByte)', true],
    ['a part of a text', 'contains(t, :ext)', true],
    ['a part of bytes', 'contains(bytes, :lastByte)', true],
    ['a part of another type', 'contains(t, :nine)', false],
    ['a member of a set of texts', 'contains(texts, :te)', true],
    ['no member of a set of texts', 'contains(texts, :ext)', false],
    ['a member of a set of numbers', 'contains(numbers, :ten)', true],
    ['a member of a set of bytes', 'contains(blobs, :firstByte)', true],
    ['a part of what is missing', 'contains(absent, :te)', false],
    ['a set equal to one in another order', 'texts = :texts AND numbers = :numbers AND blobs = :blobs', true],
    ['a set unlike one with a member more', 'texts <> :moreTexts', true],
    ['bytes by their value', 'bytes > :firstByte AND bytes = :bytes', true],
    ['nothing is equal to nothing', 'nothing = :nothing', true],
    ['one of several values', 't IN (:te, :text)', true],
    ['none of several values', 't IN (:te, :ext)', false],
    ['the sizes of all that has one', 'size(m) = :two AND size(l) = :two AND size(texts) = :two AND size(blobs) = :two', true],
    ['the sizes of texts, numbers and bytes', 'size(t) = :four AND size(numbers) = :two AND size(bytes) = :two', true],
    ['the size of a number, which has none', 'size(n) = :two', false],
    ['truths have no order', 'f < :yes', false],
    ['the type of what is missing', 'attribute_type(absent, :bool)', false],
  ])('%s', async (_, expression, holds) => {
    await put({
      user: 'ada',
      ...{ m: { a: 1, b: [true] }, l: [{ x: 1 }, 'y'], n: 10, f: false, s: '', t: 'text', nothing: null },
      ...{
        bytes: Uint8Array.of(1, 2),
        texts: new Set(['a', 'te']),
        numbers: new Set([9, 10]),
        blobs: new Set([Uint8Array.of(1), Uint8Array.of(3)]),
      },
    });
    const values = {
      ':m': { b: [true], a: 1 },
      ':l': [{ x: 1 }, 'y'],
      ':n': 10.0,
      ':bool': 'BOOL',
      ':f': false,
      ':zero': 0,
      ':one': { x: 1 },
      ':nine': 9,
      ':eleven': 11,
      ...{ ':two': 2, ':four': 4, ':ten': 10, ':te': 'te', ':ext': 'ext', ':text': 'text', ':yes': true, ':nothing': null },
      ...{ ':bytes': Uint8Array.of(1, 2), ':firstByte': Uint8Array.of(1), ':lastByte': Uint8Array.of(2) },
      ...{ ':texts': new Set(['te', 'a']), ':moreTexts': new Set(['te', 'a', 'b']), ':numbers': new Set([10, 9]) },
      ':blobs': new Set([Uint8Array.of(3), Uint8Array.of(1)]),
    };
    const used = Object.fromEntries(Object.entries(values).filter(([name]) => new RegExp(`${name}\\b`).test(expression)));
    const filtered = await documents.send(new ScanCommand({ TableName, FilterExpression: expression, ExpressionAttributeValues: used }));
    expect(filtered).toMatchObject({ Count: holds ? 1 : 0, ScannedCount: 1 });
    const deletion = documents.send(
      new DeleteCommand({ TableName, Key: { user: 'ada' }, ConditionExpression: expression, ExpressionAttributeValues: used }),
    );
    if (holds) await deletion;
    else await expect(deletion).rejects.toBeInstanceOf(ConditionalCheckFailedException);
  });

  test('removals from a list use the positions before the update', async () => {
    await put({ user: 'ada', l: ['a', 'b', 'c', 'd'] });
    const { Attributes: item } = await update('ada', {
      UpdateExpression: 'REMOVE l[0], l[2] SET l[1] = :b',
      ExpressionAttributeValues: { ':b': 'B' },
      ReturnValues: 'ALL_NEW',
    });
    expect(item?.['l']).toEqual(['B', 'd']);
  });

  test('a filter sees attributes that the projection leaves out', async () => {
    await put({ user: 'ada', units: 1 });
    await put({ user: 'bob', units: 2 });
    const found = await documents.send(
      new ScanCommand({
        TableName,
        FilterExpression: 'units > :one',
        ProjectionExpression: '#u',
        ExpressionAttributeNames: { '#u': 'user' },
        ExpressionAttributeValues: { ':one': 1 },
      }),
    );
    expect(found.Items).toEqual([{ user: 'bob' }]);
  });

  test('what cannot be applied faithfully is refused by name', async () => {
    const shared = update('ada', { UpdateExpression: 'SET a = m, m.x = :v', ExpressionAttributeValues: { ':v': 1 } });
    await expect(shared).rejects.toMatchObject({ name: 'NotImplementedByLocalRuntime', message: expect.stringContaining('m.x') });
    const legacy = documents.send(new PutCommand({ TableName, Item: { user: 'ada' }, ReturnItemCollectionMetrics: 'SIZE' }));
    await expect(legacy).rejects.toThrow(/ReturnItemCollectionMetrics/);
  });

  test('errors name the fault as AWS does', async () => {
    await expect(put({ units: 1 })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('Missing the key user'),
    });
    await expect(
      update('ada', {
        UpdateExpression: 'SET #s = :v',
        ExpressionAttributeNames: { '#s': 'user' },
        ExpressionAttributeValues: { ':v': 'x' },
      }),
    ).rejects.toThrow(/This attribute is part of the key/);
    const absent = new GetItemCommand({ TableName: 'nowhere', Key: { user: { S: 'ada' } } });
    await expect(client.send(absent)).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 400 } });
  });

  test('an item is measured in bytes, not in characters', async () => {
    await put({ user: 'ada', text: 'x'.repeat(400_000) });
    await expect(put({ user: 'ada', text: 'ü'.repeat(300_000) })).rejects.toThrow(/Item size has exceeded/);
  });
});

test('batches write and read', async () => {
  const users = Array.from({ length: 25 }, (_, index) => `user-${index}`);
  await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: users.map((user) => ({ PutRequest: { Item: { user } } })) } }));
  await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: [{ DeleteRequest: { Key: { user: 'user-0' } } }] } }));
  const read = await documents.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: users.map((user) => ({ user })) } } }));
  expect(read.Responses?.[TableName]).toHaveLength(24);
});
