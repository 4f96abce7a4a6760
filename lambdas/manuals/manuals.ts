import { validate as isUuid, v7 as uuidv7 } from 'uuid';
import type { Caller } from '../shared/caller.ts';
import { Problem } from '../shared/problem.ts';
import { nextUtcDay, secondsUntil } from '../shared/utc-day.ts';
import { type DescribedManual, hasExpired, type Manual, manualDocument, type Rejection } from './manual.ts';
import type { LibraryLimits } from './manual-library.ts';
import type { ManualList } from './manual-records.ts';
import {
  DEFAULT_MANUALS_PER_LIST,
  type DeletionDocument,
  type DeletionMessage,
  FILE_TYPES,
  type ImportDocument,
  type ImportMessage,
  type ImportRequest,
  MAX_MANUAL_BYTES,
  MAX_MANUALS_PER_LIST,
  type ManualDocument,
  type ManualListDocument,
  type ManualState,
  UPLOAD_FORM_SECONDS,
  type UploadDocument,
  type UploadRequest,
} from './manuals.contract.ts';
import { filenamesOf } from './url-import/filenames.ts';
import { ManualNotImported } from './url-import/import-failure.ts';
import { hostOf, parseSourceUrl } from './url-import/source-url.ts';

/** What the manuals routes need of the world. */
export interface ManualsPorts {
  readonly records: {
    get(caller: Caller, manualId: string): Promise<Manual | undefined>;
    list(caller: Caller, limit: number, afterManualId?: string): Promise<ManualList>;
    advance(caller: Caller, manualId: string, from: readonly ManualState[], change: Partial<Manual>): Promise<boolean>;
    beginDeletion(caller: Caller, manualId: string): Promise<boolean>;
  };
  readonly library: {
    add(caller: Caller, manual: Manual, limits: LibraryLimits, nowMs: number): Promise<keyof LibraryLimits | undefined>;
    reject(caller: Caller, manualId: string, from: readonly ManualState[], rejection: Rejection): Promise<boolean>;
  };
  readonly limits: LibraryLimits;
  readonly forms: { create(manual: DescribedManual): Promise<UploadDocument['upload']> };
  readonly hidden: { hide(caller: Caller, manualId: string): Promise<void>; forget(caller: Caller, manualId: string): Promise<void> };
  readonly imports: { lookAt(message: ImportMessage, delaySeconds: number): Promise<void> };
  readonly deletions: { lookAt(message: DeletionMessage, delaySeconds: number): Promise<void> };
}

/**
 * Records a manual that is about to be uploaded, and answers with the form for it. Throws a Problem when the file would not be accepted
 * or its owner has no room for it.
 */
export async function startUpload(
  ports: ManualsPorts,
  caller: Caller,
  request: UploadRequest,
  nowMs: number = Date.now(),
): Promise<UploadDocument> {
  if (!Object.hasOwn(FILE_TYPES, request.content_type)) {
    throw new Problem(
      'unsupported_type',
      `"${request.content_type}" is not accepted; accepted are ${Object.keys(FILE_TYPES).join(', ')}.`,
      {
        errors: [{ pointer: '/content_type', detail: 'is not an accepted type' }],
      },
    );
  }
  if (request.size > MAX_MANUAL_BYTES) {
    throw new Problem('too_large', `A manual has at most ${MAX_MANUAL_BYTES} bytes; this one has ${request.size}.`, {
      errors: [{ pointer: '/size', detail: `is more than ${MAX_MANUAL_BYTES}` }],
    });
  }
  const created_at = new Date(nowMs).toISOString();
  const manual: DescribedManual = {
    user_id: caller.userId,
    manual_id: uuidv7(),
    filename: request.filename,
    content_type: request.content_type,
    size: request.size,
    status: 'awaiting_upload',
    upload_method: 'direct_upload',
    created_at,
    updated_at: created_at,
  };
  const [upload] = await Promise.all([ports.forms.create(manual), addToLibrary(ports, caller, manual, nowMs)]);
  return { manual_id: manual.manual_id, upload, expires_at: new Date(nowMs + UPLOAD_FORM_SECONDS * 1000).toISOString() };
}

/** Records a new manual. Throws a Problem that names the limit when its owner has no room for it. */
async function addToLibrary(ports: ManualsPorts, caller: Caller, manual: Manual, nowMs: number): Promise<void> {
  const { library, limits } = ports;
  let reached = await library.add(caller, manual, limits, nowMs);
  if (reached === 'manuals' && (await freeExpiredPlaces(ports, caller, nowMs))) reached = await library.add(caller, manual, limits, nowMs);
  if (reached === 'manuals') {
    throw new Problem('library_full', `You have ${limits.manuals} manuals, which is as many as you may have. Delete one first.`);
  }
  if (reached === 'uploadsPerDay') {
    throw new Problem('quota_exceeded', `You have started ${limits.uploadsPerDay} uploads today, which is as many as you may in a day.`, {
      retryAfterSeconds: secondsUntil(nextUtcDay(nowMs), nowMs),
    });
  }
}

