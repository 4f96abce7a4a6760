import { buffer } from 'node:stream/consumers';
import { LOCAL_ACCOUNT } from '../../platform/principal.ts';
import { checksumMembers, checksumOf, parseAlgorithm, type StoredChecksum } from '../checksums.ts';
import { describeObject, encryptionHeaders, versionHeader } from '../object-description.ts';
import type { ObjectDescription, StoredObject } from '../object-version.ts';
import { checkCopyConditions, writeConditions } from '../preconditions.ts';
import { type S3Call, type S3Operation, xmlReply } from '../s3-call.ts';
import { invalidArgument, invalidRequest, notImplemented, S3Error } from '../s3-error.ts';
import { storeObject } from '../store-object.ts';
import { xmlDocument } from '../xml.ts';
import { findObject } from './get-object.ts';

interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
}

export const copyObject: S3Operation = async (call, { store, events }) => {
  if ((call.headers['x-amz-source-expected-bucket-owner'] ?? LOCAL_ACCOUNT) !== LOCAL_ACCOUNT) {
    throw new S3Error('AccessDenied', 'Access Denied', 403);
  }
  const source = parseCopySource(call.headers['x-amz-copy-source'] ?? '');
  const [sourceBucket, bucket] = [store.bucket(source.bucket), store.bucket(call.bucket)];
  const original = findObject(sourceBucket, source.key, source.versionId);
  checkCopyConditions(call.headers, original);
  const requested = describeObject(call.headers, bucket);
  const description = describeCopy(call, original, requested);
  if (original === bucket.currentObject(call.key) && description.headers === original.headers && !namesEncryption(call)) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const content = await buffer(sourceBucket.files.readContent(original.contentFile, 0, original.sizeBytes - 1));
  const copy = await storeObject(bucket, {
    key: call.key,
    content,
    description,
    checksum: checksumOfCopy(call, original, content),
    ...(copiesTags(call.headers) && original.tags && { tags: original.tags }),
    check: writeConditions(call.headers, call.key),
    along: (created) => events.created(bucket, created, 'CopyObject', call),
  });
  const result = xmlDocument('CopyObjectResult', {
    LastModified: new Date(copy.lastModifiedMs).toISOString(),
    ETag: `"${copy.etag}"`,
    ...checksumMembers(copy.checksum),
  });
  return xmlReply(result, {
    ...versionHeader(bucket, copy),
    ...encryptionHeaders(copy.encryption),
    ...(sourceBucket.versioning && { 'x-amz-copy-source-version-id': original.versionId }),
  });
};

/** Reads `bucket/key?versionId=…`, percent-encoded. */
function parseCopySource(text: string): CopySource {
  if (text.startsWith('arn:')) throw notImplemented(`the copy source ${text}`);
  const [, bucket, key, versionId] = /^\/?([^/]+)\/([^?]+)(?:\?versionId=([^&]+))?$/s.exec(text) ?? [];
  try {
    if (bucket && key) return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key), versionId };
  } catch {
    // Malformed, as one that does not match.
  }
  throw invalidArgument('Copy Source must mention the source bucket and key: sourcebucket/sourcekey', 'x-amz-copy-source', text);
}

/** Encryption is the request's or the target bucket's, never the source's; the rest as the directive says. */
function describeCopy(call: S3Call, original: StoredObject, requested: ObjectDescription): ObjectDescription {
  const directive = call.headers['x-amz-metadata-directive'] ?? 'COPY';
  if (directive === 'REPLACE') return requested;
  if (directive !== 'COPY') throw invalidArgument('Unknown metadata directive.', 'x-amz-metadata-directive', directive);
  return { headers: original.headers, metadata: original.metadata, encryption: requested.encryption };
}

/** Whether a copy takes over the tags of its source, as it does unless it is told otherwise. Throws on an unknown directive. */
export function copiesTags(headers: Readonly<Record<string, string>>): boolean {
  const directive = headers['x-amz-tagging-directive'] ?? 'COPY';
  if (directive === 'REPLACE') return false;
  if (directive !== 'COPY') throw invalidArgument('Unknown tagging directive.', 'x-amz-tagging-directive', directive);
  return true;
}

function namesEncryption(call: S3Call): boolean {
  return call.headers['x-amz-server-side-encryption'] !== undefined;
}

/** The algorithm that the request names, or the source's. The copy is one piece, so its checksum is of the whole. */
function checksumOfCopy(call: S3Call, original: StoredObject, content: Buffer): StoredChecksum {
  const named = call.headers['x-amz-checksum-algorithm'];
  const algorithm = named === undefined ? original.checksum.algorithm : parseAlgorithm(named);
  return { algorithm, value: checksumOf(algorithm, content), type: 'FULL_OBJECT' };
}
