import * as z from 'zod';
import type { AwsCall } from '../platform/call.ts';
import { jsonReply, type PathLabels, RestJsonReply, type RestJsonRoute } from '../platform/rest-json-protocol.ts';
import type { DataSource } from './data-source.ts';
import { documentIdentifierSchema, documentSchema, toDocument, toDocumentId } from './document.ts';
import type { KnowledgeBases } from './knowledge-base.ts';
import { invalid, parseInput, resourceIdSchema } from './request.ts';

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_IngestKnowledgeBaseDocuments.html; the user guide's 25 is not what the API takes. */
const MAX_DOCUMENTS_PER_CALL = 10;
/** https://docs.aws.amazon.com/bedrock/latest/userguide/kb-direct-ingestion-add.html */
const MAX_INGEST_BYTES = 6 * 1024 * 1024;
const MAX_PAGE_SIZE = 1000;
const DEFAULT_PAGE_SIZE = 100;

const clientToken = z
  .string()
  .min(33)
  .max(256)
  .regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}$/)
  .optional();
const documentIdentifiers = z.array(documentIdentifierSchema).min(1).max(MAX_DOCUMENTS_PER_CALL);

const labelsSchema = z.strictObject({ knowledgeBaseId: resourceIdSchema, dataSourceId: resourceIdSchema });
const ingestSchema = z.strictObject({ clientToken, documents: z.array(documentSchema).min(1).max(MAX_DOCUMENTS_PER_CALL) });
const getSchema = z.strictObject({ documentIdentifiers });
const deleteSchema = z.strictObject({ clientToken, documentIdentifiers });
const listSchema = z.strictObject({ maxResults: z.int().min(1).max(MAX_PAGE_SIZE).optional(), nextToken: z.string().min(1).optional() });

const DOCUMENTS_PATH = '/knowledgebases/{knowledgeBaseId}/datasources/{dataSourceId}/documents';

/** Direct ingestion: the documents of a custom data source. */
export function ingestionRoutes(knowledgeBases: KnowledgeBases): readonly RestJsonRoute[] {
  const dataSourceOf = (labels: PathLabels, operation: string) => {
    const { knowledgeBaseId, dataSourceId } = parseInput(labelsSchema, labels, operation);
    return knowledgeBases.get(knowledgeBaseId).dataSource(dataSourceId);
  };
  return [
    {
      operation: 'IngestKnowledgeBaseDocuments',
      method: 'PUT',
      path: DOCUMENTS_PATH,
      handle: async (input, labels, call) => ingest(input, dataSourceOf(labels, 'IngestKnowledgeBaseDocuments'), call),
    },
    {
      operation: 'ListKnowledgeBaseDocuments',
      method: 'POST',
      path: DOCUMENTS_PATH,
      handle: async (input, labels) => list(input, dataSourceOf(labels, 'ListKnowledgeBaseDocuments')),
    },
    {
      operation: 'GetKnowledgeBaseDocuments',
      method: 'POST',
      path: `${DOCUMENTS_PATH}/getDocuments`,
      handle: async (input, labels) => get(input, dataSourceOf(labels, 'GetKnowledgeBaseDocuments')),
    },
    {
      operation: 'DeleteKnowledgeBaseDocuments',
      method: 'POST',
      path: `${DOCUMENTS_PATH}/deleteDocuments`,
      handle: async (input, labels) => remove(input, dataSourceOf(labels, 'DeleteKnowledgeBaseDocuments')),
    },
  ];
}

async function ingest(input: unknown, dataSource: DataSource, call: AwsCall): Promise<RestJsonReply> {
  if (call.body.length > MAX_INGEST_BYTES) {
    throw invalid(`The documents of one call must not pass ${MAX_INGEST_BYTES} bytes; the request has ${call.body.length}.`);
  }
  const { clientToken: token, documents } = parseInput(ingestSchema, input, 'IngestKnowledgeBaseDocuments');
  const accepted = documents.map(toDocument);
  const ids = accepted.map(({ id }) => id);
  refuseRepetition(ids);
  // AWS ignores a request whose token it has seen, without an error.
  if (token === undefined || dataSource.redeem(token)) await Promise.all(accepted.map((document) => dataSource.ingest(document)));
  return acceptedReply(dataSource, ids);
}

function get(input: unknown, dataSource: DataSource): object {
  const { documentIdentifiers } = parseInput(getSchema, input, 'GetKnowledgeBaseDocuments');
  return { documentDetails: detailsOf(dataSource, documentIdentifiers.map(toDocumentId)) };
}

function remove(input: unknown, dataSource: DataSource): RestJsonReply {
  const { clientToken: token, documentIdentifiers } = parseInput(deleteSchema, input, 'DeleteKnowledgeBaseDocuments');
  const ids = documentIdentifiers.map(toDocumentId);
  refuseRepetition(ids);
  if (token === undefined || dataSource.redeem(token)) for (const id of ids) dataSource.delete(id);
  return acceptedReply(dataSource, ids);
}

function list(input: unknown, dataSource: DataSource): object {
  const { maxResults = DEFAULT_PAGE_SIZE, nextToken } = parseInput(listSchema, input, 'ListKnowledgeBaseDocuments');
  const ids = dataSource.documentIds;
  const start = nextToken === undefined ? 0 : Number(Buffer.from(nextToken, 'base64url').toString());
  if (!Number.isInteger(start)) throw invalid('The nextToken is not valid.');
  const end = start + maxResults;
  return {
    documentDetails: detailsOf(dataSource, ids.slice(start, end)),
    ...(end < ids.length && { nextToken: Buffer.from(String(end)).toString('base64url') }),
  };
}

function refuseRepetition(ids: readonly string[]): void {
  const repeated = ids.find((id, index) => ids.indexOf(id) < index);
  if (repeated !== undefined) throw invalid(`The document ${repeated} is named twice in one request.`);
}

function acceptedReply(dataSource: DataSource, ids: readonly string[]): RestJsonReply {
  return new RestJsonReply(jsonReply(202, { documentDetails: detailsOf(dataSource, ids) }));
}

function detailsOf(dataSource: DataSource, ids: readonly string[]): object[] {
  return ids.map((id) => {
    const { updatedAtMs, ...state } = dataSource.stateOf(id);
    return {
      knowledgeBaseId: dataSource.knowledgeBaseId,
      dataSourceId: dataSource.id,
      identifier: { dataSourceType: 'CUSTOM', custom: { id } },
      ...state,
      ...(updatedAtMs !== undefined && { updatedAt: new Date(updatedAtMs).toISOString() }),
    };
  });
}
