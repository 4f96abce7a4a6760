import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ApiReply, ApiRequest, HeaderLine } from './http-message.ts';

/** The largest request body (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html). */
const MAX_BODY_BYTES = 10_485_760;
/** How long a client may take to send its request: past it, the connection is closed with a 408. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Long, so that a busy machine does not close a connection just when a client sends its next request on it. */
const KEEP_ALIVE_MS = 75_000;

/** Answers a request; `clientGone` is aborted when nobody waits any more. */
type Answer = (request: ApiRequest, clientGone: AbortSignal) => Promise<ApiReply>;

export interface HttpServerOptions {
  readonly answer: Answer;
  /** Told of faults of the emulator itself. */
  readonly report: (line: string) => void;
}

/** The API's HTTP endpoint on the loopback interface. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: http.Server;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server = http.createServer(
      { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS },
      (request, response) => void this.#serve(request, response),
    );
  }

  /** Listens on `port`, 0 for a free one, and gives the address. */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Stops listening and drops every connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(message: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const clientGone = new AbortController();
    response.once('close', () => clientGone.abort('the connection is closed'));
    const body = await readBody(message).catch(() => 'broken off' as const);
    if (body === 'broken off') return;
    if (body === 'too long') return refuseBody(message, response);
    try {
      const reply = await this.#options.answer(toApiRequest(message, body), clientGone.signal);
      await send(response, reply);
    } catch (error) {
      this.#options.report(`API Gateway failed: ${error instanceof Error ? error.stack : error}`);
      response.destroy();
    }
  }
}

/** The whole body, unless it is known to pass the limit. Throws when the client breaks off. */
async function readBody(message: http.IncomingMessage): Promise<Buffer | 'too long'> {
  if (Number(message.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return 'too long';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return 'too long';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * AWS's front refuses such a body in plain text before the API is looked at, so no gateway response applies. The
 * connection stays until the rest was read and thrown away, or else a client that still sends would lose the answer.
 */
function refuseBody(message: http.IncomingMessage, response: http.ServerResponse): void {
  const text = `HTTP content length exceeded ${MAX_BODY_BYTES} bytes.`;
  response.writeHead(413, { 'content-type': 'text/plain', 'content-length': text.length });
  response.write(text);
  message.resume().once('end', () => response.end());
}

function toApiRequest(message: http.IncomingMessage, body: Buffer): ApiRequest {
  const target = (message.url ?? '/').replace(/^https?:\/\/[^/?]*/i, '');
  const mark = target.indexOf('?');
  return {
    method: message.method ?? 'GET',
    path: (mark < 0 ? target : target.slice(0, mark)) || '/',
    queryString: mark < 0 ? '' : target.slice(mark + 1),
    headers: pairs(message.rawHeaders),
    body,
    sourceIp: message.socket.remoteAddress ?? '',
    port: message.socket.localPort ?? 0,
  };
}

function pairs(rawHeaders: readonly string[]): HeaderLine[] {
  return rawHeaders.flatMap((name, index): HeaderLine[] => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : []));
}

/** A stream's headers leave at once, and each of its chunks as it comes. When it fails, the client sees the connection break. */
async function send(response: http.ServerResponse, { status, headers, body, onEnd }: ApiReply): Promise<void> {
  if (response.destroyed) {
    if (body instanceof Readable) body.destroy();
    onEnd?.(0);
    return;
  }
  for (const [name, lines] of Map.groupBy(headers, ([name]) => name))
    response.setHeader(name, lines.length === 1 ? (lines[0]?.[1] ?? '') : lines.map(([, value]) => value));
  response.statusCode = status;
  if (!(body instanceof Readable)) {
    response.end(body);
    onEnd?.(Buffer.byteLength(body));
    return;
  }
  response.flushHeaders();
  let sentBytes = 0;
  body.on('data', (chunk: Buffer) => {
    sentBytes += chunk.length;
  });
  await pipeline(body, response).catch(() => undefined);
  onEnd?.(sentBytes);
}
