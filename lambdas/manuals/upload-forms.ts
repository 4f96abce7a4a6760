import type { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { type DescribedManual, incomingKey } from './manual.ts';
import { UPLOAD_FORM_SECONDS, type UploadDocument } from './manuals.contract.ts';

/** Makes the forms by which a client uploads a file straight to the bucket. */
export class UploadForms {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  /** A form that is good for this manual's key, type and exact size, and for a quarter of an hour. */
  async create(manual: DescribedManual): Promise<UploadDocument['upload']> {
    return createPresignedPost(this.#client, {
      Bucket: this.#bucket,
      Key: incomingKey(manual),
      Fields: { 'Content-Type': manual.content_type },
      Conditions: [
        ['eq', '$Content-Type', manual.content_type],
        ['content-length-range', manual.size, manual.size],
      ],
      Expires: UPLOAD_FORM_SECONDS,
    });
  }
}
