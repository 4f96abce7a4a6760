import * as z from 'zod';
import type { AccessControl } from '../platform/access-control.ts';
import { notEmulated } from '../platform/call.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceIdentity, ResourceType, TemplateResource } from '../platform/service.ts';
import { type Chunking, DEFAULT_CHUNKING } from './chunking.ts';
import { DataSource, type DataSourceParts } from './data-source.ts';
import { bedrockResourceId, KnowledgeBase, type KnowledgeBases } from './knowledge-base.ts';
import { invalid, parseInput } from './request.ts';
import { ServiceRole } from './service-role.ts';
import type { VectorStore } from './vector-store.ts';

const name = z.string().regex(/^([0-9a-zA-Z][_-]?){1,100}$/);

const knowledgeBaseSchema = z.looseObject({
  Name: name,
  RoleArn: z.string(),
  KnowledgeBaseConfiguration: z.looseObject({
    Type: z.string(),
    VectorKnowledgeBaseConfiguration: z
      .looseObject({
        EmbeddingModelArn: z.string(),
        EmbeddingModelConfiguration: z
          .looseObject({ BedrockEmbeddingModelConfiguration: z.looseObject({ Dimensions: z.int().optional() }).optional() })
          .optional(),
      })
      .optional(),
  }),
  StorageConfiguration: z.looseObject({
    Type: z.string(),
    S3VectorsConfiguration: z
      .looseObject({ IndexArn: z.string().optional(), VectorBucketArn: z.string().optional(), IndexName: z.string().optional() })
      .optional(),
  }),
});

