import {
  BedrockAgentClient,
  DeleteKnowledgeBaseDocumentsCommand,
  GetKnowledgeBaseDocumentsCommand,
  IngestKnowledgeBaseDocumentsCommand,
  type KnowledgeBaseDocument,
  type MetadataAttribute,
} from '@aws-sdk/client-bedrock-agent';
import { BedrockAgentRuntimeClient, type RetrievalFilter, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import type { ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime';
import { BedrockService } from '../../local/bedrock/bedrock.service.ts';
import type { Embedder } from '../../local/bedrock/embeddings.ts';
import type { ResourceIdentity } from '../../local/platform/service.ts';
import { State } from '../../local/platform/state.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

export type AttributeValue = string | number | boolean | string[];

export interface TestDocument {
  readonly id: string;
  readonly text: string;
  readonly metadata?: Readonly<Record<string, AttributeValue>>;
}

interface Found {
  readonly id: string;
  readonly text: string;
  readonly score: number;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export const CHUNKING = {
  ChunkingConfiguration: { ChunkingStrategy: 'FIXED_SIZE', FixedSizeChunkingConfiguration: { MaxTokens: 300, OverlapPercentage: 20 } },
};

export const INDEX_PROPERTIES = {
  DataType: 'float32',
  Dimension: 1024,
  DistanceMetric: 'cosine',
  MetadataConfiguration: { NonFilterableMetadataKeys: ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'] },
};

/** A knowledge base behind a front door, spoken to through the real clients. */
export interface TestKnowledgeBase {
  readonly door: TestFrontDoor;
  readonly service: BedrockService;
  readonly agent: BedrockAgentClient;
  readonly runtime: BedrockAgentRuntimeClient;
  readonly identity: ResourceIdentity;
  readonly source: { readonly knowledgeBaseId: string; readonly dataSourceId: string };
  ingest(...documents: TestDocument[]): Promise<(string | undefined)[]>;
  /** Ingests and lets the time pass that it takes. */
  publish(...documents: TestDocument[]): Promise<void>;
  statusOf(id: string): Promise<string | undefined>;
  /** Why a document failed. */
  reasonOf(id: string): Promise<string | undefined>;
  remove(...ids: string[]): Promise<(string | undefined)[]>;
  retrieve(question: string, options?: { filter?: RetrievalFilter; numberOfResults?: number }): Promise<Found[]>;
  close(): Promise<void>;
}

const EMBEDDING_MODEL = 'arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0';

/** Longer than anything takes by default. */
const LONG_ENOUGH_MS = 60_000;

export async function openKnowledgeBase(
  chunking: object = CHUNKING,
  embedder?: Embedder,
  state = State.inMemory(),
): Promise<TestKnowledgeBase> {
  let service: BedrockService | undefined;
  const door = await openFrontDoor(({ clock, access }) => {
    service = new BedrockService({ clock, region: 'eu-west-1', access, embedder, state });
    return [service];
  });
  if (!service) throw new Error('the front door built no service');
  const bucket = await door.provision('AWS::S3Vectors::VectorBucket', 'Vectors', {});
  const index = await door.provision('AWS::S3Vectors::Index', 'Index', { ...INDEX_PROPERTIES, VectorBucketArn: bucket.ref });
  const identity = await door.provision('AWS::Bedrock::KnowledgeBase', 'KnowledgeBase', await knowledgeBaseProperties(door, index.ref));
  const dataSource = await door.provision('AWS::Bedrock::DataSource', 'Manuals', {
    Name: 'manuals',
    KnowledgeBaseId: identity.ref,
    DataSourceConfiguration: { Type: 'CUSTOM' },
    VectorIngestionConfiguration: chunking,
  });
  const source = { knowledgeBaseId: identity.ref, dataSourceId: String(dataSource.attributes?.['DataSourceId']) };
  const agent = new BedrockAgentClient(door.clientConfig);
  const runtime = new BedrockAgentRuntimeClient(door.clientConfig);
  const identifiersOf = (ids: string[]) => ids.map((id) => ({ dataSourceType: 'CUSTOM' as const, custom: { id } }));
  const detailOf = async (id: string) => {
    const output = await agent.send(new GetKnowledgeBaseDocumentsCommand({ ...source, documentIdentifiers: identifiersOf([id]) }));
    return output.documentDetails?.[0];
  };
  const ingest = async (...documents: TestDocument[]) => {
    const output = await agent.send(new IngestKnowledgeBaseDocumentsCommand({ ...source, documents: documents.map(toApiDocument) }));
    return (output.documentDetails ?? []).map(({ status }) => status);
  };
  return {
    door,
    service,
    agent,
    runtime,
    identity,
    source,
    ingest,
    publish: async (...documents) => {
      await ingest(...documents);
      door.clock.advance(LONG_ENOUGH_MS);
    },
    statusOf: async (id) => (await detailOf(id))?.status,
    reasonOf: async (id) => (await detailOf(id))?.statusReason,
    remove: async (...ids) => {
      const output = await agent.send(new DeleteKnowledgeBaseDocumentsCommand({ ...source, documentIdentifiers: identifiersOf(ids) }));
      return (output.documentDetails ?? []).map(({ status }) => status);
    },
    retrieve: async (text, vectorSearchConfiguration = {}) => {
      const { retrievalResults = [] } = await runtime.send(
        new RetrieveCommand({
          knowledgeBaseId: source.knowledgeBaseId,
          retrievalQuery: { text },
          retrievalConfiguration: { vectorSearchConfiguration },
        }),
      );
      return retrievalResults.map(({ content, location, score, metadata }) => ({
        id: location?.customDocumentLocation?.id ?? '',
        text: content?.text ?? '',
        score: score ?? -1,
        metadata: metadata ?? {},
      }));
    },
    close: async () => {
      agent.destroy();
      runtime.destroy();
      await door.close();
    },
  };
}

/** A knowledge base whose new role may do what such a role needs, or what these statements say. */
export async function knowledgeBaseProperties(
  door: TestFrontDoor,
  indexArn: string,
  statements: readonly object[] = [
    { Effect: 'Allow', Action: 'bedrock:InvokeModel', Resource: EMBEDDING_MODEL },
    { Effect: 'Allow', Action: 's3vectors:*', Resource: indexArn },
  ],
): Promise<Record<string, unknown>> {
  const { arn } = await door.createRole(statements, { assumedBy: 'bedrock.amazonaws.com' });
  return {
    Name: 'manuals',
    RoleArn: arn,
    KnowledgeBaseConfiguration: {
      Type: 'VECTOR',
      VectorKnowledgeBaseConfiguration: {
        EmbeddingModelArn: EMBEDDING_MODEL,
        EmbeddingModelConfiguration: { BedrockEmbeddingModelConfiguration: { Dimensions: 1024 } },
      },
    },
    StorageConfiguration: { Type: 'S3_VECTORS', S3VectorsConfiguration: { IndexArn: indexArn } },
  };
}

export function toApiDocument({ id, text, metadata }: TestDocument): KnowledgeBaseDocument {
  return {
    content: {
      dataSourceType: 'CUSTOM',
      custom: {
        customDocumentIdentifier: { id },
        sourceType: 'IN_LINE',
        inlineContent: { type: 'TEXT', textContent: { data: text } },
      },
    },
    ...(metadata && { metadata: { type: 'IN_LINE_ATTRIBUTE', inlineAttributes: Object.entries(metadata).map(toApiAttribute) } }),
  };
}

function toApiAttribute([key, value]: [string, AttributeValue]): MetadataAttribute {
  if (typeof value === 'string') return { key, value: { type: 'STRING', stringValue: value } };
  if (typeof value === 'number') return { key, value: { type: 'NUMBER', numberValue: value } };
  if (typeof value === 'boolean') return { key, value: { type: 'BOOLEAN', booleanValue: value } };
  return { key, value: { type: 'STRING_LIST', stringListValue: value } };
}

/** What the query function asks of the model, with `text` as its prompt. */
export function converseInput(text: string): ConverseCommandInput {
  return {
    modelId: 'eu.anthropic.claude-haiku-5-5',
    messages: [{ role: 'user', content: [{ text }] }],
    inferenceConfig: { maxTokens: 600 },
  };
}
