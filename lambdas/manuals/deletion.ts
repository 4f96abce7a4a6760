import { type Caller, ownerOf } from '../shared/caller.ts';
import { type Identity, isBeingWritten, type Manual } from './manual.ts';
import type { DeletionMessage } from './manuals.contract.ts';

/** What deletion needs of the world. */
export interface DeletionPorts {
  readonly records: {
    get(caller: Caller, manualId: string): Promise<Manual | undefined>;
  };
  readonly library: { remove(caller: Caller, manual: Manual): Promise<void> };
  readonly documents: {
    remove(manualId: string, pageNumbers: readonly number[]): Promise<void>;
    statuses(manualId: string, pageNumbers: readonly number[], wanted: 'NOT_FOUND'): Promise<string[]>;
  };
  readonly files: { remove(manual: Identity): Promise<void> };
  readonly hidden: { forget(caller: Caller, manualId: string): Promise<void> };
  readonly queue: {
    lookAt(message: DeletionMessage, delaySeconds?: number): Promise<void>;
    isExhausted(message: DeletionMessage): boolean;
  };
  readonly onDeleted: (manual: Manual) => void;
}

/** What the knowledge base says of a document whose removal is under way; of whatever else is still there it is asked for again. */
const BEING_REMOVED = new Set(['DELETING', 'DELETE_IN_PROGRESS']);
/**
 * After the documents were seen gone, and before that is believed. Nothing is documented about how far a search lags behind a
 * document's status; the other way round, from INDEXED to found, some 3 seconds were seen.
 */
const SETTLING_SECONDS = 5;

/** A manual could not be deleted for so long that somebody must look into it. */
class DeletionStuck extends Error {
  override readonly name = 'DeletionStuck';
}

/**
 * Does the next step of a deletion: the vectors, all versions of the file, the record, and last the manual's place among those that
 * are hidden. Every step may be repeated, and each message says by itself what to do, so that one that comes twice, late or after
 * a crash does no harm. Whatever it throws is tried again by the queue; until the end the manual stays hidden.
 *
 * Nothing is left behind, whatever an ingestion is doing meanwhile:
 * - An ingestion writes only after it has entered itself and the number of pages into the record (`startWriting`), which it can do
 *   only as long as the manual is `validating`. Once it is `deleting`, which is before the first message, none begins any more.
 * - One that had begun counts as writing until it takes its entry back, at the end of all that it writes, or until it can no longer
 *   be running. Nothing here looks at documents or files before that, so what is looked at is all that there will be.
 * - Pages are documents `1` to the number of pages; without that number none was ever written.
 * - What a form uploads or an import writes later finds the record `deleting` or gone, and the ingestion worker removes it.
 */
export async function deleteManual(ports: DeletionPorts, message: DeletionMessage, nowMs: number = Date.now()): Promise<void> {
  const owner = ownerOf(message);
  const manual = await ports.records.get(owner, message.manual_id);
  // The record goes once all else is gone, so the only thing that can be left is this.
  if (!manual) return ports.hidden.forget(owner, message.manual_id);
  if (manual.status !== 'deleting') return;
  if (isBeingWritten(manual, nowMs)) return lookAgain(ports, message, 'an ingestion is still writing');

  const pages = Array.from({ length: manual.pages ?? 0 }, (_, index) => index + 1);
  if (pages.length > 0) {
    if (message.step === 'remove') {
      await ports.documents.remove(manual.manual_id, pages);
      return ports.queue.lookAt({ ...message, step: 'look', attempt: 0 });
    }
    const statuses = await ports.documents.statuses(manual.manual_id, pages, 'NOT_FOUND');
    if (statuses.some((status) => status !== 'NOT_FOUND')) {
      const standing = pages.filter((_, index) => ![undefined, 'NOT_FOUND', ...BEING_REMOVED].includes(statuses[index]));
      if (standing.length > 0) await ports.documents.remove(manual.manual_id, standing);
      return lookAgain(ports, { ...message, step: 'look' }, `documents are still there: ${[...new Set(statuses)].join(', ')}`);
    }
    if (message.step !== 'confirm') {
      return ports.queue.lookAt({ ...message, step: 'confirm', attempt: message.attempt + 1 }, SETTLING_SECONDS);
    }
  }
  await ports.files.remove(manual);
  await ports.library.remove(owner, manual);
  await ports.hidden.forget(owner, manual.manual_id);
  ports.onDeleted(manual);
}

/** Throws DeletionStuck when it has been looked at too often: the message then becomes a dead letter, whose redrive looks again. */
async function lookAgain({ queue }: DeletionPorts, message: DeletionMessage, reason: string): Promise<void> {
  if (queue.isExhausted(message)) {
    throw new DeletionStuck(`Manual ${message.manual_id} is not deleted after ${message.attempt} looks: ${reason}.`);
  }
  await queue.lookAt({ ...message, attempt: message.attempt + 1 });
}
