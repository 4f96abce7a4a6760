import { randomUUID } from 'node:crypto';
import { ApiProblem, type ManuelClient, sendForm } from '../../local/cli/manuel-client.ts';
import { pdfOf } from '../support/pdf.ts';
import type { Person } from './people.ts';

/** A stage may scan what is uploaded, and index it beside much else. */
const READY = { timeoutMs: 600_000, pollIntervalMs: 1_000 } as const;

/** Manuals of the checks' own, which go again when they are over, however they ended. */
export class OwnManuals {
  readonly #owned: { readonly client: ManuelClient; readonly manualId: string }[] = [];

  /** Remembers a manual that a check has started. */
  note({ client }: Pick<Person, 'client'>, manualId: string): void {
    this.#owned.push({ client, manualId });
  }

  /** Uploads a PDF of these pages, each of one line, and waits until it answers. Nobody has the same one already. */
  async upload({ client }: Pick<Person, 'client'>, pages: readonly string[], filename: string): Promise<string> {
    const bytes = pdfOf([...pages, `Copy ${randomUUID()}`]);
    const { manual_id, upload } = await client.startUpload({ filename, content_type: 'application/pdf', size: bytes.length });
    this.note({ client }, manual_id);
    await sendForm(upload, bytes);
    await client.untilReady(manual_id, READY);
    return manual_id;
  }

  /** Deletes what is left. Throws, once it has tried each, where some of it stays. */
  async clear(): Promise<void> {
    const ends = await Promise.allSettled(this.#owned.splice(0).map(({ client, manualId }) => remove(client, manualId)));
    const failed = ends.filter((end) => end.status === 'rejected').map(({ reason }) => String(reason));
    if (failed.length > 0) throw new Error(`${failed.length} manuals could not be deleted: ${failed.join('; ')}`);
  }
}

async function remove(client: ManuelClient, manualId: string): Promise<void> {
  try {
    await client.delete(manualId);
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 404)) throw error;
  }
}
