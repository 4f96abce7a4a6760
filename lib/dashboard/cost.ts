import { Duration } from 'aws-cdk-lib';
import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { SPEND_METRICS } from '../../lambdas/spend/spend.contract.ts';
import type { ApplicationMetrics } from '../platform/application-metrics.ts';
import { CHART_PERIOD, heading, row } from './charts.ts';

const HOUR = Duration.hours(1);

/** What the stage spends, and how much of its cap that is. */
export function cost(metrics: ApplicationMetrics): IWidget[] {
  return [
    heading('Cost'),
    row(
      {
        title: 'Estimated cost by operation and model, hourly',
        metrics: [metrics.each(SPEND_METRICS.cost, { statistic: 'Sum', period: HOUR })],
        stacked: true,
        unit: '$',
      },
      {
        title: "Share of the day's spend cap",
        metrics: [metrics.one(SPEND_METRICS.share, {}, { statistic: 'Maximum', period: CHART_PERIOD })],
        unit: '%',
      },
      { title: 'Refused for the spend cap', metrics: [metrics.one(SPEND_METRICS.refused, {}, { statistic: 'Sum', period: CHART_PERIOD })] },
    ),
  ];
}
