import type { APIGatewayProxyEvent } from 'aws-lambda';
import { type ApiRequest, type HeaderLine, headerValues, isBinary, mediaType, queryParameters } from './http-message.ts';
import type { RequestContext } from './request-context.ts';
import type { Deployment } from './rest-api.ts';

/** Headers that never reach an integration, as seen on AWS. */
const DROPPED_HEADERS = new Set([
  'connection',
  'content-length',
  'content-md5',
  'expect',
  'max-forwards',
  'proxy-authenticate',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
  'x-amzn-trace-id',
  'x-forwarded-port',
  'x-forwarded-proto',
]);
/** AWS hands on other names in the client's case, but these two always like this. */
const CANONICAL_NAMES = new Map([
  ['authorization', 'Authorization'],
  ['user-agent', 'User-Agent'],
]);

/** What the event says beside the request itself. */
export interface ProxyEventParts {
  readonly request: ApiRequest;
  /** The request's path without the stage. */
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly context: RequestContext;
  readonly deployment: Deployment;
  /** The trace's root, `Root=1-…`. */
  readonly trace: string;
}

type ProxyEvent = Omit<APIGatewayProxyEvent, 'requestContext'> & { readonly requestContext: RequestContext };

/**
 * The event of a Lambda proxy integration, format 1.0
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format).
 * Of a repeated header or parameter the single-value form holds the last.
 */
export function proxyEvent({ request, path, pathParameters, context, deployment, trace }: ProxyEventParts): ProxyEvent {
  const headers = group(headersFor(request, trace), (name) => name.toLowerCase());
  const query = group(queryParameters(request.queryString), (name) => name);
  const binary = isBinary(mediaType(headerValues(request.headers, 'content-type')[0]), deployment.binaryMediaTypes);
  return {
    resource: context.resourcePath ?? '',
    path: `/${path.replace(/^\/+/, '')}`,
    httpMethod: request.method,
    headers: lastOf(headers),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: query.size === 0 ? null : lastOf(query),
    multiValueQueryStringParameters: query.size === 0 ? null : Object.fromEntries(query),
    pathParameters: Object.keys(pathParameters).length === 0 ? null : pathParameters,
    stageVariables: Object.keys(deployment.stageVariables).length === 0 ? null : deployment.stageVariables,
    requestContext: context,
    body: request.body.length === 0 ? null : request.body.toString(binary ? 'base64' : 'utf8'),
    isBase64Encoded: binary && request.body.length > 0,
  };
}

function headersFor(request: ApiRequest, trace: string): HeaderLine[] {
  const kept = request.headers.filter(([name]) => !DROPPED_HEADERS.has(name.toLowerCase()) && name.toLowerCase() !== 'x-forwarded-for');
  const forwardedFor = [...headerValues(request.headers, 'x-forwarded-for'), request.sourceIp].join(', ');
  return [
    ...kept.map(([name, value]): HeaderLine => [CANONICAL_NAMES.get(name.toLowerCase()) ?? name, value]),
    ['X-Amzn-Trace-Id', trace],
    ['X-Forwarded-For', forwardedFor],
    ['X-Forwarded-Port', String(request.port)],
    ['X-Forwarded-Proto', 'http'],
  ];
}

/** All values by the name they first came under. Names are the client's, `__proto__` included, hence a Map. */
function group(lines: readonly HeaderLine[], keyOf: (name: string) => string): Map<string, string[]> {
  const names = new Map<string, string>();
  const grouped = new Map<string, string[]>();
  for (const [name, value] of lines) {
    const first = names.get(keyOf(name)) ?? name;
    names.set(keyOf(name), first);
    grouped.set(first, [...(grouped.get(first) ?? []), value]);
  }
  return grouped;
}

function lastOf(grouped: ReadonlyMap<string, readonly string[]>): Record<string, string> {
  return Object.fromEntries([...grouped].map(([name, values]) => [name, values.at(-1) ?? '']));
}
