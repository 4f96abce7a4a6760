import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { ManualNotImported } from './import-failure.ts';
import { isPublicAddress, isSameAddress } from './public-address.ts';

const HTTPS_PORT = 443;
/** A name may have dozens of addresses; when these cannot be reached, the others will hardly be. */
const MAX_ADDRESSES_TRIED = 4;

/** How the network is reached. Whatever is given here, the addresses are checked. */
export interface Network {
  /** All addresses of a name. */
  readonly resolve: (hostname: string) => Promise<readonly string[]>;
  /** Begins a TCP connection to an address, which is never a name: nothing is resolved twice. */
  readonly connect: (address: string, port: number) => Socket;
  /** Trusted instead of the certificate authorities that come with Node. */
  readonly tls?: Pick<ConnectionOptions, 'ca'>;
}

/** The network of this machine. */
export const NETWORK: Network = {
  resolve: async (hostname) => {
    const addresses = await lookup(hostname, { all: true, order: 'verbatim' });
    return addresses.map(({ address }) => address);
  },
  connect: (host, port) => connect({ host, port }),
};

export interface ConnectionLimits {
  /** For each address that is tried. */
  readonly connectMs: number;
  /** The longest time without a byte, on the connection that was made. */
  readonly idleMs: number;
}

/**
 * A TLS connection to a public address of this host, with a certificate that is valid for it. The signal ends it,
 * whatever has become of it; a silence longer than allowed calls `onSilence`. Throws ManualNotImported.
 */
export async function connectPublicly(
  host: string,
  network: Network,
  limits: ConnectionLimits,
  signal: AbortSignal,
  onSilence: () => void,
): Promise<TLSSocket> {
  const socket = await connectToFirst(await publicAddressesOf(host, network, signal), network, limits, signal);
  socket.setTimeout(limits.idleMs, onSilence);
  return secure(socket, host, network);
}

/** Every address of the host. Refuses a host of which any is not public: the others might be there to distract. */
async function publicAddressesOf(host: string, { resolve }: Network, signal: AbortSignal): Promise<readonly string[]> {
  const addresses = isIP(host) === 0 ? await untilAborted(resolveName(host, resolve), signal) : [host];
  if (!addresses.every(isPublicAddress)) throw new ManualNotImported('not_public');
  // A function outside of a VPC has no route for IPv6.
  return addresses.toSorted((one, other) => isIP(one) - isIP(other)).slice(0, MAX_ADDRESSES_TRIED);
}

async function resolveName(host: string, resolve: Network['resolve']): Promise<readonly string[]> {
  try {
    const addresses = await resolve(host);
    if (addresses.length > 0) return addresses;
  } catch (cause) {
    throw new ManualNotImported('name_not_found', { cause });
  }
  throw new ManualNotImported('name_not_found');
}

async function connectToFirst(
  addresses: readonly string[],
  network: Network,
  limits: ConnectionLimits,
  signal: AbortSignal,
): Promise<Socket> {
  const causes: unknown[] = [];
  for (const address of addresses) {
    try {
      return await connectTo(address, network, limits, signal);
    } catch (error) {
      if (error instanceof ManualNotImported) throw error;
      causes.push(error);
    }
  }
  throw new ManualNotImported('unreachable', { cause: new AggregateError(causes) });
}

async function connectTo(address: string, network: Network, { connectMs }: ConnectionLimits, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const socket = addAbortSignal(signal, network.connect(address, HTTPS_PORT));
  const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${connectMs} ms`)), connectMs);
  try {
    await once(socket, 'connect');
  } finally {
    clearTimeout(timer);
  }
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) throw new Error('the connection is closed already');
  if (!isSameAddress(remoteAddress, address)) throw new ManualNotImported('not_public');
  return socket;
}

async function secure(socket: Socket, host: string, { tls }: Network): Promise<TLSSocket> {
  const secured = connectTls({
    ...tls,
    socket,
    host,
    // An address is no server name (RFC 6066); the certificate is held against `host` then.
    ...(isIP(host) === 0 && { servername: host }),
    // Said, so that no environment variable says otherwise.
    rejectUnauthorized: true,
  });
  try {
    await once(secured, 'secureConnect');
  } catch (cause) {
    throw new ManualNotImported('not_secure', { cause });
  }
  return secured;
}

/** A resolver cannot be told to stop; what it says later is not heard. */
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
