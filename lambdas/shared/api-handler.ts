import { MethodNotAllowedError, NotFoundError, Router } from '@aws-lambda-powertools/event-handler/http';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import {
  type ApiEnvironment,
  type ApiRequest,
  enter,
  type GuardOf,
  ONE_PIECE,
  observed,
  problemResponse,
  type Routes,
  requestIdOf,
  responseHeaders,
  withinLimit,
} from './api-request.ts';
import type { FunctionContract, RouteContract } from './function.contract.ts';
import { admitted } from './guard/admission.ts';
import { logger } from './observability.ts';
import { noSuchRoute } from './problem.ts';

interface ApiResponse {
  /** 200 when absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

export type RouteHandlers<Contract extends FunctionContract> = {
  readonly [Name in keyof Routes<Contract>]: (request: ApiRequest<Routes<Contract>[Name]>) => Promise<ApiResponse>;
};

/**
 * A Lambda handler for the routes of a contract: guard, caller from verified claims, body by its schema, every error as a
 * problem document, security headers, one log line and one metric per request. A thin skin over Powertools' router.
 */
export function apiHandler<Contract extends FunctionContract>(
  contract: Contract,
  environment: ApiEnvironment,
  guard: GuardOf<Contract>,
  handlers: RouteHandlers<Contract>,
): (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult> {
  const router = new Router({ logger });

  for (const [name, route] of Object.entries<RouteContract>(contract.routes ?? {})) {
    const handle = handlers[name] as (request: object) => Promise<ApiResponse>;
    const path = route.path.replace(/\{(\w+)\}/g, ':$1') as `/${string}`;
    router.route(
      async ({ event, params }) => {
        const { admission, read } = enter(route, event as APIGatewayProxyEvent, { environment, guard });
        const work = async () => handle(read(params, ONE_PIECE));
        const { status = 200, headers, body } = await withinLimit(admission ? admitted(admission, route, work) : work(), ONE_PIECE);
        return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
      },
      { method: route.method, path },
    );
  }

  router.errorHandler(Error, async (error, { event }) => {
    // The routes are the gateway's: what it lets through to a function that knows no such route is a 404 all the same.
    const isUnknownRoute =
      error instanceof NotFoundError || error instanceof MethodNotAllowedError || !isText(event as APIGatewayProxyEvent);
    const { status, headers, document } = problemResponse(
      isUnknownRoute ? noSuchRoute() : error,
      requestIdOf(event as APIGatewayProxyEvent),
    );
    return new Response(JSON.stringify(document), { status, headers });
  });

  return (event, context) =>
    observed(environment, event, context, async () => {
      const result = await router.resolve(event, context);
      return { status: result.statusCode, result: { ...result, headers: { ...result.headers, ...responseHeaders(environment, event) } } };
    });
}

/** Whether a path is text once its percent-encoding is undone: the router gets no further than one that is not. */
function isText({ path }: APIGatewayProxyEvent): boolean {
  try {
    return typeof decodeURIComponent(path) === 'string';
  } catch {
    return false;
  }
}
