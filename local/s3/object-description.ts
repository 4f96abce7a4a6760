import type { Bucket } from './bucket.ts';
import { checksumHeaders } from './checksums.ts';
import type { Encryption, ObjectDescription, StoredObject } from './object-version.ts';
import { invalidArgument, notImplemented, S3Error } from './s3-error.ts';

/** Headers that are kept with an object and answered as they came. */
const KEPT_HEADERS = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-type', 'expires'];
const METADATA_PREFIX = 'x-amz-meta-';
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const MAX_METADATA_BYTES = 2048;
const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';
const ENCRYPTION_ALGORITHMS = ['AES256', 'aws:kms', 'aws:kms:dsse'];

/** Reads what a request says of the object that it writes. Throws on what would be kept differently than asked. */
export function describeObject(headers: Readonly<Record<string, string>>, bucket: Bucket): ObjectDescription {
  refuseUnkeptChoices(headers);
  const kept: Record<string, string> = { 'content-type': DEFAULT_CONTENT_TYPE };
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (KEPT_HEADERS.includes(name)) {
      const keptValue = name === 'content-encoding' ? withoutAwsChunked(value) : value;
      if (keptValue !== '') kept[name] = checkHeaderValue(name, keptValue);
    } else if (name.startsWith(METADATA_PREFIX)) {
      metadata[checkMetadataName(name.slice(METADATA_PREFIX.length))] = checkHeaderValue(name, value);
    }
  }
  const metadataBytes = Object.entries(metadata).reduce((total, [name, value]) => total + name.length + value.length, 0);
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', 400, {
      Size: metadataBytes,
      MaxSizeAllowed: MAX_METADATA_BYTES,
    });
  }
  return { headers: kept, metadata, encryption: readEncryption(headers, bucket) };
}

/** What a reply to a reader says of an object, but for the length of what it carries. */
export function objectHeaders(bucket: Bucket, object: StoredObject): Record<string, string> {
  const metadata = Object.entries(object.metadata).map(([name, value]) => [METADATA_PREFIX + name, metadataText(value)]);
  return {
    ...object.headers,
    ...Object.fromEntries(metadata),
    'accept-ranges': 'bytes',
    'last-modified': new Date(object.lastModifiedMs).toUTCString(),
    etag: quoted(object.etag),
    ...versionHeader(bucket, object),
    ...encryptionHeaders(object.encryption),
  };
}

/** What a reply to a writer says of the object that was written. */
export function writtenHeaders(bucket: Bucket, object: StoredObject): Record<string, string> {
  return {
    etag: quoted(object.etag),
    ...checksumHeaders(object.checksum),
    ...versionHeader(bucket, object),
    ...encryptionHeaders(object.encryption),
  };
}

export function encryptionHeaders({ algorithm, kmsKeyId }: Encryption): Record<string, string> {
  return {
    'x-amz-server-side-encryption': algorithm,
    ...(kmsKeyId !== undefined && { 'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId }),
  };
}

/** Only a bucket that keeps versions, or once did, tells them. */
export function versionHeader(bucket: Bucket, version: { readonly versionId: string }): Record<string, string> {
  return bucket.versioning ? { 'x-amz-version-id': version.versionId } : {};
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}

/** Refuses a name that could not be answered as a header's (RFC 9110, section 5.6.2); a form may bring one. */
function checkMetadataName(name: string): string {
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
    throw invalidArgument('The name holds a character that no header may have.', METADATA_PREFIX + name, '');
  }
  return name;
}

/** Refuses a value that could not be answered as a header. */
function checkHeaderValue(name: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) throw invalidArgument('The value holds a control character.', name, '');
  return value;
}

function refuseUnkeptChoices(headers: Readonly<Record<string, string>>): void {
  const storageClass = headers['x-amz-storage-class'] ?? 'STANDARD';
  if (storageClass !== 'STANDARD') throw notImplemented(`the storage class ${storageClass}`);
  // What a bucket answers that has no access control lists, which is the default since 2023.
  const acl = headers['x-amz-acl'] ?? 'bucket-owner-full-control';
  if (acl !== 'bucket-owner-full-control') {
    throw new S3Error('AccessControlListNotSupported', 'The bucket does not allow ACLs', 400);
  }
}

function readEncryption(headers: Readonly<Record<string, string>>, bucket: Bucket): Encryption {
  const algorithm = headers['x-amz-server-side-encryption'];
  const kmsKeyId = headers['x-amz-server-side-encryption-aws-kms-key-id'];
  if (algorithm === undefined && kmsKeyId === undefined) return bucket.configuration.encryption;
  if (algorithm === undefined || !ENCRYPTION_ALGORITHMS.includes(algorithm)) {
    throw invalidArgument('The encryption method specified is not supported', 'x-amz-server-side-encryption', algorithm ?? '');
  }
  if (algorithm === 'AES256' && kmsKeyId !== undefined) {
    throw invalidArgument(
      'Server Side Encryption with AES256 takes no KMS key id',
      'x-amz-server-side-encryption-aws-kms-key-id',
      kmsKeyId,
    );
  }
  return { algorithm, ...(kmsKeyId !== undefined && { kmsKeyId }) };
}

/** The transfer's coding, not the object's. */
function withoutAwsChunked(contentEncoding: string): string {
  return contentEncoding
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== 'aws-chunked')
    .join(',');
}

/** Metadata that is not plain ASCII comes back in the coding of RFC 2047, as the guide to metadata says. */
function metadataText(value: string): string {
  if (/^[\x20-\x7e\t]*$/.test(value)) return value;
  return `=?UTF-8?B?${Buffer.from(value, 'latin1').toString('base64')}?=`;
}