const dataSourceSchema = z.looseObject({
  Name: name,
  KnowledgeBaseId: z.string(),
  DataSourceConfiguration: z.looseObject({ Type: z.string() }),
  VectorIngestionConfiguration: z
    .looseObject({
      ChunkingConfiguration: z
        .looseObject({
          ChunkingStrategy: z.string(),
          FixedSizeChunkingConfiguration: z
            .looseObject({ MaxTokens: z.int().min(1), OverlapPercentage: z.int().min(1).max(99) })
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

export interface KnowledgeBaseResourceParts extends Omit<DataSourceParts, 'passages' | 'role'> {
  readonly region: string;
  readonly access: AccessControl;
  readonly knowledgeBases: KnowledgeBases;
  readonly vectorStore: VectorStore;
}

/** How knowledge bases and their data sources come from a template. */
export function knowledgeBaseResourceTypes(parts: KnowledgeBaseResourceParts): readonly ResourceType[] {
  return [
    {
      type: 'AWS::Bedrock::KnowledgeBase',
      honours: [
        'Name',
        'RoleArn',
        'KnowledgeBaseConfiguration.Type',
        'KnowledgeBaseConfiguration.VectorKnowledgeBaseConfiguration.EmbeddingModelArn',
        'KnowledgeBaseConfiguration.VectorKnowledgeBaseConfiguration.EmbeddingModelConfiguration.BedrockEmbeddingModelConfiguration.Dimensions',
        'StorageConfiguration.Type',
        'StorageConfiguration.S3VectorsConfiguration',
      ],
      inert: {
        Description: 'nothing local reads it',
        Tags: 'nothing local reads tags',
        'KnowledgeBaseConfiguration.VectorKnowledgeBaseConfiguration.EmbeddingModelConfiguration.BedrockEmbeddingModelConfiguration.EmbeddingDataType':
          'locally words are indexed instead of vectors',
      },
      replacedOn: ['KnowledgeBaseConfiguration', 'StorageConfiguration'],
      create: async (resource) => createKnowledgeBase(resource, parts),
    },
    {
      type: 'AWS::Bedrock::DataSource',
      honours: [
        'Name',
        'KnowledgeBaseId',
        'DataSourceConfiguration.Type',
        'VectorIngestionConfiguration.ChunkingConfiguration.ChunkingStrategy',
        'VectorIngestionConfiguration.ChunkingConfiguration.FixedSizeChunkingConfiguration',
      ],
      inert: {
        Description: 'nothing local reads it',
        DataDeletionPolicy: 'it matters when the data source is deleted, which the local runtime does only with all its state',
        ServerSideEncryptionConfiguration: 'what the local runtime indexes is not encrypted at rest',
      },
      replacedOn: ['KnowledgeBaseId', 'DataSourceConfiguration', 'VectorIngestionConfiguration'],
      create: async (resource) => createDataSource(resource, parts),
    },
  ];
}

function createKnowledgeBase(resource: TemplateResource, parts: KnowledgeBaseResourceParts): ResourceIdentity {
  const properties = parseInput(knowledgeBaseSchema, resource.properties, resource.type);
  const { KnowledgeBaseConfiguration: configuration, StorageConfiguration: storage } = properties;
  if (configuration.Type !== 'VECTOR') throw notEmulated(`a knowledge base of type ${configuration.Type}`);
  if (storage.Type !== 'S3_VECTORS') throw notEmulated(`a knowledge base with the storage ${storage.Type}`);
  const { IndexArn: indexArn, VectorBucketArn: bucketArn, IndexName: indexName } = storage.S3VectorsConfiguration ?? {};
  const index = parts.vectorStore.index({ indexArn, bucketArn, indexName });
  const { EmbeddingModelArn: embeddingModelArn, EmbeddingModelConfiguration: embedding } =
    configuration.VectorKnowledgeBaseConfiguration ?? {};
  if (embeddingModelArn === undefined) throw invalid('A knowledge base of type VECTOR needs a VectorKnowledgeBaseConfiguration.');
  const dimensions = embedding?.BedrockEmbeddingModelConfiguration?.Dimensions;
  if (dimensions !== undefined && dimensions !== index.dimension) {
    throw invalid(`The embedding model gives vectors of ${dimensions} dimensions, and the index ${index.arn} takes ${index.dimension}.`);
  }
  const id = bedrockResourceId(resource.stackName, resource.logicalId);
  const knowledgeBaseArn = `arn:aws:bedrock:${parts.region}:${LOCAL_ACCOUNT}:knowledge-base/${id}`;
  const { access } = parts;
  const role = new ServiceRole({ access, roleArn: properties.RoleArn, knowledgeBaseArn, embeddingModelArn, indexArn: index.arn });
  role.assume();
  parts.knowledgeBases.add(new KnowledgeBase(id, properties.Name, role));
  return { ref: id, attributes: { KnowledgeBaseId: id, KnowledgeBaseArn: knowledgeBaseArn } };
}

async function createDataSource(resource: TemplateResource, parts: KnowledgeBaseResourceParts): Promise<ResourceIdentity> {
  const properties = parseInput(dataSourceSchema, resource.properties, resource.type);
  const { Type: type } = properties.DataSourceConfiguration;
  if (type !== 'CUSTOM') throw notEmulated(`a data source of type ${type}`);
  const knowledgeBase = parts.knowledgeBases.get(properties.KnowledgeBaseId);
  const id = bedrockResourceId(resource.stackName, resource.logicalId);
  const { settings, timeline, clock, embedder, state } = parts;
  const chunking = chunkingOf(properties.VectorIngestionConfiguration?.ChunkingConfiguration);
  const { passages, role } = knowledgeBase;
  const dataSource = new DataSource(id, knowledgeBase.id, chunking, { passages, role, settings, timeline, clock, embedder, state });
  await dataSource.restore();
  knowledgeBase.addDataSource(dataSource);
  return { ref: `${knowledgeBase.id}|${id}`, attributes: { DataSourceId: id, KnowledgeBaseId: knowledgeBase.id } };
}

type ChunkingConfiguration = NonNullable<
  NonNullable<z.infer<typeof dataSourceSchema>['VectorIngestionConfiguration']>['ChunkingConfiguration']
>;

function chunkingOf(configuration: ChunkingConfiguration | undefined): Chunking {
  if (!configuration) return DEFAULT_CHUNKING;
  const { ChunkingStrategy: strategy, FixedSizeChunkingConfiguration: fixedSize } = configuration;
  if (strategy === 'NONE') return { strategy };
  if (strategy !== 'FIXED_SIZE') throw notEmulated(`the chunking strategy ${strategy}`);
  if (!fixedSize) throw invalid('The chunking strategy FIXED_SIZE needs a FixedSizeChunkingConfiguration.');
  return { strategy, maxTokens: fixedSize.MaxTokens, overlapPercentage: fixedSize.OverlapPercentage };
}
