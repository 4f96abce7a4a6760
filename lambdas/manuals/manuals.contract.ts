import * as z from 'zod/mini';
import { commonEnvironment, type FunctionContract, positiveInteger, text } from '../shared/function.contract.ts';
import { guardedApiEnvironment } from '../shared/guard/guard.contract.ts';
import type { MetricsContract } from '../shared/metrics.contract.ts';
import { retrievalEnvironment } from '../shared/retrieval.contract.ts';
import { spendGateEnvironment } from '../spend/spend.contract.ts';
import { hidingEnvironment } from '../usage/usage.contract.ts';

/** The largest manual: the knowledge base's own limit for a text file. */
export const MAX_MANUAL_BYTES = 50 * 1024 * 1024;
export const MAX_MANUAL_PAGES = 1000;
/** Neither control characters, nor those that turn the direction of writing, nor halves of characters. */
const PLAIN_TEXT = /^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]+$/u;
/** How long an upload form is valid. */
export const UPLOAD_FORM_SECONDS = 15 * 60;
const MAX_FILENAME_CHARACTERS = 255;
export const DEFAULT_MANUALS_PER_LIST = 20;
export const MAX_MANUALS_PER_LIST = 100;

/** The formats that can be read, by content type. */
export const FILE_TYPES = {
  'application/pdf': 'pdf',
  'text/plain': 'text',
  'text/markdown': 'markdown',
  'text/html': 'html',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
} as const;
export type ManualContentType = keyof typeof FILE_TYPES;

/** Forms and imports write under `incoming/` only, the ingestion worker under `manuals/` only: `<prefix><user_id>/<manual_id>`. */
export const INCOMING_PREFIX = 'incoming/';
export const MANUALS_PREFIX = 'manuals/';

export type ManualState = 'awaiting_upload' | 'importing' | 'validating' | 'indexing' | 'ready' | 'failed' | 'deleting';

/** How a manual comes in: by a form that its owner fills, or fetched from an address. */
export type UploadMethod = 'direct_upload' | 'url_import';

/** Why a manual failed, each with the sentence that its owner reads where there is nothing more exact to say. */
export const MANUAL_FAILURES = {
  upload_expired: 'The file was not uploaded in time. Start the upload again.',
  duplicate: 'You have this manual already.',
  wrong_type: 'The file is not of the type that was announced.',
  encrypted: 'The file is protected by a password. Upload it without.',
  unreadable: 'No text could be read from the file. A scan without text cannot be searched.',
  empty: 'The file holds no text.',
  too_many_pages: `The file has more than ${MAX_MANUAL_PAGES} pages.`,
  scan_found: 'The file holds malware.',
  scan_inconclusive: 'The file could not be checked for malware.',
  import_refused: 'The file may not be fetched from this address.',
  import_failed: 'The file could not be fetched from this address.',
  indexing_failed: 'The manual could not be indexed. Upload it again.',
} as const;
export type ManualFailure = keyof typeof MANUAL_FAILURES;

export const UploadRequest = z.strictObject({
  filename: z
    .string()
    .check(z.trim(), z.minLength(1), z.maxLength(MAX_FILENAME_CHARACTERS), z.regex(PLAIN_TEXT, 'holds control characters')),
  content_type: z.string().check(z.minLength(1), z.maxLength(100)),
  size: z.int().check(z.minimum(1)),
});
export type UploadRequest = z.output<typeof UploadRequest>;

/** An import by address. Whether a manual may be fetched from there is not for a schema to say. */
const ImportRequest = z.strictObject({ source_url: z.string() });
export type ImportRequest = z.output<typeof ImportRequest>;

/** What starts a manual. */
export const NewManualRequest = z.union([UploadRequest, ImportRequest]);

export const ListParameters = z.object({
  limit: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(MAX_MANUALS_PER_LIST))),
  cursor: z.optional(z.string()),
});

