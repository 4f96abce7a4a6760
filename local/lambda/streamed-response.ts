import type http from 'node:http';
import { Readable } from 'node:stream';
import { type FunctionResponse, FunctionStreamError, functionError } from './function-response.ts';

const ERROR_BODY_TRAILER = 'lambda-runtime-function-error-body';

interface StreamedResponse {
  readonly response: FunctionResponse;
  /** Resolves once the function has sent everything, and rejects when it died before that. */
  readonly complete: Promise<void>;
}

/**
 * The response that a function streams to the Runtime API, as it arrives: resolves with its first bytes. An error in the
 * trailers before any byte is an ordinary function error; after the first byte it breaks the stream off
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming). Who stops reading
 * does not stop the function, as on AWS.
 */
export async function streamedResponse(request: http.IncomingMessage): Promise<StreamedResponse> {
  const contentType = request.headers['content-type'] ?? 'application/octet-stream';
  const complete = Promise.withResolvers<void>();
  // Whether anybody waits for the end or not, a function that dies must not end the runtime.
  complete.promise.catch(() => undefined);
  request.once('end', () => complete.resolve());
  request.once('error', complete.reject);
  request.once('close', () => complete.reject(new Error('the function has died')));
  const chunks = request.iterator({ destroyOnReturn: false });
  const first = await chunks.next();
  const failedAtOnce = first.done ? trailingError(request) : undefined;
  if (failedAtOnce) return { response: functionError(failedAtOnce), complete: complete.promise };
  async function* body(): AsyncGenerator<Buffer> {
    try {
      for (let chunk = first; !chunk.done; chunk = await chunks.next()) yield chunk.value;
    } catch {
      throw new FunctionStreamError(Buffer.from(JSON.stringify({ errorType: 'Runtime.ExitError' })));
    }
    const failure = trailingError(request);
    if (failure) throw new FunctionStreamError(failure);
  }
  const stream = Readable.from(body(), { objectMode: false });
  stream.once('close', async () => {
    // As long as it is iterated over, a stream does not flow.
    await chunks.return?.();
    request.resume();
  });
  return { response: { contentType, body: stream }, complete: complete.promise };
}

function trailingError(request: http.IncomingMessage): Buffer | undefined {
  const encoded = request.trailers[ERROR_BODY_TRAILER];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
}
