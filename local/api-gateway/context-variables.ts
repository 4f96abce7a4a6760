import type { RequestContext } from './request-context.ts';

type ContextReader = (context: RequestContext) => string | undefined;

/** `$context` variables that are known from the request's first station on, or from the next ones. */
const CONTEXT_VARIABLES = new Set([
  'accountId',
  'apiId',
  'deploymentId',
  'domainName',
  'domainPrefix',
  'extendedRequestId',
  'httpMethod',
  'identity.sourceIp',
  'identity.userAgent',
  'path',
  'protocol',
  'requestId',
  'requestTime',
  'requestTimeEpoch',
  'resourceId',
  'resourcePath',
  'stage',
]);

/**
 * What reads a variable of `$context`, named without it; undefined for one that is not served
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html).
 */
export function contextReader(name: string): ContextReader | undefined {
  const claim = /^authorizer\.claims\.(.+)$/.exec(name)?.[1];
  if (claim) return (context) => context.authorizer?.claims[claim];
  if (!CONTEXT_VARIABLES.has(name)) return undefined;
  return (context) => {
    const value = name.split('.').reduce<unknown>((holder, key) => (holder as Record<string, unknown> | undefined)?.[key], context);
    return value === undefined || value === null ? undefined : String(value);
  };
}
