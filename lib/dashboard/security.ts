import { type IWidget, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { REQUEST_METRICS, SECURITY_METRICS } from '../../lambdas/shared/metrics.contract.ts';
import type { ApplicationMetrics } from '../platform/application-metrics.ts';
import { is, metricSearch } from '../platform/metric-search.ts';
import type { StageResources } from '../platform/stage-resources.ts';
import { CHART_PERIOD, heading, row } from './charts.ts';

const SUM = { statistic: 'Sum', period: CHART_PERIOD };

/** Who was kept out, and what was kept in. */
export function security({ userPool, userPoolClient, webAcl }: StageResources, metrics: ApplicationMetrics): IWidget[] {
  const signIns = (statistic: string) =>
    new Metric({
      namespace: 'AWS/Cognito',
      metricName: 'SignInSuccesses',
      dimensionsMap: { UserPool: userPool.userPoolId, UserPoolClient: userPoolClient.userPoolClientId },
      statistic,
      period: CHART_PERIOD,
    });
  const failed = new MathExpression({
    expression: 'attempts - successes',
    usingMetrics: { attempts: signIns('SampleCount'), successes: signIns('Sum') },
    label: 'failed',
    period: CHART_PERIOD,
  });
  return [
    heading('Security'),
    row(
      { title: 'Security events by kind', metrics: [metrics.each(SECURITY_METRICS.event, SUM)], stacked: true },
      {
        title: 'Requests over a quota or a rate',
        metrics: [metrics.each(REQUEST_METRICS.count, SUM, { StatusCode: '429' })],
        stacked: true,
      },
      ...(webAcl === undefined ? [] : [{ title: 'Blocked by the web ACL, by rule', metrics: [blockedBy(webAcl)], stacked: true as const }]),
      { title: 'Sign-ins', metrics: [signIns('Sum').with({ label: 'succeeded' }), failed] },
    ),
  ];
}

/** Each request once by the rule that blocked it, and once by all of them together. */
function blockedBy(webAcl: string): MathExpression {
  const schema = { namespace: 'AWS/WAFV2', dimensions: ['Region', 'Rule', 'WebACL'] };
  return metricSearch(schema, [is(['MetricName', 'BlockedRequests']), is(['WebACL', webAcl]), `NOT ${is(['Rule', 'ALL'])}`], SUM);
}
