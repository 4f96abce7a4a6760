import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SECURITY_METRICS } from '../../lambdas/shared/metrics.contract.ts';
import { FOREIGN_PASSAGE } from '../../lambdas/shared/retrieval.contract.ts';
import type { ApplicationMetrics } from '../platform/application-metrics.ts';
import type { StageResources } from '../platform/stage-resources.ts';
import type { AlarmDefinition } from './alarm-definition.ts';

const FIVE_MINUTES = Duration.minutes(5);

/** That the knowledge base returned what is not the caller's. It was dropped, and must not happen all the same. */
export function foreignPassages(metrics: ApplicationMetrics): AlarmDefinition {
  return {
    name: 'foreign-passages',
    says: "A search returned somebody else's passages. They were dropped, and nobody saw them; yet the filter does not hold. Look into it now.",
    metric: metrics.one(SECURITY_METRICS.event, { Kind: FOREIGN_PASSAGE }, { statistic: 'Sum', period: FIVE_MINUTES }),
    comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    tellsTheEnd: false,
  };
}

/** That somebody tries passwords. */
export function failedSignIns({ userPool, userPoolClient }: StageResources): AlarmDefinition {
  // One for each attempt: 1 when it succeeds, 0 otherwise
  // (https://docs.aws.amazon.com/cognito/latest/developerguide/metrics-for-cognito-user-pools.html).
  const attempts = (statistic: string) =>
    new Metric({
      namespace: 'AWS/Cognito',
      metricName: 'SignInSuccesses',
      dimensionsMap: { UserPool: userPool.userPoolId, UserPoolClient: userPoolClient.userPoolClientId },
      statistic,
      period: FIVE_MINUTES,
    });
  return {
    name: 'failed-sign-ins',
    says: 'Many sign-ins fail: somebody may be trying passwords, or an app is broken. See whose accounts and from where.',
    metric: new MathExpression({
      expression: 'attempts - successes',
      usingMetrics: { attempts: attempts('SampleCount'), successes: attempts('Sum') },
      label: 'Failed sign-ins',
      period: FIVE_MINUTES,
    }),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 20,
    tellsTheEnd: false,
  };
}

/** That the web ACL turns many away; nothing where a stage has none. */
export function wafBlocks({ webAcl }: StageResources): AlarmDefinition[] {
  if (webAcl === undefined) return [];
  return [
    {
      name: 'waf-blocks',
      says: 'The web ACL turns many requests away: somebody attacks or floods the stage, or a rule hits those it should not. See which rule.',
      // https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
      metric: new Metric({
        namespace: 'AWS/WAFV2',
        metricName: 'BlockedRequests',
        dimensionsMap: { WebACL: webAcl, Region: Aws.REGION, Rule: 'ALL' },
        statistic: 'Sum',
        period: FIVE_MINUTES,
      }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 100,
      tellsTheEnd: false,
    },
  ];
}
