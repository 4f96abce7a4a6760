import { type AwsCall, AwsError, notEmulated } from '../platform/call.ts';
import { type PathLabels, RestJsonReply, type RestJsonRoute } from '../platform/rest-json-protocol.ts';
import type { EventSourceMapping } from './event-source-mapping.ts';
import { functionNameOf } from './function-name.ts';
import type { LambdaService } from './lambda.service.ts';
import type { LambdaFunction } from './lambda-function.ts';

const DEFAULT_PAGE = 50;

/** The signed operations that are emulated; any other is refused by its path. */
export function lambdaRoutes(service: LambdaService): RestJsonRoute[] {
  return [
    {
      operation: 'Invoke',
      method: 'POST',
      path: '/2015-03-31/functions/{functionName}/invocations',
      handle: (_input, labels, call) => invoke(service, labels, call),
    },
    {
      operation: 'GetFunction',
      method: 'GET',
      path: '/2015-03-31/functions/{functionName}',
      handle: async (_input, labels, call) => {
        const target = named(service, labels, call);
        const { reservedConcurrency, code } = target.configuration;
        return {
          Configuration: describeFunction(target),
          Code: { RepositoryType: 'S3', Location: 'folder' in code ? `file://${code.folder}` : `file://${target.taskRoot}` },
          ...(reservedConcurrency !== undefined && { Concurrency: { ReservedConcurrentExecutions: reservedConcurrency } }),
        };
      },
    },
    {
      operation: 'DeleteFunction',
      method: 'DELETE',
      path: '/2015-03-31/functions/{functionName}',
      handle: async (_input, labels, call) => {
        await service.deleteFunction(named(service, labels, call));
        return reply(204, {}, '');
      },
    },
    {
      operation: 'GetFunctionConfiguration',
      method: 'GET',
      path: '/2015-03-31/functions/{functionName}/configuration',
      handle: async (_input, labels, call) => describeFunction(named(service, labels, call)),
    },
    {
      operation: 'ListFunctions',
      method: 'GET',
      path: '/2015-03-31/functions',
      handle: async (_input, _labels, call) => {
        const query = queryOf(call, ['Marker', 'MaxItems']);
        const { items, NextMarker } = page(service.functions(), query);
        return { Functions: items.map(describeFunction), NextMarker };
      },
    },
    {
      operation: 'ListEventSourceMappings',
      method: 'GET',
      path: '/2015-03-31/event-source-mappings',
      handle: async (_input, _labels, call) => {
        const query = queryOf(call, ['Marker', 'MaxItems', 'EventSourceArn', 'FunctionName']);
        const functionName = query.FunctionName && functionNameOf(query.FunctionName);
        const matching = service
          .eventSourceMappings()
          .filter(({ configuration }) => !functionName || configuration.functionName === functionName)
          .filter(({ configuration }) => !query.EventSourceArn || configuration.queueArn === query.EventSourceArn);
        const { items, NextMarker } = page(matching, query);
        return { EventSourceMappings: items.map((mapping) => describeMapping(mapping, service)), NextMarker };
      },
    },
  ];
}

async function invoke(service: LambdaService, labels: PathLabels, call: AwsCall): Promise<RestJsonReply> {
  const target = named(service, labels, call);
  const { arn } = target.configuration;
  const clientContext = call.headers['x-amz-client-context'];
  const options = { ...(clientContext && { clientContext: Buffer.from(clientContext, 'base64').toString('utf8') }) };
  const kind = call.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (kind === 'DryRun') return reply(204, {}, '');
  if (kind === 'Event') {
    const requestId = service.invokeLater(arn, call.body, options);
    return reply(202, { 'x-amzn-requestid': requestId }, '');
  }
  if (kind !== 'RequestResponse') throw notEmulated(`the invocation type ${kind}`);
  const result = await service.invoke(arn, call.body, options);
  const headers = {
    'content-type': 'application/json',
    'x-amzn-requestid': result.requestId,
    'x-amz-executed-version': '$LATEST',
    ...(result.functionError && { 'x-amz-function-error': result.functionError }),
    ...(call.headers['x-amz-log-type'] === 'Tail' && { 'x-amz-log-result': Buffer.from(result.logTail).toString('base64') }),
  };
  return reply(200, headers, result.payload);
}

function reply(status: number, headers: Record<string, string>, body: string | Buffer): RestJsonReply {
  return new RestJsonReply({ status, headers, body });
}

function named(service: LambdaService, labels: PathLabels, call: AwsCall): LambdaFunction {
  const { Qualifier } = queryOf(call, ['Qualifier']);
  const name = labels['functionName'] ?? '';
  return service.function(Qualifier === undefined ? name : `${functionNameOf(name)}:${Qualifier}`);
}

/** The query's members. Throws for one that is not honoured. */
function queryOf<Name extends string>(call: AwsCall, names: readonly Name[]): Partial<Record<Name, string>> {
  const members = [...new URLSearchParams(call.queryString)];
  for (const [name] of members)
    if (!(names as readonly string[]).includes(name)) throw notEmulated(`the query parameter ${name} of Lambda`);
  return Object.fromEntries(members) as Partial<Record<Name, string>>;
}

/** One page of a list. The marker is the position at which the next page begins. */
function page<Item>(items: readonly Item[], query: { Marker?: string; MaxItems?: string }): { items: Item[]; NextMarker?: string } {
  const start = Number(query.Marker ?? 0);
  const end = start + Number(query.MaxItems ?? DEFAULT_PAGE);
  if (!(end > start)) throw new AwsError('InvalidParameterValueException', 'Marker or MaxItems is invalid.', 400, { Type: 'User' });
  return { items: items.slice(start, end), ...(end < items.length && { NextMarker: String(end) }) };
}

function describeFunction({ configuration, createdAt }: LambdaFunction): object {
  return {
    FunctionName: configuration.name,
    FunctionArn: configuration.arn,
    Description: configuration.description,
    Handler: configuration.handler,
    Role: configuration.roleArn,
    Runtime: 'nodejs24.x',
    PackageType: 'Zip',
    Version: '$LATEST',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    LastModified: createdAt.toISOString().replace('Z', '+0000'),
    Timeout: configuration.timeoutMs / 1000,
    MemorySize: configuration.memorySizeMb,
    Environment: { Variables: configuration.variables },
    LoggingConfig: { LogFormat: configuration.logFormat, LogGroup: configuration.logGroup, ApplicationLogLevel: configuration.logLevel },
  };
}

function describeMapping({ configuration }: EventSourceMapping, service: LambdaService): object {
  return {
    UUID: configuration.uuid,
    EventSourceArn: configuration.queueArn,
    FunctionArn: service.function(configuration.functionName).configuration.arn,
    BatchSize: configuration.batchSize,
    MaximumBatchingWindowInSeconds: configuration.batchingWindowMs / 1000,
    ScalingConfig: { MaximumConcurrency: configuration.maxConcurrency },
    FunctionResponseTypes: configuration.reportsItemFailures ? ['ReportBatchItemFailures'] : [],
    State: configuration.enabled ? 'Enabled' : 'Disabled',
  };
}
