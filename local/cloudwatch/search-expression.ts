import { notEmulated } from '../platform/call.ts';
import { isStatistic, type Metric } from './metric-store.ts';

/** A `SEARCH` of metric math: which metrics, and what of them. */
export interface Search {
  readonly matches: (metric: Metric) => boolean;
  readonly statistic: string;
  /** Seconds; that of the query where the expression has none. */
  readonly period: number | undefined;
}

const CALL = /^SEARCH\(\s*'([^']*)'\s*,\s*'([^']*)'\s*(?:,\s*(\d+)\s*)?\)$/;
const SCHEMA = /^\s*\{([^{}]*)\}/;
/** A name, in double quotes where it has characters beyond letters and digits; AWS takes a slash without, too. */
const NAME = /"([^"]+)"|([\w/.-]+)/y;
const TERM = /\s*(?:"([^"]+)"|([\w.-]+))\s*=\s*"([^"]*)"\s*/y;

/**
 * Reads a search expression (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html) with a
 * schema, and terms that each demand an exact value. What else CloudWatch knows (partial matches, OR, NOT) is refused.
 */
export function readSearch(expression: string): Search {
  const [, query = '', statistic = '', period] = CALL.exec(expression.trim()) ?? [];
  const schema = SCHEMA.exec(query);
  if (!schema) throw notEmulated(`the search expression ${expression}, which names no namespace`);
  if (!isStatistic(statistic)) throw notEmulated(`the statistic ${statistic} of ${expression}`);
  const [namespace, ...dimensions] = readSchema(schema[1] ?? '', expression);
  const terms = readTerms(query.slice(schema[0].length), expression);
  return {
    statistic,
    period: period === undefined ? undefined : Number(period),
    matches: (metric) =>
      metric.namespace === namespace &&
      sameNames(Object.keys(metric.dimensions), dimensions) &&
      terms.every(([name, value]) => (name === 'MetricName' ? metric.name : metric.dimensions[name]) === value),
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

function readTerms(text: string, expression: string): [name: string, value: string][] {
  const terms: [string, string][] = [];
  TERM.lastIndex = 0;
  let end = 0;
  while (text.slice(end).trim() !== '') {
    const match = TERM.exec(text);
    if (!match) throw notEmulated(`"${text.slice(end).trim()}" in the search expression ${expression}`);
    end = TERM.lastIndex;
    terms.push([match[1] ?? match[2] ?? '', match[3] ?? '']);
  }
  return terms;
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}
