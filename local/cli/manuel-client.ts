import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type {
  DeletionDocument,
  ImportDocument,
  ManualDocument,
  ManualListDocument,
  UploadDocument,
} from '../../lambdas/manuals/manuals.contract.ts';
import type { QueryDocument, QueryEvent } from '../../lambdas/query/query.contract.ts';
import type { ProblemDocument } from '../../lambdas/shared/problems.contract.ts';
import type { JobDocument, RecordingUploadDocument, TranscriptionDocument } from '../../lambdas/transcribe/transcribe.contract.ts';
import type { QuotaDocument, UsageDocument } from '../../lambdas/usage/usage.contract.ts';
import { readEvents } from './event-stream.ts';

/** An answer that was not a success. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly problem: ProblemDocument;

  constructor(status: number, problem: ProblemDocument) {
    super(`${status} ${problem.code}: ${problem.detail}`);
    this.status = status;
    this.problem = problem;
  }
}

/** What a question may say besides. */
interface QueryOptions {
  readonly manual_ids?: readonly string[];
  readonly max_results?: number;
  readonly model_id?: string;
}

/** How long something may take to become ready, and how often to look. */
interface Patience {
  readonly timeoutMs?: number;
  readonly pollIntervalMs?: number;
}

const READY_TIMEOUT_MS = 120_000;
const POLL_INTERVAL_MS = 250;

/** Manuel's API as an app uses it: a base address and a token, wherever it runs. */
export class ManuelClient {
  readonly #baseUrl: string;
  readonly #token: string;
  readonly #fetch: typeof fetch;

  /** @param via what sends each request */
  constructor(baseUrl: string, token: string, via: typeof fetch = fetch) {
    this.#baseUrl = baseUrl.replace(/\/$/, '');
    this.#token = token;
    this.#fetch = via;
  }

  ask(question: string, options: QueryOptions = {}): Promise<QueryDocument> {
    return this.#call('POST', '/api/query', { question, ...options });
  }

  /** The same in events, each as it comes. Throws ApiProblem also when the answer breaks off. */
  async *askInEvents(question: string, options: QueryOptions = {}): AsyncGenerator<QueryEvent> {
    const response = await this.#send('POST', '/api/query', { question, ...options }, 'text/event-stream');
    if (!response.ok || !response.body) throw new ApiProblem(response.status, (await response.json()) as ProblemDocument);
    for await (const { event, data } of readEvents(response.body)) {
      const document = JSON.parse(data);
      if (event === 'error') throw new ApiProblem(document.status, document);
      yield { event, data: document } as QueryEvent;
      if (event === 'done') return;
    }
    throw new Error('the answer broke off');
  }

  usage(): Promise<UsageDocument> {
    return this.#call('GET', '/api/user/usage');
  }

  quota(): Promise<QuotaDocument> {
    return this.#call('GET', '/api/user/quota');
  }

  manuals(parameters: Readonly<Record<string, string>> = {}): Promise<ManualListDocument> {
    const query = new URLSearchParams(parameters).toString();
    return this.#call('GET', `/api/manuals${query && `?${query}`}`);
  }

  manual(manualId: string): Promise<ManualDocument> {
    return this.#call('GET', `/api/manuals/${encodeURIComponent(manualId)}`);
  }

  /** Has a manual deleted: it answers no question any more, and is gone a little later. */
  delete(manualId: string): Promise<DeletionDocument> {
    return this.#call('DELETE', `/api/manuals/${encodeURIComponent(manualId)}`);
  }

  startUpload(request: { filename: string; content_type: string; size: number }): Promise<UploadDocument> {
    return this.#call('POST', '/api/manuals/upload', request);
  }

  /** Has a manual fetched from this address. */
  startImport(sourceUrl: string): Promise<ImportDocument> {
    return this.#call('POST', '/api/manuals/upload', { source_url: sourceUrl });
  }

  /** Uploads a file through a presigned form and returns the manual's id. */
  async upload(file: string, contentType: string): Promise<string> {
    const bytes = await readFile(file);
    const { manual_id, upload } = await this.startUpload({ filename: path.basename(file), content_type: contentType, size: bytes.length });
    await sendForm(upload, bytes);
    return manual_id;
  }

  /** Waits until a manual is ready. Throws when it failed, or when it takes too long. */
  async untilReady(
    manualId: string,
    { timeoutMs = READY_TIMEOUT_MS, pollIntervalMs = POLL_INTERVAL_MS }: Patience = {},
  ): Promise<ManualDocument> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const manual = await this.manual(manualId);
      if (manual.status === 'ready') return manual;
      if (manual.status === 'failed') throw new Error(`${manual.filename}: ${manual.failure?.code} – ${manual.failure?.detail}`);
      if (Date.now() > deadline) throw new Error(`${manual.filename} is still ${manual.status} after ${timeoutMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  }

  /** Has a recording transcribed: the text, or the job that goes on when it takes longer than a request waits. */
  transcribe(bytes: Uint8Array, contentType: string, language?: string): Promise<TranscriptionDocument | JobDocument> {
    const audio_data = Buffer.from(bytes).toString('base64');
    return this.#call('POST', '/api/transcribe', { audio_data, content_type: contentType, ...(language && { language }) });
  }

  startRecordingUpload(request: { content_type: string; size: number; language?: string }): Promise<RecordingUploadDocument> {
    return this.#call('POST', '/api/transcribe', { upload: true, ...request });
  }

  transcription(jobId: string): Promise<JobDocument> {
    return this.#call('GET', `/api/transcribe/${encodeURIComponent(jobId)}`);
  }

  /** Waits until a job has its text. Throws when it failed, or when it takes too long. */
  async untilTranscribed(
    jobId: string,
    { timeoutMs = READY_TIMEOUT_MS, pollIntervalMs = POLL_INTERVAL_MS }: Patience = {},
  ): Promise<TranscriptionDocument> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const job = await this.transcription(jobId);
      if (job.status === 'completed') return job;
      if (job.status === 'failed') throw new Error(`not transcribed: ${job.failure.code} – ${job.failure.detail}`);
      if (Date.now() > deadline) throw new Error(`the recording is still ${job.status} after ${timeoutMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  }

  async #call<Answer>(method: string, route: string, body?: object): Promise<Answer> {
    const response = await this.#send(method, route, body, 'application/json');
    const answer = await response.json();
    if (!response.ok) throw new ApiProblem(response.status, answer as ProblemDocument);
    return answer as Answer;
  }

  #send(method: string, route: string, body: object | undefined, accept: string): Promise<Response> {
    return this.#fetch(this.#baseUrl + route, {
      method,
      headers: { Authorization: `Bearer ${this.#token}`, Accept: accept, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  }
}

/** Posts a file with the fields of a presigned form; the file comes last. Throws with S3's own words. */
export async function sendForm({ url, fields }: UploadDocument['upload'], bytes: Uint8Array): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([new Uint8Array(bytes)]));
  const response = await fetch(url, { method: 'POST', body: form });
  if (!response.ok) throw new Error(`the upload was refused with ${response.status}: ${await response.text()}`);
}
