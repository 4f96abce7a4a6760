import { randomBytes } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { State } from '../platform/state.ts';
import type { BucketConfiguration } from './bucket-configuration.ts';
import { type DeleteMarker, NULL_VERSION, type ObjectDraft, type ObjectVersion, type StoredObject, type Tags } from './object-version.ts';
import { VersionFiles } from './version-files.ts';

/** What a deletion without a version id did: created a delete marker, removed an object for good, or nothing. */
export interface Deletion {
  readonly marker?: DeleteMarker;
  readonly removed?: ObjectVersion;
}

/** Does what must happen together with a change of the bucket, such as telling of it; when it throws the change does not happen. */
type Along<Change> = (change: Change) => void;

interface BucketParts {
  readonly clock: Clock;
  readonly state: State;
  /** Where the bytes of its objects are. */
  readonly directory: string;
  /** The files there that belong to unfinished uploads. */
  readonly partFiles: readonly string[];
}

/** One bucket: its keys, each with its versions, newest first. */
export class Bucket {
  readonly name: string;
  readonly createdAtMs: number;
  readonly files: VersionFiles;
  configuration: BucketConfiguration;
  readonly #clock: Clock;
  readonly #state: State;
  readonly #versions = new Map<string, ObjectVersion[]>();
  #sortedKeys: readonly string[] | undefined;
  #lastSequence = 0;
  #keptVersions = false;

  /** Opens a bucket with the versions that it had before. */
  constructor(name: string, configuration: BucketConfiguration, { clock, state, directory, partFiles }: BucketParts) {
    this.name = name;
    this.createdAtMs = clock.now();
    this.configuration = configuration;
    this.files = new VersionFiles(directory, state.map(`s3-versions/${name}`));
    this.#clock = clock;
    this.#state = state;
    for (const version of this.files.load(partFiles).sort((a, b) => a.sequence - b.sequence)) this.#insert(version);
  }

  get arn(): string {
    return `arn:aws:s3:::${this.name}`;
  }

  /** Undefined for a bucket that never kept versions. One that did cannot go back to that, only pause. */
  get versioning(): 'Enabled' | 'Suspended' | undefined {
    return this.configuration.versioning ?? (this.#keptVersions ? 'Suspended' : undefined);
  }

  /** Keys in the order of their UTF-8 bytes, as S3 lists them; also those whose newest version is a delete marker. */
  get keys(): readonly string[] {
    this.#sortedKeys ??= [...this.#versions.keys()].sort(compareUtf8);
    return this.#sortedKeys;
  }

  current(key: string): ObjectVersion | undefined {
    return this.versionsOf(key)[0];
  }

  /** The object that a request without a version id sees. */
  currentObject(key: string): StoredObject | undefined {
    const version = this.current(key);
    return version?.kind === 'object' ? version : undefined;
  }

  find(key: string, versionId: string): ObjectVersion | undefined {
    return this.versionsOf(key).find((version) => version.versionId === versionId);
  }

  /** Newest first. */
  versionsOf(key: string): readonly ObjectVersion[] {
    return this.#versions.get(key) ?? [];
  }

  /**
   * Makes a draft the key's newest version. `check` sees the object it would replace and may refuse by throwing. All in
   * one turn, so that of two conditional writes only one can win.
   */
  commit(draft: ObjectDraft, check: (current: StoredObject | undefined) => void, along: Along<StoredObject>): StoredObject {
    check(this.currentObject(draft.key));
    const version: StoredObject = { ...draft, ...this.#stamp(draft.key), kind: 'object' };
    this.#add(version, () => along(version));
    return version;
  }

  delete(key: string, along: Along<Deletion>): Deletion {
    if (this.versioning) {
      const marker: DeleteMarker = { ...this.#stamp(key), kind: 'delete-marker' };
      this.#add(marker, () => along({ marker }));
      return { marker };
    }
    const removed = this.deleteVersion(key, NULL_VERSION, (version) => along({ removed: version }));
    return removed ? { removed } : {};
  }

  /** Removes one version for good. Answers with what was removed. */
  deleteVersion(key: string, versionId: string, along: Along<ObjectVersion>): ObjectVersion | undefined {
    const version = this.find(key, versionId);
    if (version) {
      this.#state.atOnce(() => {
        this.files.forget(version);
        along(version);
      });
      this.#take(version);
      if (version.kind === 'object') this.files.discardContent(version.contentFile);
    }
    return version;
  }

  /** Gives a version these tags in place of those that it has. */
  tag(object: StoredObject, tags: Tags): void {
    const tagged: StoredObject = { ...object, tags };
    this.files.record(tagged);
    const versions = this.versionsOf(object.key).map((version) => (version === object ? tagged : version));
    this.#versions.set(object.key, versions);
  }

  /** A number for the next event of the bucket, above all before it, also after a restart. */
  nextSequence(): number {
    this.#lastSequence = Math.max(this.#lastSequence + 1, this.#clock.now() * 1000);
    return this.#lastSequence;
  }

  #stamp(key: string) {
    return {
      key,
      versionId: this.versioning === 'Enabled' ? randomBytes(16).toString('hex') : NULL_VERSION,
      sequence: this.nextSequence(),
      lastModifiedMs: Math.floor(this.#clock.now() / 1000) * 1000,
    };
  }

  #add(version: ObjectVersion, along: () => void): void {
    const replaced = this.find(version.key, version.versionId);
    this.#state.atOnce(() => {
      this.files.record(version);
      along();
    });
    if (replaced) {
      this.#take(replaced);
      if (replaced.kind === 'object') this.files.discardContent(replaced.contentFile);
    }
    this.#insert(version);
  }

  #insert(version: ObjectVersion): void {
    const versions = this.#versions.get(version.key);
    if (versions) versions.unshift(version);
    else {
      this.#versions.set(version.key, [version]);
      this.#sortedKeys = undefined;
    }
    this.#lastSequence = Math.max(this.#lastSequence, version.sequence);
    this.#keptVersions ||= version.versionId !== NULL_VERSION;
  }

  #take(version: ObjectVersion): void {
    const remaining = this.versionsOf(version.key).filter((candidate) => candidate !== version);
    if (remaining.length > 0) this.#versions.set(version.key, remaining);
    else {
      this.#versions.delete(version.key);
      this.#sortedKeys = undefined;
    }
  }
}

export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
