import { MethodNotAllowedError, NotFoundError, Router } from '@aws-lambda-powertools/event-handler/http';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type * as z from 'zod/mini';
import { type Caller, callerFromClaims } from './caller.ts';
import type { Environment } from './environment.ts';
import type { apiEnvironment, FunctionContract, RouteContract } from './function.contract.ts';
import { REQUEST_METRICS } from './metrics.contract.ts';
import { hashedUserId, logger, metrics } from './observability.ts';
import { Problem, toProblem } from './problem.ts';
import { PROBLEM_CONTENT_TYPE } from './problems.contract.ts';
import { corsHeaders, SECURITY_HEADERS } from './response-headers.ts';
import { parseBody } from './validation.ts';

/** How long a request may take before we give up ourselves, ahead of the function's and the gateway's own limits. */
const REQUEST_DEADLINE_MS = 25_000;
/** When the client is answered all the same: what the deadline interrupted has had time to give back what it reserved. */
const ANSWER_DEADLINE_MS = 26_500;

/** What a route's handler is given. */
type ApiRequest<Route extends RouteContract> = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly requestId: string;
  /** Aborts when the request's time is up; hand it to every call that waits. */
  readonly deadline: AbortSignal;
} & (Route['access'] extends 'user' ? { readonly caller: Caller } : unknown) &
  (Route['body'] extends z.ZodMiniType ? { readonly body: z.output<Route['body']> } : unknown);

interface ApiResponse {
  /** 200 when absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

type Routes<Contract extends FunctionContract> = NonNullable<Contract['routes']>;

export type RouteHandlers<Contract extends FunctionContract> = {
  readonly [Name in keyof Routes<Contract>]: (request: ApiRequest<Routes<Contract>[Name]>) => Promise<ApiResponse>;
};

type ApiEnvironment = Environment<FunctionContract<typeof apiEnvironment>>;

/**
 * A Lambda handler for the routes of a contract: caller from verified claims, body by its schema, every error as a
 * problem document, security headers, one log line and one metric per request. A thin skin over Powertools' router.
 */
export function apiHandler<Contract extends FunctionContract>(
  contract: Contract,
  environment: ApiEnvironment,
  handlers: RouteHandlers<Contract>,
): (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult> {
  const router = new Router({ logger });
  const requestIdOf = (event: unknown) => (event as APIGatewayProxyEvent).requestContext.requestId;

  for (const [name, route] of Object.entries<RouteContract>(contract.routes ?? {})) {
    const handle = handlers[name] as (request: object) => Promise<ApiResponse>;
    const path = route.path.replace(/\{(\w+)\}/g, ':$1') as `/${string}`;
    router.route(
      async ({ event, params }) => {
        const proxyEvent = event as APIGatewayProxyEvent;
        const request = {
          params,
          query: proxyEvent.queryStringParameters ?? {},
          requestId: requestIdOf(event),
          deadline: AbortSignal.timeout(REQUEST_DEADLINE_MS),
          ...(route.access === 'user' && { caller: identify(proxyEvent, environment.USER_POOL_CLIENT_ID) }),
          ...(route.body && { body: parseBody(route.body, bodyText(proxyEvent)) }),
        };
        const { status = 200, headers, body } = await withinDeadline(handle(request));
        return jsonResponse(status, 'application/json', body, headers);
      },
      { method: route.method, path },
    );
  }

  router.errorHandler(Error, async (error, { event }) => {
    const problem = problemOf(error);
    if (problem.status >= 500) logger.error('request failed', { code: problem.code, error: problem.cause ?? error });
    const retryAfter: Record<string, string> =
      problem.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(problem.retryAfterSeconds) };
    return jsonResponse(problem.status, PROBLEM_CONTENT_TYPE, problem.toDocument(requestIdOf(event)), retryAfter);
  });

  return async (event, context) => {
    const startedAt = performance.now();
    logger.resetKeys();
    logger.addContext(context);
    logger.appendKeys({ request_id: requestIdOf(event), route: `${event.httpMethod} ${event.resource}` });
    const result = await router.resolve(event, context);
    const headers = {
      ...result.headers,
      ...SECURITY_HEADERS,
      ...corsHeaders(environment.CORS_ORIGINS, event.headers['Origin'] ?? event.headers['origin']),
      'X-Request-Id': requestIdOf(event),
    };
    recordRequest(environment.FUNCTION, result.statusCode, performance.now() - startedAt);
    return { ...result, headers };
  };
}

function identify(event: APIGatewayProxyEvent, clientId: string): Caller {
  const caller = callerFromClaims(event.requestContext.authorizer?.['claims'], clientId);
  logger.appendKeys({ user: hashedUserId(caller.userId) });
  return caller;
}

function bodyText(event: APIGatewayProxyEvent): string | null {
  return event.isBase64Encoded && event.body !== null ? Buffer.from(event.body, 'base64').toString('utf8') : event.body;
}

/** The routes are the gateway's: what it lets through to a function that knows no such route is a 404 all the same. */
function problemOf(error: Error): Problem {
  const unknownRoute = error instanceof NotFoundError || error instanceof MethodNotAllowedError;
  return unknownRoute ? new Problem('not_found', 'There is no such route.') : toProblem(error);
}

/** Rejects with a timeout when the answer is not there in time, whatever it is waiting for. */
async function withinDeadline<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DOMException('the request took too long', 'TimeoutError')), ANSWER_DEADLINE_MS);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function jsonResponse(status: number, contentType: string, body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': contentType, ...headers } });
}

function recordRequest(functionName: string, statusCode: number, durationMs: number): void {
  logger.info('request', { status: statusCode, duration_ms: Math.round(durationMs) });
  metrics.addDimension('Function', functionName);
  metrics.addDimension('StatusCode', String(statusCode));
  metrics.addMetric(REQUEST_METRICS.count, MetricUnit.Count, 1);
  metrics.addMetric(REQUEST_METRICS.duration, MetricUnit.Milliseconds, durationMs);
  metrics.publishStoredMetrics();
}
