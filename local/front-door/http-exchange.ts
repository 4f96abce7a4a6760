import http2 from 'node:http2';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsError, type AwsReply, type RawRequest } from '../platform/call.ts';
import type { HttpRequest, HttpResponse } from './http-listener.ts';

/** The largest body that is kept: an upload of 50 MB in its form, with room to spare. */
export const MAX_BODY_BYTES = 128 * 1024 * 1024;

export interface ReceivedRequest {
  readonly request: RawRequest;
  /** Why no service could make sense of it. */
  readonly flaw?: AwsError;
}

/** Reads a request to its end; nothing when the client hangs up before. */
export async function receive(request: HttpRequest): Promise<ReceivedRequest | undefined> {
  // A connection that has ended since no longer says where it came from.
  const sourceIp = request.socket.remoteAddress ?? '';
  const body = await readBody(request);
  if (!body) return undefined;
  const { url = '/' } = request;
  const mark = url.indexOf('?');
  const raw: RawRequest = {
    method: request.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    queryString: mark < 0 ? '' : url.slice(mark + 1),
    headers: joinHeaders(request.rawHeaders),
    body: body.content,
    sourceIp,
  };
  const flaw = flawOf(raw, body.bytes);
  return { request: raw, ...(flaw && { flaw }) };
}

/** Breaks off without an answer. An HTTP/2 connection carries other calls, so only this one's stream ends. */
export function abort(request: HttpRequest): void {
  if (request instanceof http2.Http2ServerRequest) request.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
  else request.socket.destroy();
}

/** Answers; in vain when the client has gone. */
export async function send(response: HttpResponse, reply: AwsReply): Promise<void> {
  response.statusCode = reply.status;
  const headers = { 'x-amzn-requestid': crypto.randomUUID(), ...reply.headers };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (reply.body instanceof Readable) await pipeline(reply.body, response).catch(() => undefined);
  else response.end(reply.body);
}

/** A body that is too large is read to its end all the same: a client that is still sending would not see the refusal. */
async function readBody(request: HttpRequest): Promise<{ readonly content: Buffer; readonly bytes: number } | undefined> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) chunks = [];
      else chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return { content: Buffer.concat(chunks), bytes };
}

function flawOf({ path, queryString }: RawRequest, bodyBytes: number): AwsError | undefined {
  if (bodyBytes > MAX_BODY_BYTES) {
    return new AwsError(
      'RequestEntityTooLargeException',
      `The request's body has ${bodyBytes} bytes, of which ${MAX_BODY_BYTES} are allowed.`,
      413,
    );
  }
  try {
    decodeURIComponent(path);
    decodeURIComponent(queryString);
    return undefined;
  } catch {
    return new AwsError('InvalidURI', "Couldn't parse the specified URI.", 400);
  }
}

/** Headers by their names in lower case. Repeated ones are joined as a signature joins them. */
function joinHeaders(rawHeaders: readonly string[]): Record<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return Object.fromEntries(headers);
}
