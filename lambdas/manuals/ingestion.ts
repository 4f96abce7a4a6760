import { type Caller, ownerOf } from '../shared/caller.ts';
import { cutText } from '../shared/cut-text.ts';
import type { ExtractedText, Page } from './extraction/page.ts';
import { type Identity, type Manual, ManualRejected, parseIncomingKey, type Rejection } from './manual.ts';
import type { ManualState, ReadinessMessage } from './manuals.contract.ts';

/** The exact object that arrived. */
export interface IncomingObject {
  readonly key: string;
  readonly version: string;
}

/** What ingestion needs of the world. */
export interface IngestionPorts {
  readonly records: {
    get(caller: Caller, manualId: string): Promise<Manual | undefined>;
    claim(caller: Caller, manualId: string, version: string): Promise<boolean>;
    startWriting(caller: Caller, manualId: string, pages: number): Promise<string | undefined>;
    endWriting(caller: Caller, manualId: string, writer: string): Promise<void>;
    advance(caller: Caller, manualId: string, from: readonly ManualState[], change: Partial<Manual>): Promise<boolean>;
    reject(caller: Caller, manualId: string, from: readonly ManualState[], rejection: Rejection): Promise<boolean>;
  };
  readonly files: {
    readIncoming(manual: Manual, version: string): Promise<Uint8Array>;
    keep(manual: Manual, version: string): Promise<void>;
    discard(manual: Identity, version: string): Promise<void>;
  };
  /** The text by page. Throws ManualRejected. */
  readonly extractPages: (contentType: string, bytes: Uint8Array) => Promise<ExtractedText>;
  readonly documents: { ingest(manual: Manual, pages: readonly Page[]): Promise<void> };
  readonly readiness: { lookAt(message: ReadinessMessage): Promise<void> };
  readonly onIgnored: (object: IncomingObject, reason: string) => void;
}

/** As much of a page as the readiness probe searches for. */
const PROBE_CHARACTERS = 200;

/**
 * Takes what was uploaded: reads it by page, keeps it, hands the pages to the knowledge base and asks the readiness
 * probe to watch. Every step may be repeated, so that a message that comes again, or a crash between two steps, does no harm.
 * Whatever it throws is tried again by the queue; a file that cannot be used is not.
 *
 * What arrives for a manual that is being deleted, or is gone, is removed at once: by a form, say, that was still good. Between
 * `startWriting` and `endWriting` a deletion waits, since it could not see what is yet to come.
 */
export async function ingest(ports: IngestionPorts, object: IncomingObject): Promise<void> {
  const identity = parseIncomingKey(object.key);
  if (!identity) return ports.onIgnored(object, 'the key is not that of a manual');
  const owner = ownerOf(identity);
  const manual = await ports.records.get(owner, identity.manual_id);
  if (!manual || manual.status === 'deleting') {
    await ports.files.discard(identity, object.version);
    return ports.onIgnored(object, manual ? 'the manual is being deleted' : 'there is no record of this manual');
  }
  if (!(await ports.records.claim(owner, manual.manual_id, object.version))) {
    return ports.onIgnored(object, `the manual is ${manual.status} already, or another version of it is being used`);
  }
  const advance = (change: Partial<Manual>) => ports.records.advance(owner, manual.manual_id, ['validating'], change);
  let extracted: ExtractedText;
  try {
    extracted = await ports.extractPages(manual.content_type, await ports.files.readIncoming(manual, object.version));
  } catch (error) {
    if (!(error instanceof ManualRejected)) throw error;
    await ports.records.reject(owner, manual.manual_id, ['validating'], error);
    return;
  }
  const { pageCount, pages } = extracted;
  const writer = await ports.records.startWriting(owner, manual.manual_id, pageCount);
  if (writer === undefined) return ports.onIgnored(object, 'the manual is not being validated any more');
  await allEnded([ports.files.keep(manual, object.version), ports.documents.ingest(manual, pages)]);
  await ports.records.endWriting(owner, manual.manual_id, writer);
  await ports.readiness.lookAt(firstLook(manual, pages));
  await advance({ status: 'indexing' });
}

/**
 * Waits for all of them, whether or not one fails, and throws what the first threw. What went on when the function has
 * answered would be frozen, and resumed in whatever the environment is given to do next.
 */
async function allEnded(tasks: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** Tells the owner that it came to nothing, when a message has failed for the last time. A redrive takes it up again. */
export async function giveUp(ports: Pick<IngestionPorts, 'records'>, object: IncomingObject): Promise<void> {
  const identity = parseIncomingKey(object.key);
  if (!identity) return;
  const failed = { status: 'failed', failure: 'indexing_failed' } as const;
  await ports.records.advance(ownerOf(identity), identity.manual_id, ['awaiting_upload', 'validating'], failed);
}

/** The probe searches for words of the last page, which is indexed last as far as there is an order. */
function firstLook({ user_id, manual_id }: Manual, pages: readonly Page[]): ReadinessMessage {
  const probe = cutText((pages.at(-1)?.text ?? '').replace(/\s+/g, ' '), PROBE_CHARACTERS);
  return { user_id, manual_id, pages: pages.map(({ number }) => number), probe, attempt: 0 };
}
