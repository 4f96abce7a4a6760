import type { Readable } from 'node:stream';
import type { Principal } from './principal.ts';

/** An HTTP request as it arrived at the front door, its body read. */
export interface RawRequest {
  readonly method: string;
  /** As sent: percent-encoded, without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly queryString: string;
  /** Names in lower case; repeated headers joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Where it came from, as the socket says. */
  readonly sourceIp: string;
}

/** A call to an emulated service, by a principal whose signature was verified. */
export interface AwsCall extends RawRequest {
  readonly principal: Principal;
}

export interface AwsReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | Readable;
}

/** What a service refuses with. `code` is AWS's own (`ValidationException`, `NoSuchKey`), since SDKs decide by it. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  /** Further members of the error document, such as `Item` or `CancellationReasons`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/** What the emulator cannot honour, refused by name. */
export function notEmulated(what: string): AwsError {
  return new AwsError('NotImplementedByLocalRuntime', `The local runtime does not emulate ${what}.`, 501);
}
