import type { ComparisonOperator, IMetric } from 'aws-cdk-lib/aws-cloudwatch';

/** What one alarm watches, and what it says. */
export interface AlarmDefinition {
  /** Follows `Manuel-<stage>-`, and is the heading of its section in docs/alarms.md. */
  readonly name: string;
  /** What the user feels, and what to do first. The section says the rest. */
  readonly says: string;
  /** Its period is how long one data point covers. What is missing is no cause for alarm. */
  readonly metric: IMetric;
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** How many data points in a row must be past the threshold; one when absent. */
  readonly inARow?: number;
  /** Whether it is told as well when it is over. What somebody has to look into even so is not. */
  readonly tellsTheEnd: boolean;
}

/** The most metrics that one alarm takes (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html). */
const MAX_METRICS = 10;

/**
 * One definition for each group of things that fits into an alarm, of as equal sizes as can be. There is one group as long as there are
 * ten of them; the second one's name ends with `-2`.
 */
export function inGroups<Thing>(
  name: string,
  things: readonly Thing[],
  define: (name: string, group: readonly Thing[]) => AlarmDefinition,
): AlarmDefinition[] {
  const groups = Math.ceil(things.length / MAX_METRICS);
  const size = Math.ceil(things.length / groups);
  return Array.from({ length: groups }, (_, index) =>
    define(index === 0 ? name : `${name}-${index + 1}`, things.slice(index * size, (index + 1) * size)),
  );
}
