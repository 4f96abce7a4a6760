import * as z from 'zod';

/** The limits of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html. */
const MAX_DIMENSIONS = 30;
const MAX_VALUES = 100;

/** One metric of one set of dimensions, with what was measured at one moment. */
export interface EmbeddedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: string;
  /** Milliseconds since the epoch, as the line says. */
  readonly timestamp: number;
  readonly values: readonly number[];
}

const DIRECTIVES = z.object({
  _aws: z.object({
    Timestamp: z.int().nonnegative(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string().min(1),
        Dimensions: z.array(z.array(z.string()).max(MAX_DIMENSIONS)),
        Metrics: z.array(z.object({ Name: z.string().min(1), Unit: z.string().default('None') })),
      }),
    ),
  }),
});
const VALUES = z.union([z.number().transform((value) => [value]), z.array(z.number()).max(MAX_VALUES)]);

/** Whether a log line claims to be of the embedded metric format. Cheap, since it is asked of every line. */
export function claimsMetrics(line: string): boolean {
  return line.startsWith('{') && line.includes('"_aws"');
}

/** The metrics that a line of the embedded metric format carries. Throws a sentence for what CloudWatch would drop. */
export function readEmbeddedMetrics(line: string): EmbeddedMetric[] {
  const document: unknown = JSON.parse(line);
  const { _aws: directives } = read(DIRECTIVES, document, 'its directives');
  const members = document as Readonly<Record<string, unknown>>;
  return directives.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions: sets, Metrics: metrics }) =>
    metrics.flatMap(({ Name: name, Unit: unit }) => {
      const values = read(VALUES, members[name], `the metric ${name}`);
      return sets.map((set) => ({
        namespace,
        name,
        unit,
        values,
        timestamp: directives.Timestamp,
        dimensions: Object.fromEntries(set.map((key) => [key, read(z.string().min(1), members[key], `the dimension ${key}`)])),
      }));
    }),
  );
}

function read<Output>(schema: z.ZodType<Output>, value: unknown, what: string): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SyntaxError(`${what}: ${z.prettifyError(parsed.error)}`);
}
