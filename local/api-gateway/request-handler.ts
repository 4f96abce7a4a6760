import { createHash } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import { GatewayError } from './gateway-error.ts';
import { type ApiReply, type ApiRequest, type HeaderLine, headerValues } from './http-message.ts';
import type { LambdaProxy } from './lambda-proxy.ts';
import { openContext, type RequestContext } from './request-context.ts';
import { validateRequest } from './request-validation.ts';
import type { Deployment, Method, RestApi } from './rest-api.ts';
import type { RouteMatch } from './route-table.ts';
import { traceRoot } from './trace-id.ts';

export interface RequestHandlerOptions {
  readonly clock: Clock;
  readonly lambdaProxy: LambdaProxy;
  /** Told of faults of the emulator itself. */
  readonly report: (line: string) => void;
}

/** A request on its way through the gateway. */
interface Passage {
  readonly request: ApiRequest;
  readonly deployment: Deployment;
  readonly context: RequestContext;
  /** Without the stage. */
  readonly path: string;
  pathParameters: Readonly<Record<string, string>>;
}

/** Takes a request through an API's stations: route, authorizer, validation, integration. */
export class RequestHandler {
  readonly #options: RequestHandlerOptions;

  constructor(options: RequestHandlerOptions) {
    this.#options = options;
  }

  /** Always resolves to a reply, of which nobody has the use when `clientGone` was aborted. */
  async handle(api: RestApi, request: ApiRequest, clientGone: AbortSignal): Promise<ApiReply> {
    const { deployment } = api;
    const path = withoutStage(request.path, deployment.stage, api);
    const context = openContext(request, path, deployment, this.#options.clock.now());
    const passage: Passage = { request, deployment, context, path, pathParameters: {} };
    const reply = await this.#pass(api, passage, clientGone).catch((error: unknown) => this.#refuse(api, passage, error));
    const own: HeaderLine[] = [
      ['x-amzn-RequestId', context.requestId],
      ['x-amz-apigw-id', context.extendedRequestId],
    ];
    const replaced = new Set(own.map(([name]) => name.toLowerCase()));
    return { ...reply, headers: [...own, ...reply.headers.filter(([name]) => !replaced.has(name.toLowerCase()))] };
  }

  async #pass(api: RestApi, passage: Passage, clientGone: AbortSignal): Promise<ApiReply> {
    const { request, context, path } = passage;
    const match = api.routes.match(request.method, path);
    if (!match) throw unknownRoute(request);
    const { method } = this.#enter(match, passage);
    if (method.authorization) {
      const { authorizer, scopes } = method.authorization;
      context.authorizer = { claims: await authorizer.authorize(request, scopes) };
    }
    if (method.expectations) validateRequest(request, passage.pathParameters, method.expectations);
    if (method.integration.kind === 'mock') return method.integration.mock.answer(request);
    const trace = traceRoot(headerValues(request.headers, 'x-amzn-trace-id')[0], context.requestTimeEpoch);
    return this.#options.lambdaProxy.answer(method.integration, { ...passage, trace }, clientGone);
  }

  #enter(match: RouteMatch<Method>, passage: Passage): RouteMatch<Method> {
    passage.context.resourceId = match.resource.id;
    passage.context.resourcePath = match.resource.path;
    passage.pathParameters = match.pathParameters;
    return match;
  }

  #refuse(api: RestApi, { request, context, deployment, pathParameters }: Passage, error: unknown): ApiReply {
    if (!(error instanceof GatewayError)) this.#options.report(`API Gateway failed: ${error instanceof Error ? error.stack : error}`);
    const refusal = error instanceof GatewayError ? error : new GatewayError('DEFAULT_5XX', 'Internal server error');
    return api.gatewayResponses.render({ context, error: refusal, request, pathParameters, stageVariables: deployment.stageVariables });
  }
}

/** The stage is served at the root, as a custom domain does, and below its name, as the default endpoint does. */
function withoutStage(path: string, stage: string, api: RestApi): string {
  const [, rest] = path.match(/^\/*([^/]*)/) ?? [];
  if (rest !== stage || api.routes.hasTopLevel(stage)) return path;
  return path.replace(/^\/*[^/]*/, '') || '/';
}

/**
 * To AWS a route that does not exist is one that wants a signature, so what it says depends on the Authorization
 * header: there is none, or it is no signature.
 */
function unknownRoute(request: ApiRequest): GatewayError {
  const authorization = headerValues(request.headers, 'authorization')[0];
  if (!authorization) return new GatewayError('MISSING_AUTHENTICATION_TOKEN', 'Missing Authentication Token');
  const hash = createHash('sha256').update(authorization).digest('base64');
  return new GatewayError(
    'INVALID_SIGNATURE',
    `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${hash}'.`,
  );
}
