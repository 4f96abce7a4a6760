import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ScheduledEvent } from 'aws-lambda';
import { parseEnvironment } from '../shared/environment.ts';
import { emit, logger } from '../shared/observability.ts';
import { MeteredCost } from './metered-cost.ts';
import { SPEND_METRICS, spendContract } from './spend.contract.ts';
import { type SpendPorts, sumSpend } from './spend.ts';
import { SpendFlags } from './spend-flags.ts';

const environment = parseEnvironment(spendContract);

const ports: SpendPorts = {
  cost: new MeteredCost(new CloudWatchClient({}), environment.POWERTOOLS_METRICS_NAMESPACE, environment.POWERTOOLS_SERVICE_NAME),
  flags: new SpendFlags(new DynamoDBClient({}), environment.SPEND_TABLE),
};

/** The schedule's own time says which day it is for, so that a retry after midnight still closes the day that it was meant for. */
export const handler = async ({ time }: ScheduledEvent): Promise<void> => {
  const { flag, justReached } = await sumSpend(ports, environment.DAILY_SPEND_CAP_DOLLARS, Date.parse(time));
  if (justReached) logger.error('the daily spend cap is reached: costly work is refused until the next day', { ...flag });
  // A metric costs $0.30 a month when it is sent every hour: a day on which nothing was spent has none (https://aws.amazon.com/cloudwatch/pricing/).
  if (flag.dollars === 0) return;
  emit({}, [SPEND_METRICS.share, (100 * flag.dollars) / flag.cap], [SPEND_METRICS.reached, flag.reached ? 1 : 0]);
};
