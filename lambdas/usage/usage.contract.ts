import { type FunctionContract, positiveInteger, text } from '../shared/function.contract.ts';
import { guardedApiEnvironment } from '../shared/guard/guard.contract.ts';
import type { MetricsContract } from '../shared/metrics.contract.ts';

/** What a function needs to meter what it does; `Usage.grantMeter` provides it together with the permission. */
export const meterEnvironment = {
  USAGE_TABLE: text(),
  DAILY_QUOTA: positiveInteger(),
  MONTHLY_QUOTA: positiveInteger(),
} as const;

/** What a function needs to hide manuals from questions; `Usage.grantHide` provides it together with the permission. */
export const hidingEnvironment = { USAGE_TABLE: text() } as const;

export const usageContract = {
  name: 'usage',
  entry: 'usage/usage',
  environment: { ...guardedApiEnvironment, ...meterEnvironment },
  routes: {
    usage: { method: 'GET', path: '/api/user/usage', access: 'user' },
    quota: { method: 'GET', path: '/api/user/quota', access: 'user' },
  },
} as const satisfies FunctionContract;

export const USAGE_METRICS = {
  /** Emitted with each reservation, of the day's quota and of the month's: what it leaves used. `Operation` is what is metered. */
  quotaUsage: {
    name: 'QuotaUsagePercentage',
    unit: 'Percent',
    dimensions: ['QuotaType', 'Operation'],
    meaning: 'Share of a quota that its user has used',
  },
} as const satisfies MetricsContract;

/** What a caller has used, as every metered answer carries it. */
export interface UsageDocument {
  readonly daily_used: number;
  readonly daily_limit: number;
  readonly monthly_used: number;
  readonly monthly_limit: number;
}

/** What a caller may use, and when it starts afresh (ISO 8601, UTC). */
export interface QuotaDocument {
  readonly daily_limit: number;
  readonly monthly_limit: number;
  readonly daily_remaining: number;
  readonly monthly_remaining: number;
  readonly daily_resets_at: string;
  readonly monthly_resets_at: string;
}
