import { AwsError, notEmulated } from '../platform/call.ts';
import { generatedName } from '../platform/names.ts';
import type { TemplateResource } from '../platform/service.ts';
import { refuseReservedVariables } from './environment-variables.ts';

/** Lengths, ranges and defaults of https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html. */
const MAX_NAME_LENGTH = 64;
const TIMEOUT_SECONDS = { smallest: 1, largest: 900, normally: 3 };
const MEMORY_MB = { smallest: 128, largest: 10_240, normally: 128 };
/** Properties that change what a function does and that nothing here honours. */
const REFUSED = ['DurableConfig', 'FileSystemConfigs', 'ImageConfig', 'Layers', 'SnapStart', 'TenancyConfig'];

/** A function as its template describes it. */
export interface FunctionConfiguration {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  readonly handler: string;
  readonly roleArn: string;
  readonly code: FunctionCode;
  readonly timeoutMs: number;
  readonly memorySizeMb: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly logGroup: string;
  readonly logFormat: 'Text' | 'JSON';
  /** The least level that the console methods and Powertools print; everything when absent. */
  readonly logLevel: string | undefined;
  /** How many invocations may run at once before further ones are throttled; unlimited when absent. */
  readonly reservedConcurrency: number | undefined;
  /** The queue that takes the events of asynchronous invocations that are given up. */
  readonly deadLetterArn: string | undefined;
}

/** A folder on this machine, or the text of one file. */
export type FunctionCode = { readonly folder: string } | { readonly text: string };

/** Reads the properties of an `AWS::Lambda::Function`. Throws an AwsError for what AWS refuses and for what is not emulated. */
export function readFunction(
  { properties, stackName, logicalId }: TemplateResource,
  arnOf: (name: string) => string,
): FunctionConfiguration {
  for (const name of REFUSED) if (properties[name] !== undefined) throw notEmulated(`${name} of AWS::Lambda::Function`);
  if (properties['PackageType'] === 'Image') throw notEmulated('functions from container images');
  if (properties['Runtime'] !== 'nodejs24.x') throw notEmulated(`the Lambda runtime ${String(properties['Runtime'])}; it runs nodejs24.x`);
  const name = text(properties, 'FunctionName') ?? generatedName(stackName, logicalId, MAX_NAME_LENGTH);
  const logging = (properties['LoggingConfig'] ?? {}) as { LogGroup?: string; LogFormat?: string; ApplicationLogLevel?: string };
  const environment = (properties['Environment'] ?? {}) as { Variables?: Record<string, string> };
  const variables = Object.fromEntries(Object.entries(environment.Variables ?? {}).map(([key, value]) => [key, String(value)]));
  refuseReservedVariables(variables);
  const reserved = properties['ReservedConcurrentExecutions'];
  return {
    name,
    arn: arnOf(name),
    description: text(properties, 'Description') ?? '',
    handler: required(properties, 'Handler'),
    roleArn: required(properties, 'Role'),
    code: readCode(properties['Code']),
    timeoutMs: number(properties, 'Timeout', TIMEOUT_SECONDS) * 1000,
    memorySizeMb: number(properties, 'MemorySize', MEMORY_MB),
    variables,
    logGroup: logging.LogGroup ?? `/aws/lambda/${name}`,
    logFormat: logging.LogFormat === 'JSON' ? 'JSON' : 'Text',
    logLevel: logging.ApplicationLogLevel,
    reservedConcurrency: reserved === undefined ? undefined : Number(reserved),
    deadLetterArn: readDeadLetterConfig(properties['DeadLetterConfig']),
  };
}

function readDeadLetterConfig(config: unknown): string | undefined {
  const { TargetArn: arn } = (config ?? {}) as { TargetArn?: string };
  if (arn !== undefined && !/^arn:[^:]+:sqs:/.test(arn)) throw notEmulated(`dead-letter targets other than SQS queues (${arn})`);
  return arn;
}

function readCode(code: unknown): FunctionCode {
  const { LocalPath, ZipFile } = (code ?? {}) as { LocalPath?: unknown; ZipFile?: unknown };
  if (typeof LocalPath === 'string') return { folder: LocalPath };
  if (typeof ZipFile === 'string') return { text: ZipFile };
  throw notEmulated('function code that is neither inline (ZipFile) nor an asset of the assembly');
}

function text(properties: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = properties[name];
  return typeof value === 'string' ? value : undefined;
}

function required(properties: Readonly<Record<string, unknown>>, name: string): string {
  const value = text(properties, name);
  if (!value) throw new AwsError('InvalidParameterValueException', `A function needs ${name}.`);
  return value;
}

function number(properties: Readonly<Record<string, unknown>>, name: string, range: typeof MEMORY_MB): number {
  const value = Number(properties[name] ?? range.normally);
  if (Number.isInteger(value) && value >= range.smallest && value <= range.largest) return value;
  const message = `${name} is ${String(properties[name])}; it must be an integer from ${range.smallest} to ${range.largest}.`;
  throw new AwsError('InvalidParameterValueException', message);
}
