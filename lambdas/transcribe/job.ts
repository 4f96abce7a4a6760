import type { OpenReservation, Reservation } from '../usage/reservation.ts';
import type { UsageDocument } from '../usage/usage.contract.ts';
import {
  AUDIO_PREFIX,
  type JobDocument,
  RECORDINGS_PREFIX,
  type RecordingType,
  TRANSCRIPTION_FAILURES,
  TRANSCRIPTS_PREFIX,
  type TranscriptionFailure,
  UPLOAD_FORM_SECONDS,
} from './transcribe.contract.ts';

/** `given_up` of a failure of ours, which a redrive takes up again; its owner sees a job that failed. */
export type JobState = 'awaiting_upload' | 'in_progress' | 'completed' | 'failed' | 'given_up';

/** The transcription of one recording, as it is recorded. */
export interface Job {
  readonly user_id: string;
  /** A UUID of version 7. */
  readonly job_id: string;
  readonly status: JobState;
  readonly content_type: RecordingType;
  readonly language: string;
  /** Measured by its frames; of an upload, known once it was. */
  readonly seconds?: number;
  /** The SHA-256 of the first upload that came, in hexadecimal digits: no other is measured, or transcribed. */
  readonly content_hash?: string;
  /** The units that are set aside, until the job has ended. */
  readonly reservation?: OpenReservation;
  /** One entry for each time that somebody set out to set its units aside, see `newAttempt`. */
  readonly attempts?: ReadonlySet<string>;
  /** As it was when they were set aside. */
  readonly usage?: UsageDocument;
  readonly transcription?: string;
  readonly failure?: Exclude<TranscriptionFailure, 'upload_expired' | 'internal'>;
  readonly failure_detail?: string;
  /** ISO 8601, UTC. */
  readonly created_at: string;
  /** When the record is removed, text and all, in seconds since the epoch. */
  readonly expires_at: number;
}

/** What is known of a job whose units are set aside. */
export type Metering = Required<Pick<Job, 'reservation' | 'usage' | 'seconds'>>;

/** What is recorded of the units that were set aside for so many seconds. */
export function meteredBy({ hiddenManualIds: _, usage, ...reservation }: Reservation, seconds: number): Metering {
  return { reservation, usage, seconds };
}

/** What may change of a job: never whose it is. */
export type JobChange = Partial<Omit<Job, 'user_id' | 'job_id'>>;

/** How long a text can be fetched. */
const RETENTION_SECONDS = 24 * 60 * 60;
/** As long again as the form is good: the largest file may be begun in its last second, and its event takes its time. */
const UPLOAD_GRACE_SECONDS = UPLOAD_FORM_SECONDS;
/** Transcribe takes about as long as the recording at most; what has not ended by then is not worth waiting for. */
const LONGEST_JOB_SECONDS = 60 * 60;

export function newJob(job: Omit<Job, 'created_at' | 'expires_at'>, nowMs: number): Job {
  return { ...job, created_at: new Date(nowMs).toISOString(), expires_at: Math.floor(nowMs / 1000) + RETENTION_SECONDS };
}

/** What a job's keys and name are made of. */
export type Identity = Pick<Job, 'user_id' | 'job_id'>;

export const uploadKey = ({ user_id, job_id }: Identity): string => `${RECORDINGS_PREFIX}${user_id}/${job_id}`;
export const audioKey = ({ user_id, job_id }: Identity): string => `${AUDIO_PREFIX}${user_id}/${job_id}`;
/** Not by user: beside it Transcribe leaves a file of its own, by which it has seen that it may write there. */
export const transcriptKey = ({ job_id }: Identity): string => `${TRANSCRIPTS_PREFIX}${job_id}.json`;

/** Whose recording an uploaded object is; undefined when the key is not one of ours. */
export function parseUploadKey(key: string): Identity | undefined {
  const [, user_id, job_id] = new RegExp(`^${RECORDINGS_PREFIX}([^/]+)/([^/]+)$`).exec(key) ?? [];
  return user_id && job_id ? { user_id, job_id } : undefined;
}

/** Transcribe's name for a job. It follows from the job's id, so that starting it again is refused, and tells whose it is. */
export const transcribeName = (prefix: string, { user_id, job_id }: Identity): string => `${prefix}${user_id}_${job_id}`;

/** Whose job it is that Transcribe calls so; undefined when it is not one of ours. */
export function parseTranscribeName(prefix: string, name: string): Identity | undefined {
  const [user_id, job_id, ...others] = name.startsWith(prefix) ? name.slice(prefix.length).split('_') : [];
  return user_id && job_id && others.length === 0 ? { user_id, job_id } : undefined;
}

/** What the owner sees of a job; undefined once the time is over for which it is kept. */
export function jobDocument(job: Job, nowMs: number): JobDocument | undefined {
  if (job.expires_at * 1000 <= nowMs) return undefined;
  const { job_id, status, transcription, usage } = job;
  if (status === 'completed' && transcription !== undefined && usage) return { job_id, status, transcription, usage };
  const code = failureOf(job, nowMs);
  if (code !== undefined) {
    return { job_id, status: 'failed', failure: { code, detail: job.failure_detail ?? TRANSCRIPTION_FAILURES[code] } };
  }
  return { job_id, status: status === 'awaiting_upload' ? status : 'in_progress' };
}

/** What can be expected no more is not recorded as failed, so that an event that was held up is still taken. */
function failureOf({ status, failure, created_at }: Job, nowMs: number): TranscriptionFailure | undefined {
  const ageSeconds = (nowMs - Date.parse(created_at)) / 1000;
  if (status === 'failed') return failure ?? 'internal';
  if (status === 'given_up') return 'internal';
  if (status === 'awaiting_upload' && ageSeconds >= UPLOAD_FORM_SECONDS + UPLOAD_GRACE_SECONDS) return 'upload_expired';
  if (status === 'in_progress' && ageSeconds >= LONGEST_JOB_SECONDS) return 'internal';
  return undefined;
}
