import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { LOCAL_ACCOUNT, type Principal } from '../platform/principal.ts';
import { GatewayError, internalServerError } from './gateway-error.ts';
import type { ApiReply } from './http-message.ts';
import type { LambdaIntegration } from './integration.ts';
import { type ProxyEventParts, proxyEvent } from './proxy-event.ts';
import { MalformedProxyResponse, readProxyResponse } from './proxy-response.ts';
import { responseTrace } from './trace-id.ts';

/** The largest event that Lambda takes synchronously (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/** What came of a function's run. `functionError` is set when the function failed; the payload then says how. */
export interface Invocation {
  readonly payload: Buffer;
  readonly functionError?: string;
}

/** Whoever runs functions. A rejection means that the function was not run: the principal may not, or there is none. */
export interface FunctionInvoker {
  invokeAs(principal: Principal, functionArn: string, payload: string): Promise<Invocation>;
}

export interface LambdaProxyOptions {
  readonly functions: FunctionInvoker;
  readonly clock: Clock;
  readonly region: string;
  /** Told why a function's answer could not be used; the client only learns that it could not. */
  readonly report: (line: string) => void;
}

/** Calls functions for the gateway and waits no longer than their integration's timeout, or than the client does. */
export class LambdaProxy {
  readonly #options: LambdaProxyOptions;

  constructor(options: LambdaProxyOptions) {
    this.#options = options;
  }

  /** Throws a GatewayError where AWS answers by itself. The function is not told when the client has gone. */
  async answer(integration: LambdaIntegration, parts: ProxyEventParts, clientGone: AbortSignal): Promise<ApiReply> {
    const event = JSON.stringify(proxyEvent(parts));
    if (Buffer.byteLength(event) > MAX_EVENT_BYTES) throw new GatewayError('REQUEST_TOO_LARGE', 'Request Too Long');
    const result = await this.#inTime(this.#invoke(integration.functionArn, event, parts), integration.timeoutMs, clientGone);
    if (result.functionError !== undefined) {
      throw this.#failed(parts, `the function failed (${result.functionError}): ${result.payload.toString('utf8', 0, 500)}`);
    }
    try {
      const reply = readProxyResponse(result.payload, parts.request, parts.deployment.binaryMediaTypes);
      return { ...reply, headers: [...reply.headers, ['X-Amzn-Trace-Id', responseTrace(parts.trace)]] };
    } catch (error) {
      if (error instanceof MalformedProxyResponse) throw this.#failed(parts, `malformed Lambda proxy response: ${error.message}`);
      throw error;
    }
  }

  async #invoke(functionArn: string, event: string, parts: ProxyEventParts): Promise<Invocation> {
    try {
      const gateway: Principal = { kind: 'service', name: 'apigateway.amazonaws.com', sourceArn: this.#methodArn(parts) };
      return await this.#options.functions.invokeAs(gateway, functionArn, event);
    } catch (error) {
      this.#options.report(`API Gateway could not invoke ${functionArn}: ${error instanceof Error ? error.message : error}`);
      const denied = error instanceof AwsError && error.code === 'AccessDeniedException';
      throw internalServerError('INTEGRATION_FAILURE', denied ? 500 : 502);
    }
  }

  /** The method on whose behalf a function is called (https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html). */
  #methodArn({ context, deployment }: ProxyEventParts): string {
    const method = `${deployment.apiId}/${deployment.stage}/${context.httpMethod}${context.resourcePath}`;
    return `arn:aws:execute-api:${this.#options.region}:${LOCAL_ACCOUNT}:${method}`;
  }

  async #inTime(work: Promise<Invocation>, timeoutMs: number, clientGone: AbortSignal): Promise<Invocation> {
    const over = new AbortController();
    const stop = () => over.abort('no longer waiting');
    clientGone.addEventListener('abort', stop, { once: true });
    if (clientGone.aborted) stop();
    const timeout = this.#options.clock.sleep(timeoutMs, over.signal).then(() => undefined);
    try {
      const result = await Promise.race([work, timeout]);
      if (!result) throw new GatewayError('INTEGRATION_TIMEOUT', 'Endpoint request timed out');
      return result;
    } finally {
      clientGone.removeEventListener('abort', stop);
      stop();
    }
  }

  #failed({ context }: ProxyEventParts, reason: string): GatewayError {
    this.#options.report(`${context.httpMethod} ${context.resourcePath} answered 502: ${reason}`);
    return internalServerError('DEFAULT_5XX', 502);
  }
}
