import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { type DescribedManual, type Identity, incomingKey, manualKey } from './manual.ts';
import { ReadDenied } from './scanned-file.ts';

/** The bucket that manuals arrive in and are kept in. */
export class ManualFiles {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  /** Writes what was fetched to where uploads arrive, and returns its version; undefined when something has arrived there already. */
  async writeIncoming(manual: DescribedManual, bytes: Uint8Array): Promise<string | undefined> {
    const object = { Bucket: this.#bucket, Key: incomingKey(manual), ContentType: manual.content_type };
    try {
      const { VersionId } = await this.#client.send(new PutObjectCommand({ ...object, Body: bytes, IfNoneMatch: '*' }));
      return VersionId;
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === 'PreconditionFailed') return undefined;
      throw error;
    }
  }

  /** The bytes of one version of what was uploaded. Throws ReadDenied where the bucket keeps back what was not found clean. */
  async readIncoming(manual: Identity, version: string): Promise<Uint8Array> {
    const get = new GetObjectCommand({ Bucket: this.#bucket, Key: incomingKey(manual), VersionId: version });
    const { Body } = await this.#client.send(get).catch((error: unknown) => {
      if (error instanceof S3ServiceException && error.name === 'AccessDenied') throw new ReadDenied(error.message, { cause: error });
      throw error;
    });
    if (!Body) throw new Error('S3 answered without a body');
    return Body.transformToByteArray();
  }

  /** Copies that version to where no form can write, without its tags: whoever copies those must be allowed to read and write tags. */
  async keep(manual: Identity, version: string): Promise<void> {
    const source = `${this.#bucket}/${incomingKey(manual)}?versionId=${encodeURIComponent(version)}`;
    await this.#client.send(
      new CopyObjectCommand({ Bucket: this.#bucket, Key: manualKey(manual), CopySource: source, TaggingDirective: 'REPLACE' }),
    );
  }

  /** Removes that version of what was uploaded. One that is gone already is no error. */
  async discard(manual: Identity, version: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: incomingKey(manual), VersionId: version }));
  }

  /** Removes every version of a manual's file and every delete marker: what was uploaded as well as what was kept. */
  async remove(manual: Identity): Promise<void> {
    for (const key of [incomingKey(manual), manualKey(manual)]) await this.#removeVersions(key);
  }

  /** Lists anew after each removal, until there is nothing to remove. A key comes first of those that begin with it. */
  async #removeVersions(key: string): Promise<void> {
    for (;;) {
      const { Versions = [], DeleteMarkers = [] } = await this.#client.send(
        new ListObjectVersionsCommand({ Bucket: this.#bucket, Prefix: key }),
      );
      const objects = [...Versions, ...DeleteMarkers].filter(({ Key }) => Key === key);
      if (objects.length === 0) return;
      const Objects = objects.map(({ VersionId }) => ({ Key: key, VersionId }));
      const { Errors: [refused] = [] } = await this.#client.send(
        new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } }),
      );
      if (refused) throw new Error(`S3 did not remove version ${refused.VersionId} of ${key}: ${refused.Code}, ${refused.Message}`);
    }
  }
}
