import * as z from 'zod/mini';
import { commonEnvironment, type FunctionContract, text } from '../shared/function.contract.ts';
import type { MetricsContract } from '../shared/metrics.contract.ts';

export const SPEND_METRICS = {
  /** Emitted where it arises; the sum over the stage is searched by its dimensions. */
  cost: { name: 'EstimatedCost', unit: 'None', dimensions: ['Operation', 'Model'], meaning: 'Estimated cost in dollars' },
  /** Emitted with each sum that is not zero. */
  share: { name: 'SpendCapPercentage', unit: 'Percent', dimensions: [], meaning: "Share of the day's spend cap" },
  /** Emitted beside the share: 1 once the cap is reached, otherwise 0. What is missing is not reached. */
  reached: { name: 'SpendCapReached', unit: 'Count', dimensions: [], meaning: 'Whether the spend cap is reached' },
  /** Emitted for each request that is refused with `spend_cap_reached`, so that these 503s can be told from an outage. */
  refused: { name: 'SpendCapRefusal', unit: 'Count', dimensions: [], meaning: 'Requests refused since the spend cap is reached' },
} as const satisfies MetricsContract;

/** How often the cost is summed. */
export const SUM_INTERVAL_MINUTES = 5;

/** The key of the flag among the users' items: no user's id, which is a UUID, reads like it. */
export const SPEND_FLAG_KEY = 'stage#spend';

/** What a function needs to refuse costly work; `Spend.grantGate` provides it together with the permission. */
export const spendGateEnvironment = { SPEND_TABLE: text() } as const;

/** Dollars, with or without a fraction, above zero. */
const dollars = () =>
  z.pipe(
    z.string().check(z.regex(/^(?=.*[1-9])\d+(\.\d+)?$/, 'must be a number above zero')),
    z.transform((digits: string) => Number(digits)),
  );

/** Sums what was metered today into one flag. */
export const spendContract = {
  name: 'spend',
  entry: 'spend/spend',
  environment: { ...commonEnvironment, ...spendGateEnvironment, DAILY_SPEND_CAP_DOLLARS: dollars() },
} as const satisfies FunctionContract;
