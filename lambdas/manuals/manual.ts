import { randomUUID } from 'node:crypto';
import type { ExtractionFailure } from './extraction/answer.ts';
import {
  INCOMING_PREFIX,
  INGESTION_TIMEOUT_SECONDS,
  MANUAL_FAILURES,
  MANUALS_PREFIX,
  type ManualDocument,
  type ManualFailure,
  type ManualState,
  UPLOAD_FORM_SECONDS,
  type UploadMethod,
} from './manuals.contract.ts';

/** A manual as it is recorded. Its owner is part of its key, so that nobody can ask for somebody else's. */
export interface Manual {
  readonly user_id: string;
  /** A version 7 UUID: sorted by id is sorted by time. */
  readonly manual_id: string;
  /** Of one that is imported, what its address ends in, until it was fetched. */
  readonly filename: string;
  /** What is known of the file: of an upload from the start, of an import once it was fetched. */
  readonly content_type?: string;
  readonly size?: number;
  readonly status: ManualState;
  readonly pages?: number;
  readonly failure?: ManualFailure;
  /** What its owner reads of the failure, where that is more exact than the failure's own sentence. */
  readonly failure_detail?: string;
  /** The owner's other manual that holds the same bytes. */
  readonly duplicate_of?: string;
  /** The SHA-256 of the bytes that are being, or were, ingested, in hexadecimal digits. */
  readonly content_hash?: string;
  readonly upload_method: UploadMethod;
  /** Where it is imported from: the whole address, as it is asked for. */
  readonly source_url?: string;
  /** The version of the incoming object that is being, or was, ingested; of an import, known as soon as it is written. */
  readonly object_version?: string;
  /** One entry for each ingestion that may be writing pages and the file, see `newWriter`. */
  readonly writers?: ReadonlySet<string>;
  /** ISO 8601, UTC. */
  readonly created_at: string;
  readonly updated_at: string;
}

/** A manual of which it is known what its file is. */
export type DescribedManual = Manual & Required<Pick<Manual, 'content_type' | 'size'>>;

export function isDescribed(manual: Manual): manual is DescribedManual {
  return manual.content_type !== undefined && manual.size !== undefined;
}

/** What the owner sees of a manual. */
export function manualDocument(manual: Manual, nowMs: number): ManualDocument {
  const { manual_id, filename, content_type, size, source_url, pages, created_at, updated_at } = manual;
  const failure = failureOf(manual, nowMs);
  return {
    manual_id,
    filename,
    ...(content_type !== undefined && { content_type }),
    ...(size !== undefined && { size }),
    ...(source_url !== undefined && { source_url }),
    status: failure ? 'failed' : manual.status,
    ...(pages !== undefined && { pages }),
    ...(failure && { failure }),
    created_at,
    updated_at,
  };
}

/** A manual that was given up and taken up again keeps what it had failed of in its record. */
function failureOf(manual: Manual, nowMs: number): ManualDocument['failure'] {
  const code = hasExpired(manual, nowMs) ? 'upload_expired' : manual.status === 'failed' ? manual.failure : undefined;
  if (code === undefined) return undefined;
  const { failure_detail: detail = MANUAL_FAILURES[code], duplicate_of } = manual;
  return { code, detail, ...(duplicate_of !== undefined && { duplicate_of }) };
}

/** As long again as the form is good: the largest file may be begun in its last second, and its event takes its time. */
const UPLOAD_GRACE_SECONDS = UPLOAD_FORM_SECONDS;

/**
 * Whether the file of a manual can be expected no more. It is looked up rather than recorded, so that an event that was held up for
 * hours is still taken; it is recorded when the manual's place is needed, see `startUpload`.
 */
export function hasExpired({ status, created_at }: Manual, nowMs: number): boolean {
  return status === 'awaiting_upload' && Date.parse(created_at) + (UPLOAD_FORM_SECONDS + UPLOAD_GRACE_SECONDS) * 1000 <= nowMs;
}

/** Whether a manual counts against its owner's limit: all do but those of which nothing was written when they failed for good. */
export function takesPlace({ failure, pages }: Manual): boolean {
  return failure === undefined || failure === 'indexing_failed' || pages !== undefined;
}

/** What a manual's keys are made of. */
export type Identity = Pick<Manual, 'user_id' | 'manual_id'>;

export const incomingKey = ({ user_id, manual_id }: Identity): string => `${INCOMING_PREFIX}${user_id}/${manual_id}`;
export const manualKey = ({ user_id, manual_id }: Identity): string => `${MANUALS_PREFIX}${user_id}/${manual_id}`;

/** Whose manual an incoming object is; undefined when the key is not one of ours. */
export function parseIncomingKey(key: string): Identity | undefined {
  const [, user_id, manual_id] = new RegExp(`^${INCOMING_PREFIX}([^/]+)/([^/]+)$`).exec(key) ?? [];
  return user_id && manual_id ? { user_id, manual_id } : undefined;
}

/** For clocks that differ, and for a call that is still on its way when the function that sent it has been ended. */
const WRITER_MARGIN_SECONDS = 60;

/** An entry for an ingestion that begins to write now: the moment in which it can no longer be writing, and who it is. */
export function newWriter(nowMs: number): string {
  return `${nowMs + (INGESTION_TIMEOUT_SECONDS + WRITER_MARGIN_SECONDS) * 1000}#${randomUUID()}`;
}

/** Whether an ingestion may still be writing. One that broke off leaves its entry behind, which then counts until its time is up. */
export function isBeingWritten({ writers = new Set() }: Pick<Manual, 'writers'>, nowMs: number): boolean {
  return [...writers].some((writer) => Number.parseInt(writer, 10) > nowMs);
}

/** Why a manual cannot be used, and the sentence for its owner where the failure's own does not say it all. */
export interface Rejection {
  readonly failure: Exclude<ManualFailure, 'indexing_failed'>;
  readonly detail?: string | undefined;
  /** The id of the manual that it is a duplicate of. */
  readonly duplicateOf?: string | undefined;
}

/** A file cannot be used as it is; its owner is told why. Trying again would change nothing. */
export class ManualRejected extends Error implements Rejection {
  override readonly name = 'ManualRejected';
  readonly failure: ExtractionFailure;

  constructor(failure: ExtractionFailure, options?: ErrorOptions) {
    super(MANUAL_FAILURES[failure], options);
    this.failure = failure;
  }
}
