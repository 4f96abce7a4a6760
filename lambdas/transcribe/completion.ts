import { type Caller, ownerOf } from '../shared/caller.ts';
import type { OpenReservation } from '../usage/reservation.ts';
import { type Identity, type Job, type JobChange, type JobState, parseTranscribeName } from './job.ts';
import type { JobEnded } from './transcribe-events.contract.ts';

/** What completing a transcription needs of the world. */
export interface CompletionPorts {
  /** What the names of this stage's jobs begin with. */
  readonly namePrefix: string;
  readonly ledger: { settle(reservation: OpenReservation): Promise<void>; refund(reservation: OpenReservation): Promise<void> };
  readonly jobs: {
    get(caller: Caller, jobId: string): Promise<Job | undefined>;
    advance(caller: Caller, jobId: string, from: readonly JobState[], change: JobChange): Promise<boolean>;
  };
  readonly files: { readTranscript(job: Identity): Promise<string>; discardAudioAndTranscript(job: Identity): Promise<void> };
  readonly transcriptions: { remove(job: Identity): Promise<void> };
  readonly onIgnored: (name: string, reason: string) => void;
  readonly onCompleted: (job: Job) => void;
  readonly onFailed: (job: Job, reason: string) => void;
}

/**
 * Takes what has become of a Transcribe job: stores its text and makes the reservation final, or says why there is none and gives the
 * units back; then removes the audio, the transcript and the job, in any case. Every step may be repeated. A job is only recorded as
 * ended once its units are, so that an event that comes again after a crash finds what is left to do.
 */
export async function completeTranscription(ports: CompletionPorts, event: JobEnded): Promise<void> {
  const identity = parseTranscribeName(ports.namePrefix, event.TranscriptionJobName);
  if (!identity) return ports.onIgnored(event.TranscriptionJobName, 'the name is not that of a job of this stage');
  const owner = ownerOf(identity);
  const job = await ports.jobs.get(owner, identity.job_id);
  if (job && UNFINISHED.includes(job.status)) await finish(ports, owner, job, event);
  else ports.onIgnored(event.TranscriptionJobName, job ? `the job has ${job.status} already` : 'there is no such job');
  await Promise.all([ports.files.discardAudioAndTranscript(identity), ports.transcriptions.remove(identity)]);
}

/** Given up, it may have been taken by Transcribe all the same. */
const UNFINISHED: readonly JobState[] = ['in_progress', 'given_up'];

async function finish({ ledger, jobs, files, ...ports }: CompletionPorts, owner: Caller, job: Job, event: JobEnded): Promise<void> {
  const end = (change: JobChange) => jobs.advance(owner, job.job_id, UNFINISHED, change);
  if (event.TranscriptionJobStatus === 'COMPLETED') {
    const transcription = await files.readTranscript(job);
    if (job.reservation) await ledger.settle(job.reservation);
    if (await end({ status: 'completed', transcription })) ports.onCompleted(job);
    return;
  }
  const { FailureReason: reason = 'no reason was given' } = event;
  if (job.reservation) await ledger.refund(job.reservation);
  if (await end({ status: 'failed', failure: failureOf(reason) })) ports.onFailed(job, reason);
}

/** By the reasons that Transcribe documents (https://docs.aws.amazon.com/transcribe/latest/APIReference/API_TranscriptionJob.html). */
function failureOf(reason: string): NonNullable<Job['failure']> {
  if (/media format/i.test(reason)) return 'wrong_type';
  if (/sample rate|number of channels|isn't valid|too small/i.test(reason)) return 'unreadable';
  return 'not_transcribed';
}

/** Tells the owner that it came to nothing, when an event has failed for the last time. A redrive takes it up again. */
export async function giveUpCompletion({ jobs, namePrefix }: Pick<CompletionPorts, 'jobs' | 'namePrefix'>, event: JobEnded): Promise<void> {
  const identity = parseTranscribeName(namePrefix, event.TranscriptionJobName);
  if (identity) await jobs.advance(ownerOf(identity), identity.job_id, ['in_progress'], { status: 'given_up' });
}
