import path from 'node:path';
import type { Clock } from '../platform/clock.ts';
import type { State } from '../platform/state.ts';
import { Bucket } from './bucket.ts';
import type { BucketConfiguration } from './bucket-configuration.ts';
import type { MultipartUploads } from './multipart-uploads.ts';
import { S3Error } from './s3-error.ts';

export interface ObjectStoreParts {
  readonly clock: Clock;
  readonly state: State;
  /** Where the bytes of objects are. */
  readonly directory: string;
  readonly uploads: MultipartUploads;
}

/** All buckets. Their objects and unfinished uploads survive a restart; their configuration comes from the template each time. */
export class ObjectStore {
  readonly #parts: ObjectStoreParts;
  readonly #buckets = new Map<string, Bucket>();

  constructor(parts: ObjectStoreParts) {
    this.#parts = parts;
  }

  /** Creates a bucket, or opens it again with what it held; one that is open takes the new configuration. */
  provision(name: string, configuration: BucketConfiguration): Bucket {
    const existing = this.#buckets.get(name);
    if (existing) {
      existing.configuration = configuration;
      return existing;
    }
    const { clock, state, directory, uploads } = this.#parts;
    const place = { clock, state, directory: path.join(directory, name), partFiles: uploads.partFilesIn(name) };
    const bucket = new Bucket(name, configuration, place);
    uploads.reopen(bucket);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /** Throws NoSuchBucket. */
  bucket(name: string): Bucket {
    const bucket = this.find(name);
    if (!bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
    return bucket;
  }

  /** In the order of their names. */
  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
