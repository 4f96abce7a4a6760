import { createHash } from 'node:crypto';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { type Chunking, chunk } from './chunking.ts';
import type { Document } from './document.ts';
import type { Embedder } from './embeddings.ts';
import type { IngestionSettings } from './ingestion-settings.ts';
import { type Metadata, SYSTEM_METADATA } from './metadata.ts';
import type { Passage, PassageIndex } from './passage-index.ts';
import type { ServiceRole } from './service-role.ts';
import type { Timeline } from './timeline.ts';

/**
 * What an S3 vector keeps of a document's own metadata when a knowledge base writes it: 1 KB in at most 35 attributes
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/knowledge-base-setup.html).
 */
const MAX_METADATA_BYTES = 1024;
const MAX_METADATA_ATTRIBUTES = 35;

export type DocumentStatus = 'STARTING' | 'IN_PROGRESS' | 'INDEXED' | 'FAILED' | 'DELETING' | 'NOT_FOUND';

export interface DocumentState {
  readonly status: DocumentStatus;
  readonly statusReason?: string;
  /** Milliseconds since the epoch; absent for a document that is not there. */
  readonly updatedAtMs?: number;
}

interface DocumentRecord {
  state: DocumentState;
  /** What Retrieve finds of it now. */
  passages: readonly Passage[];
  /** Counts what was submitted for this document: the latest submission wins over those still under way. */
  submission: number;
}

export interface DataSourceParts {
  readonly passages: PassageIndex;
  readonly role: ServiceRole;
  readonly settings: IngestionSettings;
  readonly timeline: Timeline;
  readonly clock: Clock;
  readonly embedder: Embedder | undefined;
}

/** The documents of a custom data source and the states that they pass through. */
export class DataSource {
  readonly id: string;
  readonly knowledgeBaseId: string;
  readonly #chunking: Chunking;
  readonly #parts: DataSourceParts;
  readonly #documents = new Map<string, DocumentRecord>();
  readonly #clientTokens = new Set<string>();

  constructor(id: string, knowledgeBaseId: string, chunking: Chunking, parts: DataSourceParts) {
    this.id = id;
    this.knowledgeBaseId = knowledgeBaseId;
    this.#chunking = chunking;
    this.#parts = parts;
  }

  /** Whether a client token is new; true only once. */
  redeem(clientToken: string): boolean {
    if (this.#clientTokens.has(clientToken)) return false;
    this.#clientTokens.add(clientToken);
    return true;
  }

  get documentIds(): string[] {
    return [...this.#documents.keys()];
  }

  stateOf(documentId: string): DocumentState {
    return this.#documents.get(documentId)?.state ?? { status: 'NOT_FOUND' };
  }

  /**
   * Starts to index a document. What an earlier version says stays searchable until the new one is. With a model that embeds,
   * this takes until it has.
   */
  async ingest(document: Document): Promise<void> {
    const { role, settings, timeline, clock } = this.#parts;
    const { startingMs, inProgressMs, searchableAfterIndexedMs } = settings.times;
    const record = this.#documents.get(document.id) ?? { state: { status: 'STARTING' }, passages: [], submission: 0 };
    this.#documents.set(document.id, record);
    const complaint = settings.failureOf(document.id) ?? metadataComplaint(document.metadata) ?? role.refusalOf('write');
    const now = clock.now();
    const processedAt = now + startingMs + inProgressMs;
    const schedule = this.#submit(record, 'STARTING', now);
    const { passages, failure } = complaint ? { passages: [], failure: complaint } : await this.#embed(this.#passagesOf(document));
    schedule(now + startingMs, (atMs) => {
      record.state = { status: 'IN_PROGRESS', updatedAtMs: atMs };
    });
    schedule(processedAt, (atMs) => {
      record.state = { ...(failure ? { status: 'FAILED', statusReason: failure } : { status: 'INDEXED' }), updatedAtMs: atMs };
    });
    if (!failure) schedule(processedAt + searchableAfterIndexedMs, () => this.#replacePassages(record, passages));
    timeline.catchUp(clock.now());
  }

  /** Starts to delete a document; one that is not there stays NOT_FOUND. */
  delete(documentId: string): void {
    const record = this.#documents.get(documentId);
    if (!record) return;
    const { role, settings, timeline, clock } = this.#parts;
    const now = clock.now();
    const schedule = this.#submit(record, 'DELETING', now);
    const refusal = role.refusalOf('delete');
    schedule(now + settings.times.deletingMs, (atMs) => {
      if (refusal !== undefined) {
        record.state = { status: 'FAILED', statusReason: refusal, updatedAtMs: atMs };
        return;
      }
      this.#replacePassages(record, []);
      this.#documents.delete(documentId);
    });
    timeline.catchUp(now);
  }

  /** Begins a submission and returns how to schedule its steps, which are skipped once a later one has begun. */
  #submit(record: DocumentRecord, status: DocumentStatus, nowMs: number): (atMs: number, step: (atMs: number) => void) => void {
    record.submission += 1;
    record.state = { status, updatedAtMs: nowMs };
    const { submission } = record;
    return (atMs, step) =>
      this.#parts.timeline.schedule(atMs, () => {
        if (record.submission === submission) step(atMs);
      });
  }

  #replacePassages(record: DocumentRecord, passages: readonly Passage[]): void {
    this.#parts.passages.remove(record.passages);
    this.#parts.passages.add(passages);
    record.passages = passages;
  }

  /** The passages with their embeddings where there is a model, or why there are none. */
  async #embed(passages: readonly Passage[]): Promise<{ readonly passages: readonly Passage[]; readonly failure?: string }> {
    const { embedder } = this.#parts;
    if (!embedder) return { passages };
    try {
      const embeddings = await embedder.embed(passages.map(({ text }) => text));
      return { passages: passages.map((passage, index) => ({ ...passage, ...(embeddings[index] && { embedding: embeddings[index] }) })) };
    } catch (error) {
      if (error instanceof AwsError) return { passages: [], failure: error.message };
      throw error;
    }
  }

  #passagesOf({ id, text, metadata }: Document): Passage[] {
    return chunk(text, this.#chunking).map((chunkText, index) => {
      const chunkId = createHash('sha256')
        .update(JSON.stringify([this.id, id, index]))
        .digest('hex')
        .slice(0, 32);
      const system = [
        [SYSTEM_METADATA.dataSourceId, this.id],
        [SYSTEM_METADATA.chunkId, chunkId],
      ] as const;
      return { id: chunkId, documentId: id, text: chunkText, metadata: new Map([...metadata, ...system]) };
    });
  }
}

function metadataComplaint(metadata: Metadata): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(Object.fromEntries(metadata)));
  if (bytes > MAX_METADATA_BYTES) {
    return `The metadata of the document has ${bytes} bytes; the vector store keeps at most ${MAX_METADATA_BYTES} per vector.`;
  }
  if (metadata.size > MAX_METADATA_ATTRIBUTES) {
    return `The document has ${metadata.size} metadata attributes; the vector store keeps at most ${MAX_METADATA_ATTRIBUTES} per vector.`;
  }
  return undefined;
}
