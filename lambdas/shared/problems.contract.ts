/**
 * Every error that a client can meet: RFC 9457 problem documents with a stable `code`. The title says what the code
 * means; the detail of an occurrence says what to do about it.
 */
export const PROBLEMS = {
  // The caller's requests
  malformed_body: { status: 400, title: 'The body is not a JSON object with the required members' },
  invalid_request: { status: 400, title: 'A field of the request is not valid' },
  unauthorized: { status: 401, title: 'A valid access token is required' },
  forbidden: { status: 403, title: 'This request is not allowed' },
  not_found: { status: 404, title: 'There is no such thing' },
  library_full: { status: 409, title: 'There is no room for another manual' },
  too_large: { status: 413, title: 'The request or the file is too large' },
  unsupported_type: { status: 415, title: 'The content type is not accepted' },
  quota_exceeded: { status: 429, title: 'A quota is used up' },
  rate_limited: { status: 429, title: 'There were too many requests within a minute' },
  throttled: { status: 429, title: 'Too many requests at once' },
  // Ours and those of the services behind us
  internal: { status: 500, title: 'Something went wrong' },
  bad_upstream: { status: 502, title: 'A service behind Manuel refused or answered nonsense' },
  unavailable: { status: 503, title: 'A service behind Manuel is unavailable' },
  spend_cap_reached: { status: 503, title: 'Manuel has done all that it may today' },
  timeout: { status: 504, title: 'A service behind Manuel took too long' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** One field that is wrong: a JSON pointer (RFC 6901) into the body, or the parameter's name. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** The document that a client receives, as `application/problem+json`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** The URI that names a problem's type; clients decide by `code` and need not resolve it. */
export function problemType(code: ProblemCode): string {
  return `urn:manuel:problem:${code}`;
}
