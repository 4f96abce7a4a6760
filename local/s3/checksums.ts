import { createHash } from 'node:crypto';
import { Crc32, Crc32c, Crc64Nvme } from './crc.ts';
import { invalidArgument, invalidRequest, notImplemented, S3Error } from './s3-error.ts';

/** The checksums that are computed here, and how many bytes each has. */
const CHECKSUM_BYTES = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;

export type ChecksumAlgorithm = keyof typeof CHECKSUM_BYTES;

export const CHECKSUM_ALGORITHMS = Object.keys(CHECKSUM_BYTES) as readonly ChecksumAlgorithm[];

/** What S3 computes for content that comes without a checksum (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html). */
const DEFAULT_ALGORITHM: ChecksumAlgorithm = 'crc64nvme';

export interface ClaimedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64. */
  readonly value: string;
}

/** A checksum that is kept with an object. A composite one is that of the parts' checksums and ends in their number. */
export interface StoredChecksum extends ClaimedChecksum {
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

/** Computes one checksum over bytes handed over in pieces. */
export interface Digest {
  update(bytes: Buffer): void;
  base64(): string;
}

export function newDigest(algorithm: ChecksumAlgorithm | 'md5'): Digest {
  if (algorithm === 'md5' || algorithm === 'sha1' || algorithm === 'sha256') {
    const hash = createHash(algorithm);
    return { update: (bytes) => void hash.update(bytes), base64: () => hash.digest('base64') };
  }
  const crc = algorithm === 'crc32' ? new Crc32() : algorithm === 'crc32c' ? new Crc32c() : new Crc64Nvme();
  return { update: (bytes) => crc.update(bytes), base64: () => crc.value().toString('base64') };
}

export function checksumOf(algorithm: ChecksumAlgorithm | 'md5', bytes: Buffer): string {
  const digest = newDigest(algorithm);
  digest.update(bytes);
  return digest.base64();
}

/** Reads `CRC32` and the like, as requests name an algorithm. */
export function parseAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = CHECKSUM_ALGORITHMS.find((candidate) => candidate === name.toLowerCase());
  if (!algorithm) throw notImplemented(`the checksum algorithm ${name}`);
  return algorithm;
}

/** The one checksum that a request's headers or trailers state, if any. Throws when there are several, or a malformed one. */
export function claimedChecksum(headers: Readonly<Record<string, string>>): ClaimedChecksum | undefined {
  const claims = CHECKSUM_ALGORITHMS.flatMap((algorithm) => {
    const value = headers[`x-amz-checksum-${algorithm}`];
    return value === undefined ? [] : [{ algorithm, value }];
  });
  if (claims.length > 1) {
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  }
  const [claim] = claims;
  const announced = headers['x-amz-sdk-checksum-algorithm'];
  if (announced !== undefined && parseAlgorithm(announced) !== claim?.algorithm) {
    throw invalidRequest(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  if (claim && !isBase64(claim.value, CHECKSUM_BYTES[claim.algorithm])) {
    throw invalidRequest(`Value for x-amz-checksum-${claim.algorithm} header is invalid.`);
  }
  return claim;
}

/**
 * Compares content with all that a request's headers say of it. Answers with the checksum to keep: the one stated, or
 * S3's default. Throws BadDigest and InvalidDigest.
 */
export function verifyContent(headers: Readonly<Record<string, string>>, content: Buffer): StoredChecksum {
  const contentMd5 = headers['content-md5'];
  if (contentMd5 !== undefined) {
    if (!isBase64(contentMd5, 16)) throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.', 400);
    if (checksumOf('md5', content) !== contentMd5) {
      throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.', 400);
    }
  }
  const claim = claimedChecksum(headers);
  const algorithm = claim?.algorithm ?? DEFAULT_ALGORITHM;
  const value = checksumOf(algorithm, content);
  if (claim && claim.value !== value) {
    throw new S3Error('BadDigest', `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`, 400);
  }
  return { algorithm, value, type: 'FULL_OBJECT' };
}

/** Throws unless the body came with a digest, which some operations demand. */
export function requireDigest(headers: Readonly<Record<string, string>>): void {
  if (headers['content-md5'] === undefined && claimedChecksum(headers) === undefined) {
    throw invalidRequest('Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
  }
}

/** A checksum as reply headers. */
export function checksumHeaders(checksum: StoredChecksum): Record<string, string> {
  return { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** A checksum as members of a reply's document. */
export function checksumMembers(checksum: StoredChecksum): Record<string, string> {
  return { [`Checksum${checksum.algorithm.toUpperCase()}`]: checksum.value, ChecksumType: checksum.type };
}

/** The checksum that a multipart upload ends with, unless its creator chooses. */
export function parseChecksumType(name: string | undefined, algorithm: ChecksumAlgorithm): StoredChecksum['type'] {
  const type = name ?? (algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type !== 'FULL_OBJECT' && type !== 'COMPOSITE') {
    throw invalidArgument('Value for x-amz-checksum-type header is invalid.', 'x-amz-checksum-type', type);
  }
  const possible = algorithm === 'crc64nvme' ? type === 'FULL_OBJECT' : algorithm.startsWith('crc') || type === 'COMPOSITE';
  if (!possible) throw invalidRequest(`The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`);
  return type;
}

function isBase64(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === bytes && decoded.toString('base64') === text;
}
