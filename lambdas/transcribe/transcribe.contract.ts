import * as z from 'zod/mini';
import { commonEnvironment, type FunctionContract, text } from '../shared/function.contract.ts';
import { guardedApiEnvironment } from '../shared/guard/guard.contract.ts';
import type { MetricsContract } from '../shared/metrics.contract.ts';
import { spendGateEnvironment } from '../spend/spend.contract.ts';
import { meterEnvironment, type UsageDocument } from '../usage/usage.contract.ts';

/** The largest and the longest recording that comes in a request's body. */
export const MAX_BODY_RECORDING_BYTES = 3 * 1024 * 1024;
export const MAX_BODY_RECORDING_SECONDS = 120;
/** The same of one that is uploaded through a form. */
export const MAX_UPLOADED_RECORDING_BYTES = 25 * 1024 * 1024;
export const MAX_UPLOADED_RECORDING_SECONDS = 900;
/** Transcribe's own billing step, of which a started one counts (https://aws.amazon.com/transcribe/pricing/). */
export const SECONDS_PER_UNIT = 15;
/** Of batch transcription in eu-west-1, first tier, of $0.024 a minute (https://aws.amazon.com/transcribe/pricing/). */
export const DOLLARS_PER_UNIT = 0.006;
/** How long an upload form is valid. */
export const UPLOAD_FORM_SECONDS = 15 * 60;
/** What a client is told to wait before it looks (again). */
export const POLL_SECONDS = 2;

/** The types of recordings that are taken, each with Transcribe's word for it. */
export const MEDIA_FORMATS = {
  'audio/mp4': 'mp4',
  'audio/m4a': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'audio/ogg': 'ogg',
  'audio/webm': 'webm',
  'audio/amr': 'amr',
} as const;
export type RecordingType = keyof typeof MEDIA_FORMATS;

export const isRecordingType = (type: string): type is RecordingType => Object.hasOwn(MEDIA_FORMATS, type);

/** Forms write under `recordings/` only, our functions under `audio/`, Transcribe under `transcripts/`: `<prefix><user_id>/<job_id>`. */
export const RECORDINGS_PREFIX = 'recordings/';
export const AUDIO_PREFIX = 'audio/';
export const TRANSCRIPTS_PREFIX = 'transcripts/';

/** Why there is no text, each with the sentence that the owner reads where there is nothing more exact to say. */
export const TRANSCRIPTION_FAILURES = {
  upload_expired: 'The recording was not uploaded in time. Start again.',
  wrong_type: 'The recording is not of the type that was announced.',
  unreadable: 'The recording is damaged, or holds audio of a kind that cannot be read.',
  too_long: `The recording is longer than ${MAX_UPLOADED_RECORDING_SECONDS} s.`,
  quota_exceeded: 'The quota does not suffice for this recording.',
  not_transcribed: 'The recording could not be transcribed. Nothing was charged.',
  internal: 'Something went wrong on our side. Send the recording again.',
} as const;
export type TranscriptionFailure = keyof typeof TRANSCRIPTION_FAILURES;

const language = z.optional(z.string().check(z.minLength(1), z.maxLength(20)));
const content_type = z.string().check(z.minLength(1), z.maxLength(100));

/** A recording in the body. Base64 has its own check, since its limit is one of the bytes that it stands for. */
export const RecordingRequest = z.strictObject({ audio_data: z.string().check(z.minLength(1)), content_type, language });
export type RecordingRequest = z.output<typeof RecordingRequest>;

/** A recording that will be uploaded through a form. */
const RecordingUploadRequest = z.strictObject({ upload: z.literal(true), content_type, size: z.int().check(z.minimum(1)), language });
export type RecordingUploadRequest = z.output<typeof RecordingUploadRequest>;

const TranscribeRequest = z.union([RecordingRequest, RecordingUploadRequest]);

/** The text of a recording that came in the body. */
export interface TranscriptionDocument {
  readonly transcription: string;
  /** As it was when the units of this recording were set aside. */
  readonly usage: UsageDocument;
}

export interface RecordingUploadDocument {
  readonly job_id: string;
  readonly upload: { readonly url: string; readonly fields: Readonly<Record<string, string>> };
  readonly expires_at: string;
}

/** How far a job is. */
export type JobDocument =
  | { readonly job_id: string; readonly status: 'awaiting_upload' | 'in_progress' }
  | ({ readonly job_id: string; readonly status: 'completed' } & TranscriptionDocument)
  | {
      readonly job_id: string;
      readonly status: 'failed';
      readonly failure: { readonly code: TranscriptionFailure; readonly detail: string };
    };

/** A list of languages, separated by commas. */
const languages = () =>
  z.pipe(
    text(),
    z.transform((list: string) => list.split(',')),
  );

const jobs = { JOBS_TABLE: text() } as const;
const recordings = { RECORDINGS_BUCKET: text() } as const;
/** What the names of this stage's Transcribe jobs begin with. */
const jobNames = { JOB_NAME_PREFIX: text() } as const;

export const transcribeContract = {
  name: 'transcribe',
  entry: 'transcribe/transcribe',
  environment: {
    ...guardedApiEnvironment,
    ...meterEnvironment,
    ...spendGateEnvironment,
    ...jobs,
    ...recordings,
    ...jobNames,
    DEFAULT_LANGUAGE: text(),
    LANGUAGES: languages(),
  },
  routes: {
    start: { method: 'POST', path: '/api/transcribe', access: 'user', body: TranscribeRequest, metered: true },
    get: { method: 'GET', path: '/api/transcribe/{job_id}', access: 'user' },
  },
} as const satisfies FunctionContract;

/** Takes a recording that was uploaded: measures it, sets its units aside and has it transcribed. */
export const recordingContract = {
  name: 'transcribe-recording',
  entry: 'transcribe/recording',
  environment: { ...commonEnvironment, ...meterEnvironment, ...jobs, ...recordings, ...jobNames },
} as const satisfies FunctionContract;

/** Takes what Transcribe has made of a recording, and removes everything but the text. */
export const completionContract = {
  name: 'transcribe-completion',
  entry: 'transcribe/completion',
  environment: { ...commonEnvironment, ...meterEnvironment, ...jobs, ...recordings, ...jobNames },
} as const satisfies FunctionContract;

export const TRANSCRIBE_METRICS = {
  /** Emitted for each recording that was transcribed. */
  audioSeconds: { name: 'AudioSeconds', unit: 'Seconds', dimensions: [], meaning: 'Seconds of speech that were transcribed' },
} as const satisfies MetricsContract;
