import type { PublishedEvent } from '../eventbridge/event.ts';
import type { AccessControl } from '../platform/access-control.ts';
import { type AwsCall, AwsError, type AwsReply, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { JsonProtocol, parseJsonBody } from '../platform/json-protocol.ts';
import type { Permission } from '../platform/permission.ts';
import type { Principal } from '../platform/principal.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import { State, type StoredMap } from '../platform/state.ts';
import type { S3Service } from '../s3/s3.service.ts';
import { ArmedOutcomes } from './armed-outcomes.ts';
import { CallerFiles, FilesInaccessible } from './caller-files.ts';
import { type Job, jobDocument, startedDocument, stateChangeEvent, summaryDocument } from './job.ts';
import { inspectMedia, type Media } from './media.ts';
import { transcribePermissions } from './permissions.ts';
import { NO_ENGINE, type SpeechEngine, SpeechFailure } from './speech.ts';
import { badRequest, LIST, parse, readName, readStart, type StartRequest } from './start-request.ts';
import { transcriptDocument } from './transcript-document.ts';

/** Much sooner than on AWS, where a short recording takes some five to twenty seconds. */
const TRANSCRIPTION_DELAY_MS = 100;
/** https://docs.aws.amazon.com/transcribe/latest/APIReference/API_ListTranscriptionJobs.html */
const DEFAULT_PAGE_SIZE = 5;
/** https://docs.aws.amazon.com/general/latest/gr/transcribe.html */
const MAX_CONCURRENT_JOBS = 250;

export interface TranscribeServiceOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly access: AccessControl;
  readonly s3: S3Service;
  /** Has stored the event when it returns. */
  readonly publish: (event: PublishedEvent) => Promise<unknown>;
  /** Without one only recordings are transcribed whose transcript was set. */
  readonly engine?: SpeechEngine | undefined;
  /** Told what a person should know: a job that failed, and why. */
  readonly report: (line: string) => void;
  readonly state?: State;
}

/** A job with whoever started it, with whose rights it goes on after a restart. */
interface StoredJob extends Job {
  readonly caller: Principal;
}

/**
 * Amazon Transcribe's batch jobs. A job reads and writes S3 with the rights of whoever started it. It is IN_PROGRESS from the start, as on
 * AWS: QUEUED is for those who ask for deferred execution.
 */
export class TranscribeService implements Service {
  readonly signingNames = ['transcribe'];
  readonly resourceTypes: readonly ResourceType[] = [];
  readonly #options: TranscribeServiceOptions;
  readonly #protocol: JsonProtocol;
  readonly #state: State;
  readonly #jobs: StoredMap<StoredJob>;
  /** By the name of the job. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();
  readonly #outcomes = new ArmedOutcomes();
  /** How long a job waits before it listens. */
  transcriptionDelayMs = TRANSCRIPTION_DELAY_MS;

