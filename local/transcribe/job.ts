import type { Media } from './media.ts';
import type { ObjectAddress, StartRequest } from './start-request.ts';

type JobStatus = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

/** A transcription job. Its times are in milliseconds since the epoch. */
export interface Job {
  readonly request: StartRequest;
  readonly createdAtMs: number;
  readonly status: JobStatus;
  readonly completedAtMs?: number;
  readonly failureReason?: string;
  /** Once the recording was read. */
  readonly media?: Media;
}

/** What StartTranscriptionJob answers: as much as is known by then. */
export function startedDocument({ request, createdAtMs, status }: Job): object {
  return {
    TranscriptionJobName: request.name,
    TranscriptionJobStatus: status,
    LanguageCode: request.language,
    ...(request.format !== undefined && { MediaFormat: request.format }),
    ...(request.sampleRateHz !== undefined && { MediaSampleRateHertz: request.sampleRateHz }),
    Media: { MediaFileUri: request.mediaUri },
    CreationTime: createdAtMs / 1000,
    StartTime: createdAtMs / 1000,
  };
}

/** What GetTranscriptionJob answers. */
export function jobDocument(job: Job, region: string): object {
  const { request, status, completedAtMs, failureReason, media } = job;
  return {
    ...startedDocument(job),
    ...(media && { MediaFormat: media.format, MediaSampleRateHertz: media.sampleRateHz }),
    ...(completedAtMs !== undefined && { CompletionTime: completedAtMs / 1000 }),
    ...(failureReason !== undefined && { FailureReason: failureReason }),
    Transcript: status === 'COMPLETED' ? { TranscriptFileUri: uriOf(request.output, region) } : {},
    Settings: { ChannelIdentification: false, ShowAlternatives: false },
  };
}

/** One entry of what ListTranscriptionJobs answers. */
export function summaryDocument({ request, createdAtMs, status, completedAtMs, failureReason }: Job): object {
  return {
    TranscriptionJobName: request.name,
    TranscriptionJobStatus: status,
    LanguageCode: request.language,
    CreationTime: createdAtMs / 1000,
    StartTime: createdAtMs / 1000,
    ...(completedAtMs !== undefined && { CompletionTime: completedAtMs / 1000 }),
    ...(failureReason !== undefined && { FailureReason: failureReason }),
    OutputLocationType: 'CUSTOMER_BUCKET',
  };
}

/** Told once a job has ended (https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html). */
export function stateChangeEvent({ request, status, failureReason }: Job) {
  return {
    source: 'aws.transcribe',
    'detail-type': 'Transcribe Job State Change',
    detail: {
      TranscriptionJobName: request.name,
      TranscriptionJobStatus: status,
      ...(failureReason !== undefined && { FailureReason: failureReason }),
    },
  };
}

/** The address that AWS gives of a file in the caller's bucket; it is for somebody who signs. */
function uriOf({ bucket, key }: ObjectAddress, region: string): string {
  return `https://s3.${region}.amazonaws.com/${bucket}/${key}`;
}
