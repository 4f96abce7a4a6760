import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SPEND_METRICS } from '../../lambdas/spend/spend.contract.ts';
import type { Api } from '../api/api.construct.ts';
import type { ApplicationMetrics } from '../platform/application-metrics.ts';
import type { AlarmDefinition } from './alarm-definition.ts';

const FIVE_MINUTES = Duration.minutes(5);
/** Well past what the longest answers take, and well before our own deadline of 25 s. */
const SLOW_MS = 15_000;

/**
 * That requests fail. A refusal for the spend cap is a 503 as well, and has an alarm of its own: so what the functions say that they have
 * refused for it is taken off what the gateway counts. A function that dies, or that the gateway waits for in vain, is among what is left.
 */
export function apiServerErrors(api: Api, metrics: ApplicationMetrics): AlarmDefinition {
  return {
    name: 'api-server-errors',
    says: 'Requests fail with 5xx: users get no answer. Look at the recent errors on the dashboard, then at what was deployed last.',
    metric: new MathExpression({
      expression: 'failed - FILL(refused, 0)',
      usingMetrics: {
        failed: ofApi(api, '5XXError', 'Sum'),
        refused: metrics.one(SPEND_METRICS.refused, {}, { statistic: 'Sum', period: FIVE_MINUTES }),
      },
      label: 'Failed requests, but for those that the spend cap refused',
      period: FIVE_MINUTES,
    }),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 5,
    tellsTheEnd: true,
  };
}

/** What else can be seen of the API. */
export function apiAlarms(api: Api): AlarmDefinition[] {
  return [
    {
      name: 'api-client-errors',
      says: 'Many requests are refused with 4xx: an app may be broken, or somebody tries doors. See which codes and which functions.',
      metric: ofApi(api, '4XXError', 'Sum'),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 10,
      tellsTheEnd: false,
    },
    {
      name: 'api-latency',
      says: 'One request in twenty takes over 15 s: users wait. Look at the model, the functions and the knowledge base on the dashboard.',
      metric: ofApi(api, 'Latency', 'p95'),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: SLOW_MS,
      inARow: 3,
      tellsTheEnd: true,
    },
  ];
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html */
function ofApi({ name }: Api, metricName: string, statistic: string): Metric {
  return new Metric({ namespace: 'AWS/ApiGateway', metricName, dimensionsMap: { ApiName: name }, statistic, period: FIVE_MINUTES });
}
