import * as z from 'zod/mini';
import { text } from '../shared/function.contract.ts';

/** How EventBridge tells that a recording was uploaded (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html). */
export const RECORDING_UPLOADED = { source: 'aws.s3', detailType: 'Object Created' } as const;

export const RecordingUploaded = z.object({
  source: z.literal(RECORDING_UPLOADED.source),
  'detail-type': z.literal(RECORDING_UPLOADED.detailType),
  detail: z.object({ object: z.object({ key: text() }) }),
});

/** How it tells that a job has ended (https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html). */
export const JOB_ENDED = { source: 'aws.transcribe', detailType: 'Transcribe Job State Change', states: ['COMPLETED', 'FAILED'] } as const;

export const JobEnded = z.object({
  source: z.literal(JOB_ENDED.source),
  'detail-type': z.literal(JOB_ENDED.detailType),
  detail: z.object({
    TranscriptionJobName: text(),
    TranscriptionJobStatus: z.enum(JOB_ENDED.states),
    /** Transcribe's own words, for people. */
    FailureReason: z.optional(z.string()),
  }),
});
export type JobEnded = z.output<typeof JobEnded>['detail'];
