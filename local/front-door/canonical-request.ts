import { createHash } from 'node:crypto';
import { AwsError, type RawRequest } from '../platform/call.ts';

/** What of a signature decides how a request is put into its canonical form. */
export interface CanonicalForm {
  readonly signedHeaders: readonly string[];
  /** S3 signs the path as sent and may leave a body unsigned. */
  readonly s3: boolean;
  /** Whether the signature is in the query. */
  readonly presigned: boolean;
}

/**
 * The text whose hash a Signature Version 4 signs
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request).
 * Throws when the body is not the one that the request states.
 */
export function canonicalRequest(request: RawRequest, form: CanonicalForm): string {
  return [
    request.method,
    canonicalPath(request.path, form.s3),
    canonicalQuery(request.queryString),
    ...form.signedHeaders.map((name) => `${name}:${headerValue(request, name).trim().replace(/\s+/g, ' ')}`),
    '',
    form.signedHeaders.join(';'),
    form.s3 ? s3PayloadHash(request, form.presigned) : sha256(request.body),
  ].join('\n');
}

export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A header's value; that of `host` may have come as HTTP/2's `:authority`. */
function headerValue({ headers }: RawRequest, name: string): string {
  return headers[name] ?? (name === 'host' ? headers[':authority'] : undefined) ?? '';
}

/** S3 signs the path as sent; every other service signs it without empty and relative segments, and encodes it once more. */
function canonicalPath(path: string, s3: boolean): string {
  const segments = path.split('/');
  if (s3) return segments.map((segment) => uriEncode(decodeURIComponent(segment))).join('/');
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(uriEncode(segment));
  }
  return kept.length > 0 ? `/${kept.join('/')}${path.endsWith('/') ? '/' : ''}` : '/';
}

function canonicalQuery(queryString: string): string {
  return [...new URLSearchParams(queryString.replace(/\+/g, '%2B'))]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Only S3 takes a body that is unsigned, and only S3 holds the hash that is stated against the body by itself. */
function s3PayloadHash(request: RawRequest, presigned: boolean): string {
  const stated = request.headers['x-amz-content-sha256'];
  if (presigned) return stated ?? 'UNSIGNED-PAYLOAD';
  if (stated === 'UNSIGNED-PAYLOAD' || stated?.startsWith('STREAMING-')) return stated;
  const actual = sha256(request.body);
  if (stated !== undefined && stated !== actual) {
    throw new AwsError('XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.", 400);
  }
  return actual;
}

function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
