import { randomBytes } from 'node:crypto';
import type { Bucket } from './bucket.ts';
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

/** An object that arrives in parts, invisible until it is completed. */
export class MultipartUpload {
  readonly id = randomBytes(32).toString('hex');
  readonly bucket: Bucket;
  readonly key: string;
  readonly description: ObjectDescription;
  readonly checksum: RequestedChecksum | undefined;
  readonly #parts = new Map<number, UploadedPart>();

  constructor(bucket: Bucket, key: string, description: ObjectDescription, checksum: RequestedChecksum | undefined) {
    this.bucket = bucket;
    this.key = key;
    this.description = description;
    this.checksum = checksum;
  }

  /** By number. */
  get parts(): UploadedPart[] {
    return [...this.#parts.values()].sort((a, b) => a.number - b.number);
  }

  part(number: number): UploadedPart | undefined {
    return this.#parts.get(number);
  }

  /** Adds a part, in place of an earlier one of the same number. */
  put(part: UploadedPart): void {
    const replaced = this.#parts.get(part.number);
    this.#parts.set(part.number, part);
    if (replaced) this.bucket.files.discardContent(replaced.contentFile);
  }

  discardParts(): void {
    for (const part of this.#parts.values()) this.bucket.files.discardContent(part.contentFile);
    this.#parts.clear();
  }
}

/** The uploads under way. They end with the run. */
export class MultipartUploads {
  readonly #uploads = new Map<string, MultipartUpload>();

  add(upload: MultipartUpload): void {
    this.#uploads.set(upload.id, upload);
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

  /** From now on nobody finds it. */
  remove(upload: MultipartUpload): void {
    this.#uploads.delete(upload.id);
  }
}
