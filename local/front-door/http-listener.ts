import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';

export type HttpRequest = http.IncomingMessage | http2.Http2ServerRequest;
export type HttpResponse = http.ServerResponse | http2.Http2ServerResponse;

/** How an HTTP/2 connection begins (RFC 9113, section 3.4). Bedrock's clients speak it without asking first. */
const HTTP2_PREFACE = 'PRI * HTTP/2.0';

/** Long, so that a busy machine does not close a connection just when a client sends its next request on it. */
const KEEP_ALIVE_MS = 75_000;

/** HTTP/1.1 and HTTP/2 on one loopback port. */
export class HttpListener {
  readonly #http1: http.Server;
  readonly #http2: http2.Http2Server;
  readonly #listener = net.createServer((socket) => this.#accept(socket));
  readonly #sockets = new Set<net.Socket>();

  constructor(serve: (request: HttpRequest, response: HttpResponse) => void) {
    this.#http1 = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, serve);
    this.#http2 = http2.createServer(serve);
  }

  /** Listens on the loopback interface and gives the port; port 0 takes a free one. Throws when the port is taken. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return (this.#listener.address() as net.AddressInfo).port;
  }

  /** Breaks every connection off, whatever is under way on it. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#listener.listening) await new Promise((resolve) => this.#listener.close(resolve));
  }

  /** The first bytes tell the protocol. They are put back, since whoever takes the socket over reads them again. */
  #accept(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let opening = '';
    const look = () => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      opening += chunk.toString('latin1');
      if (opening.length < HTTP2_PREFACE.length && HTTP2_PREFACE.startsWith(opening)) return;
      socket.off('readable', look);
      socket.unshift(opening, 'latin1');
      (opening.startsWith(HTTP2_PREFACE) ? this.#http2 : this.#http1).emit('connection', socket);
    };
    socket.on('readable', look);
  }
}
