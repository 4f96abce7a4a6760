import http from 'node:http';
import https from 'node:https';
import type { ProblemDocument } from '../../lambdas/shared/problems.contract.ts';
import { target } from './check.ts';

/** A request as it goes over the wire: nothing of its path is put right on the way. */
export interface Sent {
  readonly method?: string;
  /** Path and query, below the stage's address. */
  readonly target: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, as an object or as text. */
  readonly body?: object | string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Longer than the API takes for an answer in events. */
const TIMEOUT_MS = 75_000;
/** Limits are per minute. */
const LONGEST_WAIT_SECONDS = 65;
const MOST_TRIES = 4;

/** Sends a request, and again after a while when there were too many. Whoever has used up a quota is told so. */
export function send(sent: Sent): Promise<Answer> {
  return patiently(
    () => sendOnce(sent),
    ({ status, headers }) => secondsToWait(status, headers['retry-after']),
  );
}

/** The same for a client. */
export const patientFetch: typeof fetch = (input, init) =>
  patiently(
    () => fetch(input, init),
    ({ status, headers }) => secondsToWait(status, headers.get('retry-after')),
  );

async function patiently<Result>(attempt: () => Promise<Result>, wait: (result: Result) => number | undefined): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    const result = await attempt();
    const seconds = wait(result);
    if (seconds === undefined || tries === MOST_TRIES) return result;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

/** After how many seconds the same may be tried again; undefined where there was no refusal for too many requests. */
export function secondsToWait(status: number, retryAfter: string | null | undefined): number | undefined {
  const seconds = Number(retryAfter);
  return status === 429 && seconds > 0 && seconds <= LONGEST_WAIT_SECONDS ? seconds : undefined;
}

export function problemOf({ text }: Answer): Partial<ProblemDocument> {
  return JSON.parse(text);
}

/** Sends a request as it is, whatever comes of it. */
export function sendOnce({ method = 'GET', target: path, token, headers = {}, body }: Sent): Promise<Answer> {
  const { protocol, hostname, port, pathname } = new URL(target.url);
  const { request } = protocol === 'https:' ? https : http;
  const content = typeof body === 'object' ? JSON.stringify(body) : body;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      method,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      path: pathname.replace(/\/$/, '') + path,
      headers: {
        // A web ACL turns away whoever has none.
        'User-Agent': 'manuel-suite',
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(content !== undefined && { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(content)) }),
        ...headers,
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    outgoing.on('error', reject);
    outgoing.on('response', async (response) => {
      const chunks = await response.toArray().catch(reject);
      const all = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
      if (chunks) resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(all), text: Buffer.concat(chunks).toString() });
    });
    outgoing.end(content);
  });
}
