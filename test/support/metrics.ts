import { globSync } from 'node:fs';
import path from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { METRICS_NAMESPACE, type MetricContract, SERVICE_DIMENSION } from '../../lambdas/shared/metrics.contract.ts';
import type { MetricIdentity } from '../../local/cloudwatch/metric-store.ts';
import { readSearch } from '../../local/cloudwatch/search-expression.ts';

/** The variable that names the folder into which each tested runtime writes the metrics that it has seen. */
export const METRICS_DIRECTORY = 'MANUEL_METRICS_DIRECTORY';

const LAMBDAS = path.resolve(import.meta.dirname, '../../lambdas');

/** Every metric that a contract declares. */
export async function declaredMetrics(): Promise<MetricContract[]> {
  const files = globSync('**/*.contract.ts', { cwd: LAMBDAS });
  const contracts: object[] = await Promise.all(files.map((file) => import(path.join(LAMBDAS, file))));
  return contracts
    .flatMap((contract) => Object.entries(contract))
    .flatMap(([name, value]) => (name.endsWith('_METRICS') ? Object.values<MetricContract>(value) : []));
}

/** What a widget or an alarm reads: one metric, or all that a search finds. */
export interface Reading {
  /** The widget's title, or the alarm's name. */
  readonly reader: string;
  /** As the template words it. */
  readonly what: string;
  readonly finds: (metric: MetricIdentity) => boolean;
}

/** What comes of holding what is read against what is emitted. */
export interface MetricsReview {
  readonly read: readonly string[];
  /** Emitted, and read by nobody. */
  readonly unread: readonly string[];
  /** Sentences: what is wrong. */
  readonly complaints: readonly string[];
}

/** Takes what runtimes of any stage have seen for metrics of the stage whose widgets and alarms read them. */
export function reviewMetrics(
  seen: readonly MetricIdentity[],
  readings: readonly Reading[],
  declared: readonly MetricContract[],
  service: string,
): MetricsReview {
  const emitted = seen
    .filter(({ namespace }) => namespace === METRICS_NAMESPACE)
    .map((metric) => ({ ...metric, dimensions: { ...metric.dimensions, [SERVICE_DIMENSION]: service } }));
  const isDeclared = ({ name, dimensions }: MetricIdentity) =>
    declared.some((metric) => metric.name === name && sameNames([SERVICE_DIMENSION, ...metric.dimensions], Object.keys(dimensions)));
  const kinds = (metrics: readonly MetricIdentity[]) => [...new Set(metrics.map((metric) => lineOf(metric)))].sort();
  const everEmitted = new Set(emitted.map(({ name }) => name));
  return {
    read: kinds(emitted.filter((metric) => readings.some(({ finds }) => finds(metric)))),
    unread: kinds(emitted.filter((metric) => !readings.some(({ finds }) => finds(metric)))),
    complaints: [
      ...(emitted.length === 0 ? ['No runtime has noted metrics of ours.'] : []),
      ...readings
        .filter(({ finds }) => !emitted.some(finds))
        .map(({ reader, what }) => `Read by "${reader}", and emitted by nobody: ${what}`),
      ...kinds(emitted.filter((metric) => !isDeclared(metric))).map((metric) => `Emitted, and declared by no contract so: ${metric}`),
      ...declared.filter(({ name }) => !everEmitted.has(name)).map(({ name }) => `Declared, and emitted in no test: ${name}`),
    ],
  };
}

/** Everything of our own namespace that the dashboards and alarms of a template read. */
export function readingsOf(dashboard: Template): Reading[] {
  const alarms = Object.values(dashboard.findResources('AWS::CloudWatch::Alarm')).flatMap(({ Properties }) => readingsOfAlarm(Properties));
  const widgets = Object.values(dashboard.findResources('AWS::CloudWatch::Dashboard')).flatMap(({ Properties }) =>
    readingsOfBody(JSON.parse(flat(Properties.DashboardBody))),
  );
  return [...alarms, ...widgets];
}

interface TemplateMetric {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface AlarmProperties extends TemplateMetric {
  readonly AlarmName: string;
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: TemplateMetric } }[];
}

function readingsOfAlarm({ AlarmName, Metrics, ...single }: AlarmProperties): Reading[] {
  const metrics = Metrics?.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) ?? [single];
  return metrics.flatMap(({ Namespace, MetricName = '', Dimensions = [] }) => {
    const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, String(Value)]));
    return Namespace === METRICS_NAMESPACE ? [readingOf(AlarmName, MetricName, dimensions)] : [];
  });
}

interface Body {
  readonly widgets: readonly { readonly properties: { readonly title?: string; readonly metrics?: readonly (readonly unknown[])[] } }[];
}

function readingsOfBody({ widgets }: Body): Reading[] {
  return widgets.flatMap(({ properties: { title = '', metrics = [] } }) => metrics.flatMap((row) => readingOfRow(title, row)));
}

/** One row of a widget: namespace, name, dimensions and options, or an expression. */
function readingOfRow(title: string, row: readonly unknown[]): Reading[] {
  const [first, name, ...rest] = row;
  if (first === METRICS_NAMESPACE) {
    const words = rest.filter((word) => typeof word === 'string');
    const names = words.filter((_, index) => index % 2 === 0);
    return [readingOf(title, String(name), Object.fromEntries(names.map((dimension, index) => [dimension, words[2 * index + 1] ?? ''])))];
  }
  const { expression = '' } = (typeof first === 'object' ? first : {}) as { expression?: string };
  if (!expression.includes(METRICS_NAMESPACE)) return [];
  const { matches } = readSearch(expression);
  return [{ reader: title, what: expression, finds: matches }];
}

function readingOf(reader: string, name: string, dimensions: Readonly<Record<string, string>>): Reading {
  const wanted = lineOf({ namespace: METRICS_NAMESPACE, name, dimensions }, true);
  return { reader, what: wanted, finds: (metric) => lineOf(metric, true) === wanted };
}

/** A metric's name with its dimensions, in one line; with their values where these are what matters. */
function lineOf({ name, dimensions }: MetricIdentity, withValues = false): string {
  const parts = Object.entries(dimensions).map(([dimension, value]) => (withValues ? `${dimension}=${value}` : dimension));
  return `${name} by ${parts.sort().join(', ')}`;
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

/** A template's text, with a word in place of each value that only a deployment knows. */
export function flat(
  text: string | { readonly 'Fn::Join': readonly [string, readonly unknown[]] },
  wordFor: (value: unknown) => string = () => 'deployed',
): string {
  if (typeof text === 'string') return text;
  const [separator, parts] = text['Fn::Join'];
  return parts.map((part) => (typeof part === 'string' ? part : wordFor(part))).join(separator);
}
