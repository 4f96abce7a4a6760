import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Network } from '../../lambdas/manuals/url-import/public-connection.ts';
import { type Certificate, makeCertificate } from './certificate.ts';

/** Addresses that are public; nothing ever connects to them. */
export const PUBLIC_V4 = '93.184.216.34';
export const PUBLIC_V6 = '2606:2800:220:1:248:1893:25c8:1946';

/** Addresses by name. A function answers each time anew. */
export type Names = Readonly<Record<string, readonly string[] | (() => readonly string[])>>;

/** A site on this machine that is reached as if it were somewhere on the internet. */
export interface HttpsSite {
  /** Trusts the site's certificate, knows its names, and leads every address to it. */
  readonly network: Network;
  /** Where it listens on this machine. */
  readonly port: number;
  /** What was asked for and connected to, in order: `resolve <name>`, `connect <address>:<port>`. */
  readonly log: readonly string[];
  /** Certificate names that clients asked for; empty where they asked for none. */
  readonly serverNames: readonly (string | false | null)[];
  /** Waits until no connection is open. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

export interface SiteOptions {
  readonly names?: Names;
  readonly certificate?: Certificate;
  /** The address that a connection is found to lead to, where that is not the one it was made to. */
  readonly remoteAddress?: string;
}

const DEFAULT_NAMES: Names = { 'manuals.example.com': [PUBLIC_V4] };

/** A site that answers requests. */
export function openSite(answer: RequestListener, options?: SiteOptions): Promise<HttpsSite> {
  const http = createHttpServer(answer);
  return openSecure((socket) => http.emit('connection', socket), options);
}

/** A site that is handed each connection once it is secure, and says byte by byte what comes over it. */
export const openRawSite = (onConnection: (socket: TLSSocket) => void, options?: SiteOptions): Promise<HttpsSite> =>
  openSecure((socket) => {
    onConnection(socket);
    // Read even if not listened to, so that its end is noticed.
    socket.resume();
  }, options);

/** A site that is handed each connection as it comes: no TLS. */
export const openPlainSite = (onConnection: (socket: Socket) => void): Promise<HttpsSite> =>
  open(
    createTcpServer((socket) => {
      onConnection(socket);
      socket.resume();
    }),
    {},
  );

function openSecure(
  onConnection: (socket: TLSSocket) => void,
  { names = DEFAULT_NAMES, certificate = makeCertificate(Object.keys(names)), ...options }: SiteOptions = {},
): Promise<HttpsSite> {
  const server = createTlsServer(certificate).on('secureConnection', onConnection);
  // Clients that do not trust the certificate leave early.
  server.on('tlsClientError', () => undefined);
  return open(server, { names, certificate, ...options });
}

async function open(server: Server, { names = DEFAULT_NAMES, certificate, remoteAddress }: SiteOptions): Promise<HttpsSite> {
  const sockets = new Set<Socket>();
  const serverNames: (string | false | null)[] = [];
  server.on('secureConnection', (socket: TLSSocket) => serverNames.push(socket.servername));
  for (const event of ['connection', 'secureConnection']) {
    server.on(event, (socket: Socket) => {
      sockets.add(socket);
      // Clients leave as they like.
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { network, log } = networkOf(names, (address) => {
    const socket = connect(port, '127.0.0.1');
    return Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress ?? address });
  });
  return {
    port,
    log,
    serverNames,
    network: { ...network, ...(certificate && { tls: { ca: certificate.cert } }) },
    quiet: async () => {
      for (const socket of sockets) if (!socket.destroyed) await once(socket, 'close');
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A network in which names can be asked for, and nothing can be connected to. */
export const closedNetwork = (names: Names = {}) =>
  networkOf(names, () => {
    throw new Error('nothing is reached here');
  });

function networkOf(names: Names, connectTo: (address: string) => Socket): { readonly network: Network; readonly log: readonly string[] } {
  const log: string[] = [];
  return {
    log,
    network: {
      resolve: async (name) => {
        log.push(`resolve ${name}`);
        return addressesOf(names, name);
      },
      connect: (address, port) => {
        log.push(`connect ${address}:${port}`);
        return connectTo(address);
      },
    },
  };
}

function addressesOf(names: Names, name: string): readonly string[] {
  const addresses = Object.hasOwn(names, name) ? names[name] : undefined;
  if (addresses === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
  return typeof addresses === 'function' ? addresses() : addresses;
}
