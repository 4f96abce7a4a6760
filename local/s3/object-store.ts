import path from 'node:path';
import type { Clock } from '../platform/clock.ts';
import { Bucket } from './bucket.ts';
import type { BucketConfiguration } from './bucket-configuration.ts';
import { S3Error } from './s3-error.ts';

/** All buckets. Their objects survive a restart in the directory; their configuration comes from the template each time. */
export class ObjectStore {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Creates a bucket, or opens it again with what it held; one that is open takes the new configuration. */
  provision(name: string, configuration: BucketConfiguration): Bucket {
    const existing = this.#buckets.get(name);
    if (existing) {
      existing.configuration = configuration;
      return existing;
    }
    const bucket = new Bucket(name, configuration, path.join(this.#directory, name), this.#clock);
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
