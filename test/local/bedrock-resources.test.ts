import { App, aws_bedrock as bedrock, Stack, aws_s3vectors as s3vectors } from 'aws-cdk-lib';
import { BedrockService } from '../../local/bedrock/bedrock.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { CHUNKING, INDEX_PROPERTIES, knowledgeBaseProperties, openKnowledgeBase } from './bedrock-support.ts';

let door: TestFrontDoor;
let service: BedrockService;

beforeEach(async () => {
  door = await openFrontDoor(({ clock, access }) => {
    service = new BedrockService({ clock, region: 'eu-west-1', access });
    return [service];
  });
});

afterEach(async () => {
  await door.close();
});

async function provisionIndex(): Promise<string> {
  const bucket = await door.provision('AWS::S3Vectors::VectorBucket', 'Vectors', {});
  return (await door.provision('AWS::S3Vectors::Index', 'Index', { ...INDEX_PROPERTIES, VectorBucketArn: bucket.ref })).ref;
}

async function provisionKnowledgeBase(): Promise<string> {
  return (await door.provision('AWS::Bedrock::KnowledgeBase', 'KnowledgeBase', await knowledgeBaseProperties(door, await provisionIndex())))
    .ref;
}

test('a bucket and an index have their ARN as Ref, generated names, and the attributes of CloudFormation', async () => {
  const bucket = await door.provision('AWS::S3Vectors::VectorBucket', 'Vectors', {});
  const arn = 'arn:aws:s3vectors:eu-west-1:000000000000:bucket/test-vectors-';
  expect(bucket.ref).toMatch(new RegExp(`^${arn}[0-9a-f]{12}$`));
  expect(bucket.attributes).toMatchObject({ VectorBucketArn: bucket.ref, CreationTime: expect.any(String) });
  const bucketName = bucket.ref.split('/').at(-1);
  const index = await door.provision('AWS::S3Vectors::Index', 'Index', {
    ...INDEX_PROPERTIES,
    VectorBucketName: bucketName,
    IndexName: 'manuals',
  });
  expect(index).toMatchObject({ ref: `${bucket.ref}/index/manuals`, attributes: { IndexArn: `${bucket.ref}/index/manuals` } });
});

test('a knowledge base and a data source have ids of ten upper-case letters and digits, the same at every start', async () => {
  const knowledgeBaseId = await provisionKnowledgeBase();
  expect(knowledgeBaseId).toMatch(/^[0-9A-Z]{10}$/);
  const dataSource = await door.provision('AWS::Bedrock::DataSource', 'Manuals', {
    Name: 'manuals',
    KnowledgeBaseId: knowledgeBaseId,
    DataSourceConfiguration: { Type: 'CUSTOM' },
  });
  const dataSourceId = dataSource.ref.split('|')[1];
  expect(dataSourceId).toMatch(/^[0-9A-Z]{10}$/);
  expect(dataSource).toEqual({
    ref: `${knowledgeBaseId}|${dataSourceId}`,
    attributes: { DataSourceId: dataSourceId, KnowledgeBaseId: knowledgeBaseId },
  });
  const again = await openKnowledgeBase();
  expect(again.source).toEqual({ knowledgeBaseId, dataSourceId });
  expect(again.identity.attributes).toEqual({
    KnowledgeBaseId: knowledgeBaseId,
    KnowledgeBaseArn: `arn:aws:bedrock:eu-west-1:000000000000:knowledge-base/${knowledgeBaseId}`,
  });
  await again.close();
});

test.each([
  [['AMAZON_BEDROCK_TEXT'], 'AMAZON_BEDROCK_METADATA'],
  [['AMAZON_BEDROCK_METADATA'], 'AMAZON_BEDROCK_TEXT'],
  [['other'], 'AMAZON_BEDROCK_TEXT and AMAZON_BEDROCK_METADATA'],
])('an index that declares only %j as non-filterable is refused, since ingestion would fail on AWS', async (declared, missing) => {
  const bucket = await door.provision('AWS::S3Vectors::VectorBucket', 'Vectors', {});
  const properties = { ...INDEX_PROPERTIES, VectorBucketArn: bucket.ref, MetadataConfiguration: { NonFilterableMetadataKeys: declared } };
  await expect(door.provision('AWS::S3Vectors::Index', 'Index', properties)).rejects.toThrow(`must declare ${missing} under`);
});

describe('what a knowledge base cannot be built on', () => {
  const provision = async (change: object) =>
    door.provision('AWS::Bedrock::KnowledgeBase', 'KnowledgeBase', {
      ...(await knowledgeBaseProperties(door, await provisionIndex())),
      ...change,
    });

  test.each([
    ['another type', { KnowledgeBaseConfiguration: { Type: 'MANAGED' } }, 'a knowledge base of type MANAGED'],
    ['another store', { StorageConfiguration: { Type: 'OPENSEARCH_SERVERLESS' } }, 'the storage OPENSEARCH_SERVERLESS'],
    [
      'a missing index',
      { StorageConfiguration: { Type: 'S3_VECTORS', S3VectorsConfiguration: { IndexArn: 'arn:gone' } } },
      'no vector index arn:gone',
    ],
    [
      'vectors of another size',
      {
        KnowledgeBaseConfiguration: {
          Type: 'VECTOR',
          VectorKnowledgeBaseConfiguration: {
            EmbeddingModelArn: 'arn:model',
            EmbeddingModelConfiguration: { BedrockEmbeddingModelConfiguration: { Dimensions: 256 } },
          },
        },
      },
      'vectors of 256 dimensions, and the index',
    ],
  ])('%s', async (_case, change, message) => {
    await expect(provision(change)).rejects.toThrow(message);
  });

  test('a name that is taken', async () => {
    const indexArn = await provisionIndex();
    await door.provision('AWS::Bedrock::KnowledgeBase', 'One', await knowledgeBaseProperties(door, indexArn));
    const same = await knowledgeBaseProperties(door, indexArn);
    await expect(door.provision('AWS::Bedrock::KnowledgeBase', 'Two', same)).rejects.toMatchObject({
      code: 'ConflictException',
    });
  });
});

