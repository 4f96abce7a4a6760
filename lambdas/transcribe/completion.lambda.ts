import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { TranscribeClient } from '@aws-sdk/client-transcribe';
import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { parseEnvironment } from '../shared/environment.ts';
import { isLastReceive } from '../shared/last-receive.ts';
import { emit, logger } from '../shared/observability.ts';
import { reportCost } from '../spend/estimated-cost.ts';
import { UsageLedger } from '../usage/usage-ledger.ts';
import { type CompletionPorts, completeTranscription, giveUpCompletion } from './completion.ts';
import { JobRecords } from './job-records.ts';
import { RecordingFiles } from './recording-files.ts';
import { completionContract, DOLLARS_PER_UNIT, TRANSCRIBE_METRICS } from './transcribe.contract.ts';
import { JobEnded } from './transcribe-events.contract.ts';
import { TRANSCRIBE_RETRIES, TranscribeJobs } from './transcribe-jobs.ts';
import { unitsOf } from './units.ts';

const environment = parseEnvironment(completionContract);
const { RECORDINGS_BUCKET: bucket, JOB_NAME_PREFIX: namePrefix } = environment;

const dynamodb = new DynamoDBClient({});
const ports: CompletionPorts = {
  namePrefix,
  ledger: new UsageLedger(dynamodb, environment.USAGE_TABLE, { daily: environment.DAILY_QUOTA, monthly: environment.MONTHLY_QUOTA }),
  jobs: new JobRecords(dynamodb, environment.JOBS_TABLE),
  files: new RecordingFiles(new S3Client({}), bucket),
  transcriptions: new TranscribeJobs(new TranscribeClient(TRANSCRIBE_RETRIES), bucket, namePrefix),
  onIgnored: (name, reason) => logger.warn('the end of a job was ignored', { name, reason }),
  onCompleted: ({ seconds = 0 }) => {
    emit({}, [TRANSCRIBE_METRICS.audioSeconds, seconds]);
    reportCost('transcribe', 'amazon-transcribe', unitsOf(seconds) * DOLLARS_PER_UNIT);
  },
  onFailed: ({ job_id, content_type, seconds }, reason) => logger.info('not transcribed', { job_id, content_type, seconds, reason }),
};

/** The queue hands over one message at a time: what EventBridge sent when the job had ended. */
export const handler = async (event: SQSEvent): Promise<void> => {
  for (const record of event.Records) {
    const { detail } = z.parse(JobEnded, JSON.parse(record.body));
    try {
      await completeTranscription(ports, detail);
    } catch (error) {
      if (isLastReceive(record)) await giveUpCompletion(ports, detail);
      throw error;
    }
  }
};
