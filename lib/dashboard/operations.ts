import { Duration } from 'aws-cdk-lib';
import { type IWidget, LogQueryWidget, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { MANUALS_METRICS } from '../../lambdas/manuals/manuals.contract.ts';
import { QUERY_METRICS } from '../../lambdas/query/query.contract.ts';
import { REQUEST_METRICS } from '../../lambdas/shared/metrics.contract.ts';
import { RETRIEVAL_METRICS } from '../../lambdas/shared/retrieval.contract.ts';
import { TRANSCRIBE_METRICS } from '../../lambdas/transcribe/transcribe.contract.ts';
import { USAGE_METRICS } from '../../lambdas/usage/usage.contract.ts';
import type { ApplicationMetrics } from '../platform/application-metrics.ts';
import type { CapabilityFunction } from '../platform/capability-function.ts';
import type { StageResources } from '../platform/stage-resources.ts';
import { CHART_PERIOD, heading, row } from './charts.ts';
import { type MeasuredResources, ofEach } from './resource-charts.ts';

const PERIOD = CHART_PERIOD;
const SUM = { statistic: 'Sum', period: PERIOD };
const MAXIMUM = { statistic: 'Maximum', period: PERIOD };
/** S3 measures itself once a day (https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html). */
const DAY = Duration.days(1);

/** How the stage is doing: its API, functions, models, queues and stores, and what failed last. */
export function operations(resources: StageResources, metrics: ApplicationMetrics): IWidget[] {
  const functions = [...resources.functions.api, ...resources.functions.workers];
  return [
    heading('Operations'),
    api(resources, metrics),
    ...ofFunctions(functions),
    row(
      { title: 'Model calls, p95', metrics: [metrics.each(QUERY_METRICS.callDuration, { statistic: 'p95', period: PERIOD })], unit: 'ms' },
      { title: 'Model tokens', metrics: [metrics.each(QUERY_METRICS.tokens, SUM)], stacked: true },
      {
        title: 'Passages found, and models passed over',
        metrics: [
          metrics.one(RETRIEVAL_METRICS.results, {}, { statistic: 'Average', period: PERIOD }),
          metrics.one(QUERY_METRICS.throttled, {}, SUM),
        ],
      },
    ),
    row(
      {
        title: 'Manuals: from upload to ready',
        metrics: ['p50', 'p95'].map((statistic) =>
          metrics.one(MANUALS_METRICS.timeToSearchable, {}, { statistic, period: PERIOD }).with({ label: statistic }),
        ),
        unit: 'ms',
      },
      { title: 'Recordings: seconds transcribed', metrics: [metrics.one(TRANSCRIBE_METRICS.audioSeconds, {}, SUM)], unit: 's' },
      {
        title: 'Quotas: the largest share used by anybody',
        metrics: [metrics.each(USAGE_METRICS.quotaUsage, { statistic: 'Maximum', period: PERIOD })],
        unit: '%',
      },
    ),
    queues(resources),
    tables(resources.tables),
    buckets(resources.buckets),
    recentErrors(functions),
  ];
}

function api({ api: { name } }: StageResources, metrics: ApplicationMetrics): IWidget {
  const ofApi = (metricName: string, statistic: string, label: string) =>
    new Metric({ namespace: 'AWS/ApiGateway', metricName, dimensionsMap: { ApiName: name }, statistic, period: PERIOD, label });
  return row(
    {
      title: 'API: requests and errors',
      metrics: [ofApi('Count', 'Sum', 'requests'), ofApi('4XXError', 'Sum', '4xx'), ofApi('5XXError', 'Sum', '5xx')],
    },
    { title: 'API: latency', metrics: ['p50', 'p95'].map((statistic) => ofApi('Latency', statistic, statistic)), unit: 'ms' },
    { title: 'Requests by function and status', metrics: [metrics.each(REQUEST_METRICS.count, SUM)], stacked: true },
    { title: 'Time to answer, p95', metrics: [metrics.each(REQUEST_METRICS.duration, { statistic: 'p95', period: PERIOD })], unit: 'ms' },
  );
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html says how long a name may be, as do the pages below. */
function ofFunctions(functions: readonly CapabilityFunction[]): IWidget[] {
  const all = {
    namespace: 'AWS/Lambda',
    dimension: 'FunctionName',
    names: functions.map(({ functionName }) => functionName),
    longestName: 64,
  };
  return [
    row(
      { title: 'Functions: invocations', metrics: ofEach(all, ['Invocations'], SUM), stacked: true },
      { title: 'Functions: errors', metrics: ofEach(all, ['Errors'], SUM), stacked: true },
      { title: 'Functions: throttles', metrics: ofEach(all, ['Throttles'], SUM), stacked: true },
    ),
    row(
      { title: 'Functions: duration, p95', metrics: ofEach(all, ['Duration'], { statistic: 'p95', period: PERIOD }), unit: 'ms' },
      { title: 'Functions: at the same time', metrics: ofEach(all, ['ConcurrentExecutions'], MAXIMUM) },
    ),
  ];
}

function queues({ workQueues, deadLetterQueues }: StageResources): IWidget {
  return row(
    { title: 'Queues: messages that wait', metrics: ofEach(measured(workQueues), ['ApproximateNumberOfMessagesVisible'], MAXIMUM) },
    {
      title: 'Queues: age of the oldest message',
      metrics: ofEach(measured(workQueues), ['ApproximateAgeOfOldestMessage'], MAXIMUM),
      unit: 's',
    },
    {
      title: 'Dead letters',
      metrics: ofEach(measured(deadLetterQueues), ['ApproximateNumberOfMessagesVisible'], MAXIMUM),
      stacked: true,
    },
  );
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html */
function measured(all: readonly Queue[]): MeasuredResources {
  return { namespace: 'AWS/SQS', dimension: 'QueueName', names: all.map(({ queueName }) => queueName), longestName: 80 };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
function tables(all: readonly Table[]): IWidget {
  const resources = { namespace: 'AWS/DynamoDB', dimension: 'TableName', names: all.map(({ tableName }) => tableName), longestName: 255 };
  return row(
    { title: 'Tables: capacity', metrics: ofEach(resources, ['ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits'], SUM) },
    { title: 'Tables: throttles', metrics: ofEach(resources, ['ReadThrottleEvents', 'WriteThrottleEvents'], SUM), stacked: true },
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function buckets(all: readonly Bucket[]): IWidget {
  const resources = { namespace: 'AWS/S3', dimension: 'BucketName', names: all.map(({ bucketName }) => bucketName), longestName: 63 };
  const ofBuckets = (metricName: string, StorageType: string) =>
    ofEach(resources, [metricName], { statistic: 'Average', period: DAY, where: { StorageType } });
  return row(
    { title: 'Buckets: size', metrics: ofBuckets('BucketSizeBytes', 'StandardStorage'), unit: 'bytes' },
    { title: 'Buckets: objects', metrics: ofBuckets('NumberOfObjects', 'AllStorageTypes') },
  );
}

/** Of our own log lines, and of Lambda's about a function that died or took too long. */
function recentErrors(functions: readonly CapabilityFunction[]): IWidget {
  return new LogQueryWidget({
    title: 'Recent errors',
    logGroupNames: functions.map((fn) => fn.logGroup.logGroupName),
    queryLines: [
      'fields @timestamp, message, code, error.name, error.message, request_id, @log',
      'filter level = "ERROR" or @message like /Task timed out|Runtime exited|Status: (error|timeout)/',
      'sort @timestamp desc',
      'limit 50',
    ],
    width: 24,
    height: 8,
  });
}
