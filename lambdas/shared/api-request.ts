import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type * as z from 'zod/mini';
import { type Caller, callerFromClaims } from './caller.ts';
import type { Environment } from './environment.ts';
import type { apiEnvironment, FunctionContract, RouteContract } from './function.contract.ts';
import { REQUEST_METRICS } from './metrics.contract.ts';
import { emit, hashedUserId, logger } from './observability.ts';
import { toProblem } from './problem.ts';
import { PROBLEM_CONTENT_TYPE, type ProblemDocument } from './problems.contract.ts';
import { corsHeaders, SECURITY_HEADERS } from './response-headers.ts';
import { parseBody } from './validation.ts';

/** What a route's handler is given. */
export type ApiRequest<Route extends RouteContract> = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly requestId: string;
  /** Aborts when the request's time is up; hand it to every call that waits. */
  readonly deadline: AbortSignal;
} & (Route['access'] extends 'user' ? { readonly caller: Caller } : unknown) &
  (Route['body'] extends z.ZodMiniType ? { readonly body: z.output<Route['body']> } : unknown);

export type Routes<Contract extends FunctionContract> = NonNullable<Contract['routes']>;
export type ApiEnvironment = Environment<FunctionContract<typeof apiEnvironment>>;

/** How long a request may take. */
export interface TimeLimit {
  /** When we give up ourselves, ahead of the function's and the gateway's own limits. */
  readonly deadlineMs: number;
  /** When the client is answered all the same: what the deadline interrupted has had time to give back what it reserved. */
  readonly answerMs: number;
}

/** For an answer in one piece. */
export const ONE_PIECE: TimeLimit = { deadlineMs: 25_000, answerMs: 26_500 };

export const requestIdOf = (event: APIGatewayProxyEvent): string => event.requestContext.requestId;

/** Reads a request by its route: the caller from verified claims, the body by its schema. Throws a Problem when either will not do. */
export function readRequest(
  route: RouteContract,
  event: APIGatewayProxyEvent,
  params: Readonly<Record<string, string>>,
  { environment, limit }: { readonly environment: ApiEnvironment; readonly limit: TimeLimit },
): object {
  return {
    params,
    query: event.queryStringParameters ?? {},
    requestId: requestIdOf(event),
    deadline: AbortSignal.timeout(limit.deadlineMs),
    ...(route.access === 'user' && { caller: identify(event, environment.USER_POOL_CLIENT_ID) }),
    ...(route.body && { body: parseBody(route.body, bodyText(event)) }),
  };
}

/** Rejects with a timeout when the answer is not there in time, whatever it is waiting for. */
export async function withinLimit<Answer>(answer: Promise<Answer>, { answerMs }: TimeLimit): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DOMException('the request took too long', 'TimeoutError')), answerMs);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A response that says why there is no other. */
export interface ProblemResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly document: ProblemDocument;
}

/** What the client is told of an error; of one that is ours, the log is told the rest. */
export function problemResponse(error: unknown, requestId: string): ProblemResponse {
  const problem = toProblem(error);
  if (problem.status >= 500) logger.error('request failed', { code: problem.code, error: (problem.cause ?? error) as Error });
  const retryAfter: Record<string, string> =
    problem.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(problem.retryAfterSeconds) };
  const headers = { 'Content-Type': PROBLEM_CONTENT_TYPE, ...retryAfter };
  return { status: problem.status, headers, document: problem.toDocument(requestId) };
}

/** The headers of every response to a request, whatever it says. */
export function responseHeaders(environment: ApiEnvironment, event: APIGatewayProxyEvent): Record<string, string> {
  return {
    ...SECURITY_HEADERS,
    ...corsHeaders(environment.CORS_ORIGINS, event.headers['Origin'] ?? event.headers['origin']),
    'X-Request-Id': requestIdOf(event),
  };
}

/** Does what a request asks for, with one log line and one metric of how it went. */
export async function observed<Result>(
  { FUNCTION }: ApiEnvironment,
  event: APIGatewayProxyEvent,
  context: Context,
  respond: () => Promise<{ readonly status: number; readonly result: Result }>,
): Promise<Result> {
  const startedAt = performance.now();
  logger.resetKeys();
  logger.addContext(context);
  logger.appendKeys({ request_id: requestIdOf(event), route: `${event.httpMethod} ${event.resource}` });
  const { status, result } = await respond();
  recordRequest(FUNCTION, status, performance.now() - startedAt);
  return result;
}

function identify(event: APIGatewayProxyEvent, clientId: string): Caller {
  const caller = callerFromClaims(event.requestContext.authorizer?.['claims'], clientId);
  logger.appendKeys({ user: hashedUserId(caller.userId) });
  return caller;
}

function bodyText(event: APIGatewayProxyEvent): string | null {
  return event.isBase64Encoded && event.body !== null ? Buffer.from(event.body, 'base64').toString('utf8') : event.body;
}

function recordRequest(functionName: string, statusCode: number, durationMs: number): void {
  logger.info('request', { status: statusCode, duration_ms: Math.round(durationMs) });
  const dimensions = { Function: functionName, StatusCode: String(statusCode) };
  emit(dimensions, [REQUEST_METRICS.count, 1], [REQUEST_METRICS.duration, durationMs]);
}
