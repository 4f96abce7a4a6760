import { createHash } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';

/** One logger and one metrics buffer per execution environment; both take service and namespace from the environment. */
export const logger = new Logger();
export const metrics = new Metrics();

/** A user's id as logs may show it: it joins the lines of one user and names nobody. */
export function hashedUserId(userId: string): string {
  return createHash('sha256').update(userId).digest('hex').slice(0, 16);
}
