import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { TranscribeClient } from '@aws-sdk/client-transcribe';
import { apiHandler } from '../shared/api-handler.ts';
import { parseEnvironment } from '../shared/environment.ts';
import { openRequestGuard } from '../shared/guard/open-request-guard.ts';
import { logger } from '../shared/observability.ts';
import { openSpendGate } from '../spend/open-spend-gate.ts';
import { UsageLedger } from '../usage/usage-ledger.ts';
import { JobRecords } from './job-records.ts';
import { RecordingFiles } from './recording-files.ts';
import { POLL_SECONDS, transcribeContract } from './transcribe.contract.ts';
import { getTranscription, startRecordingUpload, type TranscribePorts, transcribe } from './transcribe.ts';
import { TRANSCRIBE_RETRIES, TranscribeJobs } from './transcribe-jobs.ts';

const environment = parseEnvironment(transcribeContract);

const dynamodb = new DynamoDBClient({});
const gate = openSpendGate(dynamodb, environment.SPEND_TABLE);
const ports: TranscribePorts = {
  ledger: new UsageLedger(dynamodb, environment.USAGE_TABLE, { daily: environment.DAILY_QUOTA, monthly: environment.MONTHLY_QUOTA }),
  jobs: new JobRecords(dynamodb, environment.JOBS_TABLE),
  files: new RecordingFiles(new S3Client({}), environment.RECORDINGS_BUCKET),
  transcriptions: new TranscribeJobs(new TranscribeClient(TRANSCRIBE_RETRIES), environment.RECORDINGS_BUCKET, environment.JOB_NAME_PREFIX),
  languages: { usual: environment.DEFAULT_LANGUAGE, allowed: environment.LANGUAGES },
  wait: (ms, signal) => setTimeout(ms, undefined, { signal }),
  onTrouble: (what, error) => logger.error(what, { error }),
};

/** Where a job is found, relative to the address that started it: what stands before that is the gateway's. */
const location = (jobId: string) => ({ Location: `transcribe/${jobId}` });

export const handler = apiHandler(transcribeContract, environment, openRequestGuard(dynamodb, environment), {
  start: ({ caller, body, ...request }) =>
    gate.guardOnceRead(async () => {
      if ('upload' in body) {
        // It sets no units aside: the recording will.
        request.admission.count();
        await request.admission.granted();
        const document = await startRecordingUpload(ports, caller, body);
        return { status: 201, headers: location(document.job_id), body: document };
      }
      const { jobId, document } = await transcribe(ports, caller, body, request);
      if (document) return { body: document };
      const headers = { ...location(jobId), 'Retry-After': String(POLL_SECONDS) };
      return { status: 202, headers, body: { job_id: jobId, status: 'in_progress' } };
    }),
  get: async ({ caller, params }) => {
    const body = await getTranscription(ports, caller, params['job_id'] ?? '');
    return { body, ...(body.status === 'in_progress' && { headers: { 'Retry-After': String(POLL_SECONDS) } }) };
  },
});
