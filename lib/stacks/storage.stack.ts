import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, type TableProps } from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, type CfnBucket, HttpMethods } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { INCOMING_PREFIX } from '../../lambdas/manuals/manuals.contract.ts';
import { MalwareScan } from '../manuals/malware-scan.construct.ts';
import type { FunctionSettings } from '../platform/capability-function.ts';
import { acknowledge } from '../platform/compliance.ts';
import type { StageConfig } from '../stage-config.ts';
import { EmptyBucket } from '../storage/empty-bucket.construct.ts';

export interface StorageStackProps extends StackProps, FunctionSettings {}

/** What users entrust to us: their manuals and what they say, and the tables that describe them. */
export class StorageStack extends Stack {
  readonly manualsBucket: Bucket;
  readonly manualsTable: Table;
  readonly usageTable: Table;
  readonly jobsTable: Table;
  readonly recordingsBucket: Bucket;

  constructor(scope: Construct, id: string, { config, code, ...props }: StorageStackProps) {
    super(scope, id, props);
    const removalPolicy = config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const table: Omit<TableProps, 'partitionKey'> = {
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: config.retainData,
      removalPolicy,
    };
    const user = { name: 'user_id', type: AttributeType.STRING };
    this.manualsTable = new Table(this, 'ManualsTable', {
      ...table,
      partitionKey: user,
      sortKey: { name: 'manual_id', type: AttributeType.STRING },
    });
    this.usageTable = new Table(this, 'UsageTable', { ...table, partitionKey: user, timeToLiveAttribute: 'expires_at' });
    this.jobsTable = new Table(this, 'JobsTable', {
      ...table,
      partitionKey: user,
      sortKey: { name: 'job_id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expires_at',
    });
    this.manualsBucket = this.#manualsBucket(config, removalPolicy);
    this.recordingsBucket = this.#bucket('RecordingsBucket', config, {
      // Removed as soon as the text is stored: this is for what was left behind.
      lifecycleRules: [{ expiration: Duration.days(1) }, { abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy,
    });
    // The one function of this stack: it must outlive the buckets' writers, which are functions of another, and go before the buckets.
    if (!config.retainData) {
      const emptyBucket = new EmptyBucket(this, 'EmptyBucket', { config, code });
      emptyBucket.empty('Manuals', this.manualsBucket);
      emptyBucket.empty('Recordings', this.recordingsBucket);
    }
    if (config.malwareScan) new MalwareScan(this, 'ManualsScan', { bucket: this.manualsBucket, prefix: INCOMING_PREFIX });
  }

  #manualsBucket(config: StageConfig, removalPolicy: RemovalPolicy): Bucket {
    return this.#bucket('ManualsBucket', config, {
      versioned: true,
      lifecycleRules: [
        // What arrived is kept elsewhere once it is ingested; until then a dead letter, kept 14 days, may still ask for it.
        { prefix: INCOMING_PREFIX, expiration: Duration.days(15), noncurrentVersionExpiration: Duration.days(1) },
        { prefix: INCOMING_PREFIX, expiredObjectDeleteMarker: true },
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      removalPolicy,
    });
  }

  /** Private, encrypted, TLS only; takes forms, and announces what arrives. */
  #bucket(id: string, { corsOrigins }: StageConfig, props: BucketProps): Bucket {
    const bucket = new Bucket(this, id, {
      ...props,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      ...(corsOrigins.length > 0 && {
        cors: [{ allowedMethods: [HttpMethods.POST], allowedOrigins: [...corsOrigins], allowedHeaders: ['*'], maxAge: 3600 }],
      }),
    });
    acknowledge(
      bucket,
      'AwsSolutions-S1',
      'Whoever reads or writes is a function, which logs it, or posts a form that one signed; access logs would keep the ids of users in yet another place.',
    );
    // The L2 switch would add a custom resource in Python for what is one property.
    const resource = bucket.node.defaultChild as CfnBucket;
    resource.addPropertyOverride('NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled', true);
    return bucket;
  }
}
