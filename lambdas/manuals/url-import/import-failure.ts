/** Refused is what may not be fetched, and never will be; failed is what did not work this time. */
export type ImportFailure = 'import_refused' | 'import_failed';

/** Why nothing was imported, each with the sentence that the owner reads. A sentence names no address: it may be one of ours. */
const IMPORT_REASONS = {
  invalid_url: ['import_refused', 'The address, or one that it forwards to, is not a valid web address.'],
  url_too_long: ['import_refused', 'The address, or one that it forwards to, is longer than 2,048 characters.'],
  not_https: ['import_refused', 'The address, or one that it forwards to, does not begin with https://.'],
  holds_credentials: ['import_refused', 'The address, or one that it forwards to, holds a user name or a password.'],
  wrong_port: ['import_refused', 'The address, or one that it forwards to, names a port other than 443.'],
  not_public: ['import_refused', 'The address, or one that it forwards to, does not lead to a server on the public internet.'],
  too_many_redirects: ['import_refused', 'The address forwards to another more than five times.'],
  wrong_type: ['import_refused', 'The file is of a type that is not accepted.'],
  too_large: ['import_refused', 'The file is too large.'],
  unknown_encoding: ['import_refused', 'The server sends the file in a compression that is not supported.'],
  expands_too_much: ['import_refused', 'The file is compressed beyond what a manual can be.'],
  name_not_found: ['import_failed', 'The name of the server could not be found.'],
  unreachable: ['import_failed', 'The server could not be reached.'],
  not_secure: ['import_failed', 'No secure connection could be made. The certificate of the server may not be valid.'],
  bad_status: ['import_failed', 'The server did not answer with the file.'],
  invalid_answer: ['import_failed', 'The answer of the server could not be understood.'],
  broken_off: ['import_failed', 'The connection broke off before the whole file had arrived.'],
  timeout: ['import_failed', 'The server took too long.'],
} as const satisfies Record<string, readonly [ImportFailure, string]>;
export type ImportReason = keyof typeof IMPORT_REASONS;

interface ImportErrorOptions {
  /** The status that the server answered with. */
  readonly status?: number;
  /** For the log only: it may name internal addresses. */
  readonly cause?: unknown;
}

/** A manual was not fetched. The message is for its owner, the failure for the record, the reason for logs. */
export class ManualNotImported extends Error {
  override readonly name = 'ManualNotImported';
  readonly failure: ImportFailure;
  readonly reason: ImportReason;

  constructor(reason: ImportReason, { status, cause }: ImportErrorOptions = {}) {
    const [failure, sentence] = IMPORT_REASONS[reason];
    super(status === undefined ? sentence : `${sentence} Its status was ${status}.`, cause === undefined ? undefined : { cause });
    this.failure = failure;
    this.reason = reason;
  }
}
