import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type * as z from 'zod/mini';
import { type Caller, callerFromClaims } from './caller.ts';
import type { Environment } from './environment.ts';
import type { apiEnvironment, FunctionContract, RouteContract } from './function.contract.ts';
import type { Admission } from './guard/admission.ts';
import { Refusal } from './guard/refusal.ts';
import type { RequestGuard } from './guard/request-guard.ts';
import { REQUEST_METRICS, SECURITY_METRICS } from './metrics.contract.ts';
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
  (Route['metered'] extends true ? { readonly admission: Admission } : unknown) &
  (Route['body'] extends z.ZodMiniType ? { readonly body: z.output<Route['body']> } : unknown);

export type Routes<Contract extends FunctionContract> = NonNullable<Contract['routes']>;
export type ApiEnvironment = Environment<FunctionContract<typeof apiEnvironment>>;

/** What stands before a function's routes: nothing where all of them are public, and otherwise the guard. */
export type GuardOf<Contract extends FunctionContract> = 'user' extends Routes<Contract>[keyof Routes<Contract>]['access']
  ? RequestGuard
  : undefined;

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

/** A request that was let in: `read` it once its work begins. */
export interface Entry {
  /** Of a route that wants a token. */
  readonly admission: Admission | undefined;
  /** Reads the request by its route. Throws a Problem when the body does not keep to its schema. */
  read(params: Readonly<Record<string, string>>, limit: TimeLimit): object;
}

/**
 * Lets a request in. Behind a route that wants a token nothing is done before: the guard looks at it, the caller comes from verified
 * claims, and the counting begins. Throws a Problem when it will not do.
 */
export function enter(route: RouteContract, event: APIGatewayProxyEvent, { environment, guard }: Entrance): Entry {
  const known = route.access === 'user' ? passGuard(route, event, { environment, guard }) : undefined;
  return {
    admission: known?.admission,
    read: (params, limit) => ({
      params,
      query: event.queryStringParameters ?? {},
      requestId: requestIdOf(event),
      deadline: AbortSignal.timeout(limit.deadlineMs),
      ...known,
      ...(route.body && { body: parseBody(route.body, bodyText(event)) }),
    }),
  };
}

interface Entrance {
  readonly environment: ApiEnvironment;
  readonly guard: RequestGuard | undefined;
}

function passGuard(route: RouteContract, event: APIGatewayProxyEvent, { environment, guard }: Entrance) {
  if (!guard) throw new Error(`${route.method} ${route.path} wants a token, and nothing guards it`);
  guard.inspect(event);
  const caller = identify(event, environment.USER_POOL_CLIENT_ID);
  return { caller, admission: guard.admit(event, route, caller) };
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
  if (problem instanceof Refusal) emit({ Kind: problem.kind }, [SECURITY_METRICS.event, 1]);
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
