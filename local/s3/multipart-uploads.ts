import { randomBytes } from 'node:crypto';
import type { StoredMap } from '../platform/state.ts';
import { type Bucket, compareUtf8 } from './bucket.ts';
import type { ChecksumAlgorithm, ClaimedChecksum, StoredChecksum } from './checksums.ts';
import type { ObjectDescription } from './object-version.ts';
import { S3Error } from './s3-error.ts';

export interface UploadedPart {
  readonly number: number;
  readonly contentFile: string;
  readonly sizeBytes: number;
  /** The MD5 of its bytes, hexadecimal. */
  readonly etag: string;
  readonly checksum: ClaimedChecksum | undefined;
  readonly lastModifiedMs: number;
}

/** The checksum that an upload's creator asked for; without one, S3 keeps its default and takes parts with any. */
export interface RequestedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: StoredChecksum['type'];
}

/** What is stored of an upload. */
export interface StoredUpload {
  readonly id: string;
  readonly bucketName: string;
  readonly key: string;
  readonly description: ObjectDescription;
  readonly checksum?: RequestedChecksum | undefined;
  /** By number. */
  readonly parts: readonly UploadedPart[];
}

/** An object that arrives in parts, invisible until it is completed. */
export class MultipartUpload {
  readonly bucket: Bucket;
  #stored: StoredUpload;

  constructor(bucket: Bucket, stored: StoredUpload) {
    this.bucket = bucket;
    this.#stored = stored;
  }

  get id(): string {
    return this.#stored.id;
  }

  get key(): string {
    return this.#stored.key;
  }

  get description(): ObjectDescription {
    return this.#stored.description;
  }

  get checksum(): RequestedChecksum | undefined {
    return this.#stored.checksum;
  }

  /** By number. */
  get parts(): readonly UploadedPart[] {
    return this.#stored.parts;
  }

  part(number: number): UploadedPart | undefined {
    return this.parts.find((part) => part.number === number);
  }

  /** Adds a part, in place of an earlier one of the same number, once `store` has stored it so. */
  put(part: UploadedPart, store: (upload: StoredUpload) => void): void {
    const others = this.parts.filter(({ number }) => number !== part.number);
    const replaced = this.part(part.number);
    const stored = { ...this.#stored, parts: [...others, part].sort((a, b) => a.number - b.number) };
    store(stored);
    this.#stored = stored;
    if (replaced) this.bucket.files.discardContent(replaced.contentFile);
  }

  discardParts(): void {
    for (const part of this.parts) this.bucket.files.discardContent(part.contentFile);
    this.#stored = { ...this.#stored, parts: [] };
  }
}

/** The uploads under way. They survive a restart. */
export class MultipartUploads {
  readonly #stored: StoredMap<StoredUpload>;
  readonly #uploads = new Map<string, MultipartUpload>();

  constructor(stored: StoredMap<StoredUpload>) {
    this.#stored = stored;
  }

  /** The files of the parts of uploads to a bucket. */
  partFilesIn(bucketName: string): string[] {
    return this.#of(bucketName).flatMap(({ parts }) => parts.map(({ contentFile }) => contentFile));
  }

  /** Takes up the uploads to a bucket that an earlier run has left unfinished. */
  reopen(bucket: Bucket): void {
    for (const stored of this.#of(bucket.name)) this.show(new MultipartUpload(bucket, stored));
  }

  begin(bucket: Bucket, key: string, description: ObjectDescription, checksum: RequestedChecksum | undefined): MultipartUpload {
    const stored = { id: randomBytes(32).toString('hex'), bucketName: bucket.name, key, description, checksum, parts: [] };
    this.#stored.set(stored.id, stored);
    const upload = new MultipartUpload(bucket, stored);
    this.show(upload);
    return upload;
  }

  /** Adds a part, in place of an earlier one of the same number. */
  put(upload: MultipartUpload, part: UploadedPart): void {
    upload.put(part, (stored) => {
      // One that was completed meanwhile takes no part any more.
      if (this.#stored.has(upload.id)) this.#stored.set(upload.id, stored);
    });
  }

  /** Throws NoSuchUpload. */
  find(id: string, bucketName: string, key: string): MultipartUpload {
    const upload = this.#uploads.get(id);
    if (!upload || upload.bucket.name !== bucketName || upload.key !== key) {
      throw new S3Error(
        'NoSuchUpload',
        'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
        404,
        { UploadId: id },
      );
    }
    return upload;
  }

  /** By key, and of one key in the order of their ids. */
  under(bucketName: string): MultipartUpload[] {
    const uploads = [...this.#uploads.values()].filter(({ bucket }) => bucket.name === bucketName);
    return uploads.sort((a, b) => compareUtf8(a.key, b.key) || compareUtf8(a.id, b.id));
  }

  /** From now on nobody finds it. */
  hide(upload: MultipartUpload): void {
    this.#uploads.delete(upload.id);
  }

  show(upload: MultipartUpload): void {
    this.#uploads.set(upload.id, upload);
  }

  /** Nor will anybody after a restart. */
  forget(upload: MultipartUpload): void {
    this.#stored.delete(upload.id);
  }

  #of(bucketName: string): StoredUpload[] {
    return [...this.#stored.values()].filter((upload) => upload.bucketName === bucketName);
  }
}
