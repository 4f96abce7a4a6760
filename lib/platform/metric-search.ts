import type { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';

/** How a metric's values are put together. */
export interface Statistic {
  /** Such as `Sum` or `p95`. */
  readonly statistic: string;
  readonly period: Duration;
}

/** What is searched: the metrics of a namespace that have just these dimensions. */
export interface MetricSchema {
  readonly namespace: string;
  readonly dimensions: readonly string[];
}

/** Of one search (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html). */
export const MAX_SEARCH_CHARACTERS = 1024;

/**
 * All metrics for which every term holds. Nothing for an alarm, which cannot search. The terms demand whole values: a part of a name
 * would find it in every stage that has the same word in its names.
 */
export function metricSearch(
  { namespace, dimensions }: MetricSchema,
  terms: readonly string[],
  { statistic, period }: Statistic,
  // CloudWatch then names each by the values in which they differ.
  label = '',
): MathExpression {
  const expression = `SEARCH('{${[`"${namespace}"`, ...dimensions].join(',')}} ${terms.join(' ')}', '${statistic}', ${period.toSeconds()})`;
  return new MathExpression({ expression, usingMetrics: {}, label, period });
}

/** The term that a property or a dimension has this value. */
export function is([property, value]: readonly [property: string, value: string]): string {
  return `${property}="${value}"`;
}

/** The term that any of the terms holds. */
export function anyOf(terms: readonly string[]): string {
  return terms.length === 1 ? terms.join('') : `(${terms.join(' OR ')})`;
}
