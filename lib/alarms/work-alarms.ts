import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { CapabilityFunction } from '../platform/capability-function.ts';
import { labelOf, type StageResources } from '../platform/stage-resources.ts';
import { type AlarmDefinition, inGroups } from './alarm-definition.ts';
import { combined } from './combined.ts';

const FIVE_MINUTES = Duration.minutes(5);
/** Longer than a queue of work should ever be; the longest single piece of it takes a few minutes. */
const LATE_SECONDS = 30 * 60;

/**
 * That work was given up. What a dead-letter queue holds is watched, since nothing takes it out yet, and since a message that SQS moves
 * there after its last receive counts as no message sent
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html).
 */
export function deadLetters(queues: readonly Queue[]): AlarmDefinition[] {
  return inGroups('dead-letters', queues, (name, group) => ({
    name,
    says: 'Work was given up: a manual stays unready or undeleted, a recording without text. See which queue holds it, and why it failed.',
    metric: combined(
      'SUM',
      group.map((queue) =>
        queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: FIVE_MINUTES, label: labelOf(queue) }),
      ),
      'Messages in the dead-letter queues',
      FIVE_MINUTES,
    ),
    comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    tellsTheEnd: true,
  }));
}

/** The dead-letter queues of those that functions work on. What cannot be delivered, or is due again soon, goes to the others. */
export function deadLettersOfWork({ workQueues, deadLetterQueues }: StageResources): Queue[] {
  return deadLetterQueues.filter((queue) => workQueues.some(({ deadLetterQueue }) => deadLetterQueue?.queue.queueArn === queue.queueArn));
}

/** What else can be seen of functions and queues. */
export function workAlarms({ functions, workQueues }: StageResources): AlarmDefinition[] {
  return [
    ...errorsOf('api-function-errors', functions.api, 'Functions behind the API fail or time out: users get 502, or half an answer.'),
    ...errorsOf(
      'worker-errors',
      functions.workers,
      'Workers fail or time out: manuals and recordings are late, and given up after retries.',
    ),
    {
      name: 'function-throttles',
      says: "The account runs as many functions as it may: users get errors, work is late. Find who takes them, or raise the account's limit.",
      // Of all functions of the account, as the limit is: no stage sets concurrency of its own aside.
      metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: 'Sum', period: FIVE_MINUTES }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 5,
      tellsTheEnd: true,
    },
    ...inGroups('oldest-message', workQueues, (name, group) => ({
      name,
      says: 'Work waits for over half an hour: manuals and recordings are late. See which queue, and whether its function runs or fails.',
      metric: combined(
        'MAX',
        group.map((queue) =>
          queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: FIVE_MINUTES, label: labelOf(queue) }),
        ),
        'Age of the oldest message, in seconds',
        FIVE_MINUTES,
      ),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: LATE_SECONDS,
      tellsTheEnd: true,
    })),
  ];
}

/** A timeout counts as an error (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html). */
function errorsOf(name: string, functions: readonly CapabilityFunction[], says: string): AlarmDefinition[] {
  return inGroups(name, functions, (groupName, group) => ({
    name: groupName,
    says: `${says} Look at the recent errors on the dashboard.`,
    metric: combined(
      'SUM',
      group.map((fn) => fn.metricErrors({ period: FIVE_MINUTES, label: fn.contract.name })),
      'Failed invocations',
      FIVE_MINUTES,
    ),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 5,
    tellsTheEnd: true,
  }));
}
