import type { Manual } from '../../lambdas/manuals/manual.ts';
import type { ManualState } from '../../lambdas/manuals/manuals.contract.ts';
import type { Caller } from '../../lambdas/shared/caller.ts';

/** A manual of Alice's as it is before its upload. */
export const ALICES_MANUAL: Manual = {
  user_id: 'alice',
  manual_id: '01900000-0000-7000-8000-000000000001',
  filename: 'kettle.txt',
  content_type: 'text/plain',
  size: 100,
  status: 'awaiting_upload',
  created_at: '2026-11-20T10:00:00.000Z',
  updated_at: '2026-11-20T10:00:00.000Z',
};

/** Manuals in memory, with the table's rule: a manual moves on only from the states that are named. */
export class MemoryRecords {
  readonly #manuals = new Map<string, Manual>();

  constructor(...manuals: Manual[]) {
    for (const manual of manuals) this.#manuals.set(key(manual.user_id, manual.manual_id), manual);
  }

  async get(caller: Caller, manualId: string): Promise<Manual | undefined> {
    return this.#manuals.get(key(caller.userId, manualId));
  }

  async claim(caller: Caller, manualId: string, version: string): Promise<boolean> {
    const manual = await this.get(caller, manualId);
    const open = manual?.status === 'awaiting_upload' || manual?.status === 'validating' || manual?.failure === 'indexing_failed';
    if (!manual || !open || (manual.object_version ?? version) !== version) return false;
    this.#manuals.set(key(caller.userId, manualId), { ...manual, status: 'validating', object_version: version });
    return true;
  }

  async advance(caller: Caller, manualId: string, from: readonly ManualState[], change: Partial<Manual>): Promise<boolean> {
    const manual = await this.get(caller, manualId);
    if (!manual || !from.includes(manual.status)) return false;
    this.#manuals.set(key(caller.userId, manualId), { ...manual, ...change });
    return true;
  }
}

const key = (userId: string, manualId: string) => `${userId}/${manualId}`;
