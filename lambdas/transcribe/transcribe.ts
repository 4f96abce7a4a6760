import { validate as isUuid, v7 as uuidv7 } from 'uuid';
import { allEnded } from '../shared/all-ended.ts';
import type { Caller } from '../shared/caller.ts';
import type { Admission } from '../shared/guard/admission.ts';
import { Problem } from '../shared/problem.ts';
import type { OpenReservation, Reservation, ReserveOptions } from '../usage/reservation.ts';
import { type Job, type JobChange, type JobState, jobDocument, type Metering, meteredBy, newJob } from './job.ts';
import { RecordingRejected } from './recording/recording-rejected.ts';
import { readAudio, readLanguage, readType } from './request.ts';
import {
  type JobDocument,
  MAX_BODY_RECORDING_SECONDS,
  MAX_UPLOADED_RECORDING_BYTES,
  type RecordingRequest,
  type RecordingUploadDocument,
  type RecordingUploadRequest,
  type TranscriptionDocument,
  type TranscriptionFailure,
  UPLOAD_FORM_SECONDS,
} from './transcribe.contract.ts';
import { measure, unitsOf } from './units.ts';

/** What the transcribe routes need of the world. */
export interface TranscribePorts {
  readonly ledger: {
    reserve(caller: Caller, kind: 'transcription', units: number, options: ReserveOptions): Promise<Reservation>;
    refund(reservation: OpenReservation): Promise<void>;
  };
  readonly jobs: {
    create(job: Job): Promise<void>;
    get(caller: Caller, jobId: string): Promise<Job | undefined>;
    advance(caller: Caller, jobId: string, from: readonly JobState[], change: JobChange): Promise<boolean>;
  };
  readonly files: {
    uploadForm(job: Job, size: number): Promise<RecordingUploadDocument['upload']>;
    writeAudio(job: Job, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
    discardAudioAndTranscript(job: Job): Promise<void>;
  };
  readonly transcriptions: { start(job: Job, signal: AbortSignal): Promise<void> };
  readonly languages: { readonly usual: string; readonly allowed: readonly string[] };
  /** Throws when the deadline comes first. */
  readonly wait: (ms: number, deadline: AbortSignal) => Promise<void>;
  /** Told what could not be undone or looked at, which costs the caller nothing but time. */
  readonly onTrouble: (what: string, error: unknown) => void;
}

/** When the job is looked at while a request waits for it: 15 s in all, in which a clip of some seconds is mostly transcribed. */
const WAITS_MS = [250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2000, 2000, 2000];

/**
 * Has a recording in a request's body transcribed, and waits for its text for a while. Its length is measured before anything is set
 * aside. The text comes by the job's state event, which a worker records: here only the record is looked at. Undefined text is on its way.
 * Throws a Problem; then nothing is charged.
 */
export async function transcribe(
  ports: TranscribePorts,
  caller: Caller,
  request: RecordingRequest,
  { admission, deadline }: { readonly admission: Pick<Admission, 'byReservation' | 'granted'>; readonly deadline: AbortSignal },
  nowMs: number = Date.now(),
): Promise<{ readonly jobId: string; readonly document: TranscriptionDocument | undefined }> {
  const language = readLanguage(request.language, ports.languages);
  const content_type = readType(request.content_type);
  const bytes = readAudio(request.audio_data);
  const seconds = explained(() => measure(content_type, bytes, MAX_BODY_RECORDING_SECONDS));
  const job_id = uuidv7();
  const reservation = await ports.ledger.reserve(caller, 'transcription', unitsOf(seconds), {
    nowMs,
    id: job_id,
    ...admission.byReservation(),
  });
  const started = newJob({ user_id: caller.userId, job_id, status: 'in_progress', content_type, language }, nowMs);
  const job = { ...started, ...meteredBy(reservation, seconds) };
  try {
    await allEnded([ports.jobs.create(job), ports.files.writeAudio(job, bytes, deadline), admission.granted()]);
    await ports.transcriptions.start(job, deadline);
  } catch (error) {
    await abandon(ports, caller, job);
    throw error;
  }
  return { jobId: job_id, document: await textOf(ports, caller, job_id, deadline) };
}

/**
 * Undoes what was begun. Should Transcribe have taken the job all the same, its event finds a job that failed, and what there is of it
 * is removed then.
 */
async function abandon({ ledger, jobs, files, onTrouble }: TranscribePorts, caller: Caller, job: Job & Metering): Promise<void> {
  const steps = {
    'a reservation could not be refunded': ledger.refund(job.reservation),
    'a job could not be recorded as failed': jobs.advance(caller, job.job_id, ['in_progress'], {
      status: 'failed',
      failure: 'not_transcribed',
    }),
    'audio could not be removed': files.discardAudioAndTranscript(job),
  };
  await Promise.all(Object.entries(steps).map(([what, step]) => step.catch((error: unknown) => onTrouble(what, error))));
}

/** The text, once it is recorded; undefined when that takes too long. A look that fails is only one look less: the job goes on. */
async function textOf(
  ports: TranscribePorts,
  caller: Caller,
  jobId: string,
  deadline: AbortSignal,
): Promise<TranscriptionDocument | undefined> {
  for (const ms of WAITS_MS) {
    try {
      await ports.wait(ms, deadline);
    } catch {
      return undefined;
    }
    const job = await ports.jobs.get(caller, jobId).catch((error: unknown) => ports.onTrouble('a job could not be looked at', error));
    const document = job && jobDocument(job, Date.parse(job.created_at));
    if (document?.status === 'completed') return { transcription: document.transcription, usage: document.usage };
    if (document?.status === 'failed') throw problemOf(document.failure);
  }
  return undefined;
}

/** Records a recording that is about to be uploaded, and answers with the form for it. Throws a Problem when it would not be accepted. */
export async function startRecordingUpload(
  ports: TranscribePorts,
  caller: Caller,
  request: RecordingUploadRequest,
  nowMs: number = Date.now(),
): Promise<RecordingUploadDocument> {
  const language = readLanguage(request.language, ports.languages);
  const content_type = readType(request.content_type);
  if (request.size > MAX_UPLOADED_RECORDING_BYTES) {
    throw new Problem('too_large', `A recording has at most ${MAX_UPLOADED_RECORDING_BYTES} bytes; this one has ${request.size}.`, {
      errors: [{ pointer: '/size', detail: `is more than ${MAX_UPLOADED_RECORDING_BYTES}` }],
    });
  }
  const job = newJob({ user_id: caller.userId, job_id: uuidv7(), status: 'awaiting_upload', content_type, language }, nowMs);
  const [upload] = await Promise.all([ports.files.uploadForm(job, request.size), ports.jobs.create(job)]);
  return { job_id: job.job_id, upload, expires_at: new Date(nowMs + UPLOAD_FORM_SECONDS * 1000).toISOString() };
}

/** How far a job of the caller's is. Throws a 404 Problem when the caller has none of that id, whoever else may have one. */
export async function getTranscription(
  { jobs }: Pick<TranscribePorts, 'jobs'>,
  caller: Caller,
  jobId: string,
  nowMs: number = Date.now(),
): Promise<JobDocument> {
  const job = isUuid(jobId) ? await jobs.get(caller, jobId) : undefined;
  const document = job && jobDocument(job, nowMs);
  if (!document) throw new Problem('not_found', 'You have no transcription of this id.');
  return document;
}

const PROBLEM_OF = {
  wrong_type: 'unsupported_type',
  unreadable: 'invalid_request',
  too_long: 'too_large',
  quota_exceeded: 'quota_exceeded',
  not_transcribed: 'bad_upstream',
  upload_expired: 'internal',
  internal: 'internal',
} as const;

function problemOf({ code, detail }: { readonly code: TranscriptionFailure; readonly detail: string }): Problem {
  const errors = code === 'unreadable' ? { errors: [{ pointer: '/audio_data', detail: 'cannot be transcribed' }] } : {};
  return new Problem(PROBLEM_OF[code], detail, errors);
}

/** What is wrong with a recording is the request's to be told of. */
function explained<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof RecordingRejected) throw problemOf({ code: error.failure, detail: error.message });
    throw error;
  }
}
