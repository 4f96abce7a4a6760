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
  type UploadMethod,
} from './manuals.contract.ts';

/** A manual as it is recorded. Its owner is part of its key, so that nobody can ask for somebody else's. */
export interface Manual {
  readonly user_id: string;
  /** A version 7 UUID: sorted by id is sorted by time. */
  readonly manual_id: string;
  readonly filename: string;
  readonly content_type: string;
  readonly size: number;
  readonly status: ManualState;
  readonly pages?: number;
  readonly failure?: ManualFailure;
  /** What its owner reads of the failure, where that is more exact than the failure's own sentence. */
  readonly failure_detail?: string;
  readonly upload_method: UploadMethod;
  /** The version of the uploaded object that is being, or was, ingested. */
  readonly object_version?: string;
  /** One entry for each ingestion that may be writing pages and the file, see `newWriter`. */
  readonly writers?: ReadonlySet<string>;
  /** ISO 8601, UTC. */
  readonly created_at: string;
  readonly updated_at: string;
}

/** What the owner sees of a manual. */
export function manualDocument(manual: Manual): ManualDocument {
  const { manual_id, filename, content_type, size, status, pages, failure, failure_detail, created_at, updated_at } = manual;
  return {
    manual_id,
    filename,
    content_type,
    size,
    status,
    ...(pages !== undefined && { pages }),
    // A manual that was given up and taken up again keeps what it had failed of in its record.
    ...(status === 'failed' && failure && { failure: { code: failure, detail: failure_detail ?? MANUAL_FAILURES[failure] } }),
    created_at,
    updated_at,
  };
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
