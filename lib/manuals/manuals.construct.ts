import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  deletionContract,
  INCOMING_PREFIX,
  INGESTION_TIMEOUT_SECONDS,
  importContract,
  ingestionContract,
  MANUALS_PREFIX,
  manualsContract,
  readinessContract,
} from '../../lambdas/manuals/manuals.contract.ts';
import type { Api } from '../api/api.construct.ts';
import type { ManualKnowledgeBase } from '../knowledge-base/knowledge-base.construct.ts';
import { CapabilityFunction, type FunctionSettings } from '../platform/capability-function.ts';
import type { MessageEncryption } from '../platform/message-encryption.ts';
import { allowObjects } from '../platform/object-permissions.ts';
import { allowSending } from '../platform/queue-permissions.ts';
import { queueTarget } from '../platform/queue-target.ts';
import { consume, workQueue } from '../platform/work-queue.ts';
import type { Spend } from '../spend/spend.construct.ts';
import type { Usage } from '../usage/usage.construct.ts';
import { arrivalPattern } from './arrival-pattern.ts';

/** Where each asynchronous edge of this capability leaves what it cannot deliver. */
export interface ManualsDeadLetters {
  readonly incomingEvents: IQueue;
  readonly import: IQueue;
  readonly ingestion: IQueue;
  readonly readiness: IQueue;
  readonly deletion: IQueue;
}

export interface ManualsProps extends FunctionSettings {
  readonly api: Api;
  readonly usage: Usage;
  readonly spend: Spend;
  readonly table: ITable;
  readonly bucket: IBucket;
  readonly knowledgeBase: ManualKnowledgeBase;
  readonly encryption: MessageEncryption;
  readonly deadLetters: ManualsDeadLetters;
}

/** Extraction holds the whole file and its text in memory. */
const INGESTION_MEMORY_MIB = 2048;
const INGESTION_TIMEOUT = Duration.seconds(INGESTION_TIMEOUT_SECONDS);
const READINESS_TIMEOUT = Duration.minutes(1);
/** Two minutes for the server that has the manual (`IMPORT_LIMITS`), and time to write it. */
const IMPORT_TIMEOUT = Duration.minutes(3);
/** The largest manual is in memory twice, in pieces and in one. */
const IMPORT_MEMORY_MIB = 512;
/** The longest manual has 1,000 documents: 100 calls, of which Bedrock takes 5 a second for the account. */
const DELETION_TIMEOUT = Duration.minutes(2);
/** Ten concurrent Ingest and Delete calls per account, shared by the stages (product.md, section 8). */
const INGESTION_CONCURRENCY = 5;
/** Of the same ten. Lambda takes no fewer (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html). */
const DELETION_CONCURRENCY = 2;

/**
 * Takes manuals in: form → bucket → event → queue → ingestion → queue → readiness, or from an address: route → queue → import → bucket;
 * lists them; removes them: route → queue → deletion.
 */
export class Manuals extends Construct {
  constructor(scope: Construct, id: string, props: ManualsProps) {
    super(scope, id);
    const deletionQueue = workQueue(this, 'DeletionQueue', {
      consumerTimeout: DELETION_TIMEOUT,
      deadLetterQueue: props.deadLetters.deletion,
      encryption: props.encryption,
    });
    const importQueue = workQueue(this, 'ImportQueue', {
      consumerTimeout: IMPORT_TIMEOUT,
      deadLetterQueue: props.deadLetters.import,
      encryption: props.encryption,
    });
    this.#routes(props, importQueue, deletionQueue);
    this.#import(props, importQueue);
    const readinessQueue = workQueue(this, 'ReadinessQueue', {
      consumerTimeout: READINESS_TIMEOUT,
      deadLetterQueue: props.deadLetters.readiness,
      encryption: props.encryption,
    });
    this.#ingestion(props, readinessQueue);
    this.#readiness(props, readinessQueue);
    this.#deletion(props, deletionQueue);
  }

  #routes(props: ManualsProps, importQueue: Queue, deletionQueue: Queue): void {
    const { api, usage, spend, table, bucket, config } = props;
    const fn = new CapabilityFunction(this, 'Function', { ...props, contract: manualsContract, timeout: Duration.seconds(28) });
    fn.provide({
      MANUALS_TABLE: table.tableName,
      MANUALS_BUCKET: bucket.bucketName,
      IMPORT_QUEUE_URL: importQueue.queueUrl,
      DELETION_QUEUE_URL: deletionQueue.queueUrl,
      MANUALS_PER_USER: String(config.library.manuals),
      UPLOADS_PER_DAY: String(config.library.uploadsPerDay),
    });
    table.grant(fn, 'dynamodb:PutItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
    // The forms that it signs write with its own permission.
    allowObjects(fn, bucket, INCOMING_PREFIX, 's3:PutObject');
    usage.grantHide(fn);
    spend.grantGate(fn);
    for (const queue of [importQueue, deletionQueue]) allowSending(fn, queue);
    api.serve(manualsContract, fn);
  }

