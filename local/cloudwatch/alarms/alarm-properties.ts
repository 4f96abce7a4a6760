import * as z from 'zod';
import { notEmulated } from '../../platform/call.ts';
import type { TemplateResource } from '../../platform/service.ts';
import { isStatistic } from '../metric-store.ts';
import type { MissingData } from './missing-data.ts';

const MINUTE_SECONDS = 60;

const dimensions = z.array(z.strictObject({ Name: z.string(), Value: z.string() })).default([]);
const METRIC = z.strictObject({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensions });
const QUERY = z.strictObject({
  Id: z.string().regex(/^[a-z]\w*$/),
  Label: z.string().optional(),
  Expression: z.string().optional(),
  Period: z.coerce.number().optional(),
  ReturnData: z.boolean().default(true),
  MetricStat: z.strictObject({ Metric: METRIC, Period: z.coerce.number(), Stat: z.string() }).optional(),
});
type AlarmQuery = z.output<typeof QUERY>;

export const COMPARISONS = {
  GreaterThanThreshold: { holds: (value: number, threshold: number) => value > threshold, words: 'greater than' },
  GreaterThanOrEqualToThreshold: { holds: (value: number, threshold: number) => value >= threshold, words: 'greater than or equal to' },
  LessThanThreshold: { holds: (value: number, threshold: number) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: { holds: (value: number, threshold: number) => value <= threshold, words: 'less than or equal to' },
} as const;

const actions = z.array(z.string()).default([]);
const PROPERTIES = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string().optional(),
  ActionsEnabled: z.boolean().default(true),
  AlarmActions: actions,
  OKActions: actions,
  InsufficientDataActions: actions,
  ComparisonOperator: z.enum(Object.keys(COMPARISONS) as [keyof typeof COMPARISONS]),
  Threshold: z.coerce.number(),
  EvaluationPeriods: z.coerce.number().int().positive(),
  DatapointsToAlarm: z.coerce.number().int().positive().optional(),
  TreatMissingData: z.enum(['missing', 'ignore', 'breaching', 'notBreaching'] satisfies MissingData[]).default('missing'),
  Metrics: z.array(QUERY).optional(),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensions,
  Statistic: z.string().optional(),
  ExtendedStatistic: z.string().optional(),
  Period: z.coerce.number().optional(),
});

/** What an alarm's properties say, as far as they are honoured. */
export interface AlarmProperties extends Omit<z.output<typeof PROPERTIES>, 'Metrics' | 'DatapointsToAlarm'> {
  readonly DatapointsToAlarm: number;
  /** The metrics and expressions; an alarm on a single metric has one. */
  readonly queries: readonly AlarmQuery[];
  /** The id of the one that is compared with the threshold. */
  readonly compared: string;
  readonly periodMs: number;
}

/** The properties that an alarm honours. */
export const HONOURED = Object.keys(PROPERTIES.shape);

/** Reads an alarm. Refuses by name what nothing here honours, and what CloudWatch would refuse. */
export function readAlarm({ properties }: Pick<TemplateResource, 'properties'>): AlarmProperties {
  const { Metrics, ...read } = PROPERTIES.parse(properties);
  const { EvaluationPeriods, DatapointsToAlarm = EvaluationPeriods } = read;
  const queries = Metrics ?? [singleMetric(read)];
  const returned = queries.filter(({ ReturnData }) => ReturnData);
  const [compared] = returned;
  if (!compared || returned.length > 1) throw new Error('just one of an alarm’s metrics must return data');
  if (DatapointsToAlarm > EvaluationPeriods) throw new Error('an alarm cannot want more data points past the threshold than it looks at');
  for (const action of [...read.AlarmActions, ...read.OKActions, ...read.InsufficientDataActions]) {
    if (!/^arn:aws:sns:/.test(action)) throw notEmulated(`the action ${action} of an alarm; only topics are told`);
  }
  return { ...read, DatapointsToAlarm, queries, compared: compared.Id, periodMs: periodOf(queries) * 1000 };
}

function singleMetric({
  Namespace,
  MetricName,
  Dimensions,
  Statistic,
  ExtendedStatistic,
  Period,
}: Omit<z.output<typeof PROPERTIES>, 'Metrics'>): AlarmQuery {
  const Stat = Statistic ?? ExtendedStatistic;
  if (Namespace === undefined || MetricName === undefined || Stat === undefined || Period === undefined) {
    throw notEmulated('an alarm without Metrics and without all of Namespace, MetricName, a statistic and Period');
  }
  return { Id: 'm1', ReturnData: true, MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat } };
}

/** Seconds. */
function periodOf(queries: readonly AlarmQuery[]): number {
  const periods = new Set(queries.flatMap(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? []));
  const [period, ...others] = periods;
  if (period === undefined || others.length > 0) throw notEmulated('an alarm on metrics of different periods');
  if (period % MINUTE_SECONDS !== 0) throw notEmulated(`a period of ${period} s, of metrics of high resolution`);
  for (const { Id, MetricStat, Expression } of queries) {
    if ((MetricStat === undefined) === (Expression === undefined)) throw new Error(`${Id} must be a metric or an expression`);
    if (MetricStat && !isStatistic(MetricStat.Stat)) throw notEmulated(`the statistic ${MetricStat.Stat} of an alarm`);
  }
  return period;
}
