import { type DescribedManual, type Manual, newWriter, type Rejection } from '../../lambdas/manuals/manual.ts';
import type { ContentOutcome } from '../../lambdas/manuals/manual-contents.ts';
import type { WritingOutcome } from '../../lambdas/manuals/manual-library.ts';
import type { ManualState } from '../../lambdas/manuals/manuals.contract.ts';
import type { Caller } from '../../lambdas/shared/caller.ts';

/** A manual of Alice's as it is before its upload. */
export const ALICES_MANUAL: DescribedManual = {
  user_id: 'alice',
  manual_id: '01900000-0000-7000-8000-000000000001',
  filename: 'kettle.txt',
  content_type: 'text/plain',
  size: 100,
  status: 'awaiting_upload',
  upload_method: 'direct_upload',
  created_at: '2026-11-20T10:00:00.000Z',
  updated_at: '2026-11-20T10:00:00.000Z',
};

/** A manual of Alice's before it is fetched from its address. */
export const ALICES_IMPORT: Manual = {
  user_id: 'alice',
  manual_id: '01900000-0000-7000-8000-000000000002',
  filename: 'k7',
  status: 'importing',
  upload_method: 'url_import',
  source_url: 'https://manuals.example.com/k7',
  created_at: '2026-11-20T10:00:00.000Z',
  updated_at: '2026-11-20T10:00:00.000Z',
};

/** The records and the library of manuals in memory, with the table's rule: a manual moves on only from the states that are named. */
export class MemoryRecords {
  readonly #manuals = new Map<string, Manual>();
  readonly #now: () => number;

  constructor(manual: Manual, now: () => number = Date.now) {
    this.#now = now;
    this.#manuals.set(key(manual.user_id, manual.manual_id), manual);
  }

  async get(caller: Caller, manualId: string): Promise<Manual | undefined> {
    return this.#find(caller, manualId);
  }

  async claim(caller: Caller, manualId: string, version: string): Promise<boolean> {
    const manual = this.#find(caller, manualId);
    const givenUp = manual?.status === 'failed' && manual.failure === 'indexing_failed';
    const open = manual && ['awaiting_upload', 'importing', 'validating'].includes(manual.status);
    if (!manual || !(open || givenUp) || (manual.object_version ?? version) !== version) return false;
    return this.#change(manual, { status: 'validating', object_version: version });
  }

  async advance(caller: Caller, manualId: string, from: readonly ManualState[], change: Partial<Manual>): Promise<boolean> {
    const manual = this.#find(caller, manualId);
    return manual !== undefined && from.includes(manual.status) && this.#change(manual, change);
  }

  async reject(caller: Caller, manualId: string, from: readonly ManualState[], rejection: Rejection): Promise<boolean> {
    const { failure, detail, duplicateOf } = rejection;
    const reasons = { failure, ...(detail && { failure_detail: detail }), ...(duplicateOf && { duplicate_of: duplicateOf }) };
    return this.advance(caller, manualId, from, { status: 'failed', ...reasons });
  }

  async claimContent(caller: Caller, manualId: string, _hash: string): Promise<ContentOutcome> {
    return { kind: this.#find(caller, manualId)?.status === 'validating' ? 'claimed' : 'closed' };
  }

  async startWriting(caller: Caller, { manual_id }: Manual, pages: number, _maxPages: number): Promise<WritingOutcome> {
    const manual = this.#find(caller, manual_id);
    if (manual?.status !== 'validating') return { kind: 'closed' };
    const writer = newWriter(this.#now());
    this.#change(manual, { pages, writers: new Set([...(manual.writers ?? []), writer]) });
    return { kind: 'started', writer };
  }

  async endWriting(caller: Caller, manualId: string, writer: string): Promise<void> {
    const manual = this.#find(caller, manualId);
    if (manual) this.#change(manual, { writers: new Set([...(manual.writers ?? [])].filter((other) => other !== writer)) });
  }

  async beginDeletion(caller: Caller, manualId: string): Promise<boolean> {
    const manual = this.#find(caller, manualId);
    return manual !== undefined && this.#change(manual, { status: 'deleting' });
  }

  async remove(caller: Caller, { manual_id }: Manual): Promise<void> {
    this.#manuals.delete(key(caller.userId, manual_id));
  }

  #find(caller: Caller, manualId: string): Manual | undefined {
    return this.#manuals.get(key(caller.userId, manualId));
  }

  #change(manual: Manual, change: Partial<Manual>): true {
    this.#manuals.set(key(manual.user_id, manual.manual_id), { ...manual, ...change });
    return true;
  }
}

const key = (userId: string, manualId: string) => `${userId}/${manualId}`;
