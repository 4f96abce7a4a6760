import { type Caller, ownerOf } from '../shared/caller.ts';
import type { Passage, Search } from '../shared/manual-retriever.ts';
import type { Manual } from './manual.ts';
import type { ManualState, ReadinessMessage } from './manuals.contract.ts';

/** What the readiness probe needs of the world. */
export interface ReadinessPorts {
  readonly records: {
    get(caller: Caller, manualId: string): Promise<Manual | undefined>;
    advance(caller: Caller, manualId: string, from: readonly ManualState[], change: Partial<Manual>): Promise<boolean>;
  };
  readonly documents: { statuses(manualId: string, pageNumbers: readonly number[], wanted: 'INDEXED'): Promise<string[]> };
  readonly retriever: { retrieve(caller: Caller, search: Search): Promise<Passage[]> };
  readonly queue: { lookAt(message: ReadinessMessage): Promise<void>; isExhausted(message: ReadinessMessage): boolean };
  readonly onReady: (manual: Manual) => void;
  readonly onFailed: (manual: Manual, statuses: readonly string[]) => void;
}

/** Statuses on the way to INDEXED, a document not yet known among them; whatever is neither of these will never be searchable. */
const UNDER_WAY = new Set(['NOT_FOUND', 'PENDING', 'STARTING', 'IN_PROGRESS']);

/**
 * Looks at a manual once. It becomes `ready` when every page is indexed and a search under its owner's filter has found
 * it, `failed` when a page cannot be indexed or it takes too long; otherwise it is looked at again later.
 */
export async function checkReadiness(ports: ReadinessPorts, message: ReadinessMessage, signal: AbortSignal): Promise<void> {
  const owner = ownerOf(message);
  const manual = await ports.records.get(owner, message.manual_id);
  // `validating` is the moment between ingestion's message and its last write.
  if (!manual || !WATCHED.includes(manual.status)) return;

  const statuses = await ports.documents.statuses(message.manual_id, message.pages, 'INDEXED');
  const broken = statuses.some((status) => status !== 'INDEXED' && !UNDER_WAY.has(status));
  if (broken || ports.queue.isExhausted(message)) {
    await ports.records.advance(owner, manual.manual_id, WATCHED, { status: 'failed', failure: 'indexing_failed' });
    return ports.onFailed(manual, statuses);
  }
  if (statuses.every((status) => status === 'INDEXED') && (await isFound(ports, owner, message, signal))) {
    if (await ports.records.advance(owner, manual.manual_id, WATCHED, { status: 'ready' })) {
      ports.onReady(manual);
    }
    return;
  }
  await ports.queue.lookAt({ ...message, attempt: message.attempt + 1 });
}

const WATCHED: readonly ManualState[] = ['validating', 'indexing'];

async function isFound(
  ports: ReadinessPorts,
  owner: Caller,
  { manual_id, probe }: ReadinessMessage,
  signal: AbortSignal,
): Promise<boolean> {
  const passages = await ports.retriever.retrieve(owner, {
    question: probe,
    maxResults: 1,
    manualIds: [manual_id],
    hiddenManualIds: [],
    signal,
  });
  return passages.some(({ manualId }) => manualId === manual_id);
}
