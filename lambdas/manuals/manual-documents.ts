import {
  type BedrockAgentClient,
  DeleteKnowledgeBaseDocumentsCommand,
  type DocumentIdentifier,
  type DocumentStatus,
  GetKnowledgeBaseDocumentsCommand,
  IngestKnowledgeBaseDocumentsCommand,
  type KnowledgeBaseDocument,
  type MetadataAttribute,
} from '@aws-sdk/client-bedrock-agent';
import { documentId, PASSAGE_METADATA } from '../shared/passages.contract.ts';
import { cutToBytes } from './cut-to-bytes.ts';
import { reportEmbedding } from './embedding-cost.ts';
import type { Page } from './extraction/page.ts';
import type { DescribedManual } from './manual.ts';
import { FILE_TYPES, type ManualContentType } from './manuals.contract.ts';

/** Documents per Ingest, Get or Delete call (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_IngestKnowledgeBaseDocuments.html). */
const DOCUMENTS_PER_CALL = 10;
/** Bytes per Ingest call: 6 MB, less what JSON escapes and metadata add. */
const BYTES_PER_CALL = 3 * 1024 * 1024;
/** The store keeps about 1 KB of our metadata with each vector, so long values are cut; the record holds them whole. */
const MAX_FILENAME_BYTES = 150;
const MAX_SOURCE_URL_BYTES = 300;

/**
 * Ingest, Get and Delete take 5 calls per second each, for the account: workers that run side by side meet that in ordinary
 * use, so the client slows down by itself before a message has to be tried again.
 */
export const BEDROCK_AGENT_RETRIES = { retryMode: 'adaptive', maxAttempts: 10 } as const;

/** The knowledge base's documents of a manual, one per page. */
export class ManualDocuments {
  readonly #client: BedrockAgentClient;
  readonly #target: { readonly knowledgeBaseId: string; readonly dataSourceId: string };

  constructor(client: BedrockAgentClient, knowledgeBaseId: string, dataSourceId: string) {
    this.#client = client;
    this.#target = { knowledgeBaseId, dataSourceId };
  }

  /** Hands every page to the knowledge base, with its owner. A page that is there already is replaced. */
  async ingest(manual: DescribedManual, pages: readonly Page[]): Promise<void> {
    for (const batch of batches(pages)) {
      const documents = batch.map((page) => toDocument(manual, page));
      await this.#client.send(new IngestKnowledgeBaseDocumentsCommand({ ...this.#target, documents }));
      reportEmbedding(batch);
    }
  }

  /** Asks for the removal of these pages, which then takes its time. One that is not there is no error. */
  async remove(manualId: string, pageNumbers: readonly number[]): Promise<void> {
    for (const ids of idsByCall(manualId, pageNumbers)) {
      await this.#client.send(new DeleteKnowledgeBaseDocumentsCommand({ ...this.#target, documentIdentifiers: ids.map(toIdentifier) }));
    }
  }

  /** How far each of these pages is, in their order. Asks no further than the first call whose pages are not all as `wanted`. */
  async statuses(manualId: string, pageNumbers: readonly number[], wanted: DocumentStatus): Promise<DocumentStatus[]> {
    const statuses: DocumentStatus[] = [];
    for (const ids of idsByCall(manualId, pageNumbers)) {
      statuses.push(...(await this.#statusesOf(ids)));
      if (statuses.some((status) => status !== wanted)) break;
    }
    return statuses;
  }

  /** A document that the answer does not name is not there (yet). */
  async #statusesOf(ids: readonly string[]): Promise<DocumentStatus[]> {
    const documentIdentifiers = ids.map(toIdentifier);
    const { documentDetails = [] } = await this.#client.send(
      new GetKnowledgeBaseDocumentsCommand({ ...this.#target, documentIdentifiers }),
    );
    const byId = new Map(documentDetails.map(({ identifier, status }) => [identifier?.custom?.id, status]));
    return ids.map((id) => byId.get(id) ?? 'NOT_FOUND');
  }
}

/** The documents' ids of these pages, as many at a time as one call takes. */
function* idsByCall(manualId: string, pageNumbers: readonly number[]): Generator<string[]> {
  for (let start = 0; start < pageNumbers.length; start += DOCUMENTS_PER_CALL) {
    yield pageNumbers.slice(start, start + DOCUMENTS_PER_CALL).map((page) => documentId(manualId, page));
  }
}

const toIdentifier = (id: string): DocumentIdentifier => ({ dataSourceType: 'CUSTOM', custom: { id } });

function toDocument(manual: DescribedManual, page: Page): KnowledgeBaseDocument {
  return {
    content: {
      dataSourceType: 'CUSTOM',
      custom: {
        customDocumentIdentifier: { id: documentId(manual.manual_id, page.number) },
        sourceType: 'IN_LINE',
        inlineContent: { type: 'TEXT', textContent: { data: page.text } },
      },
    },
    metadata: { type: 'IN_LINE_ATTRIBUTE', inlineAttributes: metadataOf(manual, page) },
  };
}

function metadataOf(manual: DescribedManual, page: Page): MetadataAttribute[] {
  const text = (key: string, stringValue: string): MetadataAttribute => ({ key, value: { type: 'STRING', stringValue } });
  const paged = manual.content_type === 'application/pdf';
  return [
    text(PASSAGE_METADATA.owner, manual.user_id),
    text(PASSAGE_METADATA.manual, manual.manual_id),
    ...(paged ? [{ key: PASSAGE_METADATA.page, value: { type: 'NUMBER' as const, numberValue: page.number } }] : []),
    ...(page.section ? [text(PASSAGE_METADATA.section, page.section)] : []),
    text(PASSAGE_METADATA.uploadedBy, manual.user_id),
    text(PASSAGE_METADATA.filename, cutToBytes(manual.filename, MAX_FILENAME_BYTES)),
    text(PASSAGE_METADATA.uploadedAt, manual.created_at),
    text(PASSAGE_METADATA.uploadMethod, manual.upload_method),
    text(PASSAGE_METADATA.fileType, FILE_TYPES[manual.content_type as ManualContentType]),
    ...(manual.source_url ? [text(PASSAGE_METADATA.sourceUrl, cutToBytes(manual.source_url, MAX_SOURCE_URL_BYTES))] : []),
  ];
}

function* batches(pages: readonly Page[]): Generator<Page[]> {
  let batch: Page[] = [];
  let bytes = 0;
  for (const page of pages) {
    const pageBytes = Buffer.byteLength(page.text);
    if (batch.length === DOCUMENTS_PER_CALL || (batch.length > 0 && bytes + pageBytes > BYTES_PER_CALL)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(page);
    bytes += pageBytes;
  }
  if (batch.length > 0) yield batch;
}
