import { AwsError, type RawRequest } from '../platform/call.ts';
import type { CredentialScope } from './signature.ts';

/** How far a request's date may be from now: 15 minutes for S3, 5 for most others; one bound serves both. */
export const MAX_CLOCK_SKEW_MS = 15 * 60 * 1000;

/** What a signature is refused for once its scope can be read. */
export interface SignatureRefusals {
  unknownKey(): AwsError;
  missingToken(): AwsError;
  wrongToken(): AwsError;
  /** The scope's date is not that of the signature. */
  wrongDate(scope: CredentialScope, timestamp: string): AwsError;
  wrongRegion(scope: CredentialScope, expected: string): AwsError;
  /** Signed too long ago, or in the future. */
  skewed(timestamp: string, wallClockMs: number): AwsError;
  unsignedHeader(name: string): AwsError;
  mismatch(): AwsError;
}

/** The refusals in the words of the service that the request is for. */
export function signatureRefusals(service: string, request: RawRequest): SignatureRefusals {
  if (service === 's3') return s3Refusals(request.headers['authorization'] === undefined);
  // AWS's JSON services answer all that the caller did wrong with 400
  // (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html).
  return commonRefusals(request.headers['x-amz-target'] === undefined ? 403 : 400);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html */
function commonRefusals(status: number): SignatureRefusals {
  const unrecognized = () => new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', status);
  const invalid = (message: string) => new AwsError('InvalidSignatureException', message, status);
  return {
    unknownKey: unrecognized,
    missingToken: unrecognized,
    wrongToken: unrecognized,
    wrongDate: ({ date }, timestamp) =>
      invalid(
        `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
      ),
    wrongRegion: ({ region }) => invalid(`Credential should be scoped to a valid region, not '${region}'.`),
    skewed: (timestamp, wallClockMs) => {
      const [earliest = '', now = '', latest = ''] = [-MAX_CLOCK_SKEW_MS, 0, MAX_CLOCK_SKEW_MS].map((ms) => timestampOf(wallClockMs + ms));
      const minutes = MAX_CLOCK_SKEW_MS / 60_000;
      return timestamp < now
        ? invalid(`Signature expired: ${timestamp} is now earlier than ${earliest} (${now} - ${minutes} min.)`)
        : invalid(`Signature not yet current: ${timestamp} is still later than ${latest} (${now} + ${minutes} min.)`);
    },
    unsignedHeader: (name) => invalid(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`),
    mismatch: () =>
      invalid(
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      ),
  };
}

const unknownToS3 = () => new AwsError('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function s3Refusals(presigned: boolean): SignatureRefusals {
  const wrongScope = (message: string, members?: Readonly<Record<string, unknown>>) =>
    presigned
      ? new AwsError('AuthorizationQueryParametersError', `Error parsing the X-Amz-Credential parameter; ${message}`, 400, members)
      : new AwsError('AuthorizationHeaderMalformed', `The authorization header is malformed; ${message}`, 400, members);
  return {
    unknownKey: unknownToS3,
    // S3 knows a temporary key only together with its token.
    missingToken: unknownToS3,
    wrongToken: () => new AwsError('InvalidToken', 'The provided token is malformed or otherwise invalid.', 400),
    wrongDate: ({ date }, timestamp) =>
      wrongScope(`Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`),
    wrongRegion: ({ region }, expected) => wrongScope(`the region '${region}' is wrong; expecting '${expected}'`, { Region: expected }),
    skewed: () => new AwsError('RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.', 403),
    unsignedHeader: (name) =>
      new AwsError('AccessDenied', 'There were headers present in the request which were not signed', 403, { HeadersNotSigned: name }),
    mismatch: () =>
      new AwsError(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
        403,
      ),
  };
}

/** `YYYYMMDDTHHMMSSZ`, as in `X-Amz-Date`. */
function timestampOf(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/[-:]|\.\d+/g, '');
}
