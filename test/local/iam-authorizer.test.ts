import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient, GetItemCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { BedrockService } from '../../local/bedrock/bedrock.service.ts';
import { sendForm } from '../../local/cli/manuel-client.ts';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { LogsService } from '../../local/logs/logs.service.ts';
import { S3Service } from '../../local/s3/s3.service.ts';
import { SqsService } from '../../local/sqs/sqs.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const REGION = 'eu-west-1';
const ACCOUNT = '000000000000';
const PROFILE = `arn:aws:bedrock:${REGION}:${ACCOUNT}:inference-profile/eu.anthropic.claude-haiku-5-5`;

let door: TestFrontDoor;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'manuel-iam-'));
  door = await openFrontDoor(({ clock, keys, frontDoor, access }) => [
    new DynamoDbService({ clock, region: REGION }),
    new S3Service({ clock, region: REGION, keys, directory, onObjectEvent: () => undefined }),
    new SqsService({ region: REGION, endpoint: () => frontDoor.endpoint, access }),
    new BedrockService({ clock, region: REGION, access }),
    new LogsService({ clock, region: REGION, access }),
  ]);
  for (const table of ['Mine', 'Theirs']) {
    await door.provision('AWS::DynamoDB::Table', table, {
      TableName: table,
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    });
  }
  await door.provision('AWS::S3::Bucket', 'Bucket', { BucketName: 'bucket', VersioningConfiguration: { Status: 'Enabled' } });
  await door.provision('AWS::SQS::Queue', 'Queue', { QueueName: 'queue' });
});

afterAll(async () => {
  await door.close();
  rmSync(directory, { recursive: true });
  expect(door.internalErrors).toEqual([]);
});

/** What an SDK client takes to act as a new role with these statements. */
async function asRole(...statements: object[]) {
  return door.configOf(await door.createRole(statements));
}

const allow = (Action: string | string[], Resource: string, rest: object = {}) => ({ Effect: 'Allow', Action, Resource, ...rest });
const table = (name: string) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
const TRUST = { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } } };
const item = { id: { S: '1' } };

