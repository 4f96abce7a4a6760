import { quoted } from './object-description.ts';
import type { StoredObject } from './object-version.ts';
import { noSuchKey, notImplemented, preconditionFailed, S3Error } from './s3-error.ts';

type Headers = Readonly<Record<string, string>>;

/** Whether a reader gets the object: throws PreconditionFailed, or answers 304 when the reader has it already. */
export function checkReadConditions(headers: Headers, object: StoredObject): void {
  const ifMatch = headers['if-match'];
  const ifUnmodifiedSince = headers['if-unmodified-since'];
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object)) throw preconditionFailed('If-Match');
  } else if (ifUnmodifiedSince !== undefined && object.lastModifiedMs > Date.parse(ifUnmodifiedSince)) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (readerHasIt(headers['if-none-match'], headers['if-modified-since'], object)) {
    const known = { etag: quoted(object.etag), 'last-modified': new Date(object.lastModifiedMs).toUTCString() };
    throw new S3Error('NotModified', 'Not Modified', 304, {}, known);
  }
}

/** Whether a copy may be made: as for a reader, but every condition that does not hold is a failure. */
export function checkCopyConditions(headers: Headers, source: StoredObject): void {
  const conditions: Record<string, string> = {};
  for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']) {
    const value = headers[`x-amz-copy-source-${name}`];
    if (value !== undefined) conditions[name] = value;
  }
  try {
    checkReadConditions(conditions, source);
  } catch (error) {
    if (error instanceof S3Error && error.status === 304) throw preconditionFailed('x-amz-copy-source-If-');
    throw error;
  }
}

/** Whether a writer may replace what is there (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). */
export function writeConditions(headers: Headers, key: string): (current: StoredObject | undefined) => void {
  const ifNoneMatch = headers['if-none-match'];
  const ifMatch = headers['if-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw notImplemented('If-None-Match with an ETag on a write; S3 takes only *');
  if (ifMatch === '*') throw notImplemented('If-Match with * on a write; S3 takes only an ETag');
  return (current) => {
    if (ifNoneMatch !== undefined && current) throw preconditionFailed('If-None-Match');
    if (ifMatch === undefined) return;
    if (!current) throw noSuchKey(key);
    if (!matches(ifMatch, current)) throw preconditionFailed('If-Match');
  };
}

/** A date that cannot be read sets no condition (RFC 9110, section 13.1.3): nothing compares with it. */
function readerHasIt(ifNoneMatch: string | undefined, ifModifiedSince: string | undefined, object: StoredObject): boolean {
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object);
  return ifModifiedSince !== undefined && object.lastModifiedMs <= Date.parse(ifModifiedSince);
}

function matches(etags: string, object: StoredObject): boolean {
  return etags
    .split(',')
    .map((etag) => etag.trim().replace(/^"(.*)"$/, '$1'))
    .some((etag) => etag === '*' || etag === object.etag);
}