/** A manual as its owner sees it. */
export interface ManualDocument {
  readonly manual_id: string;
  readonly filename: string;
  /** Absent until it is known: of a manual that is imported, until it was fetched. So is the size, in bytes. */
  readonly content_type?: string;
  readonly size?: number;
  /** Where it is imported from. */
  readonly source_url?: string;
  readonly status: ManualState;
  readonly pages?: number;
  readonly failure?: { readonly code: ManualFailure; readonly detail: string; readonly duplicate_of?: string } | undefined;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface UploadDocument {
  readonly manual_id: string;
  readonly upload: { readonly url: string; readonly fields: Readonly<Record<string, string>> };
  readonly expires_at: string;
}

/** That a manual is being fetched from its address. */
export interface ImportDocument {
  readonly manual_id: string;
  readonly status: 'importing';
}

export interface ManualListDocument {
  readonly manuals: readonly ManualDocument[];
  /** Absent on the last page. */
  readonly next_cursor?: string;
}

/** That a manual is being deleted: it answers no question any more, and is gone once its record is. */
export interface DeletionDocument {
  readonly manual_id: string;
  readonly status: 'deleting';
}

/** How long the ingestion worker may run, and so the longest that it may still be writing what a deletion must find. */
export const INGESTION_TIMEOUT_SECONDS = 300;

/** What the import worker is told, and repeats to itself while the server that has the manual does not hand it out. */
export const ImportMessage = z.object({
  user_id: text(),
  manual_id: text(),
  /** How often the server was asked already. */
  attempt: z.int().check(z.minimum(0)),
});
export type ImportMessage = z.output<typeof ImportMessage>;

/** What the ingestion worker tells the readiness probe, which repeats it to itself until the manual is ready. */
export const ReadinessMessage = z.object({
  user_id: text(),
  manual_id: text(),
  /** The numbers of the pages that have text, each of which is a document. */
  pages: z.array(z.int().check(z.minimum(1))).check(z.minLength(1)),
  /** Words of the manual, by which a search must find it. */
  probe: text(),
  /** How often it was looked at already. */
  attempt: z.int().check(z.minimum(0)),
});
export type ReadinessMessage = z.output<typeof ReadinessMessage>;

/** What the deletion worker is told, and repeats to itself until nothing of the manual is left. */
export const DeletionMessage = z.object({
  user_id: text(),
  manual_id: text(),
  /** What comes next: have every document removed, see them gone, or see that they are still gone a while later. */
  step: z.enum(['remove', 'look', 'confirm']),
  /** How often it was looked at already: before the removal for an ingestion that writes, after it for the documents. */
  attempt: z.int().check(z.minimum(0)),
});
export type DeletionMessage = z.output<typeof DeletionMessage>;

const records = { MANUALS_TABLE: text() } as const;
const files = { MANUALS_BUCKET: text() } as const;
const documents = { KNOWLEDGE_BASE_ID: text(), DATA_SOURCE_ID: text() } as const;
/** `add` needs the one, `startWriting` the other. */
const placeLimits = { MANUALS_PER_USER: positiveInteger(), UPLOADS_PER_DAY: positiveInteger() } as const;
const pageLimit = { PAGES_PER_USER: positiveInteger() } as const;
const importQueue = { IMPORT_QUEUE_URL: text() } as const;
/** Whether only what was scanned for malware, and found clean, is taken in. */
const malwareScan = { MALWARE_SCAN: z.enum(['on', 'off']) } as const;
const readinessQueue = { READINESS_QUEUE_URL: text() } as const;
const deletionQueue = { DELETION_QUEUE_URL: text() } as const;

export const manualsContract = {
  name: 'manuals',
  entry: 'manuals/manuals',
  environment: {
    ...guardedApiEnvironment,
    ...records,
    ...placeLimits,
    ...files,
    ...hidingEnvironment,
    ...spendGateEnvironment,
    ...importQueue,
    ...deletionQueue,
  },
  routes: {
    list: { method: 'GET', path: '/api/manuals', access: 'user' },
    get: { method: 'GET', path: '/api/manuals/{manual_id}', access: 'user' },
    upload: { method: 'POST', path: '/api/manuals/upload', access: 'user', body: NewManualRequest },
    remove: { method: 'DELETE', path: '/api/manuals/{manual_id}', access: 'user' },
  },
} as const satisfies FunctionContract;

/** Fetches a manual from the address that its owner named, and puts it where an upload would be. */
export const importContract = {
  name: 'manuals-import',
  entry: 'manuals/import',
  environment: { ...commonEnvironment, ...records, ...files, ...importQueue },
} as const satisfies FunctionContract;

/** Takes what was uploaded, reads it page by page and hands the pages to the knowledge base. */
export const ingestionContract = {
  name: 'manuals-ingestion',
  entry: 'manuals/ingestion',
  environment: { ...commonEnvironment, ...records, ...pageLimit, ...files, ...documents, ...readinessQueue, ...malwareScan },
} as const satisfies FunctionContract;

/** Watches a manual until it is indexed and a search finds it. */
export const readinessContract = {
  name: 'manuals-readiness',
  entry: 'manuals/readiness',
  environment: { ...commonEnvironment, ...records, ...documents, ...retrievalEnvironment, ...readinessQueue },
} as const satisfies FunctionContract;

/** Removes what there is of a manual: its vectors, all versions of its file, its record. */
export const deletionContract = {
  name: 'manuals-deletion',
  entry: 'manuals/deletion',
  environment: { ...commonEnvironment, ...records, ...files, ...documents, ...hidingEnvironment, ...deletionQueue },
} as const satisfies FunctionContract;

export const MANUALS_METRICS = {
  /** Emitted once a manual is ready: since its upload was announced. */
  timeToSearchable: { name: 'TimeToSearchable', unit: 'Milliseconds', dimensions: [], meaning: 'From upload to ready' },
} as const satisfies MetricsContract;
