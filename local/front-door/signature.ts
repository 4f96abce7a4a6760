import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError, type RawRequest } from '../platform/call.ts';
import type { AccessKey, AccessKeys } from './access-keys.ts';

/** How far a request's date may be from now: 15 minutes for S3, 5 for most others; one bound serves both. */
const MAX_CLOCK_SKEW_MS = 15 * 60 * 1000;
/** The longest life of a presigned URL: seven days (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html). */
const MAX_PRESIGNED_SECONDS = 604_800;
const ALGORITHM = 'AWS4-HMAC-SHA256';

export interface CredentialScope {
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export interface VerifiedSignature {
  readonly key: AccessKey;
  readonly scope: CredentialScope;
}

interface SignatureClaim {
  readonly scope: CredentialScope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  readonly securityToken: string | undefined;
  readonly presigned: boolean;
  /** Life in seconds, for a presigned request. */
  readonly expiresSeconds?: number;
}

/** Whether a request carries a Signature Version 4, in a header or in its query. */
export function isSigned(request: RawRequest): boolean {
  return request.headers['authorization'] !== undefined || /(^|&)X-Amz-Algorithm=/.test(request.queryString);
}

/**
 * Verifies Signature Version 4 in the header or the query
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html) and says whose it is.
 * Dates are judged by `wallClockMs`, since no caller's clock can be advanced. Throws AwsError as AWS would answer.
 */
export function verifySignature(request: RawRequest, keys: AccessKeys, wallClockMs: number): VerifiedSignature {
  const claim = readClaim(request);
  const { scope } = claim;
  const key = keys.find(scope.accessKeyId);
  if (!key) throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
  if (key.sessionToken !== claim.securityToken) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
  }
  checkDate(claim, wallClockMs);
  for (const required of headersToSign(request)) {
    if (!claim.signedHeaders.includes(required)) {
      throw new AwsError('IncompleteSignatureException', `The header ${required} is not among the signed headers.`, 403);
    }
  }
  const s3 = scope.service === 's3';
  const canonicalRequest = [
    request.method,
    canonicalPath(request.path, s3),
    canonicalQuery(request.queryString),
    ...claim.signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    claim.signedHeaders.join(';'),
    payloadHash(request, s3, claim.presigned),
  ].join('\n');
  const stringToSign = [
    ALGORITHM,
    claim.timestamp,
    `${scope.date}/${scope.region}/${scope.service}/aws4_request`,
    sha256(canonicalRequest),
  ].join('\n');
  if (!signatureMatches(key.secretAccessKey, scope, stringToSign, claim.signature)) {
    throw new AwsError('SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided.', 403);
  }
  return { key, scope };
}

/** Whether `signature` (hex) is the key's signature of the text, compared in constant time. */
export function signatureMatches(secret: string, scope: CredentialScope, text: string, signature: string): boolean {
  const steps = [scope.date, scope.region, scope.service, 'aws4_request'];
  const signingKey = steps.reduce<Buffer | string>((key, step) => hmac(key, step), `AWS4${secret}`);
  const expected = Buffer.from(hmac(signingKey, text).toString('hex'));
  const given = Buffer.from(signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** Reads `AKIA…/20261120/eu-west-1/s3/aws4_request`. Throws when it is not of that form. */
export function parseCredentialScope(credential: string): CredentialScope {
  const [accessKeyId, date, region, service, terminator, ...rest] = credential.split('/');
  if (!accessKeyId || !date || !region || !service || terminator !== 'aws4_request' || rest.length > 0) {
    throw new AwsError(
      'IncompleteSignatureException',
      `"${credential}" is not a credential of the form key/date/region/service/aws4_request.`,
      403,
    );
  }
  return { accessKeyId, date, region, service };
}

function readClaim(request: RawRequest): SignatureClaim {
  const header = request.headers['authorization'];
  if (header !== undefined) {
    const [, credential, signedHeaders, signature] =
      /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)$/.exec(header) ?? [];
    if (!credential || !signedHeaders || !signature) {
      throw new AwsError('IncompleteSignatureException', 'The Authorization header is not an AWS4-HMAC-SHA256 signature.', 403);
    }
    return {
      scope: parseCredentialScope(credential),
      signedHeaders: signedHeaders.split(';'),
      signature,
      timestamp: request.headers['x-amz-date'] ?? '',
      securityToken: request.headers['x-amz-security-token'],
      presigned: false,
    };
  }
  const query = new URLSearchParams(request.queryString.replace(/\+/g, '%2B'));
  return {
    scope: parseCredentialScope(query.get('X-Amz-Credential') ?? ''),
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'),
    signature: query.get('X-Amz-Signature') ?? '',
    timestamp: query.get('X-Amz-Date') ?? '',
    securityToken: query.get('X-Amz-Security-Token') ?? undefined,
    presigned: true,
    expiresSeconds: Number(query.get('X-Amz-Expires') ?? Number.NaN),
  };
}

function checkDate(claim: SignatureClaim, wallClockMs: number): void {
  const signedAt = parseTimestamp(claim.timestamp);
  if (Number.isNaN(signedAt) || !claim.timestamp.startsWith(claim.scope.date)) {
    throw new AwsError('IncompleteSignatureException', 'The signature has no date, or one that its scope contradicts.', 403);
  }
  if (claim.expiresSeconds === undefined) {
    if (Math.abs(wallClockMs - signedAt) > MAX_CLOCK_SKEW_MS) {
      throw new AwsError('RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.', 403);
    }
    return;
  }
  if (!(claim.expiresSeconds >= 1 && claim.expiresSeconds <= MAX_PRESIGNED_SECONDS)) {
    throw new AwsError('AuthorizationQueryParametersError', 'X-Amz-Expires must be between 1 and 604800 seconds.', 400);
  }
  if (wallClockMs > signedAt + claim.expiresSeconds * 1000 || wallClockMs < signedAt - MAX_CLOCK_SKEW_MS) {
    throw new AwsError('AccessDenied', 'Request has expired', 403);
  }
}

/** The host must be signed, which HTTP/2 calls `:authority`, and every `x-amz-*` header. */
function headersToSign({ headers }: RawRequest): string[] {
  const host = headers[':authority'] === undefined ? 'host' : ':authority';
  return [host, ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
}

function parseTimestamp(timestamp: string): number {
  const iso = timestamp.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6Z');
  return iso === timestamp ? Number.NaN : Date.parse(iso);
}

/** S3 signs the path as sent; every other service encodes it once more. */
function canonicalPath(path: string, s3: boolean): string {
  return path
    .split('/')
    .map((segment) => (s3 ? uriEncode(decodeURIComponent(segment)) : uriEncode(segment)))
    .join('/');
}

function canonicalQuery(queryString: string): string {
  return [...new URLSearchParams(queryString.replace(/\+/g, '%2B'))]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** The hash that goes into the signature. Only S3 may leave a body unsigned; a hash that is stated must be the body's. */
function payloadHash(request: RawRequest, s3: boolean, presigned: boolean): string {
  const stated = request.headers['x-amz-content-sha256'];
  if (s3 && presigned) return stated ?? 'UNSIGNED-PAYLOAD';
  if (s3 && stated !== undefined && (stated === 'UNSIGNED-PAYLOAD' || stated.startsWith('STREAMING-'))) return stated;
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

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
