import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { errorResponse, type FunctionResponse, functionError } from './function-response.ts';
import type { Invocation } from './invocation.ts';
import { streamedResponse } from './streamed-response.ts';

/** Largest buffered response, in bytes (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; the error names this figure). */
const MAX_RESPONSE_BYTES = 6_291_556;
const NEXT = '/2018-06-01/runtime/invocation/next';
const INIT_ERROR = '/2018-06-01/runtime/init/error';
/** Not AWS's: how the stand-in asks whether everything of the last invocation has arrived. */
const FREEZE = '/local/freeze';

export interface RuntimeApiEvents {
  /** Initialization failed, with the runtime's description of the error. */
  initFailed(document: Buffer): void;
  /** The response of the current invocation, or its beginning when it is streamed. */
  responded(response: FunctionResponse): void;
  /** Initialization, or the last invocation, is over and its response complete. The environment waits for `freeze`. */
  settled(maxRssKb: number): void;
}

interface Current {
  readonly invocation: Invocation;
  readonly deadlineMs: number;
  readonly complete: PromiseWithResolvers<void>;
}

/**
 * The Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) of one execution environment, on a
 * loopback port of its own. An invocation is given only to who names its id, which nobody but the thawed environment knows.
 */
export class RuntimeApi {
  readonly #functionArn: string;
  readonly #events: RuntimeApiEvents;
  readonly #server = http.createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
    // A request that breaks off means that the environment has died, which its process reports.
    this.#serve(request, response).catch(() => request.destroy());
  });
  #current: Current | undefined;
  #freezing: http.ServerResponse | undefined;

  constructor(functionArn: string, events: RuntimeApiEvents) {
    this.#functionArn = functionArn;
    this.#events = events;
  }

  /** Returns the address as the runtime takes it: `127.0.0.1:<port>`. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Makes this the invocation that the environment gets next. `deadlineMs` is in milliseconds since the epoch. */
  offer(invocation: Invocation, deadlineMs: number): void {
    this.#current = { invocation, deadlineMs, complete: Promise.withResolvers() };
  }

  /** Lets the environment block until it is thawed. */
  freeze(): void {
    this.#freezing?.writeHead(204).end();
    this.#freezing = undefined;
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method, url = '', headers } = request;
    const [, requestId, outcome] = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(url) ?? [];
    if (method === 'GET' && url === NEXT) return this.#next(headers['request-id'], response);
    if (method !== 'POST') return refuse(response, 404, 'InvalidPath');
    if (url === FREEZE) {
      await this.#current?.complete.promise;
      this.#freezing = response;
      return this.#events.settled(Number(headers['max-rss-kb']));
    }
    if (url === INIT_ERROR) {
      this.#events.initFailed(await buffer(request));
      response.writeHead(202).end();
      return;
    }
    const current = this.#current;
    if (!outcome) return refuse(response, 404, 'InvalidPath');
    if (!current || requestId !== current.invocation.requestId) return refuse(response, 400, 'InvalidRequestID');
    if (outcome === 'error') this.#events.responded(functionError(await buffer(request)));
    else if (headers['lambda-runtime-function-response-mode'] === 'streaming') await this.#stream(request);
    else this.#events.responded(bufferedResponse(await buffer(request)));
    current.complete.resolve();
    response.writeHead(202).end();
  }

  #next(ticket: string | string[] | undefined, response: http.ServerResponse): void {
    const current = this.#current;
    if (!current || ticket !== current.invocation.requestId) {
      refuse(response, 403, 'InvalidRequestID');
      return;
    }
    const { requestId, payload, traceHeader, clientContext } = current.invocation;
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': String(current.deadlineMs),
      'lambda-runtime-invoked-function-arn': this.#functionArn,
      'lambda-runtime-trace-id': traceHeader,
      ...(clientContext && { 'lambda-runtime-client-context': clientContext }),
    });
    response.end(payload);
  }

  async #stream(request: http.IncomingMessage): Promise<void> {
    const { response, complete } = await streamedResponse(request);
    this.#events.responded(response);
    await complete;
  }
}

function bufferedResponse(payload: Buffer): FunctionResponse {
  if (payload.length > MAX_RESPONSE_BYTES) {
    const message = `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
    return errorResponse('Function.ResponseSizeTooLarge', message);
  }
  return { contentType: 'application/json', body: payload };
}

function refuse(response: http.ServerResponse, status: number, errorType: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errorType }));
}
