import type { AccessKey, AccessKeys } from '../front-door/access-keys.ts';
import { parseCredentialScope, signatureMatches } from '../front-door/signature.ts';
import { invalidArgument, S3Error, unknownAccessKey } from './s3-error.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * Verifies the signature of a form's policy
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html) and says whose it is.
 */
export function verifyPostSignature(fields: ReadonlyMap<string, string>, keys: AccessKeys, region: string): AccessKey {
  const policy = fields.get('policy');
  if (policy === undefined) throw new S3Error('AccessDenied', 'Access Denied', 403);
  const algorithm = required(fields, 'x-amz-algorithm');
  if (algorithm !== ALGORITHM) {
    throw invalidArgument(`x-amz-algorithm must be "${ALGORITHM}".`, 'x-amz-algorithm', algorithm);
  }
  const credential = required(fields, 'x-amz-credential');
  const date = required(fields, 'x-amz-date');
  const signature = required(fields, 'x-amz-signature');
  const scope = parseCredentialScope(credential);
  if (scope.service !== 's3' || scope.region !== region || !/^\d{8}T\d{6}Z$/.test(date) || !date.startsWith(scope.date)) {
    throw invalidArgument(
      `The credential's scope must name this region (${region}), the service s3 and the day of x-amz-date.`,
      'x-amz-credential',
      credential,
    );
  }
  const key = keys.find(scope.accessKeyId);
  if (!key) throw unknownAccessKey();
  if (key.sessionToken !== fields.get('x-amz-security-token')) {
    throw new S3Error('InvalidToken', 'The provided token is malformed or otherwise invalid.', 400);
  }
  if (!signatureMatches(key.secretAccessKey, scope, policy, signature)) {
    throw new S3Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      403,
    );
  }
  return key;
}

function required(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name);
  if (value === undefined) {
    throw invalidArgument(
      `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
      name,
      '',
    );
  }
  return value;
}