/** Says whether any of the caller's manuals had a place for a file that can be expected no more. Most callers never come here. */
async function freeExpiredPlaces({ records, library }: ManualsPorts, caller: Caller, nowMs: number): Promise<boolean> {
  let freed = 0;
  let after: string | undefined;
  do {
    const { manuals, lastManualId } = await records.list(caller, MAX_MANUALS_PER_LIST, after);
    for (const manual of manuals.filter((one) => hasExpired(one, nowMs))) {
      if (await library.reject(caller, manual.manual_id, ['awaiting_upload'], { failure: 'upload_expired' })) freed += 1;
    }
    after = lastManualId;
  } while (after !== undefined);
  return freed > 0;
}

/**
 * Records a manual that is to be fetched from its address, and has a worker fetch it. Throws a Problem when the address can be seen to
 * be wrong or its owner has no room for it.
 */
export async function startImport(
  ports: ManualsPorts,
  caller: Caller,
  request: ImportRequest,
  nowMs: number = Date.now(),
): Promise<ImportDocument> {
  const url = sourceUrlOf(request);
  const [filename = hostOf(url)] = filenamesOf(undefined, url);
  const created_at = new Date(nowMs).toISOString();
  const manual: Manual = {
    user_id: caller.userId,
    manual_id: uuidv7(),
    filename,
    status: 'importing',
    upload_method: 'url_import',
    source_url: url.href,
    created_at,
    updated_at: created_at,
  };
  await addToLibrary(ports, caller, manual, nowMs);
  try {
    await ports.imports.lookAt({ user_id: manual.user_id, manual_id: manual.manual_id, attempt: 0 }, 0);
  } catch (error) {
    // Nobody may ever hear of it. Should the message be on its way all the same, its worker takes the manual up.
    await ports.records.advance(caller, manual.manual_id, ['importing'], { status: 'failed', failure: 'indexing_failed' });
    throw error;
  }
  return { manual_id: manual.manual_id, status: 'importing' };
}

function sourceUrlOf({ source_url }: ImportRequest): URL {
  try {
    return parseSourceUrl(source_url);
  } catch (error) {
    if (!(error instanceof ManualNotImported)) throw error;
    throw new Problem('invalid_request', error.message, { errors: [{ pointer: '/source_url', detail: error.message }] });
  }
}

/** One of the caller's manuals. Somebody else's is as unknown as one that never was. */
export async function getManual(ports: ManualsPorts, caller: Caller, manualId: string): Promise<ManualDocument> {
  const manual = isUuid(manualId) ? await ports.records.get(caller, manualId) : undefined;
  if (!manual) throw unknownManual();
  return manualDocument(manual, Date.now());
}

/**
 * Has one of the caller's manuals deleted, whatever its state. It has stopped answering when this returns; a worker then removes what
 * there is of it, and its record last. Doing it again does no harm, and takes up what broke off between two steps.
 */
export async function removeManual(ports: ManualsPorts, caller: Caller, manualId: string): Promise<DeletionDocument> {
  if (!isUuid(manualId)) throw unknownManual();
  if (!(await ports.records.beginDeletion(caller, manualId))) {
    // An earlier call may have hidden it just when the worker was done, and broken off.
    await ports.hidden.forget(caller, manualId);
    throw unknownManual();
  }
  await ports.hidden.hide(caller, manualId);
  await ports.deletions.lookAt({ user_id: caller.userId, manual_id: manualId, step: 'remove', attempt: 0 }, 0);
  return { manual_id: manualId, status: 'deleting' };
}

const unknownManual = () => new Problem('not_found', 'You have no manual of this id.');

/** The caller's manuals, newest first. */
export async function listManuals(
  ports: ManualsPorts,
  caller: Caller,
  { limit = DEFAULT_MANUALS_PER_LIST, cursor }: { limit?: number | undefined; cursor?: string | undefined },
): Promise<ManualListDocument> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const { manuals, lastManualId } = await ports.records.list(caller, limit, after);
  const now = Date.now();
  return {
    manuals: manuals.map((manual) => manualDocument(manual, now)),
    ...(lastManualId !== undefined && { next_cursor: encodeCursor(lastManualId) }),
  };
}

/** A cursor holds a manual's id and no owner, so that another user's cursor leads nowhere but into one's own list. */
const encodeCursor = (manualId: string): string => Buffer.from(manualId).toString('base64url');

function decodeCursor(cursor: string): string {
  const manualId = Buffer.from(cursor, 'base64url').toString();
  if (!isUuid(manualId)) {
    throw new Problem('invalid_request', 'The cursor is not one that a list returned.', {
      errors: [{ pointer: '/cursor', detail: 'is not one that a list returned' }],
    });
  }
  return manualId;
}
