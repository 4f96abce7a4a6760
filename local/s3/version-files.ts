import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { StateUnusable, type StoredMap } from '../platform/state.ts';
import type { ObjectVersion } from './object-version.ts';

/**
 * A bucket's files: one with the bytes of each version, and a stored record that makes the version exist. The bytes are complete before
 * the record is stored, so that a crash leaves no half-written version.
 */
export class VersionFiles {
  readonly #directory: string;
  readonly #records: StoredMap<ObjectVersion>;

  constructor(directory: string, records: StoredMap<ObjectVersion>) {
    this.#directory = directory;
    this.#records = records;
    mkdirSync(directory, { recursive: true });
  }

  /**
   * Every version that is stored. Removes the bytes that belong to none, and are not among `owned`: what a crash left. Throws StateUnusable
   * when a version has lost its bytes.
   */
  load(owned: readonly string[]): ObjectVersion[] {
    const versions = [...this.#records.values()];
    const files = new Set(owned);
    for (const version of versions) {
      if (version.kind === 'delete-marker') continue;
      files.add(version.contentFile);
      if (this.#sizeOf(version.contentFile) !== version.sizeBytes) {
        throw new StateUnusable(this.#directory, `is damaged (the bytes of "${version.key}" are not whole)`);
      }
    }
    for (const name of readdirSync(this.#directory)) if (!files.has(name)) this.discardContent(name);
    return versions;
  }

  /** Writes bytes that nobody sees yet. Answers with the file's name. */
  async writeContent(pieces: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<string> {
    const name = randomUUID();
    const file = await open(this.#contentPath(name), 'wx');
    try {
      for await (const piece of pieces) await file.writeFile(piece);
    } catch (error) {
      this.discardContent(name);
      throw error;
    } finally {
      await file.close();
    }
    return name;
  }

  /** The bytes from `start` to `end`, both included. The file is opened when reading begins. */
  async *readContent(name: string, start: number, end: number): AsyncGenerator<Buffer> {
    if (end >= start) yield* createReadStream(this.#contentPath(name), { start, end }) as AsyncIterable<Buffer>;
  }

  discardContent(name: string): void {
    rmSync(this.#contentPath(name), { force: true });
  }

  /** Makes a version exist, in place of the one with the same key and version id if there is any. */
  record(version: ObjectVersion): void {
    this.#records.set(recordKey(version), version);
  }

  /** Makes a version not exist any more; its bytes are left to `discardContent`. */
  forget(version: ObjectVersion): void {
    this.#records.delete(recordKey(version));
  }

  #sizeOf(contentFile: string): number | undefined {
    const file = this.#contentPath(contentFile);
    return existsSync(file) ? statSync(file).size : undefined;
  }

  #contentPath(name: string): string {
    return path.join(this.#directory, name);
  }
}

function recordKey({ key, versionId }: ObjectVersion): string {
  return `${versionId}/${key}`;
}
