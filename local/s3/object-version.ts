import type { StoredChecksum } from './checksums.ts';

export interface Encryption {
  /** `AES256`, `aws:kms` or `aws:kms:dsse`. */
  readonly algorithm: string;
  readonly kmsKeyId?: string;
}

/** What is kept of an object beside its bytes, as the request that wrote it says. */
export interface ObjectDescription {
  /** `content-type` and the other headers that are answered as they were sent, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata, names in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly encryption: Encryption;
}

/** An object's tags: values by keys. */
export type Tags = Readonly<Record<string, string>>;

/** An object about to be stored: its bytes are on disk, nobody sees it yet. */
export interface ObjectDraft extends ObjectDescription {
  readonly key: string;
  readonly contentFile: string;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksum: StoredChecksum;
  /** Of all that is kept of a version, only these may change later. */
  readonly tags?: Tags;
}

interface Versioned {
  readonly key: string;
  /** `null` for what was written while the bucket kept no versions. */
  readonly versionId: string;
  /** Grows with every change of the bucket, so that the newest version is the one with the highest. */
  readonly sequence: number;
  /** In whole seconds, as AWS keeps it. */
  readonly lastModifiedMs: number;
}

export interface StoredObject extends ObjectDraft, Versioned {
  readonly kind: 'object';
}

export interface DeleteMarker extends Versioned {
  readonly kind: 'delete-marker';
}

export type ObjectVersion = StoredObject | DeleteMarker;

export const NULL_VERSION = 'null';
