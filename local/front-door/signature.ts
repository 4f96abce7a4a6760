import { createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError, type RawRequest } from '../platform/call.ts';
import type { AccessKey, AccessKeys } from './access-keys.ts';
import { canonicalRequest, sha256 } from './canonical-request.ts';
import { MAX_CLOCK_SKEW_MS, type SignatureRefusals, signatureRefusals } from './signature-refusals.ts';

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

/** What signatures are held against. */
export interface SignatureChecks {
  readonly keys: AccessKeys;
  /** The only region whose scope is accepted; any is when absent. */
  readonly region?: string;
  /** Judges a signature's date: the machine's time, since no caller's clock can be advanced. */
  readonly wallClockMs: number;
}

/**
 * Verifies Signature Version 4 in the header or the query
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html) and says whose it is.
 * Throws AwsError as the service that the scope names would answer.
 */
export function verifySignature(request: RawRequest, { keys, region, wallClockMs }: SignatureChecks): VerifiedSignature {
  const claim = readClaim(request);
  const { scope, signedHeaders, presigned } = claim;
  const refusals = signatureRefusals(scope.service, request);
  const key = keys.find(scope.accessKeyId);
  if (!key) throw refusals.unknownKey();
  if (key.sessionToken !== claim.securityToken) throw claim.securityToken === undefined ? refusals.missingToken() : refusals.wrongToken();
  checkDate(claim, refusals, wallClockMs);
  if (region !== undefined && scope.region !== region) throw refusals.wrongRegion(scope, region);
  const unsigned = unsignedHeaderOf(request, signedHeaders);
  if (unsigned !== undefined) throw refusals.unsignedHeader(unsigned);
  const stringToSign = [
    ALGORITHM,
    claim.timestamp,
    `${scope.date}/${scope.region}/${scope.service}/aws4_request`,
    sha256(canonicalRequest(request, { signedHeaders, s3: scope.service === 's3', presigned })),
  ].join('\n');
  if (!signatureMatches(key.secretAccessKey, scope, stringToSign, claim.signature)) throw refusals.mismatch();
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
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) {
    throw new AwsError('AuthorizationQueryParametersError', `X-Amz-Algorithm only supports ${ALGORITHM}.`, 400);
  }
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

function checkDate(claim: SignatureClaim, refusals: SignatureRefusals, wallClockMs: number): void {
  const signedAt = parseTimestamp(claim.timestamp);
  if (Number.isNaN(signedAt))
    throw new AwsError('IncompleteSignatureException', 'The request has no X-Amz-Date of the form YYYYMMDDTHHMMSSZ.', 403);
  if (claim.timestamp.slice(0, 8) !== claim.scope.date) throw refusals.wrongDate(claim.scope, claim.timestamp);
  if (claim.expiresSeconds === undefined) {
    if (Math.abs(wallClockMs - signedAt) > MAX_CLOCK_SKEW_MS) throw refusals.skewed(claim.timestamp, wallClockMs);
    return;
  }
  if (!(claim.expiresSeconds >= 1 && claim.expiresSeconds <= MAX_PRESIGNED_SECONDS)) {
    throw new AwsError('AuthorizationQueryParametersError', 'X-Amz-Expires must be between 1 and 604800 seconds.', 400);
  }
  if (wallClockMs > signedAt + claim.expiresSeconds * 1000 || wallClockMs < signedAt - MAX_CLOCK_SKEW_MS) {
    throw new AwsError('AccessDenied', 'Request has expired', 403);
  }
}

/** A header that must be signed and isn't: the host, which HTTP/2 also calls `:authority`, and every `x-amz-*` header must be. */
function unsignedHeaderOf({ headers }: RawRequest, signedHeaders: readonly string[]): string | undefined {
  const signsHost = signedHeaders.includes('host') || (headers[':authority'] !== undefined && signedHeaders.includes(':authority'));
  if (!signsHost) return "Host' or ':authority";
  return Object.keys(headers).find((name) => name.startsWith('x-amz-') && !signedHeaders.includes(name));
}

function parseTimestamp(timestamp: string): number {
  const iso = timestamp.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6Z');
  return iso === timestamp ? Number.NaN : Date.parse(iso);
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
