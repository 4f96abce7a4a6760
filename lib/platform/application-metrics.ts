import type { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS_NAMESPACE, type MetricContract, SERVICE_DIMENSION } from '../../lambdas/shared/metrics.contract.ts';

/** How a metric's values are put together. */
export interface Statistic {
  /** Such as `Sum` or `p95`. */
  readonly statistic: string;
  readonly period: Duration;
}

/** What a stage's functions emit, as alarms and widgets read it. */
export class ApplicationMetrics {
  readonly #service: string;

  /** `service` is what the stage's functions call themselves. */
  constructor(service: string) {
    this.#service = service;
  }

  /** The metric of one combination of dimensions. */
  one<Dimension extends string>(
    { name, meaning }: MetricContract<Dimension>,
    dimensions: Readonly<Record<NoInfer<Dimension>, string>>,
    statistic: Statistic,
  ): Metric {
    const dimensionsMap = { [SERVICE_DIMENSION]: this.#service, ...dimensions };
    return new Metric({ namespace: METRICS_NAMESPACE, metricName: name, dimensionsMap, label: meaning, ...statistic });
  }

  /** The metrics of all combinations that there are. Nothing for an alarm, which cannot search. */
  each(
    { name, dimensions }: MetricContract,
    { statistic, period }: Statistic,
    where: Readonly<Record<string, string>> = {},
  ): MathExpression {
    const schema = [`"${METRICS_NAMESPACE}"`, SERVICE_DIMENSION, ...dimensions].join(',');
    const terms = Object.entries({ MetricName: name, [SERVICE_DIMENSION]: this.#service, ...where });
    const query = `{${schema}} ${terms.map(([term, value]) => `${term}="${value}"`).join(' ')}`;
    const expression = `SEARCH('${query}', '${statistic}', ${period.toSeconds()})`;
    // CloudWatch names each by the values in which they differ.
    return new MathExpression({ expression, usingMetrics: {}, label: '', period });
  }
}
