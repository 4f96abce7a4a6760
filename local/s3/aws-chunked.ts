import { notImplemented, S3Error } from './s3-error.ts';

/** A body and the headers that followed it. */
export interface DecodedBody {
  readonly content: Buffer;
  readonly trailers: Readonly<Record<string, string>>;
}

const CRLF = '\r\n';

/**
 * Takes a body out of the `aws-chunked` coding, in which SDKs send streams with their checksum behind them
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html). Any other body is left as it is.
 * Chunks that carry signatures of their own are refused.
 */
export function decodeAwsChunked(headers: Readonly<Record<string, string>>, body: Buffer): DecodedBody {
  const payload = headers['x-amz-content-sha256'] ?? '';
  if (!payload.startsWith('STREAMING-')) return { content: body, trailers: {} };
  if (payload !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') throw notImplemented(`the payload ${payload}`);
  const decodedLength = headers['x-amz-decoded-content-length'];
  if (decodedLength === undefined) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  }
  const { content, rest } = readChunks(body);
  if (content.length !== Number(decodedLength)) throw incomplete();
  return { content, trailers: readTrailers(rest, headers['x-amz-trailer'] ?? '') };
}

function readChunks(body: Buffer): { content: Buffer; rest: string } {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const lineEnd = body.indexOf(CRLF, offset);
    const sizeText = body.toString('latin1', offset, Math.max(lineEnd, offset));
    if (!/^[0-9a-f]{1,8}$/i.test(sizeText)) throw incomplete();
    const size = Number.parseInt(sizeText, 16);
    const start = lineEnd + CRLF.length;
    if (size === 0) return { content: Buffer.concat(chunks), rest: body.toString('latin1', start) };
    offset = start + size + CRLF.length;
    if (offset > body.length || body.toString('latin1', start + size, offset) !== CRLF) throw incomplete();
    chunks.push(body.subarray(start, start + size));
  }
}

function readTrailers(text: string, announced: string): Record<string, string> {
  const names = announced.split(',').map((name) => name.trim().toLowerCase());
  const trailers: Record<string, string> = {};
  for (const line of text.split(CRLF)) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon < 0 || !names.includes(name)) throw malformedTrailer();
    trailers[name] = line.slice(colon + 1).trim();
  }
  if (names.some((name) => name !== '' && trailers[name] === undefined)) throw malformedTrailer();
  return trailers;
}

function incomplete(): S3Error {
  return new S3Error('IncompleteBody', 'The request body terminated unexpectedly', 400);
}

function malformedTrailer(): S3Error {
  return new S3Error('MalformedTrailerError', 'The request contained trailing data that was not well-formed.', 400);
}
