import { createHash } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { MetricContract } from './metrics.contract.ts';

/** One logger and one metrics buffer per execution environment; both take service and namespace from the environment. */
export const logger = new Logger();
const metrics = new Metrics();

/** Emits metrics of the same dimensions, as one line of the log. They carry the dimension `service` besides. */
export function emit<Dimension extends string>(
  dimensions: Readonly<Record<NoInfer<Dimension>, string>>,
  ...measured: readonly (readonly [metric: MetricContract<Dimension>, value: number])[]
): void {
  for (const [name, value] of Object.entries<string>(dimensions)) metrics.addDimension(name, value);
  for (const [{ name, unit }, value] of measured) metrics.addMetric(name, unit, value);
  metrics.publishStoredMetrics();
}

/** A user's id as logs may show it: it joins the lines of one user and names nobody. */
export function hashedUserId(userId: string): string {
  return createHash('sha256').update(userId).digest('hex').slice(0, 16);
}
