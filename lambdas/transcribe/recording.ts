import { createHash } from 'node:crypto';
import { type Caller, ownerOf } from '../shared/caller.ts';
import { Problem } from '../shared/problem.ts';
import type { OpenReservation, Reservation, ReserveOptions } from '../usage/reservation.ts';
import { idleReservations, newAttempt, reservationsOf } from './attempts.ts';
import { type Job, type JobChange, type JobState, type Metering, meteredBy, parseUploadKey } from './job.ts';
import { RecordingRejected } from './recording/recording-rejected.ts';
import { MAX_UPLOADED_RECORDING_SECONDS } from './transcribe.contract.ts';
import { measure, unitsOf } from './units.ts';

/** What taking an uploaded recording needs of the world. */
export interface RecordingPorts {
  readonly ledger: {
    reserve(caller: Caller, kind: 'transcription', units: number, options: ReserveOptions): Promise<Reservation>;
    refund(reservation: OpenReservation): Promise<void>;
  };
  readonly jobs: {
    get(caller: Caller, jobId: string): Promise<Job | undefined>;
    claim(caller: Caller, jobId: string, contentHash: string, attempt?: string): Promise<boolean>;
    advance(caller: Caller, jobId: string, from: readonly JobState[], change: JobChange): Promise<boolean>;
  };
  readonly files: {
    readUpload(job: Job): Promise<Uint8Array>;
    writeAudio(job: Job, bytes: Uint8Array): Promise<void>;
    discardUpload(job: Pick<Job, 'user_id' | 'job_id'>): Promise<void>;
  };
  readonly transcriptions: { start(job: Job): Promise<void> };
  readonly onIgnored: (key: string, reason: string) => void;
  readonly onRejected: (job: Job, failure: string) => void;
}

/**
 * Takes a recording that was uploaded: measures it, sets its units aside, puts what was measured where no form can write, and has that
 * transcribed. Every step may be repeated: each attempt has a reservation of its own, of which the one counts that is recorded first;
 * Transcribe's name for the job follows from its id; and of what is posted by one form only the bytes that came first are used. Whatever
 * it throws is tried again by the queue; a recording that cannot be used, or that its owner has no units for, is not.
 */
export async function takeRecording(ports: RecordingPorts, key: string, nowMs: number = Date.now()): Promise<void> {
  const identity = parseUploadKey(key);
  if (!identity) return ports.onIgnored(key, 'the key is not that of a recording');
  const owner = ownerOf(identity);
  const job = await ports.jobs.get(owner, identity.job_id);
  if (!job || HAVE_ENDED.includes(job.status)) {
    if (job) await refundAll(ports, idleReservations(job));
    await ports.files.discardUpload(identity);
    return ports.onIgnored(key, job ? `the job has ${job.status} already` : 'there is no such job');
  }
  const bytes = await ports.files.readUpload(job);
  if (await begin(ports, owner, job, bytes, nowMs)) {
    await ports.files.writeAudio(job, bytes);
    await ports.transcriptions.start(job);
  }
  await ports.files.discardUpload(job);
}

const HAVE_ENDED: readonly JobState[] = ['completed', 'failed'];
/** States in which a recording is yet to be measured. */
const OPEN: readonly JobState[] = ['awaiting_upload', 'given_up'];

/** Sets the units of a recording aside, unless they are. Says whether it is to be transcribed. */
async function begin(ports: RecordingPorts, owner: Caller, job: Job, bytes: Uint8Array, nowMs: number): Promise<boolean> {
  const content_hash = createHash('sha256').update(bytes).digest('hex');
  const seconds = OPEN.includes(job.status) ? measured(job, bytes) : undefined;
  const attempt = typeof seconds === 'number' ? newAttempt(unitsOf(seconds), nowMs) : undefined;
  const isClaimed = await ports.jobs.claim(owner, job.job_id, content_hash, attempt);
  if (!isClaimed) ports.onIgnored(job.job_id, 'the job has ended, or another recording came by the same form');
  else if (seconds !== undefined) await reserve(ports, owner, job, seconds, nowMs, attempt);
  // What it has come to: where the message came twice at once, the other may have been faster.
  const now = await ports.jobs.get(owner, job.job_id);
  if (now) await refundAll(ports, idleReservations(now));
  return isClaimed && now?.status === 'in_progress';
}

/** Records the reservation of a recording, or why there is none. */
async function reserve(
  ports: RecordingPorts,
  owner: Caller,
  job: Job,
  seconds: number | RecordingRejected,
  nowMs: number,
  attempt: string | undefined,
): Promise<void> {
  const outcome = typeof seconds === 'number' ? await reserveFor(ports, owner, seconds, nowMs, attempt) : seconds;
  if (!('failure' in outcome)) {
    await ports.jobs.advance(owner, job.job_id, OPEN, { ...outcome, status: 'in_progress' });
    return;
  }
  const { failure, message: failure_detail } = outcome;
  if (await ports.jobs.advance(owner, job.job_id, OPEN, { status: 'failed', failure, failure_detail })) ports.onRejected(job, failure);
}

/** The length of a recording, or why it cannot be used. */
function measured({ content_type }: Job, bytes: Uint8Array): number | RecordingRejected {
  try {
    return measure(content_type, bytes, MAX_UPLOADED_RECORDING_SECONDS);
  } catch (error) {
    if (error instanceof RecordingRejected) return error;
    throw error;
  }
}

async function reserveFor(
  { ledger }: RecordingPorts,
  owner: Caller,
  seconds: number,
  nowMs: number,
  attempt: string | undefined,
): Promise<Metering | { readonly failure: 'quota_exceeded'; readonly message: string }> {
  try {
    return meteredBy(await ledger.reserve(owner, 'transcription', unitsOf(seconds), { nowMs, id: attempt }), seconds);
  } catch (error) {
    if (error instanceof Problem && error.code === 'quota_exceeded') return { failure: error.code, message: error.message };
    throw error;
  }
}

async function refundAll({ ledger }: Pick<RecordingPorts, 'ledger'>, reservations: readonly OpenReservation[]): Promise<void> {
  await Promise.all(reservations.map((reservation) => ledger.refund(reservation)));
}

/** Tells the owner that it came to nothing, when a message has failed for the last time, and gives the units back. A redrive takes it up again. */
export async function giveUpRecording(ports: Pick<RecordingPorts, 'jobs' | 'ledger'>, key: string): Promise<void> {
  const identity = parseUploadKey(key);
  const owner = identity && ownerOf(identity);
  const job = identity && owner && (await ports.jobs.get(owner, identity.job_id));
  if (!job || !(await ports.jobs.advance(owner, job.job_id, ['awaiting_upload', 'in_progress', 'given_up'], { status: 'given_up' })))
    return;
  await refundAll(ports, reservationsOf(job));
}