  #import(props: ManualsProps, queue: Queue): void {
    const { table, bucket } = props;
    const fn = new CapabilityFunction(this, 'Import', {
      ...props,
      contract: importContract,
      timeout: IMPORT_TIMEOUT,
      memoryMiB: IMPORT_MEMORY_MIB,
    });
    fn.provide({ MANUALS_TABLE: table.tableName, MANUALS_BUCKET: bucket.bucketName, IMPORT_QUEUE_URL: queue.queueUrl });
    table.grant(fn, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    allowObjects(fn, bucket, INCOMING_PREFIX, 's3:PutObject');
    allowSending(fn, queue);
    // No limit: a server that is slow would hold up the imports of others.
    consume(queue, fn);
  }

  #ingestion(props: ManualsProps, readinessQueue: Queue): void {
    const { table, bucket, knowledgeBase, encryption, deadLetters, config } = props;
    const queue = workQueue(this, 'IngestionQueue', {
      consumerTimeout: INGESTION_TIMEOUT,
      deadLetterQueue: deadLetters.ingestion,
      encryption,
    });
    new Rule(this, 'IncomingRule', {
      eventPattern: arrivalPattern(bucket, config),
      targets: [queueTarget(queue, deadLetters.incomingEvents)],
    });
    const fn = new CapabilityFunction(this, 'Ingestion', {
      ...props,
      contract: ingestionContract,
      timeout: INGESTION_TIMEOUT,
      memoryMiB: INGESTION_MEMORY_MIB,
    });
    fn.provide({
      MANUALS_TABLE: table.tableName,
      MANUALS_BUCKET: bucket.bucketName,
      READINESS_QUEUE_URL: readinessQueue.queueUrl,
      PAGES_PER_USER: String(config.library.pages),
      MALWARE_SCAN: config.malwareScan ? 'on' : 'off',
    });
    table.grant(fn, 'dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:PutItem');
    allowObjects(fn, bucket, INCOMING_PREFIX, 's3:GetObjectVersion', 's3:DeleteObjectVersion');
    allowObjects(fn, bucket, MANUALS_PREFIX, 's3:PutObject');
    allowSending(fn, readinessQueue);
    knowledgeBase.grantIngest(fn);
    consume(queue, fn, INGESTION_CONCURRENCY);
  }

  #readiness(props: ManualsProps, queue: Queue): void {
    const { table, knowledgeBase } = props;
    const fn = new CapabilityFunction(this, 'Readiness', { ...props, contract: readinessContract, timeout: READINESS_TIMEOUT });
    fn.provide({ MANUALS_TABLE: table.tableName, READINESS_QUEUE_URL: queue.queueUrl });
    table.grant(fn, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    allowSending(fn, queue);
    knowledgeBase.grantReadStatus(fn);
    knowledgeBase.grantRetrieve(fn);
    consume(queue, fn, INGESTION_CONCURRENCY);
  }

  #deletion(props: ManualsProps, queue: Queue): void {
    const { usage, table, bucket, knowledgeBase } = props;
    const fn = new CapabilityFunction(this, 'Deletion', { ...props, contract: deletionContract, timeout: DELETION_TIMEOUT });
    fn.provide({ MANUALS_TABLE: table.tableName, MANUALS_BUCKET: bucket.bucketName, DELETION_QUEUE_URL: queue.queueUrl });
    table.grant(fn, 'dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem');
    allowListingVersions(fn, bucket, INCOMING_PREFIX, MANUALS_PREFIX);
    for (const prefix of [INCOMING_PREFIX, MANUALS_PREFIX]) allowObjects(fn, bucket, prefix, 's3:DeleteObjectVersion');
    usage.grantHide(fn);
    allowSending(fn, queue);
    knowledgeBase.grantDelete(fn);
    consume(queue, fn, DELETION_CONCURRENCY);
  }
}

/** Listing is an action on the bucket, and its prefix a condition. */
function allowListingVersions(fn: CapabilityFunction, bucket: IBucket, ...prefixes: string[]): void {
  const conditions = { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } };
  fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucketVersions'], resources: [bucket.bucketArn], conditions }));
}
