import { READS_PER_REQUEST } from '../shared/guard/guard.contract.ts';
import { Refusal } from '../shared/guard/refusal.ts';
import { secondsUntil } from '../shared/utc-day.ts';

/** What a request counts as: one that only looks has more room, and takes none from the others. */
export type RequestKind = 'request' | 'read';

const MINUTE_MS = 60_000;
/** What the counters of a minute begin with: requests, and polls and reads. */
const PREFIXES = { request: 'r', read: 'p' } as const;
const MINUTE_COUNTER = /^[rp](\d+)(?:_|$)/;

/** Calendar minutes since the epoch. */
export const minuteOf = (atMs: number): number => Math.floor(atMs / MINUTE_MS);
/** The moment at which the calendar minute after this one begins. */
export const nextMinute = (atMs: number): number => (minuteOf(atMs) + 1) * MINUTE_MS;

/** The attribute that counts a user's requests of a minute, such as `r29392560`. */
export const minuteCounter = (kind: RequestKind, atMs: number): string => `${PREFIXES[kind]}${minuteOf(atMs)}`;

/** Whether an attribute counts, or helps to count, a minute before the last one. Of that one a clock that is behind may still be. */
export function isExpiredMinute(attribute: string, atMs: number): boolean {
  const [, minute] = MINUTE_COUNTER.exec(attribute) ?? [];
  return minute !== undefined && Number(minute) < minuteOf(atMs) - 1;
}

/** How many of a kind there may be where there may be so many requests. */
export const allowanceOf = (kind: RequestKind, requestsPerMinute: number): number =>
  kind === 'read' ? READS_PER_REQUEST * requestsPerMinute : requestsPerMinute;

const NAMES = { request: 'requests', read: 'polls and reads' } as const;

/** For a request that its user's limit, or that of the network it comes from, leaves no room for in this minute. */
export function rateLimited(of: 'user' | 'ip', kind: RequestKind, requestsPerMinute: number, atMs: number): Refusal {
  const limit = `${allowanceOf(kind, requestsPerMinute)} ${NAMES[kind]} per minute`;
  const whose = of === 'user' ? 'You have made' : 'From your network there were';
  const retryAfterSeconds = secondsUntil(nextMinute(atMs), atMs);
  return new Refusal(`rate_${of}`, 'rate_limited', `${whose} as many as the limit allows: ${limit}. Try again in ${retryAfterSeconds} s.`, {
    retryAfterSeconds,
  });
}
