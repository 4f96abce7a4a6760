import * as z from 'zod';
import type { Clock } from '../platform/clock.ts';
import { generatedName } from '../platform/names.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceType, TemplateResource } from '../platform/service.ts';
import { invalid, parseInput } from './request.ts';

/** What a knowledge base writes next to each vector. As filterable metadata it would break S3 Vectors' limit of 2 KB. */
const NON_FILTERABLE_KEYS = ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'];
const MAX_NAME_LENGTH = 63;
const NO_VECTORS = 'locally words are indexed instead of vectors';
const NO_ENCRYPTION = 'what the local runtime indexes is not encrypted at rest';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html */
const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
  .optional();

const bucketSchema = z.looseObject({ VectorBucketName: nameSchema });

const indexSchema = z.looseObject({
  IndexName: nameSchema,
  VectorBucketArn: z.string().optional(),
  VectorBucketName: z.string().optional(),
  DataType: z.literal('float32'),
  DistanceMetric: z.enum(['cosine', 'euclidean']),
  Dimension: z.int().min(1).max(4096),
  MetadataConfiguration: z.looseObject({ NonFilterableMetadataKeys: z.array(z.string().min(1).max(63)).min(1).max(10) }).optional(),
});

interface VectorIndex {
  readonly arn: string;
  readonly dimension: number;
}

/** The vector buckets and indexes that knowledge bases are built on. Locally they hold their names and checks, but no vectors. */
export class VectorStore {
  readonly #region: string;
  readonly #clock: Clock;
  readonly #bucketArns = new Set<string>();
  readonly #indexes = new Map<string, VectorIndex>();

  constructor(options: { readonly clock: Clock; readonly region: string }) {
    this.#clock = options.clock;
    this.#region = options.region;
  }

  /** The index of an ARN, or of a bucket's ARN and a name. Throws ValidationException when there is none. */
  index(location: {
    readonly indexArn?: string | undefined;
    readonly bucketArn?: string | undefined;
    readonly indexName?: string | undefined;
  }): VectorIndex {
    const arn = location.indexArn ?? `${location.bucketArn}/index/${location.indexName}`;
    const index = this.#indexes.get(arn);
    if (!index) throw invalid(`The knowledge base storage configuration provided is invalid: there is no vector index ${arn}.`);
    return index;
  }

  readonly resourceTypes: readonly ResourceType[] = [
    {
      type: 'AWS::S3Vectors::VectorBucket',
      honours: ['VectorBucketName'],
      inert: { EncryptionConfiguration: NO_ENCRYPTION, Tags: 'nothing local reads tags' },
      create: async (resource) => {
        const { VectorBucketName: name = nameOf(resource) } = parseInput(bucketSchema, resource.properties, resource.type);
        const arn = this.#bucketArn(name);
        this.#bucketArns.add(arn);
        return { ref: arn, attributes: { VectorBucketArn: arn, CreationTime: this.#creationTime() } };
      },
    },
    {
      type: 'AWS::S3Vectors::Index',
      honours: ['IndexName', 'VectorBucketArn', 'VectorBucketName', 'Dimension', 'MetadataConfiguration.NonFilterableMetadataKeys'],
      replacedOn: ['IndexName', 'VectorBucketArn', 'VectorBucketName', 'DataType', 'Dimension', 'DistanceMetric', 'MetadataConfiguration'],
      inert: { DataType: NO_VECTORS, DistanceMetric: NO_VECTORS, EncryptionConfiguration: NO_ENCRYPTION, Tags: 'nothing local reads tags' },
      create: async (resource) => {
        const arn = this.#createIndex(resource);
        return { ref: arn, attributes: { IndexArn: arn, CreationTime: this.#creationTime() } };
      },
    },
  ];

  #createIndex(resource: TemplateResource): string {
    const properties = parseInput(indexSchema, resource.properties, resource.type);
    const bucketArn = properties.VectorBucketArn ?? this.#bucketArn(properties.VectorBucketName ?? '');
    if (!this.#bucketArns.has(bucketArn))
      throw invalid(`The vector index ${resource.logicalId} names no existing vector bucket: ${bucketArn}.`);
    const declared = properties.MetadataConfiguration?.NonFilterableMetadataKeys ?? [];
    const missing = NON_FILTERABLE_KEYS.filter((key) => !declared.includes(key));
    if (missing.length > 0) {
      throw invalid(
        `The vector index ${resource.logicalId} must declare ${missing.join(' and ')} under NonFilterableMetadataKeys: ` +
          'as filterable metadata they pass the limit of 2 KB per vector, and ingestion fails on AWS.',
      );
    }
    const arn = `${bucketArn}/index/${properties.IndexName ?? nameOf(resource)}`;
    this.#indexes.set(arn, { arn, dimension: properties.Dimension });
    return arn;
  }

  #bucketArn(name: string): string {
    return `arn:aws:s3vectors:${this.#region}:${LOCAL_ACCOUNT}:bucket/${name}`;
  }

  #creationTime(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

function nameOf(resource: TemplateResource): string {
  return generatedName(resource.stackName, resource.logicalId, MAX_NAME_LENGTH).toLowerCase();
}
