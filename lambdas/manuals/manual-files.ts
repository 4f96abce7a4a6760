import { CopyObjectCommand, GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { incomingKey, type Manual, manualKey } from './manual.ts';

/** The bucket that manuals arrive in and are kept in. */
export class ManualFiles {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  /** The bytes of one version of what was uploaded. */
  async readIncoming(manual: Pick<Manual, 'user_id' | 'manual_id'>, version: string): Promise<Uint8Array> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: incomingKey(manual), VersionId: version }));
    if (!Body) throw new Error('S3 answered without a body');
    return Body.transformToByteArray();
  }

  /** Copies that version to where no form can write. */
  async keep(manual: Pick<Manual, 'user_id' | 'manual_id'>, version: string): Promise<void> {
    const source = `${this.#bucket}/${incomingKey(manual)}?versionId=${encodeURIComponent(version)}`;
    await this.#client.send(new CopyObjectCommand({ Bucket: this.#bucket, Key: manualKey(manual), CopySource: source }));
  }
}
