import { type MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS_NAMESPACE, type MetricContract, SERVICE_DIMENSION } from '../../lambdas/shared/metrics.contract.ts';
import { is, metricSearch, type Statistic } from './metric-search.ts';

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
  each({ name, dimensions }: MetricContract, statistic: Statistic, where: Readonly<Record<string, string>> = {}): MathExpression {
    const terms = { MetricName: name, [SERVICE_DIMENSION]: this.#service, ...where };
    const schema = { namespace: METRICS_NAMESPACE, dimensions: [SERVICE_DIMENSION, ...dimensions] };
    return metricSearch(schema, Object.entries(terms).map(is), statistic);
  }
}
