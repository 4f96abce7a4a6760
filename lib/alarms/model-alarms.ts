import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import { QUERY_METRICS } from '../../lambdas/query/query.contract.ts';
import { SPEND_METRICS, SUM_INTERVAL_MINUTES } from '../../lambdas/spend/spend.contract.ts';
import type { ApplicationMetrics } from '../platform/application-metrics.ts';
import type { AlarmDefinition } from './alarm-definition.ts';

/** That the models cost too much. */
export function spendCapReached(metrics: ApplicationMetrics): AlarmDefinition {
  return {
    name: 'spend-cap-reached',
    says: 'The daily spend cap is reached: questions, uploads and recordings are refused until midnight, UTC. See what was spent, and by whom.',
    // Longer than the time between two sums, so that none of them is missed while the day lasts.
    metric: metrics.one(SPEND_METRICS.reached, {}, { statistic: 'Maximum', period: Duration.minutes(3 * SUM_INTERVAL_MINUTES) }),
    comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    tellsTheEnd: true,
  };
}

/** That the models are not to be had. */
export function bedrockThrottling(metrics: ApplicationMetrics): AlarmDefinition {
  return {
    name: 'bedrock-throttling',
    says: 'Bedrock throttles the account: answers come late, from another model or not at all. Look at its quotas and at who asks so much.',
    metric: metrics.one(QUERY_METRICS.throttled, {}, { statistic: 'Sum', period: Duration.minutes(5) }),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 5,
    tellsTheEnd: true,
  };
}
