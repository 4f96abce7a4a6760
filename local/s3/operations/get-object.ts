import { Readable } from 'node:stream';
import type { AwsReply } from '../../platform/call.ts';
import type { Bucket } from '../bucket.ts';
import { parseRange } from '../byte-range.ts';
import { checksumHeaders } from '../checksums.ts';
import { objectHeaders, versionHeader } from '../object-description.ts';
import type { StoredObject } from '../object-version.ts';
import { checkReadConditions } from '../preconditions.ts';
import type { S3Call, S3Operation } from '../s3-call.ts';
import { invalidArgument, noSuchKey, S3Error } from '../s3-error.ts';

const OVERRIDES = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-type', 'expires'];

export const getObject: S3Operation = async (call, { store }) => read(call, store.bucket(call.bucket), true);

export const headObject: S3Operation = async (call, { store }) => read(call, store.bucket(call.bucket), false);

/**
 * The object that a reader means. Throws NoSuchKey where a delete marker hides it, NoSuchVersion, and MethodNotAllowed
 * when the version is a delete marker, which has nothing to read.
 */
export function findObject(bucket: Bucket, key: string, versionId: string | undefined): StoredObject {
  if (versionId === '') throw invalidArgument('Version id cannot be the empty string', 'versionId', '');
  const version = versionId === undefined ? bucket.current(key) : bucket.find(key, versionId);
  if (version?.kind === 'object') return version;
  const marker = version && { 'x-amz-delete-marker': 'true', ...versionHeader(bucket, version) };
  if (versionId === undefined) throw noSuchKey(key, marker);
  if (!version) {
    throw new S3Error('NoSuchVersion', 'The specified version does not exist.', 404, { Key: key, VersionId: versionId });
  }
  throw new S3Error(
    'MethodNotAllowed',
    'The specified method is not allowed against this resource.',
    405,
    { ResourceType: 'DeleteMarker' },
    { ...marker, allow: 'DELETE', 'last-modified': new Date(version.lastModifiedMs).toUTCString() },
  );
}

function read(call: S3Call, bucket: Bucket, withContent: boolean): AwsReply {
  const object = findObject(bucket, call.key, call.query.get('versionId'));
  checkReadConditions(call.headers, object);
  const range = parseRange(call.headers['range'], object.sizeBytes);
  const { start, end } = range ?? { start: 0, end: object.sizeBytes - 1 };
  const headers = {
    ...objectHeaders(bucket, object),
    ...overrides(call.query),
    'content-length': String(end - start + 1),
    // A checksum is that of the whole object, so a part of it goes without.
    ...(readMode(call.headers) && !range && checksumHeaders(object.checksum)),
    ...(range && { 'content-range': `bytes ${start}-${end}/${object.sizeBytes}` }),
  };
  const body = withContent ? Readable.from(bucket.files.readContent(object.contentFile, start, end)) : '';
  return { status: range ? 206 : 200, headers, body };
}

function readMode(headers: Readonly<Record<string, string>>): boolean {
  const mode = headers['x-amz-checksum-mode'];
  if (mode !== undefined && mode !== 'ENABLED') throw invalidArgument('Invalid checksum mode', 'x-amz-checksum-mode', mode);
  return mode !== undefined;
}

/** `response-content-type` and its like, by which a reader chooses the headers of the answer. */
function overrides(query: ReadonlyMap<string, string>): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of OVERRIDES) {
    const value = query.get(`response-${name}`);
    if (value === undefined) continue;
    if (!/^[\x20-\x7e\xa0-\xff\t]*$/.test(value)) {
      throw invalidArgument('Header value cannot be represented using ISO-8859-1.', `response-${name}`, value);
    }
    chosen[name] = value;
  }
  return chosen;
}
