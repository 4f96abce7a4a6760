import type { Readable } from 'node:stream';

/** A header as it travels: original case, one entry per line sent. */
export type HeaderLine = readonly [name: string, value: string];

/** An HTTP request to a deployed API, its body read. */
export interface ApiRequest {
  readonly method: string;
  /** As sent: percent-encoded, without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly queryString: string;
  readonly headers: readonly HeaderLine[];
  readonly body: Buffer;
  /** Where it came from, as the socket says. */
  readonly sourceIp: string;
  /** The port that it was sent to. */
  readonly port: number;
}

export interface ApiReply {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  /** A stream is handed on as it comes; when it fails, the connection is cut. */
  readonly body: Buffer | string | Readable;
  /** Told how many bytes of the body were sent, once no more will be. */
  readonly onEnd?: (sentBytes: number) => void;
}

/** All values of a header, whatever the case of its name. */
export function headerValues(headers: readonly HeaderLine[], name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter(([candidate]) => candidate.toLowerCase() === wanted).map(([, value]) => value);
}

/** The media type of a `Content-Type` or of the first entry of an `Accept`, in lower case and without parameters. */
export function mediaType(headerValue: string | undefined): string | undefined {
  return headerValue?.split(',')[0]?.split(';')[0]?.trim().toLowerCase() || undefined;
}

/**
 * Whether a media type is among an API's binary ones, which are exact, `type/*`, or the catch-all
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html).
 */
export function isBinary(type: string | undefined, binaryMediaTypes: readonly string[]): boolean {
  if (binaryMediaTypes.includes('*/*')) return true;
  if (type === undefined || type.startsWith('*/')) return false;
  return binaryMediaTypes.includes(type) || binaryMediaTypes.includes(`${type.split('/')[0]}/*`);
}

/**
 * The query's parameters in order, decoded, a plus sign read as a blank. API Gateway splits at semicolons too
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html).
 */
export function queryParameters(queryString: string): [name: string, value: string][] {
  return [...new URLSearchParams(queryString.replaceAll(';', '&'))];
}