  constructor(options: TranscribeServiceOptions) {
    this.#options = options;
    this.#state = options.state ?? State.inMemory();
    this.#jobs = this.#state.map('transcribe-jobs');
    this.#protocol = new JsonProtocol('Amazon Transcribe', '1.1', {
      StartTranscriptionJob: (input, call) => this.#start(input, call),
      GetTranscriptionJob: async (input) => ({ TranscriptionJob: jobDocument(this.#job(input), options.region) }),
      ListTranscriptionJobs: async (input) => this.#list(input),
      DeleteTranscriptionJob: async (input) => this.#delete(input),
    });
  }

  /** What is said in recordings, by the SHA-256 of their bytes in hexadecimal digits; instead of what was set before. */
  setTranscripts(transcripts: Readonly<Record<string, string>>): void {
    this.#outcomes.setTranscripts(transcripts);
  }

  /** Jobs whose media's address matches end FAILED from now on, for this reason; without a pattern none does. */
  failTranscriptions(media: RegExp | undefined, reason = 'The recording could not be transcribed (armed failure).'): void {
    this.#outcomes.setFailure(media, reason);
  }

  permissionsFor(call: AwsCall, operation: string): Permission[] {
    return transcribePermissions(operation, parseJsonBody(call.body) as Record<string, unknown>, this.#options.region);
  }

  accessDenied(message: string): AwsError {
    return new AwsError('AccessDeniedException', message);
  }

  operationOf(request: RawRequest): string {
    return this.#protocol.operationOf(request);
  }

  handle(call: AwsCall, operation: string): Promise<AwsReply> {
    return this.#protocol.handle(call, operation);
  }

  readonly renderError = (error: AwsError): AwsReply => this.#protocol.renderError(error);

  /** Begins the jobs again that an earlier run has left in progress. */
  async resume(): Promise<void> {
    for (const job of [...this.#jobs.values()]) {
      if (job.status === 'IN_PROGRESS' && !this.#running.has(job.request.name)) this.#begin(job);
    }
  }

  /** Ends every job where it is, until the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#running.values());
  }

  async #start(input: Readonly<Record<string, unknown>>, { principal }: AwsCall): Promise<object> {
    const request = readStart(input);
    this.#refuseDuplicate(request.name);
    await this.#filesOf(principal)
      .probe(request.media, request.output)
      .catch((error) => {
        throw error instanceof FilesInaccessible ? badRequest(error.message) : error;
      });
    // Another may have taken the name in the meantime.
    this.#refuseDuplicate(request.name);
    if (this.#running.size >= MAX_CONCURRENT_JOBS) {
      throw new AwsError('LimitExceededException', `There are ${MAX_CONCURRENT_JOBS} jobs in progress. Wait before you start another.`);
    }
    const job: StoredJob = { request, createdAtMs: this.#options.clock.now(), status: 'IN_PROGRESS', caller: principal };
    this.#jobs.set(request.name, job);
    this.#begin(job);
    return { TranscriptionJob: startedDocument(job) };
  }

  #begin(job: StoredJob): void {
    const { name } = job.request;
    this.#running.set(
      name,
      this.#run(job)
        .catch((error) => this.#options.report(`transcription job ${name} waits for the next start: ${String(error)}`))
        .finally(() => this.#running.delete(name)),
    );
  }

  #filesOf(caller: Principal): CallerFiles {
    return new CallerFiles(this.#options.access, caller, this.#options.s3);
  }

  /** Writes before it tells, so that whoever is told can read. Rejects only where it cannot be stored. */
  async #run(job: StoredJob): Promise<void> {
    const { clock, publish, report } = this.#options;
    const { name } = job.request;
    await clock.sleep(this.transcriptionDelayMs, this.#stopped.signal);
    if (this.#stopped.signal.aborted) return;
    const outcome = await this.#transcribe(job.request, this.#filesOf(job.caller)).then(
      (media) => ({ status: 'COMPLETED' as const, media }),
      (error) => ({ status: 'FAILED' as const, failureReason: reasonOf(error) }),
    );
    if (this.#stopped.signal.aborted) return;
    if (outcome.status === 'FAILED') report(`transcription job ${name} failed: ${outcome.failureReason}`);
    const ended = { ...job, ...outcome, completedAtMs: clock.now() };
    await this.#state.atOnce(() => {
      this.#jobs.set(name, ended);
      return publish(stateChangeEvent(ended));
    });
  }

  async #transcribe({ name, mediaUri, media, format, sampleRateHz, language, output }: StartRequest, files: CallerFiles): Promise<Media> {
    const bytes = await files.read(media);
    const inspected = await inspectMedia(bytes, { format, sampleRateHz });
    this.#outcomes.refuse(mediaUri);
    const recording = { bytes, language, format: inspected.format, durationSeconds: inspected.durationSeconds };
    const speech = await this.#outcomes.transcribe(this.#options.engine ?? NO_ENGINE, recording, this.#stopped.signal);
    const document = transcriptDocument(name, speech, inspected.durationSeconds);
    await files.write(output, Buffer.from(JSON.stringify(document)), 'application/json');
    return inspected;
  }

  #refuseDuplicate(name: string): void {
    if (this.#jobs.has(name)) {
      throw new AwsError('ConflictException', 'The requested job name already exists. Use a different job name.');
    }
  }

  #job(input: unknown): Job {
    const job = this.#jobs.get(readName(input));
    if (!job) throw badRequest("The requested job couldn't be found. Check the job name and try your request again.");
    return job;
  }

  /** Newest first. */
  #list(input: unknown): object {
    const { Status, JobNameContains = '', MaxResults = DEFAULT_PAGE_SIZE, NextToken } = parse(LIST, input);
    const start = NextToken === undefined ? 0 : Number(Buffer.from(NextToken, 'base64url').toString());
    if (!Number.isInteger(start)) throw badRequest('The NextToken is not valid.');
    const end = start + MaxResults;
    const jobs = [...this.#jobs.values()].reverse().filter(({ request, status }) => {
      return request.name.includes(JobNameContains) && (Status === undefined || status === Status);
    });
    return {
      ...(Status !== undefined && { Status }),
      TranscriptionJobSummaries: jobs.slice(start, end).map(summaryDocument),
      ...(end < jobs.length && { NextToken: Buffer.from(String(end)).toString('base64url') }),
    };
  }

  #delete(input: unknown): object {
    const { request, status } = this.#job(input);
    if (status === 'IN_PROGRESS') throw badRequest(`The job ${request.name} is in progress and can't be deleted. Wait until it has ended.`);
    this.#jobs.delete(request.name);
    return {};
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof SpeechFailure || error instanceof FilesInaccessible) return error.message;
  return `Internal failure of the local runtime: ${error instanceof Error ? error.message : error}`;
}
