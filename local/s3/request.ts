import { isIP } from 'node:net';
import type { RawRequest } from '../platform/call.ts';
import { invalidArgument, notImplemented, S3Error } from './s3-error.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/** Query parameters that carry a presigned request's signature, or repeat the operation's name. */
const SIGNATURE_PARAMETERS = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
  'x-amz-security-token',
  'x-amz-content-sha256',
  'x-amz-user-agent',
  'x-id',
]);

/** What a request is about, in S3's terms. */
export interface S3Target {
  readonly method: string;
  /** Empty when the request is about the account's buckets. */
  readonly bucket: string;
  /** Empty when the request is about a bucket. */
  readonly key: string;
  /** Without the parameters that only sign. */
  readonly query: ReadonlyMap<string, string>;
  /** With those that a presigned URL carries in its query. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads bucket and key from a path-style request. Throws when it is not one. */
export function readTarget(request: RawRequest): S3Target {
  refuseVirtualHost(request.headers['host'] ?? '');
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(request.path) ?? [];
  const query = new Map<string, string>();
  const hoisted: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(request.queryString.replace(/\+/g, '%2B'))) {
    const lowerCaseName = name.toLowerCase();
    if (SIGNATURE_PARAMETERS.has(lowerCaseName)) continue;
    if (query.has(name)) throw invalidArgument('The parameter must be given only once.', name, value);
    // S3 reads a header from a presigned URL's query when the signer put it there.
    if (lowerCaseName.startsWith('x-amz-')) hoisted[lowerCaseName] = Buffer.from(value).toString('latin1');
    else query.set(name, value);
  }
  const target = { method: request.method, bucket: decode(bucket), key: decode(key), query, headers: { ...hoisted, ...request.headers } };
  checkKeyLength(target.key);
  return target;
}

/** Throws KeyTooLongError. */
export function checkKeyLength(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', 'Your key is too long', 400, { Size: size, MaxSizeAllowed: MAX_KEY_BYTES });
  }
}

/** Reads a whole number from the query. Throws InvalidArgument. */
export function readNumber(query: ReadonlyMap<string, string>, name: string, fallback: number, max: number): number {
  const text = query.get(name);
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text)) throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
  return Math.min(Number(text), max);
}

/** In virtual-host style the bucket is in the host's name, where an address has no room for it. */
function refuseVirtualHost(host: string): void {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (isIP(name) === 0 && name.includes('.')) {
    throw notImplemented(`virtual-host style addressing (host ${host}); set the client to path style`);
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.", 400);
  }
}
