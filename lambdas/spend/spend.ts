import { utcDay } from '../shared/utc-day.ts';
import type { SpendFlag } from './spend-flags.ts';

/** What summing needs of the world. */
export interface SpendPorts {
  readonly cost: { ofDay(atMs: number): Promise<number> };
  readonly flags: { replace(flag: SpendFlag): Promise<SpendFlag | undefined> };
}

export interface SpendReport {
  readonly flag: SpendFlag;
  /** Whether the day's cap was not known to be reached before. */
  readonly justReached: boolean;
}

/** Sums what the stage has spent on the UTC day of a moment, and sets the flag by it. Doing it again does no harm. */
export async function sumSpend({ cost, flags }: SpendPorts, capDollars: number, atMs: number): Promise<SpendReport> {
  const dollars = await cost.ofDay(atMs);
  const flag: SpendFlag = { day: utcDay(atMs), dollars, cap: capDollars, reached: dollars >= capDollars };
  const before = await flags.replace(flag);
  const knownBefore = before !== undefined && (before.day > flag.day || (before.day === flag.day && before.reached));
  return { flag, justReached: flag.reached && !knownBefore };
}
