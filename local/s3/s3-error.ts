import { AwsError } from '../platform/call.ts';

/** A refusal that S3 explains in headers as well, such as `x-amz-delete-marker`. */
export class S3Error extends AwsError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    status: number,
    members: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message, status, members);
    this.headers = headers;
  }
}

/** What S3 can do and this emulation cannot, in S3's own code for it. */
export function notImplemented(what: string): S3Error {
  return new S3Error('NotImplemented', `The local runtime does not emulate ${what}.`, 501);
}

/** A malformed value of a parameter, header or form field. */
export function invalidArgument(message: string, name: string, value: string): S3Error {
  return new S3Error('InvalidArgument', message, 400, { ArgumentName: name, ArgumentValue: value });
}

export function invalidRequest(message: string): S3Error {
  return new S3Error('InvalidRequest', message, 400);
}

export function malformedXml(): S3Error {
  return new S3Error('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema', 400);
}

export function noSuchKey(key: string, headers: Readonly<Record<string, string>> = {}): S3Error {
  return new S3Error('NoSuchKey', 'The specified key does not exist.', 404, { Key: key }, headers);
}

export function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, { Condition: condition });
}

export function unknownAccessKey(): S3Error {
  return new S3Error('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403);
}
