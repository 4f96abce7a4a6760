import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsError, type AwsReply, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { ANONYMOUS, type Principal } from '../platform/principal.ts';
import type { Service } from '../platform/service.ts';
import type { AccessKeys } from './access-keys.ts';
import { Faults } from './faults.ts';
import { isSigned, verifySignature } from './signature.ts';

/** The largest body that is read: an upload of 50 MB in its form, with room to spare. */
const MAX_BODY_BYTES = 128 * 1024 * 1024;
/** How an HTTP/2 connection begins (RFC 9113, section 3.4). Bedrock's clients speak it without asking first. */
const HTTP2_PREFACE = 'PRI * HTTP/2.0';

type Request = http.IncomingMessage | http2.Http2ServerRequest;
type Response = http.ServerResponse | http2.Http2ServerResponse;

export interface FrontDoorOptions {
  readonly keys: AccessKeys;
  readonly clock: Clock;
  /** Called with what went wrong inside an emulated service: a fault of the emulator, never of the caller. */
  readonly onInternalError: (error: unknown) => void;
}

/**
 * The one endpoint for all AWS calls, HTTP/1.1 and HTTP/2 on one loopback port. Verifies every signature, finds the
 * service by the signature's scope, and answers in that service's protocol.
 */
export class FrontDoor {
  readonly faults: Faults;
  readonly #options: FrontDoorOptions;
  readonly #services: Service[] = [];
  readonly #sockets = new Set<net.Socket>();
  readonly #http1 = http.createServer((request, response) => void this.#serve(request, response));
  readonly #http2 = http2.createServer((request, response) => void this.#serve(request, response));
  readonly #listener = net.createServer((socket) => this.#accept(socket));
  #endpoint: string | undefined;

  constructor(options: FrontDoorOptions) {
    this.#options = options;
    this.faults = new Faults(options.clock);
  }

  /** `http://127.0.0.1:<port>`. An address and not a name, so that S3 clients choose path style. */
  get endpoint(): string {
    if (!this.#endpoint) throw new Error('the front door does not listen yet');
    return this.#endpoint;
  }

  register(...services: Service[]): void {
    this.#services.push(...services);
  }

  /** Listens on the loopback interface; port 0 takes a free one. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    const { port: actual } = this.#listener.address() as net.AddressInfo;
    this.#endpoint = `http://127.0.0.1:${actual}`;
    return this.#endpoint;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#listener.listening) await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    // The first bytes are looked at and put back: whoever takes the socket over reads them again.
    socket.once('readable', () => {
      const chunk: Buffer | null = socket.read();
      if (!chunk) {
        socket.destroy();
        return;
      }
      socket.unshift(chunk);
      const server = chunk.toString('latin1').startsWith(HTTP2_PREFACE) ? this.#http2 : this.#http1;
      server.emit('connection', socket);
    });
  }

  async #serve(request: Request, response: Response): Promise<void> {
    try {
      const raw = await readRequest(request);
      const reply = await this.#answer(raw);
      if (reply === 'drop') abort(request);
      else await send(response, reply);
    } catch (error) {
      this.#options.onInternalError(error);
      abort(request);
    }
  }

  async #answer(request: RawRequest): Promise<AwsReply | 'drop'> {
    let service: Service | undefined;
    try {
      let principal: Principal = ANONYMOUS;
      let serviceName: string | undefined;
      if (isSigned(request)) {
        // The scope is read before it is proved, so that a refusal is worded in the protocol that the caller speaks.
        service = this.#serviceOf(claimedService(request));
        const { key, scope } = verifySignature(request, this.#options.keys, Date.now());
        principal = key.principal;
        serviceName = scope.service;
        if (!service)
          throw new AwsError('UnknownEndpoint', `The local runtime serves nothing under the signing name "${serviceName}".`, 501);
      } else {
        service = this.#services.find((candidate) => candidate.acceptsUnsigned?.(request));
        serviceName = service?.signingNames[0];
        if (!service) throw new AwsError('MissingAuthenticationToken', 'The request carries no signature.', 403);
      }
      const operation = service.operationOf(request);
      const fate = await this.faults.strike(serviceName ?? '', operation);
      const reply = await service.handle({ ...request, principal }, operation);
      if (fate === 'drop') return 'drop';
      return fate === 'malformed' ? { ...reply, body: '<not what was asked for' } : reply;
    } catch (error) {
      if (!(error instanceof AwsError)) this.#options.onInternalError(error);
      const refusal = error instanceof AwsError ? error : new AwsError('InternalFailure', 'The emulated service failed; see the log.', 500);
      return service ? service.renderError(refusal) : renderPlainError(refusal);
    }
  }

  #serviceOf(signingName: string | undefined): Service | undefined {
    return this.#services.find((service) => signingName !== undefined && service.signingNames.includes(signingName));
  }
}

/** The service that a signature's scope names, whether or not the signature is good. */
function claimedService(request: RawRequest): string | undefined {
  const source = `${request.headers['authorization'] ?? ''} ${decodeURIComponent(request.queryString)}`;
  return /Credential=[^/\s]+\/\d+\/[^/\s]+\/([^/\s]+)\/aws4_request/.exec(source)?.[1];
}

async function readRequest(request: Request): Promise<RawRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error(`a request body passes ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    queryString: mark < 0 ? '' : url.slice(mark + 1),
    headers,
    body: Buffer.concat(chunks),
    sourceIp: request.socket.remoteAddress ?? '',
  };
}

/** Breaks off without an answer. An HTTP/2 connection carries other calls, so only this one's stream ends. */
function abort(request: Request): void {
  if (request instanceof http2.Http2ServerRequest) request.stream.destroy();
  else request.socket.destroy();
}

async function send(response: Response, reply: AwsReply): Promise<void> {
  response.statusCode = reply.status;
  const headers = { 'x-amzn-requestid': crypto.randomUUID(), ...reply.headers };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (reply.body instanceof Readable) await pipeline(reply.body, response).catch(() => undefined);
  else response.end(reply.body);
}

function renderPlainError(error: AwsError): AwsReply {
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
    body: JSON.stringify({ __type: error.code, message: error.message }),
  };
}
