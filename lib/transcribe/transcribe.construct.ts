import { Duration, Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionContract } from '../../lambdas/shared/function.contract.ts';
import {
  AUDIO_PREFIX,
  completionContract,
  RECORDINGS_PREFIX,
  recordingContract,
  TRANSCRIPTS_PREFIX,
  transcribeContract,
} from '../../lambdas/transcribe/transcribe.contract.ts';
import { JOB_ENDED, RECORDING_UPLOADED } from '../../lambdas/transcribe/transcribe-events.contract.ts';
import type { Api } from '../api/api.construct.ts';
import { CapabilityFunction, type FunctionSettings } from '../platform/capability-function.ts';
import { explainWildcard } from '../platform/compliance.ts';
import type { MessageEncryption } from '../platform/message-encryption.ts';
import { allowObjects } from '../platform/object-permissions.ts';
import { queueTarget } from '../platform/queue-target.ts';
import { consume, workQueue } from '../platform/work-queue.ts';
import type { Spend } from '../spend/spend.construct.ts';
import type { Usage } from '../usage/usage.construct.ts';

/** Where each asynchronous edge of this capability leaves what it cannot deliver. */
export interface TranscribeDeadLetters {
  readonly recordingEvents: IQueue;
  readonly recording: IQueue;
  readonly completionEvents: IQueue;
  readonly completion: IQueue;
}

export interface TranscribeProps extends FunctionSettings {
  readonly api: Api;
  readonly usage: Usage;
  readonly spend: Spend;
  readonly table: ITable;
  readonly bucket: IBucket;
  readonly encryption: MessageEncryption;
  readonly deadLetters: TranscribeDeadLetters;
}

const WORKER_TIMEOUT = Duration.minutes(1);
/** A body of 4 MiB is in memory as text, parsed and decoded; the largest upload twice. */
const RECORDING_MEMORY_MIB = 512;

/**
 * Turns speech into text: route → bucket → Transcribe → event → queue → completion; or form → bucket → event → queue → recording →
 * Transcribe, and so on.
 */
export class Transcribe extends Construct {
  readonly #props: TranscribeProps;
  /** What the names of this stage's Transcribe jobs begin with, by which its events are told from those of other stages. */
  readonly #jobNamePrefix: string;

  constructor(scope: Construct, id: string, props: TranscribeProps) {
    super(scope, id);
    this.#props = props;
    this.#jobNamePrefix = `manuel-${props.config.name}-`;
    this.#routes();
    this.#recording();
    this.#completion();
  }

  #routes(): void {
    const { api, bucket, spend, table, config } = this.#props;
    const fn = this.#function('Function', transcribeContract, Duration.seconds(28), RECORDING_MEMORY_MIB);
    fn.provide({ DEFAULT_LANGUAGE: config.speech.language, LANGUAGES: config.speech.languages.join(',') });
    table.grant(fn, 'dynamodb:PutItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    // The forms that it signs write with its own permission.
    allowObjects(fn, bucket, RECORDINGS_PREFIX, 's3:PutObject');
    this.#allowStarting(fn);
    // What was written for a job that was not started.
    for (const prefix of [AUDIO_PREFIX, TRANSCRIPTS_PREFIX]) allowObjects(fn, bucket, prefix, 's3:DeleteObject');
    spend.grantGate(fn);
    api.serve(transcribeContract, fn);
  }

  #recording(): void {
    const { bucket, table, encryption, deadLetters } = this.#props;
    const queue = workQueue(this, 'RecordingQueue', {
      consumerTimeout: WORKER_TIMEOUT,
      deadLetterQueue: deadLetters.recording,
      encryption,
    });
    new Rule(this, 'RecordingRule', {
      eventPattern: {
        source: [RECORDING_UPLOADED.source],
        detailType: [RECORDING_UPLOADED.detailType],
        detail: { bucket: { name: [bucket.bucketName] }, object: { key: [{ prefix: RECORDINGS_PREFIX }] } },
      },
      targets: [queueTarget(queue, deadLetters.recordingEvents)],
    });
    const fn = this.#function('Recording', recordingContract, WORKER_TIMEOUT, RECORDING_MEMORY_MIB);
    table.grant(fn, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    allowObjects(fn, bucket, RECORDINGS_PREFIX, 's3:GetObject', 's3:DeleteObject');
    this.#allowStarting(fn);
    // Transcribe runs 250 jobs at once for an account (https://docs.aws.amazon.com/general/latest/gr/transcribe.html); beyond, it is asked again.
    consume(queue, fn);
  }

  #completion(): void {
    const { bucket, table, encryption, deadLetters } = this.#props;
    const queue = workQueue(this, 'CompletionQueue', {
      consumerTimeout: WORKER_TIMEOUT,
      deadLetterQueue: deadLetters.completion,
      encryption,
    });
    new Rule(this, 'CompletionRule', {
      eventPattern: {
        source: [JOB_ENDED.source],
        detailType: [JOB_ENDED.detailType],
        detail: { TranscriptionJobStatus: [...JOB_ENDED.states], TranscriptionJobName: [{ prefix: this.#jobNamePrefix }] },
      },
      targets: [queueTarget(queue, deadLetters.completionEvents)],
    });
    const fn = this.#function('Completion', completionContract, WORKER_TIMEOUT);
    table.grant(fn, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    allowObjects(fn, bucket, AUDIO_PREFIX, 's3:DeleteObject');
    allowObjects(fn, bucket, TRANSCRIPTS_PREFIX, 's3:GetObject', 's3:DeleteObject');
    const jobs = Stack.of(this).formatArn({
      service: 'transcribe',
      resource: 'transcription-job',
      resourceName: `${this.#jobNamePrefix}*`,
    });
    fn.addToRolePolicy(new PolicyStatement({ actions: ['transcribe:DeleteTranscriptionJob'], resources: [jobs] }));
    explainWildcard(fn, {
      actions: ['transcribe:DeleteTranscriptionJob'],
      ending: `/${this.#jobNamePrefix}*`,
      reason: 'Each recording has a job of its own, whose name begins with the stage.',
    });
    consume(queue, fn);
  }

  #function(id: string, contract: FunctionContract, timeout: Duration, memoryMiB?: number): CapabilityFunction {
    const { usage, table, bucket } = this.#props;
    const fn = new CapabilityFunction(this, id, { ...this.#props, contract, timeout, ...(memoryMiB !== undefined && { memoryMiB }) });
    fn.provide({ JOBS_TABLE: table.tableName, RECORDINGS_BUCKET: bucket.bucketName, JOB_NAME_PREFIX: this.#jobNamePrefix });
    usage.grantMeter(fn);
    return fn;
  }

  /**
   * Starting a job knows no resource, so the bucket that it writes to is the condition. Transcribe reads the audio and writes the
   * transcript with the rights of whoever starts the job.
   */
  #allowStarting(fn: CapabilityFunction): void {
    const { bucket } = this.#props;
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['transcribe:StartTranscriptionJob'],
        resources: ['*'],
        conditions: { StringEquals: { 'transcribe:OutputBucketName': bucket.bucketName } },
      }),
    );
    explainWildcard(fn, {
      actions: ['transcribe:StartTranscriptionJob'],
      ending: '*',
      reason: 'Starting a job knows no resource; the bucket that it writes to is the condition.',
    });
    allowObjects(fn, bucket, AUDIO_PREFIX, 's3:PutObject', 's3:GetObject');
    allowObjects(fn, bucket, TRANSCRIPTS_PREFIX, 's3:PutObject');
  }
}
