import { Arn, ArnFormat, Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnDataSource, CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnIndex, CfnVectorBucket } from 'aws-cdk-lib/aws-s3vectors';
import { Construct } from 'constructs';
import { CHUNKS, EMBEDDING_MODEL } from '../../lambdas/shared/embedding.contract.ts';
import type { CapabilityFunction } from '../platform/capability-function.ts';
import type { StageConfig } from '../stage-config.ts';

/**
 * A vector knowledge base on S3 Vectors, which costs nothing while idle, with a custom data source for direct ingestion.
 *
 * It goes by itself when its stack is deleted: a vector bucket must have no index then, and an index takes its vectors with it
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-buckets-delete.html); CloudFormation deletes the index first, since it
 * names the bucket.
 */
export class ManualKnowledgeBase extends Construct {
  readonly #knowledgeBase: CfnKnowledgeBase;
  readonly #dataSource: CfnDataSource;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    const vectorBucket = new CfnVectorBucket(this, 'VectorBucket');
    const index = new CfnIndex(this, 'VectorIndex', {
      vectorBucketArn: vectorBucket.attrVectorBucketArn,
      dataType: 'float32',
      dimension: EMBEDDING_MODEL.dimensions,
      distanceMetric: 'cosine',
      // Bedrock writes the passage's text under these names; filterable metadata has room for 2 KB only.
      metadataConfiguration: { nonFilterableMetadataKeys: ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'] },
    });
    const embeddingModelArn = Arn.format(
      {
        service: 'bedrock',
        account: '',
        resource: 'foundation-model',
        resourceName: EMBEDDING_MODEL.modelId,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      },
      Stack.of(this),
    );
    this.#knowledgeBase = new CfnKnowledgeBase(this, 'KnowledgeBase', {
      name: Stack.of(this).stackName,
      roleArn: this.#role(embeddingModelArn, index.attrIndexArn).roleArn,
      knowledgeBaseConfiguration: {
        type: 'VECTOR',
        vectorKnowledgeBaseConfiguration: {
          embeddingModelArn,
          embeddingModelConfiguration: {
            bedrockEmbeddingModelConfiguration: { dimensions: EMBEDDING_MODEL.dimensions, embeddingDataType: 'FLOAT32' },
          },
        },
      },
      storageConfiguration: { type: 'S3_VECTORS', s3VectorsConfiguration: { indexArn: index.attrIndexArn } },
    });
    this.#dataSource = new CfnDataSource(this, 'DataSource', {
      name: 'manuals',
      knowledgeBaseId: this.#knowledgeBase.attrKnowledgeBaseId,
      dataSourceConfiguration: { type: 'CUSTOM' },
      dataDeletionPolicy: config.retainData ? 'RETAIN' : 'DELETE',
      vectorIngestionConfiguration: {
        chunkingConfiguration: {
          chunkingStrategy: 'FIXED_SIZE',
          fixedSizeChunkingConfiguration: CHUNKS,
        },
      },
    });
    for (const resource of [vectorBucket, index, this.#knowledgeBase, this.#dataSource]) {
      resource.applyRemovalPolicy(config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    }
  }

  /** Lets a function search. Only the query function and the readiness probe may. */
  grantRetrieve(fn: CapabilityFunction): void {
    fn.provide({ KNOWLEDGE_BASE_ID: this.#knowledgeBase.attrKnowledgeBaseId });
    this.#allow(fn, 'bedrock:Retrieve');
  }

  /** Lets a function write documents. Only the ingestion worker may. */
  grantIngest(fn: CapabilityFunction): void {
    fn.provide({
      KNOWLEDGE_BASE_ID: this.#knowledgeBase.attrKnowledgeBaseId,
      DATA_SOURCE_ID: this.#dataSource.attrDataSourceId,
    });
    // Direct ingestion demands the permission to start a job besides its own
    // (https://docs.aws.amazon.com/bedrock/latest/userguide/kb-direct-ingestion-add.html).
    this.#allow(fn, 'bedrock:IngestKnowledgeBaseDocuments', 'bedrock:StartIngestionJob');
  }

  /** Lets a function remove documents, and see that they are gone. Only the deletion worker may. */
  grantDelete(fn: CapabilityFunction): void {
    fn.provide({
      KNOWLEDGE_BASE_ID: this.#knowledgeBase.attrKnowledgeBaseId,
      DATA_SOURCE_ID: this.#dataSource.attrDataSourceId,
    });
    // Removing is direct ingestion too.
    this.#allow(fn, 'bedrock:DeleteKnowledgeBaseDocuments', 'bedrock:StartIngestionJob', 'bedrock:GetKnowledgeBaseDocuments');
  }

  /** Lets a function ask how far documents are. */
  grantReadStatus(fn: CapabilityFunction): void {
    fn.provide({ DATA_SOURCE_ID: this.#dataSource.attrDataSourceId });
    this.#allow(fn, 'bedrock:GetKnowledgeBaseDocuments');
  }

  #allow(fn: CapabilityFunction, ...actions: string[]): void {
    fn.addToRolePolicy(new PolicyStatement({ actions, resources: [this.#knowledgeBase.attrKnowledgeBaseArn] }));
  }

  /** The policy is inline: as a resource of its own it would race with the knowledge base's creation. */
  #role(embeddingModelArn: string, indexArn: string): Role {
    return new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('bedrock.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
      inlinePolicies: {
        Embed: new PolicyDocument({
          statements: [new PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: [embeddingModelArn] })],
        }),
        Vectors: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: [
                's3vectors:PutVectors',
                's3vectors:GetVectors',
                's3vectors:DeleteVectors',
                's3vectors:QueryVectors',
                's3vectors:GetIndex',
              ],
              resources: [indexArn],
            }),
          ],
        }),
      },
    });
  }
}
