import type { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';

/** Several metrics put together at each moment. In a list, what is missing of one does not count. */
export function combined(how: 'SUM' | 'MAX', metrics: readonly IMetric[], label: string, period: Duration): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({ expression: `${how}([${Object.keys(usingMetrics).join(',')}])`, usingMetrics, label, period });
}
