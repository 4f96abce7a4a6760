import type { Readable } from 'node:stream';

/** What a function answered. `functionError` says that the body describes an error. */
export interface FunctionResponse {
  readonly contentType: string;
  /** A stream when the handler streams its response; it fails with a FunctionStreamError when the function breaks off. */
  readonly body: Buffer | Readable;
  readonly functionError?: 'Unhandled';
}

/** A streamed response ended early. `document` is the error as Lambda describes it. */
export class FunctionStreamError extends Error {
  override readonly name = 'FunctionStreamError';
  readonly document: Buffer;

  constructor(document: Buffer) {
    super('the function failed after it had begun to stream its response');
    this.document = document;
  }
}

/** The function could not be initialized. `response` is what a caller is told. */
export class InitError extends Error {
  override readonly name = 'InitError';
  readonly response: FunctionResponse;
  readonly durationMs: number;

  constructor(response: FunctionResponse, durationMs: number) {
    super('the function could not be initialized');
    this.response = response;
    this.durationMs = durationMs;
  }
}

/** An error as a function's caller sees it, with Lambda's own type and wording. */
export function errorResponse(errorType: string, errorMessage: string): FunctionResponse {
  return functionError(Buffer.from(JSON.stringify({ errorType, errorMessage })));
}

/** An error that the function's runtime has described. */
export function functionError(document: Buffer): FunctionResponse {
  return { contentType: 'application/json', body: document, functionError: 'Unhandled' };
}

/** The type that an error response names, such as `Runtime.ExitError`. */
export function errorTypeOf(response: FunctionResponse): string | undefined {
  if (!Buffer.isBuffer(response.body)) return undefined;
  const { errorType } = JSON.parse(response.body.toString('utf8')) as { errorType?: string };
  return errorType;
}

/** How a process ended, as Lambda's supervisor words it: `with error: exit status 1`. */
export function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  if (code === 0) return 'without providing a reason';
  if (code !== null) return `with error: exit status ${code}`;
  const words: Partial<Record<NodeJS.Signals, string>> = { SIGKILL: 'killed', SIGABRT: 'aborted', SIGSEGV: 'segmentation fault' };
  return `with error: signal: ${(signal && words[signal]) ?? signal ?? 'unknown'}`;
}
