import { type FieldError, PROBLEMS, type ProblemCode, type ProblemDocument, problemType } from './problems.contract.ts';

export interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** A refusal that the client is told about. Anything else that is thrown becomes `internal`, and only the log knows why. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  /** `detail` is for the client: what happened, the value, the remedy; never an internal name. */
  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  toDocument(requestId: string): ProblemDocument {
    const { title, status } = PROBLEMS[this.code];
    return {
      type: problemType(this.code),
      title,
      status,
      detail: this.message,
      code: this.code,
      request_id: requestId,
      ...(this.errors && { errors: this.errors }),
    };
  }
}

/** For a request that the gateway let through to a function that knows nothing of it. */
export const noSuchRoute = (): Problem => new Problem('not_found', 'There is no such route.');

/** An error of the AWS SDK, as far as we read it. */
interface ServiceError extends Error {
  readonly code?: string;
  /** Whose it is, also of an error that was told within a stream, which has no status. */
  readonly $fault?: 'client' | 'server';
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $retryable?: { readonly throttling?: boolean };
}

const THROTTLING = new Set([
  'ThrottlingException',
  'TooManyRequestsException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ServiceQuotaExceededException',
]);
const TIMEOUTS = new Set(['AbortError', 'TimeoutError', 'ModelTimeoutException']);
/** What a connection may fail with. */
const NETWORK_CODES = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'ERR_HTTP2_STREAM_CANCEL']);

/** Whether a service has refused a call since it was asked too much. */
export function isThrottling(error: unknown): boolean {
  const { name, $retryable } = error as ServiceError;
  return THROTTLING.has(name) || $retryable?.throttling === true;
}

/**
 * What an error is to the client: a Problem as it is, a failure of a service behind us by its kind, and anything else
 * ours, about which only the log says more.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { name, code = '', $fault, $metadata } = error as ServiceError;
  if (TIMEOUTS.has(name)) return new Problem('timeout', 'A service behind Manuel took too long. Try again.', { cause: error });
  if (isThrottling(error)) {
    return new Problem('unavailable', 'Manuel is very busy. Try again in a moment.', { cause: error, retryAfterSeconds: 5 });
  }
  if (NETWORK_CODES.has(code) || $fault === 'server' || ($metadata && ($metadata.httpStatusCode ?? 500) >= 500)) {
    return new Problem('unavailable', 'A service behind Manuel is unavailable. Try again in a moment.', {
      cause: error,
      retryAfterSeconds: 5,
    });
  }
  if ($metadata || $fault) return new Problem('bad_upstream', 'A service behind Manuel refused the request.', { cause: error });
  return new Problem('internal', 'Something went wrong on our side. If it stays so, report the request id.', { cause: error });
}
