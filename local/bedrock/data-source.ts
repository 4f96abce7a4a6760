import { createHash } from 'node:crypto';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { State, StoredMap } from '../platform/state.ts';
import { type Chunking, chunk } from './chunking.ts';
import type { Document } from './document.ts';
import type { Embedder } from './embeddings.ts';
import type { IngestionSettings } from './ingestion-settings.ts';
import { type Metadata, SYSTEM_METADATA } from './metadata.ts';
import type { Passage, PassageIndex } from './passage-index.ts';
import type { ServiceRole } from './service-role.ts';
import { decodeEmbedding, encodeEmbedding, type StoredDocument, type StoredText, type Submission } from './stored-document.ts';
import type { Timeline } from './timeline.ts';

/**
 * What an S3 vector keeps of a document's own metadata when a knowledge base writes it: 1 KB in at most 35 attributes
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/knowledge-base-setup.html).
 */
const MAX_METADATA_BYTES = 1024;
const MAX_METADATA_ATTRIBUTES = 35;

type DocumentStatus = 'STARTING' | 'IN_PROGRESS' | 'INDEXED' | 'FAILED' | 'DELETING' | 'NOT_FOUND';

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
  searchable: StoredText | undefined;
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
  readonly state: State;
}

/** The documents of a custom data source and the states that they pass through. They survive a restart, and go on where they are. */
export class DataSource {
  readonly id: string;
  readonly knowledgeBaseId: string;
  readonly #chunking: Chunking;
  readonly #parts: DataSourceParts;
  readonly #documents = new Map<string, DocumentRecord>();
  readonly #stored: StoredMap<StoredDocument>;
  /** Not stored: a call that is repeated after a restart ingests the same once more. */
  readonly #clientTokens = new Set<string>();

  constructor(id: string, knowledgeBaseId: string, chunking: Chunking, parts: DataSourceParts) {
    this.id = id;
    this.knowledgeBaseId = knowledgeBaseId;
    this.#chunking = chunking;
    this.#parts = parts;
    this.#stored = parts.state.map(`bedrock-documents/${knowledgeBaseId}/${id}`);
  }

