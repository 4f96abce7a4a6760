import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { ObjectVersion } from './object-version.ts';

/**
 * A bucket's files: one with the bytes of each version, and one small record that makes the version exist. The bytes
 * are complete before the record is put in its place in one step, so a crash leaves no half-written version.
 */
export class VersionFiles {
  readonly #contentDirectory: string;
  readonly #recordDirectory: string;

  constructor(directory: string) {
    this.#contentDirectory = path.join(directory, 'content');
    this.#recordDirectory = path.join(directory, 'versions');
    mkdirSync(this.#contentDirectory, { recursive: true });
    mkdirSync(this.#recordDirectory, { recursive: true });
  }

  /** Every version on disk. Removes all that is none: what a crash or an unfinished multipart upload left. */
  load(): ObjectVersion[] {
    const versions: ObjectVersion[] = [];
    for (const name of readdirSync(this.#recordDirectory)) {
      const version = this.#read(name);
      if (version) versions.push(version);
      else rmSync(path.join(this.#recordDirectory, name));
    }
    const owned = new Set(versions.map((version) => (version.kind === 'object' ? version.contentFile : undefined)));
    for (const name of readdirSync(this.#contentDirectory)) if (!owned.has(name)) this.discardContent(name);
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
    const target = this.#recordPath(version);
    const draft = `${target}.draft`;
    writeFileSync(draft, JSON.stringify(version));
    renameSync(draft, target);
  }

  forget(version: ObjectVersion): void {
    rmSync(this.#recordPath(version), { force: true });
    if (version.kind === 'object') this.discardContent(version.contentFile);
  }

  /** A draft of a record is no version, nor is a record that lost its bytes, as a power failure may leave one. */
  #read(recordName: string): ObjectVersion | undefined {
    if (!recordName.endsWith('.json')) return undefined;
    let version: ObjectVersion;
    try {
      version = JSON.parse(readFileSync(path.join(this.#recordDirectory, recordName), 'utf8'));
    } catch {
      return undefined;
    }
    if (version.kind === 'delete-marker') return version;
    const content = this.#contentPath(version.contentFile);
    return existsSync(content) && statSync(content).size === version.sizeBytes ? version : undefined;
  }

  #contentPath(name: string): string {
    return path.join(this.#contentDirectory, name);
  }

  /** Keys may be longer than a file name, and hold any character: the name is made of the key's hash. */
  #recordPath({ key, versionId }: ObjectVersion): string {
    const keyHash = createHash('sha256').update(key).digest('hex');
    return path.join(this.#recordDirectory, `${keyHash}-${versionId}.json`);
  }
}
