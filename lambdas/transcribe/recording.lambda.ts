import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { TranscribeClient } from '@aws-sdk/client-transcribe';
import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { parseEnvironment } from '../shared/environment.ts';
import { isLastReceive } from '../shared/last-receive.ts';
import { logger } from '../shared/observability.ts';
import { UsageLedger } from '../usage/usage-ledger.ts';
import { JobRecords } from './job-records.ts';
import { giveUpRecording, type RecordingPorts, takeRecording } from './recording.ts';
import { RecordingFiles } from './recording-files.ts';
import { recordingContract } from './transcribe.contract.ts';
import { RecordingUploaded } from './transcribe-events.contract.ts';
import { TRANSCRIBE_RETRIES, TranscribeJobs } from './transcribe-jobs.ts';

const environment = parseEnvironment(recordingContract);

const dynamodb = new DynamoDBClient({});
const ports: RecordingPorts = {
  ledger: new UsageLedger(dynamodb, environment.USAGE_TABLE, { daily: environment.DAILY_QUOTA, monthly: environment.MONTHLY_QUOTA }),
  jobs: new JobRecords(dynamodb, environment.JOBS_TABLE),
  files: new RecordingFiles(new S3Client({}), environment.RECORDINGS_BUCKET),
  transcriptions: new TranscribeJobs(new TranscribeClient(TRANSCRIBE_RETRIES), environment.RECORDINGS_BUCKET, environment.JOB_NAME_PREFIX),
  onIgnored: (key, reason) => logger.warn('a recording was ignored', { key, reason }),
  onRejected: ({ job_id }, failure) => logger.info('a recording was rejected', { job_id, failure }),
};

/** The queue hands over one message at a time: what EventBridge sent when the object was created. */
export const handler = async (event: SQSEvent): Promise<void> => {
  for (const record of event.Records) {
    const { key } = z.parse(RecordingUploaded, JSON.parse(record.body)).detail.object;
    try {
      await takeRecording(ports, key);
    } catch (error) {
      if (isLastReceive(record)) await giveUpRecording(ports, key);
      throw error;
    }
  }
};
