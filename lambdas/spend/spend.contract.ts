import * as z from 'zod/mini';
import { commonEnvironment, type FunctionContract, text } from '../shared/function.contract.ts';

/**
 * What something has cost, in dollars, estimated where it arises: emitted with the dimensions `service`, `Operation` and `Model`, which
 * the sum over the stage is searched by.
 */
export const ESTIMATED_COST = 'EstimatedCost';
export const COST_DIMENSIONS = ['service', 'Operation', 'Model'] as const;

/**
 * Emitted with each sum that is not zero, with the dimension `service` alone: the share of the cap in percent, and 1 once it is reached,
 * otherwise 0. What is missing is not reached.
 */
export const SPEND_CAP_METRICS = { share: 'SpendCapPercentage', reached: 'SpendCapReached' } as const;

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
