import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { anyOf, is, MAX_SEARCH_CHARACTERS, metricSearch, type Statistic } from '../platform/metric-search.ts';

/** Resources of one type, each of which AWS measures by itself. */
export interface MeasuredResources {
  readonly namespace: string;
  /** What tells one from another, such as `FunctionName`. */
  readonly dimension: string;
  readonly names: readonly string[];
  /** In characters: AWS gives the names when it deploys. */
  readonly longestName: number;
}

interface Drawn extends Statistic {
  /** Further dimensions of the metrics, and which of their values is drawn. */
  readonly where?: Readonly<Record<string, string>>;
}

/**
 * A series of each metric for each resource, from as few searches as take the names. A dashboard of at most 50 metrics may be free
 * (https://aws.amazon.com/cloudwatch/pricing/), and a search counts as one.
 *
 * Each name is demanded as a whole. A part of it, such as the stage's, would find whatever has these words in its name.
 */
export function ofEach(
  { namespace, dimension, names, longestName }: MeasuredResources,
  metricNames: readonly string[],
  { where = {}, ...statistic }: Drawn,
): IMetric[] {
  const schema = { namespace, dimensions: [dimension, ...Object.keys(where)] };
  const metric = anyOf(metricNames.map((name) => is(['MetricName', name])));
  const labels = [`Dim.${dimension}`, ...(metricNames.length > 1 ? ['MetricName'] : [])];
  // A name cannot be shortened (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html).
  const label = labels.map((property) => `\${PROP('${property}')}`).join(' ');
  // A value without its dimension takes less, and none of a metric's other names is that of a resource.
  const searchFor = (some: readonly string[]) =>
    metricSearch(schema, [metric, ...Object.entries(where).map(is), anyOf(some.map((name) => `"${name}"`))], statistic, label);
  const atOnce = Math.floor((MAX_SEARCH_CHARACTERS - searchFor(['', '']).expression.length) / (longestName + '"" OR '.length));
  const searches = Math.ceil(names.length / atOnce);
  return Array.from({ length: searches }, (_, index) => searchFor(names.slice(index * atOnce, (index + 1) * atOnce)));
}
