import { nextUtcDay, secondsUntil, utcDay } from '../shared/utc-day.ts';
import { isExpiredMinute } from './rate.ts';
import type { QuotaDocument, UsageDocument } from './usage.contract.ts';

/** Units per user and UTC day, and per user and calendar month. */
export interface Quota {
  readonly daily: number;
  readonly monthly: number;
}

/** What is metered in units. */
export type MeteredKind = 'query' | 'transcription';

/** Units that are set aside before anything expensive is called, until they are settled or refunded. */
export interface Reservation {
  /** Unique per attempt to do something; the SDK's retries of one write share it. */
  readonly id: string;
  readonly userId: string;
  readonly kind: MeteredKind;
  readonly units: number;
  /** The attribute that counts the day's units, such as `d20261120`. */
  readonly day: string;
  /** The attribute that counts the month's, such as `m202611`. */
  readonly month: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly usage: UsageDocument;
  /** Counters of days and months that are over, to be removed on settling. */
  readonly expiredCounters: readonly string[];
  /** The user's manuals that must not answer, though their vectors may still be there. */
  readonly hiddenManualIds: readonly string[];
}

/** What settling or refunding a reservation needs of it: enough for another function to do so later. */
export type OpenReservation = Omit<Reservation, 'usage' | 'hiddenManualIds'>;

export interface ReserveOptions {
  /** Milliseconds since the epoch; now when absent. */
  readonly nowMs?: number;
  /** Of one attempt, for whoever must know of the reservation before it is made. */
  readonly id?: string | undefined;
  /** Where a request asks for it: how many its caller may make in a calendar minute. The reservation then counts the request as well. */
  readonly requestsPerMinute?: number;
}

/** A reservation that may have been made under this id at this time, to be given back. */
export function openReservation(userId: string, made: Pick<Reservation, 'id' | 'kind' | 'units' | 'at'>): OpenReservation {
  return { ...made, userId, day: dayCounter(made.at), month: monthCounter(made.at), expiredCounters: [] };
}

export const dayCounter = (atMs: number): string => `d${utcDay(atMs)}`;
export const monthCounter = (atMs: number): string => `m${utcDay(atMs).slice(0, 6)}`;
export const openEntry = (reservationId: string): string => `o_${reservationId}`;
/** The attribute that names the manuals that are hidden from questions: with the counters, so that a reservation has read it already. */
export const HIDDEN_MANUALS = 'hidden_manual_ids';

/**
 * The counters among an item's attributes that nothing can still need: those before yesterday and before last month, since a
 * reservation never stays open for a day, and those of minutes before the last one. As many as one write may well remove.
 */
export function expiredCounters(attributeNames: readonly string[], atMs: number): string[] {
  const yesterday = dayCounter(atMs - DAY_MS);
  const lastMonth = monthCounter(startOfMonth(atMs) - 1);
  const isExpired = (name: string) =>
    (/^d\d{8}$/.test(name) && name < yesterday) || (/^m\d{6}$/.test(name) && name < lastMonth) || isExpiredMinute(name, atMs);
  return attributeNames.filter(isExpired).slice(0, MOST_REMOVED_AT_ONCE);
}

export function usageDocument(dailyUsed: number, monthlyUsed: number, quota: Quota): UsageDocument {
  return { daily_used: dailyUsed, daily_limit: quota.daily, monthly_used: monthlyUsed, monthly_limit: quota.monthly };
}

export function quotaDocument(usage: UsageDocument, atMs: number): QuotaDocument {
  return {
    daily_limit: usage.daily_limit,
    monthly_limit: usage.monthly_limit,
    daily_remaining: Math.max(0, usage.daily_limit - usage.daily_used),
    monthly_remaining: Math.max(0, usage.monthly_limit - usage.monthly_used),
    daily_resets_at: new Date(nextUtcDay(atMs)).toISOString(),
    monthly_resets_at: new Date(nextMonth(atMs)).toISOString(),
  };
}

/** Which limit the counters leave no room under, and the seconds until it starts afresh; the month's outlasts the day's. */
export function limitReached(
  used: { readonly daily: number; readonly monthly: number },
  units: number,
  quota: Quota,
  atMs: number,
): { readonly limit: 'monthly' | 'daily'; readonly allowance: number; readonly retryAfterSeconds: number } | undefined {
  if (used.monthly + units > quota.monthly) {
    return { limit: 'monthly', allowance: quota.monthly, retryAfterSeconds: secondsUntil(nextMonth(atMs), atMs) };
  }
  if (used.daily + units > quota.daily) {
    return { limit: 'daily', allowance: quota.daily, retryAfterSeconds: secondsUntil(nextUtcDay(atMs), atMs) };
  }
  return undefined;
}

/** An update expression has at most 4 KB (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html). */
const MOST_REMOVED_AT_ONCE = 100;
const DAY_MS = 24 * 60 * 60 * 1000;

const startOfMonth = (atMs: number): number => Date.UTC(new Date(atMs).getUTCFullYear(), new Date(atMs).getUTCMonth(), 1);
const nextMonth = (atMs: number): number => Date.UTC(new Date(atMs).getUTCFullYear(), new Date(atMs).getUTCMonth() + 1, 1);