test.each([
  ['the data source type', { DataSourceConfiguration: { Type: 'S3' } }, 'a data source of type S3'],
  [
    'the chunking strategy',
    { VectorIngestionConfiguration: { ChunkingConfiguration: { ChunkingStrategy: 'HIERARCHICAL' } } },
    'the chunking strategy HIERARCHICAL',
  ],
])('%s must be one that is emulated', async (_case, change, message) => {
  const properties = {
    Name: 'manuals',
    KnowledgeBaseId: await provisionKnowledgeBase(),
    DataSourceConfiguration: { Type: 'CUSTOM' },
    ...change,
  };
  await expect(door.provision('AWS::Bedrock::DataSource', 'Manuals', properties)).rejects.toThrow(message);
});

test('what the CDK writes for a knowledge base on S3 Vectors is honoured or stated as inert, to the last property', () => {
  const app = new App({ builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Stack');
  const bucket = new s3vectors.CfnVectorBucket(stack, 'Vectors', { encryptionConfiguration: { sseType: 'AES256' } });
  const index = new s3vectors.CfnIndex(stack, 'Index', {
    vectorBucketArn: bucket.attrVectorBucketArn,
    dataType: 'float32',
    dimension: 1024,
    distanceMetric: 'cosine',
    metadataConfiguration: { nonFilterableMetadataKeys: ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'] },
  });
  const knowledgeBase = new bedrock.CfnKnowledgeBase(stack, 'KnowledgeBase', {
    name: 'manuals',
    roleArn: 'arn:aws:iam::000000000000:role/knowledge-base',
    knowledgeBaseConfiguration: {
      type: 'VECTOR',
      vectorKnowledgeBaseConfiguration: {
        embeddingModelArn: 'arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0',
        embeddingModelConfiguration: { bedrockEmbeddingModelConfiguration: { dimensions: 1024, embeddingDataType: 'FLOAT32' } },
      },
    },
    storageConfiguration: { type: 'S3_VECTORS', s3VectorsConfiguration: { indexArn: index.attrIndexArn } },
  });
  new bedrock.CfnDataSource(stack, 'Manuals', {
    name: 'manuals',
    knowledgeBaseId: knowledgeBase.attrKnowledgeBaseId,
    dataDeletionPolicy: 'DELETE',
    dataSourceConfiguration: { type: 'CUSTOM' },
    vectorIngestionConfiguration: {
      chunkingConfiguration: { chunkingStrategy: 'FIXED_SIZE', fixedSizeChunkingConfiguration: { maxTokens: 300, overlapPercentage: 20 } },
    },
  });
  const resources: { Type: string; Properties: object }[] = Object.values(app.synth().getStackArtifact('Stack').template.Resources);
  expect(resources).toHaveLength(4);
  for (const { Type, Properties } of resources) {
    const type = service.resourceTypes.find((candidate) => candidate.type === Type);
    const known = [...(type?.honours ?? []), ...Object.keys(type?.inert ?? {})];
    const unknown = leavesOf(Properties).filter((path) => !known.some((prefix) => path === prefix || path.startsWith(`${prefix}.`)));
    expect({ Type, unknown }).toEqual({ Type, unknown: [] });
  }
});

function leavesOf(value: unknown, path = ''): string[] {
  const isNode = typeof value === 'object' && value !== null && !Array.isArray(value) && !('Fn::GetAtt' in value);
  if (!isNode) return [path];
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, path ? `${path}.${name}` : name));
}

describe('chunks', () => {
  const sentence = (n: number) => `Sentence number ${n} of this long page says something about the ${'very '.repeat(10)}long programme.`;
  const page = Array.from({ length: 30 }, (_, n) => sentence(n)).join('\n');

  async function chunksOf(text: string, chunking: object): Promise<string[]> {
    const base = await openKnowledgeBase(chunking);
    await base.publish({ id: 'page', text });
    const found = await base.retrieve('anything', { numberOfResults: 100 });
    await base.close();
    return found.map((passage) => passage.text);
  }

  test('hold whole sentences, verbatim, up to the size that the data source names, and overlap', async () => {
    const chunks = await chunksOf(page, CHUNKING);
    expect(chunks.length).toBeGreaterThan(2);
    for (const chunk of chunks) {
      expect(page).toContain(chunk);
      expect(chunk.length).toBeLessThanOrEqual(300 * 4.7);
      expect(chunk).toMatch(/^Sentence number[\s\S]*programme\.$/);
    }
    for (const [position, chunk] of chunks.entries()) if (position > 0) expect(chunks[position - 1]).toContain(chunk.split('\n')[0]);
    expect(Array.from({ length: 30 }, (_, n) => sentence(n)).filter((one) => !chunks.some((chunk) => chunk.includes(one)))).toEqual([]);
  });

  test('follow MaxTokens, and split a sentence that is too long between words', async () => {
    const small = {
      ChunkingConfiguration: { ChunkingStrategy: 'FIXED_SIZE', FixedSizeChunkingConfiguration: { MaxTokens: 20, OverlapPercentage: 1 } },
    };
    const words = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ');
    const chunks = await chunksOf(words, small);
    expect(chunks.join(' ')).toBe(words);
    for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(20 * 4.7);
  });

  test('are whole documents with the strategy NONE', async () => {
    expect(await chunksOf(page, { ChunkingConfiguration: { ChunkingStrategy: 'NONE' } })).toEqual([page]);
  });
});
