import { dirname } from 'node:path';
import type { AccessKey } from '../front-door/access-keys.ts';
import { AwsError, notEmulated } from '../platform/call.ts';
import type { FunctionConfiguration } from './function-configuration.ts';

/** Names that a function's configuration may not set (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime). */
const RESERVED = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
]);
/** The size of all names and values (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const MAX_BYTES = 4096;

/** Throws as AWS does for variables that a function may not have. */
export function refuseReservedVariables(variables: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name));
  const refusal = 'Lambda was unable to configure your environment variables because the environment variables you have provided';
  if (reserved.length > 0) {
    throw new AwsError(
      'InvalidParameterValueException',
      `${refusal} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(variables)) > MAX_BYTES) {
    throw new AwsError('InvalidParameterValueException', `${refusal} exceeded the 4KB limit.`);
  }
  if (variables['AWS_ENDPOINT_URL'] !== undefined)
    throw notEmulated('functions that set AWS_ENDPOINT_URL, which leads them to the local services');
}

export interface EnvironmentContext {
  readonly key: AccessKey;
  readonly region: string;
  /** Where all emulated services answer. */
  readonly endpoint: string;
  readonly taskRoot: string;
  readonly logStream: string;
  /** The folder of AWS's runtime client. */
  readonly runtimeClient: string;
}

/** What a function finds in its environment: Lambda's own variables and the template's, and of this machine's only the PATH. */
export function environmentVariables(configuration: FunctionConfiguration, context: EnvironmentContext): Record<string, string> {
  const { key, region, endpoint, taskRoot, logStream, runtimeClient } = context;
  return {
    PATH: process.env['PATH'] ?? '',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    ...configuration.variables,
    // The home of Lambda's user, which exists on no machine: so no SDK reads the developer's own ~/.aws.
    HOME: '/home/sbx_user1051',
    _HANDLER: configuration.handler,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    ...(key.sessionToken && { AWS_SESSION_TOKEN: key.sessionToken }),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: configuration.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memorySizeMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_FORMAT: configuration.logFormat,
    ...(configuration.logLevel && { AWS_LAMBDA_LOG_LEVEL: configuration.logLevel }),
    AWS_LAMBDA_LOG_GROUP_NAME: configuration.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    LAMBDA_RUNTIME_DIR: dirname(runtimeClient),
    LAMBDA_TASK_ROOT: taskRoot,
  };
}
