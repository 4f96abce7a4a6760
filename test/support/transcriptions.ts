import { randomUUID } from 'node:crypto';
import type { Caller } from '../../lambdas/shared/caller.ts';
import { Problem } from '../../lambdas/shared/problem.ts';
import type { CompletionPorts } from '../../lambdas/transcribe/completion.ts';
import { type Identity, type Job, type JobChange, type JobState, transcribeName } from '../../lambdas/transcribe/job.ts';
import type { RecordingPorts } from '../../lambdas/transcribe/recording.ts';
import type { TranscribePorts } from '../../lambdas/transcribe/transcribe.ts';
import type { JobEnded } from '../../lambdas/transcribe/transcribe-events.contract.ts';
import type { OpenReservation, Reservation } from '../../lambdas/usage/reservation.ts';
import type { Call } from './invocations.ts';

export const PREFIX = 'manuel-dev-';
export const USAGE = { daily_used: 1, daily_limit: 50, monthly_used: 1, monthly_limit: 1000 };

/** A call that is not held up. */
const atOnce: Call = async (_name, effect) => effect();

/** The ledger, the jobs, the bucket and Transcribe in memory, with the rules of each. */
export class TranscriptionWorld {
  readonly quota: number;
  /** Units that are counted. */
  counted = 0;
  /** Units of reservations that are open, by their ids. */
  readonly open = new Map<string, number>();
  readonly jobs = new Map<string, Job>();
  readonly uploads = new Map<string, Uint8Array>();
  readonly audio = new Map<string, Uint8Array>();
  readonly transcripts = new Map<string, string>();
  /** Transcribe's jobs, by name. */
  readonly running = new Set<string>();
  /** What Transcribe was given to read, in order. */
  readonly started: Uint8Array[] = [];
  readonly said: string[] = [];
  looks = 0;
  /** Told of each job that Transcribe has taken. */
  onStarted: (job: Job) => void = () => undefined;

  constructor(quota = 50) {
    this.quota = quota;
  }

  add(job: Job): void {
    this.jobs.set(job.job_id, job);
  }

  get only(): Job {
    const [job, ...others] = this.jobs.values();
    if (!job || others.length > 0) throw new Error(`there are ${this.jobs.size} jobs`);
    return job;
  }

  /** What is left of recordings and what was made of them, in the bucket and at Transcribe. */
  get leftovers(): readonly unknown[] {
    return [...this.uploads.keys(), ...this.audio.keys(), ...this.transcripts.keys(), ...this.running];
  }

  /** Has Transcribe finish a job: with this text, or without one for a reason. */
  end(job: Identity, outcome: { readonly text: string } | { readonly reason: string }): JobEnded {
    const TranscriptionJobName = transcribeName(PREFIX, job);
    if ('reason' in outcome) return { TranscriptionJobName, TranscriptionJobStatus: 'FAILED', FailureReason: outcome.reason };
    this.transcripts.set(job.job_id, outcome.text);
    return { TranscriptionJobName, TranscriptionJobStatus: 'COMPLETED' };
  }

  ports(call: Call = atOnce): TranscribePorts & RecordingPorts & CompletionPorts {
    return {
      namePrefix: PREFIX,
      ledger: {
        reserve: (caller, _kind, units, { nowMs = 0, id = randomUUID() }) => call('reserve', () => this.#reserve(caller, units, nowMs, id)),
        settle: ({ id }) => call('settle', () => void this.open.delete(id)),
        refund: ({ id }: OpenReservation) =>
          call('refund', () => {
            this.counted -= this.open.get(id) ?? 0;
            this.open.delete(id);
          }),
      },
      jobs: {
        create: (job) => call('create', () => this.add(job)),
        get: (caller, jobId) =>
          call('get', () => {
            this.looks += 1;
            return this.#find(caller, jobId);
          }),
        claim: (caller, jobId, content_hash, attempt) =>
          call('claim', () => {
            const job = this.#find(caller, jobId);
            const isFirst = (job?.content_hash ?? content_hash) === content_hash;
            return (
              isFirst &&
              this.#advance(caller, jobId, ['awaiting_upload', 'in_progress', 'given_up'], {
                content_hash,
                attempts: new Set([...(job?.attempts ?? []), ...(attempt === undefined ? [] : [attempt])]),
              })
            );
          }),
        advance: (caller, jobId, from, change) => call('advance', () => this.#advance(caller, jobId, from, change)),
      },
      files: {
        uploadForm: async ({ job_id }, size) => ({ url: 'https://bucket', fields: { key: job_id, size: String(size) } }),
        readUpload: ({ job_id }) => call('read upload', () => present(this.uploads.get(job_id))),
        writeAudio: (job, bytes) => call('write audio', () => void this.audio.set(job.job_id, bytes)),
        discardUpload: ({ job_id }) => call('discard upload', () => void this.uploads.delete(job_id)),
        readTranscript: ({ job_id }) => call('read transcript', () => present(this.transcripts.get(job_id))),
        discardAudioAndTranscript: ({ job_id }) =>
          call('discard audio', () => {
            this.audio.delete(job_id);
            this.transcripts.delete(job_id);
          }),
      },
      transcriptions: {
        start: (job) => call('start', () => this.#start(job)),
        remove: (job) => call('remove', () => void this.running.delete(transcribeName(PREFIX, job))),
      },
      languages: { usual: 'en-GB', allowed: ['en-GB', 'de-DE'] },
      wait: async () => undefined,
      onTrouble: (what) => this.said.push(what),
      onIgnored: (_key, reason) => this.said.push(reason),
      onRejected: (_job, failure) => this.said.push(failure),
      onCompleted: ({ seconds }) => this.said.push(`${seconds} s`),
      onFailed: (_job, reason) => this.said.push(reason),
    };
  }

  #reserve({ userId }: Caller, units: number, at: number, id: string): Reservation {
    if (!this.open.has(id)) {
      if (this.counted + units > this.quota) throw new Problem('quota_exceeded', 'The daily quota is used up.', { retryAfterSeconds: 1 });
      this.counted += units;
      this.open.set(id, units);
    }
    const counters = { day: 'd20261120', month: 'm202611' };
    return { id, userId, kind: 'transcription', units, ...counters, at, usage: USAGE, expiredCounters: [], hiddenManualIds: ['hidden'] };
  }

  #find({ userId }: Caller, jobId: string): Job | undefined {
    const job = this.jobs.get(jobId);
    return job?.user_id === userId ? job : undefined;
  }

  #advance(caller: Caller, jobId: string, from: readonly JobState[], change: JobChange): boolean {
    const job = this.#find(caller, jobId);
    if (!job || !from.includes(job.status)) return false;
    this.jobs.set(jobId, { ...job, ...change });
    return true;
  }

  #start(job: Job): void {
    const name = transcribeName(PREFIX, job);
    if (this.running.has(name)) return;
    const audio = present(this.audio.get(job.job_id));
    this.running.add(name);
    this.started.push(audio);
    this.onStarted(job);
  }
}

/** What was to be read is not there. */
export class Missing extends Error {
  override readonly name = 'NoSuchKey';
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Missing();
  return value;
}
