import { AwsError, notEmulated } from '../platform/call.ts';
import { isStatistic, type MetricIdentity } from './metric-store.ts';
import { readSearchTerm } from './search-term.ts';

/** A `SEARCH` of metric math: which metrics, and what of them. */
export interface Search {
  readonly namespace: string;
  readonly matches: (metric: MetricIdentity) => boolean;
  readonly statistic: string;
  /** Seconds; that of the query where the expression has none. */
  readonly period: number | undefined;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html */
const MAX_CHARACTERS = 1024;

const CALL = /^SEARCH\(\s*'([^']*)'\s*,\s*'([^']*)'\s*(?:,\s*(\d+)\s*)?\)$/;
/** AWS's own examples have a comma after it at times. */
const SCHEMA = /^\s*\{([^{}]*)\}\s*,?/;
/** A name, in double quotes where it has characters beyond letters and digits; AWS takes a slash without, too. */
const NAME = /"([^"]+)"|([\w/.-]+)/y;

/**
 * Reads a search expression (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html) with a
 * schema, and terms that demand exact values. A search without a schema is refused, and so are partial matches.
 */
export function readSearch(expression: string): Search {
  if (expression.length > MAX_CHARACTERS) {
    throw new AwsError('ValidationException', `A search expression has ${expression.length} characters; ${MAX_CHARACTERS} are the most.`);
  }
  const [, query = '', statistic = '', period] = CALL.exec(expression.trim()) ?? [];
  const schema = SCHEMA.exec(query);
  if (!schema) throw notEmulated(`the search expression ${expression}, which names no namespace`);
  if (!isStatistic(statistic)) throw notEmulated(`the statistic ${statistic} of ${expression}`);
  const [namespace = '', ...dimensions] = readSchema(schema[1] ?? '', expression);
  const holds = readSearchTerm(query.slice(schema[0].length), expression);
  return {
    namespace,
    statistic,
    period: period === undefined ? undefined : Number(period),
    matches: (metric) => metric.namespace === namespace && sameNames(Object.keys(metric.dimensions), dimensions) && holds(metric),
  };
}

/** The namespace, then the dimensions: a metric must have just these. */
function readSchema(text: string, expression: string): string[] {
  return text.split(',').map((part) => {
    NAME.lastIndex = 0;
    const match = NAME.exec(part.trim());
    if (!match || NAME.lastIndex !== part.trim().length) throw notEmulated(`the schema of the search expression ${expression}`);
    return match[1] ?? match[2] ?? '';
  });
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}
