import { AwsError, type AwsReply } from '../platform/call.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

/** The error document of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. */
export function renderS3Error(error: AwsError, requestId: string): AwsReply {
  const { code, message, status, members } = inS3Terms(error);
  const headers = { 'x-amz-request-id': requestId, ...(error instanceof S3Error && error.headers) };
  if (status === 304) return { status, headers, body: '' };
  const document = xmlDocument('Error', { Code: code, Message: message, ...members, RequestId: requestId });
  return { status, headers: { ...headers, 'content-type': 'application/xml' }, body: document };
}

/** The front door words its refusals as most services do; S3 has codes of its own for some. */
function inS3Terms(error: AwsError): AwsError {
  switch (error.code) {
    case 'IncompleteSignatureException':
      return new AwsError('AuthorizationHeaderMalformed', error.message, 400);
    case 'InternalFailure':
      return new AwsError('InternalError', error.message, error.status);
    default:
      return error;
  }
}
