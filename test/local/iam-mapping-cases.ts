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
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
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
import {
  DeleteTranscriptionJobCommand,
  GetTranscriptionJobCommand,
  ListTranscriptionJobsCommand,
  StartTranscriptionJobCommand,
  TranscribeClient,
} from '@aws-sdk/client-transcribe';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { sendForm } from '../../local/cli/manuel-client.ts';
import type { TestFrontDoor } from '../support/front-door.ts';

export const REGION = 'eu-west-1';
export const ACCOUNT = '000000000000';

type ClientConfig = TestFrontDoor['clientConfig'];

/** An operation, how it is called, and what it needs: `action resource`, in the order in which it is demanded. */
export type MappingCase = readonly [operation: string, call: (config: ClientConfig) => Promise<unknown>, needs: readonly string[]];

const table = (name: string) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
const object = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;
const queue = `arn:aws:sqs:${REGION}:${ACCOUNT}:queue`;
const id = { id: { S: '1' } };
const dynamo = (config: ClientConfig) => new DynamoDBClient(config);
const s3 = (config: ClientConfig) => new S3Client(config);
const sqs = (config: ClientConfig) => new SQSClient(config);
const transcribe = (config: ClientConfig) => new TranscribeClient(config);
const job = (name: string) => `arn:aws:transcribe:${REGION}:${ACCOUNT}:transcription-job/${name}`;
const QueueUrl = `http://any.address/${ACCOUNT}/queue`;

export const DYNAMODB_MAPPINGS: readonly MappingCase[] = [
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

export const S3_MAPPINGS: readonly MappingCase[] = [
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
    'GetObjectTagging',
    (config) => s3(config).send(new GetObjectTaggingCommand({ Bucket: 'one', Key: 'k' })),
    [`s3:GetObjectTagging ${object('one', 'k')}`],
  ],
  [
    'PutObjectTagging of a version',
    (config) => s3(config).send(new PutObjectTaggingCommand({ Bucket: 'one', Key: 'k', VersionId: 'null', Tagging: { TagSet: [] } })),
    [`s3:PutObjectVersionTagging ${object('one', 'k')}`],
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

export const SQS_MAPPINGS: readonly MappingCase[] = [
  ['SendMessage', (config) => sqs(config).send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' })), [`sqs:SendMessage ${queue}`]],
  [
    'SendMessageBatch',
    (config) => sqs(config).send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: '1', MessageBody: 'x' }] })),
    [`sqs:SendMessage ${queue}`],
  ],
  ['ReceiveMessage', (config) => sqs(config).send(new ReceiveMessageCommand({ QueueUrl })), [`sqs:ReceiveMessage ${queue}`]],
  [
    'DeleteMessageBatch',
    (config) => sqs(config).send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: '1', ReceiptHandle: 'x' }] })),
    [`sqs:DeleteMessage ${queue}`],
  ],
  [
    'ChangeMessageVisibilityBatch',
    (config) =>
      sqs(config).send(
        new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [{ Id: '1', ReceiptHandle: 'x', VisibilityTimeout: 1 }] }),
      ),
    [`sqs:ChangeMessageVisibility ${queue}`],
  ],
  ['GetQueueAttributes', (config) => sqs(config).send(new GetQueueAttributesCommand({ QueueUrl })), [`sqs:GetQueueAttributes ${queue}`]],
];

export const TRANSCRIBE_MAPPINGS: readonly MappingCase[] = [
  [
    'StartTranscriptionJob, which tries with the rights of the caller whether the job can be done',
    (config) =>
      transcribe(config).send(
        new StartTranscriptionJobCommand({
          TranscriptionJobName: 'started',
          LanguageCode: 'en-GB',
          Media: { MediaFileUri: 's3://one/question.wav' },
          OutputBucketName: 'two',
          OutputKey: 'texts/',
        }),
      ),
    [
      'transcribe:StartTranscriptionJob *',
      `s3:GetObject ${object('one', 'question.wav')}`,
      `s3:PutObject ${object('two', 'texts/.write_access_check_file.temp')}`,
    ],
  ],
  [
    'GetTranscriptionJob',
    (config) => transcribe(config).send(new GetTranscriptionJobCommand({ TranscriptionJobName: 'j' })),
    [`transcribe:GetTranscriptionJob ${job('j')}`],
  ],
  [
    'DeleteTranscriptionJob',
    (config) => transcribe(config).send(new DeleteTranscriptionJobCommand({ TranscriptionJobName: 'j' })),
    [`transcribe:DeleteTranscriptionJob ${job('j')}`],
  ],
  [
    'ListTranscriptionJobs',
    (config) => transcribe(config).send(new ListTranscriptionJobsCommand({})),
    ['transcribe:ListTranscriptionJobs *'],
  ],
];
