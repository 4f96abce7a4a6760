import { Readable } from 'node:stream';
import * as z from 'zod';
import type { ApiReply } from './http-message.ts';
import { clientHeaders, MalformedProxyResponse, mergeHeaders, responseHead } from './proxy-response.ts';

/** What stands between a response's metadata and its body. */
const DELIMITER = Buffer.alloc(8);
/** The delimiter ends within so many bytes. */
const MAX_PRELUDE_BYTES = 16 * 1024;

const prelude = responseHead.extend({ cookies: z.array(z.string()).nullish() });

export interface StreamedReply extends ApiReply {
  readonly body: Readable;
}

/**
 * Turns what a function streams into the client's answer as soon as its metadata and the delimiter are there
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html). Throws MalformedProxyResponse when
 * they never come, as from a function that does not stream, and whatever the stream fails with before.
 */
export async function readStreamedReply(stream: Readable): Promise<StreamedReply> {
  const chunks: AsyncIterator<Buffer> = stream.iterator({ destroyOnReturn: false });
  let begun = Buffer.alloc(0);
  for (;;) {
    const end = begun.indexOf(DELIMITER);
    if (end >= 0 && end + DELIMITER.length <= MAX_PRELUDE_BYTES) {
      return { ...readPrelude(begun.subarray(0, end)), body: remainder(begun.subarray(end + DELIMITER.length), chunks, stream) };
    }
    if (begun.length >= MAX_PRELUDE_BYTES) throw new MalformedProxyResponse(`no delimiter is among the first ${MAX_PRELUDE_BYTES} bytes`);
    const next = await chunks.next();
    if (next.done) throw new MalformedProxyResponse('it ended without metadata and a delimiter');
    begun = Buffer.concat([begun, next.value]);
  }
}

function readPrelude(json: Buffer): Pick<ApiReply, 'status' | 'headers'> {
  const parsed = prelude.safeParse(parse(json));
  if (!parsed.success) throw new MalformedProxyResponse(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const { statusCode, headers, multiValueHeaders, cookies } = parsed.data;
  const lines = [
    ...mergeHeaders(headers ?? {}, multiValueHeaders ?? {}),
    ...(cookies ?? []).map((cookie) => ['Set-Cookie', cookie] as const),
  ];
  // A stream whose length is known beforehand may say so.
  return { status: statusCode ?? 200, headers: clientHeaders(lines, ['content-length']) };
}

function parse(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString('utf8'));
  } catch {
    throw new MalformedProxyResponse('its metadata is not JSON');
  }
}

/** The body, chunk by chunk. Who destroys it lets go of the function's stream at once, whatever that waits for. */
function remainder(begun: Buffer, chunks: AsyncIterator<Buffer>, stream: Readable): Readable {
  const body = new Readable({
    read() {
      chunks.next().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      stream.destroy();
      done(error);
    },
  });
  if (begun.length > 0) body.push(begun);
  return body;
}
