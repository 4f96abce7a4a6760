import { type Caller, ownerOf } from '../shared/caller.ts';
import type { DescribedManual, Manual, Rejection } from './manual.ts';
import type { ImportMessage, ManualState } from './manuals.contract.ts';
import type { FetchedManual } from './url-import/fetch-manual.ts';
import { ManualNotImported } from './url-import/import-failure.ts';

/** What an import needs of the world. */
export interface ImportPorts {
  readonly records: {
    get(caller: Caller, manualId: string): Promise<Manual | undefined>;
    advance(caller: Caller, manualId: string, from: readonly ManualState[], change: Partial<Manual>): Promise<boolean>;
  };
  readonly library: {
    reject(caller: Caller, manualId: string, from: readonly ManualState[], rejection: Rejection): Promise<boolean>;
  };
  /** Throws ManualNotImported. */
  readonly fetchManual: (sourceUrl: string, signal: AbortSignal) => Promise<FetchedManual>;
  readonly files: { writeIncoming(manual: DescribedManual, bytes: Uint8Array): Promise<string | undefined> };
  readonly queue: { lookAt(message: ImportMessage, delaySeconds: number): Promise<void> };
  readonly onIgnored: (message: ImportMessage, reason: string) => void;
  readonly onNotImported: (message: ImportMessage, error: ManualNotImported) => void;
}

/** How long a server that failed is left alone before it is asked again. After the last of these its failure stands. */
const RETRY_DELAYS_SECONDS = [15, 120];

/**
 * Fetches a manual from its address and puts it where an upload would be; from there on it is ingested like one. What the server
 * does, or does not do, is the owner's to know: what may not be fetched fails at once, what could not be fetched is tried again
 * by a new message, and fails in the end. Whatever this throws is a failure of ours, which the queue tries again.
 *
 * What is known of the file is recorded before it is written, since it is ingested as soon as it is. A message that comes twice
 * or late changes nothing: only a manual that is `importing` is fetched, nothing is written over what was written, and of two
 * that are fetched at once the first that is written is the one.
 */
export async function importManual(ports: ImportPorts, message: ImportMessage, signal: AbortSignal): Promise<void> {
  const owner = ownerOf(message);
  const { manual_id } = message;
  const manual = await ports.records.get(owner, manual_id);
  if (!manual) return ports.onIgnored(message, 'there is no record of this manual');
  if (manual.source_url === undefined) return ports.onIgnored(message, 'the manual has no address');
  if (manual.object_version !== undefined) return ports.onIgnored(message, 'the manual was fetched already');
  if (wasGivenUp(manual)) await ports.records.advance(owner, manual_id, ['failed'], { status: 'importing' });
  else if (manual.status !== 'importing') return ports.onIgnored(message, `the manual is ${manual.status} already`);

  let fetched: FetchedManual;
  try {
    fetched = await ports.fetchManual(manual.source_url, signal);
  } catch (error) {
    if (!(error instanceof ManualNotImported)) throw error;
    ports.onNotImported(message, error);
    const delaySeconds = error.failure === 'import_failed' ? RETRY_DELAYS_SECONDS[message.attempt] : undefined;
    if (delaySeconds !== undefined) return ports.queue.lookAt({ ...message, attempt: message.attempt + 1 }, delaySeconds);
    await ports.library.reject(owner, manual_id, ['importing'], { failure: error.failure, detail: error.message });
    return;
  }
  const { bytes, contentType: content_type, filename } = fetched;
  const file = { filename, content_type, size: bytes.length };
  if (!(await ports.records.advance(owner, manual_id, ['importing'], file))) {
    return ports.onIgnored(message, 'the manual is not being imported any more');
  }
  const version = await ports.files.writeIncoming({ ...manual, ...file }, bytes);
  if (version !== undefined) await ports.records.advance(owner, manual_id, ['importing'], { object_version: version });
}

/** Whether nothing came of it because of a failure of ours, which a redrive takes up again. */
const wasGivenUp = ({ status, failure }: Manual): boolean => status === 'failed' && failure === 'indexing_failed';

/** Tells the owner that it came to nothing, when a message has failed for the last time. A redrive takes it up again. */
export async function giveUpImport({ records }: Pick<ImportPorts, 'records'>, message: ImportMessage): Promise<void> {
  await records.advance(ownerOf(message), message.manual_id, ['importing'], { status: 'failed', failure: 'indexing_failed' });
}
