import type { IncomingMessage } from 'node:http';
import { MAX_MANUAL_BYTES, type ManualContentType } from '../manuals.contract.ts';
import { type BodyLimits, readBody } from './file-body.ts';
import { extensionOf, fileTypeOf } from './file-type.ts';
import { filenamesOf } from './filenames.ts';
import { ManualNotImported } from './import-failure.ts';
import { type ConnectionLimits, connectPublicly, NETWORK, type Network } from './public-connection.ts';
import { redirectOf, requestFile } from './request-file.ts';
import { hostOf, parseSourceUrl } from './source-url.ts';

const MAX_REDIRECTS = 5;

export interface ImportLimits extends ConnectionLimits, BodyLimits {
  /** For everything, redirects included. */
  readonly totalMs: number;
}

export const IMPORT_LIMITS: ImportLimits = {
  maxBytes: MAX_MANUAL_BYTES,
  // Text and HTML shrink to a tenth or less, what is made to be a bomb to a thousandth.
  maxExpansion: 100,
  connectMs: 5000,
  idleMs: 15_000,
  // The largest manual at 500 kB/s.
  totalMs: 120_000,
};

interface FetchOptions {
  readonly limits?: ImportLimits;
  /** Ends the import; its reason is what is thrown. */
  readonly signal?: AbortSignal;
  /** Tests have names and servers of their own. The addresses are checked whatever is given here. */
  readonly network?: Network;
}

export interface FetchedManual {
  readonly bytes: Uint8Array;
  /** Whether the bytes are of it is for whoever reads them to say. */
  readonly contentType: ManualContentType;
  /** As plain as that of an upload. */
  readonly filename: string;
  /** Where it was in the end, after redirects. */
  readonly finalUrl: string;
}

/**
 * Fetches a file from the public internet: https on port 443 only, no address but a public one on any of its redirects, all
 * within limits of size and time. What a name resolves to is checked, and what was checked is what is connected to.
 * Throws ManualNotImported.
 */
export async function fetchManual(sourceUrl: string, options: FetchOptions = {}): Promise<FetchedManual> {
  const { limits = IMPORT_LIMITS, signal, network = NETWORK } = options;
  const end = new AbortController();
  const giveUp = () => end.abort(signal?.reason);
  const timeOut = () => end.abort(new ManualNotImported('timeout'));
  signal?.throwIfAborted();
  signal?.addEventListener('abort', giveUp);
  const timer = setTimeout(timeOut, limits.totalMs);
  const request = async (url: URL): Promise<IncomingMessage> =>
    requestFile(url, await connectPublicly(hostOf(url), network, limits, end.signal, timeOut));
  try {
    const { url, response } = await followRedirects(parseSourceUrl(sourceUrl), request);
    return await takeFile(url, response, limits);
  } catch (error) {
    // A connection that was ended is told as one that broke off.
    throw end.signal.aborted ? end.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
    // Whatever is open still, such as the connection of a redirect, is closed.
    end.abort();
  }
}

async function followRedirects(
  start: URL,
  request: (url: URL) => Promise<IncomingMessage>,
): Promise<{ url: URL; response: IncomingMessage }> {
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await request(url);
    const location = redirectOf(response);
    if (location === undefined) return { url, response };
    response.destroy();
    url = parseSourceUrl(location, url);
  }
  throw new ManualNotImported('too_many_redirects');
}

async function takeFile(url: URL, response: IncomingMessage, limits: BodyLimits): Promise<FetchedManual> {
  const filenames = filenamesOf(response.headers['content-disposition'], url);
  const contentType = fileTypeOf(response.headers['content-type'], filenames);
  if (contentType === undefined) throw new ManualNotImported('wrong_type');
  const [filename = `manual.${extensionOf(contentType)}`] = filenames;
  return { bytes: await readBody(response, limits), contentType, filename, finalUrl: url.href };
}
