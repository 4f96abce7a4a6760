import { createHash } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { Firewall } from '../platform/firewall.ts';
import type { Exchange } from './access-log.ts';
import { GatewayError } from './gateway-error.ts';
import { type ApiReply, type ApiRequest, type HeaderLine, headerValues } from './http-message.ts';
import { stageArn } from './identifiers.ts';
import type { LambdaIntegration } from './integration.ts';
import type { LambdaProxy } from './lambda-proxy.ts';
import { openContext, type RequestContext } from './request-context.ts';
import { validateRequest } from './request-validation.ts';
import type { Deployment, Method, RestApi } from './rest-api.ts';
import type { RouteMatch } from './route-table.ts';
import { traceRoot } from './trace-id.ts';

export interface RequestHandlerOptions {
  readonly clock: Clock;
  readonly region: string;
  /** Looks at a request before anything else does. */
  readonly firewall: Firewall | undefined;
  readonly lambdaProxy: LambdaProxy;
  /** Told of faults of the emulator itself. */
  readonly report: (line: string) => void;
}

/** A request on its way through the gateway. */
interface Passage {
  readonly request: ApiRequest;
  readonly deployment: Deployment;
  readonly context: RequestContext;
  /** What becomes of it, for the access log. */
  readonly exchange: Exchange;
  /** Without the stage. */
  readonly path: string;
  pathParameters: Readonly<Record<string, string>>;
}

/** Takes a request through an API's stations: web ACL, route, throttle, authorizer, validation, integration. */
export class RequestHandler {
  readonly #options: RequestHandlerOptions;

  constructor(options: RequestHandlerOptions) {
    this.#options = options;
  }

  /** Always resolves to a reply, of which nobody has the use when `clientGone` was aborted. */
  async handle(api: RestApi, request: ApiRequest, clientGone: AbortSignal): Promise<ApiReply> {
    const { clock } = this.#options;
    const { deployment } = api;
    const path = withoutStage(request.path, deployment.stage, api);
    const context = openContext(request, path, deployment, clock.now());
    const exchange: Exchange = { context };
    const passage: Passage = { request, deployment, context, exchange, path, pathParameters: {} };
    const reply = await this.#pass(api, passage, clientGone).catch((error: unknown) => this.#refuse(api, passage, error));
    const own: HeaderLine[] = [
      ['x-amzn-RequestId', context.requestId],
      ['x-amz-apigw-id', context.extendedRequestId],
    ];
    const replaced = new Set(own.map(([name]) => name.toLowerCase()));
    return {
      ...reply,
      headers: [...own, ...reply.headers.filter(([name]) => !replaced.has(name.toLowerCase()))],
      onEnd: (responseBytes) => {
        const latencyMs = clock.now() - context.requestTimeEpoch;
        api.requireStage().accessLog?.write({ ...exchange, status: reply.status, responseBytes, latencyMs }, clock.now());
      },
    };
  }

  async #pass(api: RestApi, passage: Passage, clientGone: AbortSignal): Promise<ApiReply> {
    const { request, context, path } = passage;
    this.#passFirewall(passage);
    const match = api.routes.match(request.method, path);
    if (!match) throw unknownRoute(request);
    const { method, resource } = this.#enter(match, passage);
    // Ahead of the authorizer: AWS does not say where, and so nobody can count on requests without a token not counting.
    if (!api.requireStage().throttle.admits(request.method, resource.path, this.#options.clock.now())) {
      throw new GatewayError('THROTTLED', 'Too Many Requests');
    }
    if (method.authorization) context.authorizer = { claims: await this.#authorize(method.authorization, passage) };
    if (method.expectations) validateRequest(request, passage.pathParameters, method.expectations);
    if (method.integration.kind === 'mock') return method.integration.mock.answer(request, context);
    return this.#integrate(method.integration, passage, clientGone);
  }

  #passFirewall({ request, deployment, context, exchange }: Passage): void {
    const { firewall, region } = this.#options;
    exchange.judgement = firewall?.judge(stageArn(region, deployment), { ...request, requestId: context.requestId });
    if (exchange.judgement === 'BLOCK') throw new GatewayError('WAF_FILTERED', 'Forbidden');
  }

  #enter(match: RouteMatch<Method>, passage: Passage): RouteMatch<Method> {
    passage.context.resourceId = match.resource.id;
    passage.context.resourcePath = match.resource.path;
    passage.pathParameters = match.pathParameters;
    return match;
  }

  async #authorize({ authorizer, scopes }: NonNullable<Method['authorization']>, { request, exchange }: Passage) {
    const { clock } = this.#options;
    const startedAt = clock.now();
    try {
      const claims = await authorizer.authorize(request, scopes);
      exchange.authorizer = { status: 200, latencyMs: clock.now() - startedAt };
      return claims;
    } catch (error) {
      if (error instanceof GatewayError) {
        exchange.authorizer = { status: error.status, error: error.message, latencyMs: clock.now() - startedAt };
      }
      throw error;
    }
  }

  async #integrate(integration: LambdaIntegration, passage: Passage, clientGone: AbortSignal): Promise<ApiReply> {
    const { clock, lambdaProxy } = this.#options;
    const { request, context, exchange } = passage;
    const trace = traceRoot(headerValues(request.headers, 'x-amzn-trace-id')[0], context.requestTimeEpoch);
    const startedAt = clock.now();
    try {
      const reply = await lambdaProxy.answer(integration, { ...passage, trace }, clientGone);
      exchange.integration = { status: reply.status, latencyMs: clock.now() - startedAt };
      return reply;
    } catch (error) {
      if (error instanceof GatewayError) exchange.integration = { error: error.message, latencyMs: clock.now() - startedAt };
      throw error;
    }
  }

  #refuse(api: RestApi, { request, context, exchange, deployment, pathParameters }: Passage, error: unknown): ApiReply {
    if (!(error instanceof GatewayError)) this.#options.report(`API Gateway failed: ${error instanceof Error ? error.stack : error}`);
    const refusal = error instanceof GatewayError ? error : new GatewayError('DEFAULT_5XX', 'Internal server error');
    exchange.error = refusal;
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
