import { createHash } from 'node:crypto';
import { AwsError, notEmulated } from '../platform/call.ts';
import type { TemplateResource } from '../platform/service.ts';
import { functionNameOf } from './function-name.ts';

/** Ranges and defaults of https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html. */
const DEFAULT_BATCH_SIZE = 10;
const MAX_BATCH_SIZE = { standard: 10_000, fifo: 10 };
const MAX_BATCHING_WINDOW_SECONDS = 300;
const CONCURRENCY = { smallest: 2, largest: 1_000 };
/** How many batches AWS processes at once to begin with (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html). */
const DEFAULT_CONCURRENCY = 5;

/** Properties of `AWS::Lambda::EventSourceMapping` that are honoured. */
export const MAPPING_PROPERTIES = [
  'BatchSize',
  'Enabled',
  'EventSourceArn',
  'FunctionName',
  'FunctionResponseTypes',
  'MaximumBatchingWindowInSeconds',
  'ScalingConfig.MaximumConcurrency',
];
export const INERT_MAPPING_PROPERTIES = {
  KmsKeyArn: 'filter criteria, which it would encrypt, are refused',
  MetricsConfig: 'mappings emit no metrics locally',
  Tags: 'nothing local selects by tag',
};

/** An SQS event source mapping as its template describes it. */
export interface MappingConfiguration {
  readonly uuid: string;
  readonly functionName: string;
  readonly queueArn: string;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  /** How many batches are processed at once. */
  readonly maxConcurrency: number;
  /** Whether the function's response says which messages failed. */
  readonly reportsItemFailures: boolean;
  readonly enabled: boolean;
}

/** Reads the properties of an `AWS::Lambda::EventSourceMapping`. Throws an AwsError for what AWS refuses and for what is not emulated. */
export function readMapping({ properties, stackName, logicalId }: TemplateResource): MappingConfiguration {
  const known = [...MAPPING_PROPERTIES.map((path) => path.split('.')[0]), ...Object.keys(INERT_MAPPING_PROPERTIES)];
  for (const name of Object.keys(properties)) {
    if (!known.includes(name)) throw notEmulated(`${name} of AWS::Lambda::EventSourceMapping`);
  }
  const queueArn = String(properties['EventSourceArn']);
  if (!queueArn.startsWith('arn:aws:sqs:')) throw notEmulated(`event source mappings of ${queueArn}; they read SQS queues`);
  const fifo = queueArn.endsWith('.fifo');
  const batchSize = inRange(
    'BatchSize',
    properties['BatchSize'] ?? DEFAULT_BATCH_SIZE,
    1,
    fifo ? MAX_BATCH_SIZE.fifo : MAX_BATCH_SIZE.standard,
  );
  const window = inRange(
    'MaximumBatchingWindowInSeconds',
    properties['MaximumBatchingWindowInSeconds'] ?? 0,
    0,
    fifo ? 0 : MAX_BATCHING_WINDOW_SECONDS,
  );
  if (batchSize > DEFAULT_BATCH_SIZE && window === 0) {
    throw invalid('Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10');
  }
  const scaling = (properties['ScalingConfig'] ?? {}) as { MaximumConcurrency?: unknown };
  const { smallest, largest } = CONCURRENCY;
  return {
    uuid: uuidOf(`${stackName}/${logicalId}`),
    functionName: functionNameOf(String(properties['FunctionName'])),
    queueArn,
    batchSize,
    batchingWindowMs: window * 1000,
    maxConcurrency:
      scaling.MaximumConcurrency === undefined
        ? DEFAULT_CONCURRENCY
        : inRange('ScalingConfig.MaximumConcurrency', scaling.MaximumConcurrency, smallest, largest),
    reportsItemFailures: ((properties['FunctionResponseTypes'] ?? []) as string[]).includes('ReportBatchItemFailures'),
    enabled: properties['Enabled'] === undefined || String(properties['Enabled']) === 'true',
  };
}

function inRange(name: string, value: unknown, smallest: number, largest: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= smallest && number <= largest) return number;
  throw invalid(`${name} is ${String(value)}; it must be an integer from ${smallest} to ${largest}.`);
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}

/** The same after a restart. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