  /** Takes up the documents of earlier runs. What another model has embedded, or none, is embedded anew. */
  async restore(): Promise<void> {
    for (const [id, stored] of [...this.#stored.entries()]) {
      const searchable = stored.searchable && (await this.#embed(id, stored.searchable));
      const { submission } = stored;
      const text = submission.kind === 'ingestion' && submission.text ? await this.#embed(id, submission.text) : undefined;
      const embedded = { ...stored, searchable, submission: text ? { ...submission, text } : submission };
      if (searchable !== stored.searchable || (text && embedded.submission !== submission)) this.#stored.set(id, embedded);
      const record: DocumentRecord = { state: { status: 'STARTING' }, passages: [], searchable: undefined, submission: 0 };
      this.#documents.set(id, record);
      this.#makeSearchable(id, record, searchable);
      this.#schedule(id, record, embedded.submission);
    }
    this.#parts.timeline.catchUp(this.#parts.clock.now());
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
  async ingest({ id, text, metadata }: Document): Promise<void> {
    const { role, settings, clock } = this.#parts;
    const { startingMs, inProgressMs, searchableAfterIndexedMs } = settings.times;
    const complaint = settings.failureOf(id) ?? metadataComplaint(metadata) ?? role.refusalOf('write');
    const submittedAt = clock.now();
    const startedAt = submittedAt + startingMs;
    const processedAt = startedAt + inProgressMs;
    const times = { submittedAt, startedAt, processedAt, searchableAt: processedAt + searchableAfterIndexedMs };
    const record: DocumentRecord = this.#documents.get(id) ?? {
      state: { status: 'STARTING' },
      passages: [],
      searchable: undefined,
      submission: 0,
    };
    this.#documents.set(id, record);
    record.submission += 1;
    record.state = { status: 'STARTING', updatedAtMs: submittedAt };
    const { submission } = record;
    const outcome = complaint ? { failure: complaint } : await this.#embedded(id, { text, metadata: [...metadata] });
    // Another submission may have come while the model was busy.
    if (record.submission === submission) this.#submit(id, record, { kind: 'ingestion', ...times, ...outcome });
  }

  /** Starts to delete a document; one that is not there stays NOT_FOUND. */
  delete(documentId: string): void {
    const record = this.#documents.get(documentId);
    if (!record) return;
    const { role, settings, clock } = this.#parts;
    const submittedAt = clock.now();
    const deletedAt = submittedAt + settings.times.deletingMs;
    this.#submit(documentId, record, { kind: 'deletion', submittedAt, deletedAt, failure: role.refusalOf('delete') });
  }

  #submit(id: string, record: DocumentRecord, submission: Submission): void {
    const { timeline, clock } = this.#parts;
    this.#stored.set(id, { searchable: record.searchable, submission });
    this.#schedule(id, record, submission);
    timeline.catchUp(clock.now());
  }

  /** The steps of a submission, which are skipped once a later one has begun. */
  #schedule(id: string, record: DocumentRecord, submission: Submission): void {
    record.submission += 1;
    const { submission: count } = record;
    const at = (atMs: number, step: () => void) =>
      this.#parts.timeline.schedule(atMs, () => {
        if (record.submission === count) step();
      });
    const { submittedAt, failure } = submission;
    const end = (atMs: number, status: 'INDEXED' | 'FAILED') => {
      record.state = { status, ...(failure !== undefined && { statusReason: failure }), updatedAtMs: atMs };
    };
    record.state = { status: submission.kind === 'ingestion' ? 'STARTING' : 'DELETING', updatedAtMs: submittedAt };
    if (submission.kind === 'ingestion') {
      const { startedAt, processedAt, searchableAt, text } = submission;
      at(startedAt, () => {
        record.state = { status: 'IN_PROGRESS', updatedAtMs: startedAt };
      });
      at(processedAt, () => end(processedAt, text ? 'INDEXED' : 'FAILED'));
      if (text) at(searchableAt, () => this.#makeSearchable(id, record, text));
    } else if (failure !== undefined) at(submission.deletedAt, () => end(submission.deletedAt, 'FAILED'));
    else at(submission.deletedAt, () => this.#remove(id, record));
  }

  #remove(id: string, record: DocumentRecord): void {
    this.#stored.delete(id);
    this.#makeSearchable(id, record, undefined);
    this.#documents.delete(id);
  }

  #makeSearchable(id: string, record: DocumentRecord, searchable: StoredText | undefined): void {
    const passages = searchable ? this.#passagesOf(id, searchable) : [];
    this.#parts.passages.remove(record.passages);
    this.#parts.passages.add(passages);
    record.passages = passages;
    record.searchable = searchable;
  }

  /** The text with the embeddings of its passages where there is a model, or why it cannot be had. */
  async #embedded(id: string, stored: StoredText): Promise<{ readonly text: StoredText } | { readonly failure: string }> {
    try {
      return { text: await this.#embed(id, stored) };
    } catch (error) {
      if (error instanceof AwsError) return { failure: error.message };
      throw error;
    }
  }

  /** The same where there is no model, or it has embedded the text already. Throws AwsError when the model fails. */
  async #embed(id: string, stored: StoredText): Promise<StoredText> {
    const { embedder } = this.#parts;
    if (!embedder || stored.embeddings?.model === embedder.model) return stored;
    const vectors = await embedder.embed(this.#passagesOf(id, stored).map(({ text }) => text));
    return { ...stored, embeddings: { model: embedder.model, vectors: vectors.map(encodeEmbedding) } };
  }

  #passagesOf(id: string, { text, metadata, embeddings }: StoredText): Passage[] {
    // Those of a model that is not there any more can be compared with nothing.
    const vectors = embeddings?.model === this.#parts.embedder?.model ? embeddings?.vectors : undefined;
    return chunk(text, this.#chunking).map((chunkText, index) => {
      const chunkId = createHash('sha256')
        .update(JSON.stringify([this.id, id, index]))
        .digest('hex')
        .slice(0, 32);
      const system = [
        [SYSTEM_METADATA.dataSourceId, this.id],
        [SYSTEM_METADATA.chunkId, chunkId],
      ] as const;
      const vector = vectors?.[index];
      const embedding = vector === undefined ? {} : { embedding: decodeEmbedding(vector) };
      return { id: chunkId, documentId: id, text: chunkText, metadata: new Map([...metadata, ...system]), ...embedding };
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