test('a role does what its policy allows, and nothing else; the denial is AWS’s, and the missing statement is printed', async () => {
  const role = await door.createRole([allow('dynamodb:PutItem', table('Mine'))], { name: 'writer' });
  const client = new DynamoDBClient(door.configOf(role));
  const denialsBefore = door.denials.length;
  await client.send(new PutItemCommand({ TableName: 'Mine', Item: item }));
  await expect(client.send(new PutItemCommand({ TableName: 'Theirs', Item: item }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/writer/writer-session is not authorized to perform: dynamodb:PutItem on resource: ${table('Theirs')} because no identity-based policy allows the dynamodb:PutItem action`,
  });
  await expect(client.send(new GetItemCommand({ TableName: 'Mine', Key: item }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(door.denials).toHaveLength(denialsBefore + 2);
  expect(door.denials[denialsBefore]).toContain(`{"Effect":"Allow","Action":"dynamodb:PutItem","Resource":"${table('Theirs')}"}`);
});

test('a transaction needs every part of it', async () => {
  const client = new DynamoDBClient(await asRole(allow(['dynamodb:PutItem', 'dynamodb:ConditionCheckItem'], table('Mine'))));
  const put = (TableName: string) => ({ Put: { TableName, Item: item } });
  await client.send(new TransactWriteItemsCommand({ TransactItems: [put('Mine')] }));
  await expect(client.send(new TransactWriteItemsCommand({ TransactItems: [put('Mine'), put('Theirs')] }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
});

test('naming a version of an object is an action of its own', async () => {
  const client = new S3Client(
    await asRole(allow('s3:PutObject', 'arn:aws:s3:::bucket/mine/*'), allow('s3:GetObjectVersion', 'arn:aws:s3:::bucket/mine/*')),
  );
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'mine/a', Body: 'x' }));
  await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'mine/a', VersionId }));
  await expect(client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'mine/a' }))).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'theirs/a', Body: 'x' }))).rejects.toMatchObject({
    name: 'AccessDenied',
  });
});

test('a form writes with the rights of whoever signed it, whatever its policy says', async () => {
  const client = new S3Client(await asRole(allow('s3:PutObject', 'arn:aws:s3:::bucket/incoming/*')));
  const form = (Key: string) => createPresignedPost(client, { Bucket: 'bucket', Key });
  await sendForm(await form('incoming/a'), new Uint8Array([1]));
  await expect(sendForm(await form('manuals/a'), new Uint8Array([1]))).rejects.toThrow(/403.*AccessDenied/s);
});

test('a bucket’s policy denies what a role’s allows, to the operator too', async () => {
  await door.provision('AWS::S3::Bucket', 'Locked', { BucketName: 'locked' });
  await door.provision('AWS::S3::BucketPolicy', 'LockedPolicy', {
    Bucket: 'locked',
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:PutObject', Resource: 'arn:aws:s3:::locked/*' },
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 's3:*',
          Resource: 'arn:aws:s3:::locked/*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    },
  });
  for (const config of [door.clientConfig, await asRole(allow('s3:*', '*'))]) {
    const client = new S3Client(config);
    await expect(client.send(new PutObjectCommand({ Bucket: 'locked', Key: 'a', Body: 'x' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await expect(client.send(new GetObjectCommand({ Bucket: 'locked', Key: 'a' }))).rejects.toMatchObject({ name: 'NoSuchKey' });
  }
});

test('a queue is reached by the role that may', async () => {
  const client = new SQSClient(await asRole(allow(['sqs:SendMessage', 'sqs:GetQueueUrl'], `arn:aws:sqs:${REGION}:${ACCOUNT}:queue`)));
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: 'queue' }));
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
  const other = new SQSClient(await asRole(allow('sqs:GetQueueUrl', '*')));
  await expect(other.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('a model behind an inference profile needs the profile and the model through it', async () => {
  const model = `arn:aws:bedrock:*::foundation-model/anthropic.claude-haiku-5-5`;
  const throughProfile = { Condition: { StringEquals: { 'bedrock:InferenceProfileArn': PROFILE } } };
  const ask = async (...statements: object[]) =>
    new BedrockRuntimeClient(await asRole(...statements)).send(
      new ConverseCommand({ modelId: 'eu.anthropic.claude-haiku-5-5', messages: [{ role: 'user', content: [{ text: 'hello' }] }] }),
    );
  const denied = { name: 'AccessDeniedException' };
  await expect(ask(allow('bedrock:InvokeModel', PROFILE))).rejects.toMatchObject(denied);
  await expect(ask(allow('bedrock:InvokeModel', model, throughProfile))).rejects.toMatchObject(denied);
  // Allowed: what is refused then is the text, which is no prompt.
  await expect(ask(allow('bedrock:InvokeModel', PROFILE), allow('bedrock:InvokeModel', model, throughProfile))).rejects.toMatchObject({
    name: 'ValidationException',
  });
});

test('what a template may not state, because nobody here knows what it allows, stops the start', async () => {
  const role = (properties: object) => door.provision('AWS::IAM::Role', 'Refused', { AssumeRolePolicyDocument: TRUST, ...properties });
  await expect(role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] })).rejects.toThrow('AdministratorAccess');
  await expect(role({ PermissionsBoundary: 'arn:aws:iam::aws:policy/Boundary' })).rejects.toThrow('permissions boundary');
  await expect(role({ Policies: [{ PolicyName: 'typo', PolicyDocument: { Statement: { Effect: 'Alow' } } }] })).rejects.toThrow('typo');
});

describe('a policy that AWS, or the local runtime, does not understand stops the start, by name', () => {
  const review = async (statement: object) => {
    const strict = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: REGION })]);
    await strict.createRole([statement], { name: 'reviewed' });
    await strict.access.review().finally(() => strict.close());
  };

  test.each([
    ['a misspelt action', allow('dynamodb:PutItm', '*'), 'there is no action dynamodb:PutItm'],
    ['an unknown service', allow('dinamodb:PutItem', '*'), 'there is no action dinamodb:PutItem'],
    [
      'a condition key of which nobody here knows the value',
      allow('dynamodb:PutItem', '*', { Condition: { StringEquals: { 'aws:ResourceTag/team': 'blue' } } }),
      'does not know the condition key aws:ResourceTag/team',
    ],
    [
      'such a key as a policy variable',
      allow('s3:GetObject', `arn:aws:s3:::bucket/\${aws:PrincipalTag/home}/*`),
      'does not know the condition key aws:PrincipalTag/home',
    ],
  ])('%s', async (_what, statement, message) => {
    await expect(review(statement)).rejects.toThrow(message);
  });

  test('and one that both understand does not', async () => {
    await expect(
      review(allow(['dynamodb:Get*', 'DYNAMODB:putitem'], '*', { Condition: { Bool: { 'AWS:securetransport': 'true' } } })),
    ).resolves.toBeUndefined();
  });
});

test('what is granted is counted one action and one resource at a time, and so is what of it was used', async () => {
  const measured = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: REGION })]);
  await measured.provision('AWS::DynamoDB::Table', 'Table', {
    TableName: 'Mine',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  const role = await measured.createRole(
    [
      allow(['dynamodb:*Item', 'dynamodb:Scan'], table('Mine')),
      allow('dynamodb:GetItem', table('Theirs')),
      { ...allow('dynamodb:Scan', '*'), Effect: 'Deny' },
    ],
    { name: 'writer' },
  );
  const client = new DynamoDBClient(measured.configOf(role));
  await client.send(new PutItemCommand({ TableName: 'Mine', Item: item }));
  await measured.access.review();
  await client.send(new GetItemCommand({ TableName: 'Mine', Key: item }));
  client.destroy();
  await measured.close();
  const grants = measured.access.grants().filter(({ holder }) => holder === 'Test/writer');
  expect(grants.map(({ action, resource }) => `${action} ${resource}`).sort()).toEqual(
    [
      ...['BatchGetItem', 'BatchWriteItem', 'ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'].map(
        (action) => `dynamodb:${action} ${table('Mine')}`,
      ),
      `dynamodb:GetItem ${table('Theirs')}`,
      `dynamodb:Scan ${table('Mine')}`,
    ].sort(),
  );
  expect(grants.filter(({ used }) => used).map(({ action, resource }) => [action, resource])).toEqual([
    ['dynamodb:GetItem', table('Mine')],
    ['dynamodb:PutItem', table('Mine')],
  ]);
});
