import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { ACCEPTED_TYPES } from '../file-extensions.contract.ts';
import { decodeText } from './decode-text.ts';
import { ManualNotImported } from './import-failure.ts';

/** Of the answer; Node's own default, which a flag of the process could raise. */
const MAX_HEADER_BYTES = 16 * 1024;
const REDIRECT_STATUSES: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Asks for a file over a connection of its own, with neither cookie nor credential, and answers with the head; the body is
 * still to be read. Throws ManualNotImported.
 */
export async function requestFile(url: URL, socket: TLSSocket): Promise<IncomingMessage> {
  const request = requestHttps({
    createConnection: () => socket,
    path: `${url.pathname}${url.search}`,
    headers: {
      Host: url.host,
      'User-Agent': 'Manuel (import of a product manual)',
      Accept: [...ACCEPTED_TYPES, '*/*;q=0.1'].join(', '),
      // Manuals are compressed in themselves; a server that keeps its files compressed sends them so all the same.
      'Accept-Encoding': 'identity',
      Connection: 'close',
    },
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
  });
  request.end();
  try {
    return await responseTo(request);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new ManualNotImported(code.startsWith('HPE_') ? 'invalid_answer' : 'broken_off', { cause });
  }
}

/** An answer that wants to go on in another protocol closes the request without more. */
function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Listened to after the answer, too: when the body breaks off, the request fails as well as the answer's stream.
    request.on('error', reject);
    request.once('close', () => reject(new Error('closed without an answer')));
  });
}

/** Where the answer forwards to, as it is written there; undefined for the file itself. Throws ManualNotImported for anything else. */
export function redirectOf({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  if (statusCode === 200) return undefined;
  if (!REDIRECT_STATUSES.includes(statusCode)) throw new ManualNotImported('bad_status', { status: statusCode });
  if (headers.location === undefined) throw new ManualNotImported('invalid_answer');
  // Node reads headers as Latin-1; servers that do not escape a URL write UTF-8.
  return decodeText(Buffer.from(headers.location, 'latin1'));
}
