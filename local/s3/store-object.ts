import { createHash, randomBytes } from 'node:crypto';
import type { Bucket } from './bucket.ts';
import type { StoredChecksum } from './checksums.ts';
import type { Encryption, ObjectDescription, ObjectDraft, StoredObject, Tags } from './object-version.ts';

interface NewObject {
  readonly key: string;
  readonly content: Buffer;
  readonly description: ObjectDescription;
  readonly checksum: StoredChecksum;
  readonly tags?: Tags;
  /** Sees what the object would replace, and may refuse by throwing. */
  readonly check?: (current: StoredObject | undefined) => void;
  /** Does what happens together with the object's becoming visible. */
  readonly along: (object: StoredObject) => void;
}

/** Stores an object that arrived whole as its key's newest version. */
export async function storeObject(
  bucket: Bucket,
  { key, content, description, checksum, tags, check, along }: NewObject,
): Promise<StoredObject> {
  const contentFile = await bucket.files.writeContent([content]);
  const etag = etagFor(description.encryption, createHash('md5').update(content).digest('hex'));
  const draft = { ...description, key, contentFile, sizeBytes: content.length, etag, checksum, ...(tags && { tags }) };
  return commitDraft(bucket, draft, { check, along });
}

/** Makes a draft visible, or takes its bytes away again. */
export function commitDraft(
  bucket: Bucket,
  draft: ObjectDraft,
  { check = () => undefined, along }: Pick<NewObject, 'along'> & { readonly check: NewObject['check'] | undefined },
): StoredObject {
  try {
    return bucket.commit(draft, check, along);
  } catch (error) {
    bucket.files.discardContent(draft.contentFile);
    throw error;
  }
}

/** An ETag is the MD5 of the content only under S3's own encryption (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html). */
export function etagFor(encryption: Encryption, md5: string): string {
  return encryption.algorithm === 'AES256' ? md5 : randomBytes(16).toString('hex');
}
