import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketTaggingCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { EMPTIED_BY } from './empty-bucket.contract.ts';
import type { FullBucket } from './empty-bucket.ts';

/** A bucket as S3 shows it, page by page: 1,000 versions or uploads, which is as many as it removes at once. */
export class BucketContents implements FullBucket {
  readonly name: string;
  readonly #client: S3Client;
  readonly #deadline: AbortSignal;

  /** At its deadline every call is given up. */
  constructor(client: S3Client, name: string, deadline: AbortSignal) {
    this.name = name;
    this.#client = client;
    this.#deadline = deadline;
  }

  async emptiedBy(): Promise<string | undefined> {
    try {
      const { TagSet = [] } = await this.#client.send(new GetBucketTaggingCommand({ Bucket: this.name }), this.#options);
      return TagSet.find(({ Key }) => Key === EMPTIED_BY)?.Value;
    } catch (error) {
      // A person removed the bucket, or its tags.
      if (error instanceof S3ServiceException && ['NoSuchBucket', 'NoSuchTagSet'].includes(error.name)) return undefined;
      throw error;
    }
  }

  async removeVersions(): Promise<number> {
    const { Versions = [], DeleteMarkers = [] } = await this.#client.send(
      new ListObjectVersionsCommand({ Bucket: this.name }),
      this.#options,
    );
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) return 0;
    const { Errors = [] } = await this.#client.send(
      new DeleteObjectsCommand({ Bucket: this.name, Delete: { Objects, Quiet: true } }),
      this.#options,
    );
    const [refused] = Errors;
    if (refused && Errors.length === Objects.length) throw new Error(`S3 removes nothing: ${refused.Code}, ${refused.Message}`);
    return Objects.length - Errors.length;
  }

  async abortUploads(): Promise<number> {
    const { Uploads = [] } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.name }), this.#options);
    for (const { Key, UploadId } of Uploads) await this.#abort(Key, UploadId);
    return Uploads.length;
  }

  async #abort(Key: string | undefined, UploadId: string | undefined): Promise<void> {
    try {
      await this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.name, Key, UploadId }), this.#options);
    } catch (error) {
      // Somebody was faster.
      if (error instanceof S3ServiceException && error.name === 'NoSuchUpload') return;
      throw error;
    }
  }

  get #options() {
    return { abortSignal: this.#deadline };
  }
}
