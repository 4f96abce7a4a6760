import fc from 'fast-check';
import { minuteCounter, type RequestKind } from '../../lambdas/usage/rate.ts';
import { dayCounter, expiredCounters, limitReached, monthCounter, quotaDocument, usageDocument } from '../../lambdas/usage/reservation.ts';

const at = (iso: string) => Date.parse(iso);
const QUOTA = { daily: 50, monthly: 1000 };
const anyMoment = fc.date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }).map((date) => date.getTime());

test('days and months are those of UTC', () => {
  expect(dayCounter(at('2026-11-20T23:59:59.999Z'))).toBe('d20261120');
  expect(dayCounter(at('2026-11-21T00:00:00Z'))).toBe('d20261121');
  expect(monthCounter(at('2026-11-30T23:59:59Z'))).toBe('m202611');
  expect(monthCounter(at('2026-12-01T00:00:00Z'))).toBe('m202612');
});

test('counters expire once neither today nor a reservation of yesterday can need them', () => {
  const names = ['user_id', 'o_1', 'd20261118', 'd20261119', 'd20261120', 'm202609', 'm202610', 'm202611'];
  expect(expiredCounters(names, at('2026-11-20T10:00:00Z'))).toEqual(['d20261118', 'm202609']);
});

test('counters of minutes expire with the last but one, and so does what stands beside them; a hundred at a time', () => {
  const now = at('2026-11-20T10:00:30Z');
  const of = (minutesAgo: number) => ['request', 'read'].map((kind) => minuteCounter(kind as RequestKind, now - minutesAgo * 60_000));
  const marks = of(2).map((name) => `${name}_0f3a9c21`);
  const others = ['hidden_manual_ids', 'manuals_version', 'read', 'r', 'rest1', 'o_r1', 'open_since'];
  expect(expiredCounters([...others, ...of(0), ...of(1), ...of(2), ...marks], now)).toEqual([...of(2), ...marks]);
  const many = Array.from({ length: 150 }, (_, index) => `r${index}`);
  expect(expiredCounters(many, now)).toEqual(many.slice(0, 100));
});

test('the counters of now and of a day ago never expire', () => {
  fc.assert(
    fc.property(anyMoment, fc.integer({ min: 0, max: 24 * 60 * 60 * 1000 }), (now, agoMs) => {
      const names = [dayCounter(now), monthCounter(now), dayCounter(now - agoMs), monthCounter(now - agoMs)];
      expect(expiredCounters(names, now)).toEqual([]);
    }),
  );
});

test('the limit that was met is named with the seconds until it starts afresh, and the month outlasts the day', () => {
  const now = at('2026-11-20T23:59:00Z');
  expect(limitReached({ daily: 50, monthly: 60 }, 1, QUOTA, now)).toEqual({ limit: 'daily', allowance: 50, retryAfterSeconds: 60 });
  expect(limitReached({ daily: 50, monthly: 1000 }, 1, QUOTA, now)).toMatchObject({
    limit: 'monthly',
    retryAfterSeconds: (at('2026-12-01T00:00:00Z') - now) / 1000,
  });
  expect(limitReached({ daily: 49, monthly: 999 }, 1, QUOTA, now)).toBeUndefined();
});

test('quotas say what is left, never less than nothing, and when they start afresh', () => {
  expect(quotaDocument(usageDocument(51, 900, QUOTA), at('2026-12-31T12:00:00Z'))).toEqual({
    daily_limit: 50,
    monthly_limit: 1000,
    daily_remaining: 0,
    monthly_remaining: 100,
    daily_resets_at: '2027-01-01T00:00:00.000Z',
    monthly_resets_at: '2027-01-01T00:00:00.000Z',
  });
});

test('a reset is always ahead, and within a day or a month', () => {
  fc.assert(
    fc.property(anyMoment, (now) => {
      const { daily_resets_at, monthly_resets_at } = quotaDocument(usageDocument(0, 0, QUOTA), now);
      expect(at(daily_resets_at) - now).toBeGreaterThan(0);
      expect(at(daily_resets_at) - now).toBeLessThanOrEqual(24 * 60 * 60 * 1000);
      expect(at(monthly_resets_at) - now).toBeGreaterThan(0);
      expect(at(monthly_resets_at) - now).toBeLessThanOrEqual(31 * 24 * 60 * 60 * 1000);
    }),
  );
});
