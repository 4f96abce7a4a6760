import { createHash } from 'node:crypto';
import { allEnded } from '../shared/all-ended.ts';
import { type Caller, ownerOf } from '../shared/caller.ts';
import { cutText } from '../shared/cut-text.ts';
import type { ExtractedText, Page } from './extraction/page.ts';
import type { IncomingObject } from './incoming-events.contract.ts';
import {
  type DescribedManual,
  type Identity,
  isDescribed,
  type Manual,
  ManualRejected,
  parseIncomingKey,
  type Rejection,
} from './manual.ts';
import type { ContentOutcome } from './manual-contents.ts';
import type { WritingOutcome } from './manual-library.ts';
import type { ManualState, ReadinessMessage } from './manuals.contract.ts';
import { readScanned, ScanUnconfirmed } from './scanned-file.ts';

/** What ingestion needs of the world. */
export interface IngestionPorts {
  /** Whether what arrives is scanned for malware: then its scan is what counts, otherwise its arrival. */
  readonly scanned: boolean;
  readonly records: {
    get(caller: Caller, manualId: string): Promise<Manual | undefined>;
    claim(caller: Caller, manualId: string, version: string): Promise<boolean>;
    endWriting(caller: Caller, manualId: string, writer: string): Promise<void>;
    advance(caller: Caller, manualId: string, from: readonly ManualState[], change: Partial<Manual>): Promise<boolean>;
  };
  readonly contents: { claim(caller: Caller, manualId: string, hash: string): Promise<ContentOutcome> };
  readonly library: {
    startWriting(caller: Caller, manual: Manual, pages: number, maxPages: number): Promise<WritingOutcome>;
    reject(caller: Caller, manualId: string, from: readonly ManualState[], rejection: Rejection): Promise<boolean>;
  };
  /** How many pages one user's manuals may have in all. */
  readonly maxPages: number;
  readonly files: {
    /** Throws ReadDenied. */
    readIncoming(manual: Manual, version: string): Promise<Uint8Array>;
    keep(manual: Manual, version: string): Promise<void>;
    discard(manual: Identity, version: string): Promise<void>;
  };
  /** The text by page. Throws ManualRejected. */
  readonly extractPages: (contentType: string, bytes: Uint8Array) => Promise<ExtractedText>;
  readonly documents: { ingest(manual: DescribedManual, pages: readonly Page[]): Promise<void> };
  readonly readiness: { lookAt(message: ReadinessMessage): Promise<void> };
  readonly wait: (ms: number) => Promise<void>;
  readonly onRejected: (manual: Manual, rejection: Rejection) => void;
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
 *
 * Where uploads are scanned, only a version whose scan was clean is read. One with malware in it is removed without being read, even
 * when the manual uses another version; then it changes nothing else.
 */
export async function ingest(ports: IngestionPorts, object: IncomingObject): Promise<void> {
  if (ports.scanned !== (object.scan !== undefined)) {
    return ports.onIgnored(object, ports.scanned ? 'only the result of its scan starts anything here' : 'nothing is scanned here');
  }
  const identity = parseIncomingKey(object.key);
  if (!identity) return ports.onIgnored(object, 'the key is not that of a manual');
  const owner = ownerOf(identity);
  const manual = await ports.records.get(owner, identity.manual_id);
  if (!manual || manual.status === 'deleting') {
    await ports.files.discard(identity, object.version);
    return ports.onIgnored(object, manual ? 'the manual is being deleted' : 'there is no record of this manual');
  }
  if (!isDescribed(manual)) throw new Error(`${object.key} arrived before it was recorded what it is`);
  if (!(await ports.records.claim(owner, manual.manual_id, object.version))) {
    if (object.scan === 'found') await ports.files.discard(identity, object.version);
    return ports.onIgnored(object, `the manual is ${manual.status} already, or another version of it is being used`);
  }
  if (object.scan === 'found' || object.scan === 'inconclusive') {
    return reject(ports, owner, manual, object, { failure: `scan_${object.scan}` });
  }
  const read = await readOwnContent(ports, owner, manual, object.version);
  if (read === undefined) return ports.onIgnored(object, NO_MORE_VALIDATED);
  if ('failure' in read) return reject(ports, owner, manual, object, read);
  const { pageCount, pages } = read;
  const writing = await ports.library.startWriting(owner, manual, pageCount, ports.maxPages);
  if (writing.kind === 'closed') return ports.onIgnored(object, NO_MORE_VALIDATED);
  if (writing.kind === 'full') return reject(ports, owner, manual, object, noRoomFor(pageCount, writing.pagesLeft, ports.maxPages));
  await allEnded([ports.files.keep(manual, object.version), ports.documents.ingest(manual, pages)]);
  await ports.records.endWriting(owner, manual.manual_id, writing.writer);
  await ports.readiness.lookAt(firstLook(manual, pages));
  await ports.records.advance(owner, manual.manual_id, ['validating'], { status: 'indexing' });
}

const NO_MORE_VALIDATED = 'the manual is not being validated any more';

/** The text of a file, or why it cannot be used: among others, since its owner has it already. Undefined when the manual is given up meanwhile. */
async function readOwnContent(
  ports: IngestionPorts,
  owner: Caller,
  manual: DescribedManual,
  version: string,
): Promise<ExtractedText | Rejection | undefined> {
  const read = () => ports.files.readIncoming(manual, version);
  try {
    const bytes = await (ports.scanned ? readScanned(read, ports.wait) : read());
    const content = await ports.contents.claim(owner, manual.manual_id, createHash('sha256').update(bytes).digest('hex'));
    if (content.kind === 'closed') return undefined;
    if (content.kind === 'duplicate') return { failure: 'duplicate', duplicateOf: content.of };
    return await ports.extractPages(manual.content_type, bytes);
  } catch (error) {
    if (error instanceof ManualRejected || error instanceof ScanUnconfirmed) return error;
    throw error;
  }
}

function noRoomFor(pages: number, pagesLeft: number, maxPages: number): Rejection {
  const detail = `The file has ${pages} pages. Your manuals may have ${maxPages} in all, of which ${pagesLeft} are left. Delete one first.`;
  return { failure: 'too_many_pages', detail };
}

/** Tells the owner why, and removes what is of no use to anybody. */
async function reject(ports: IngestionPorts, owner: Caller, manual: Manual, object: IncomingObject, rejection: Rejection): Promise<void> {
  const rejected = await ports.library.reject(owner, manual.manual_id, ['validating'], rejection);
  if (!rejected) return ports.onIgnored(object, NO_MORE_VALIDATED);
  await ports.files.discard(manual, object.version);
  ports.onRejected(manual, rejection);
}

/** Tells the owner that it came to nothing, when a message has failed for the last time. A redrive takes it up again. */
export async function giveUp(ports: Pick<IngestionPorts, 'records'>, object: IncomingObject): Promise<void> {
  const identity = parseIncomingKey(object.key);
  if (!identity) return;
  const failed = { status: 'failed', failure: 'indexing_failed' } as const;
  await ports.records.advance(ownerOf(identity), identity.manual_id, ['awaiting_upload', 'importing', 'validating'], failed);
}

/** The probe searches for words of the last page, which is indexed last as far as there is an order. */
function firstLook({ user_id, manual_id }: Manual, pages: readonly Page[]): ReadinessMessage {
  const probe = cutText((pages.at(-1)?.text ?? '').replace(/\s+/g, ' '), PROBE_CHARACTERS);
  return { user_id, manual_id, pages: pages.map(({ number }) => number), probe, attempt: 0 };
}
