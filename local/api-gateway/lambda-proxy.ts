import type { Readable } from 'node:stream';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { LOCAL_ACCOUNT, type Principal } from '../platform/principal.ts';
import { GatewayError, internalServerError } from './gateway-error.ts';
import type { ApiReply } from './http-message.ts';
import type { LambdaIntegration } from './integration.ts';
import { type ProxyEventParts, proxyEvent } from './proxy-event.ts';
import { MalformedProxyResponse, readProxyResponse } from './proxy-response.ts';
import { readStreamedReply, type StreamedReply } from './streamed-reply.ts';
import { responseTrace } from './trace-id.ts';

/** The largest event that Lambda takes synchronously (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/** What came of a function's run. `functionError` is set when the function failed; the payload then says how. */
interface Invocation {
  readonly payload: Buffer;
  readonly functionError?: string;
}

/** A function's response as it arrives. */
export interface StreamedInvocation {
  /** Fails when the function does. */
  readonly body: Readable;
  /** Set when the function failed before it said anything; the body then says how. */
  readonly functionError?: string;
}

/** Whoever runs functions. A rejection means that the function was not run: the principal may not, or there is none. */
export interface FunctionInvoker {
  invokeAs(principal: Principal, functionArn: string, payload: string): Promise<Invocation>;
  /** Resolves when the response begins. */
  invokeWithResponseStreamAs(principal: Principal, functionArn: string, payload: string): Promise<StreamedInvocation>;
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
    const reply = integration.streams
      ? await this.#streamed(integration, event, parts, clientGone)
      : await this.#buffered(integration, event, parts, clientGone);
    return { ...reply, headers: [...reply.headers, ['X-Amzn-Trace-Id', responseTrace(parts.trace)]] };
  }

  async #buffered({ functionArn, timeoutMs }: LambdaIntegration, event: string, parts: ProxyEventParts, clientGone: AbortSignal) {
    const { functions } = this.#options;
    const invocation = this.#invoke(functionArn, parts, (gateway) => functions.invokeAs(gateway, functionArn, event));
    const { payload, functionError } = await this.#inTime(invocation, timeoutMs, clientGone);
    if (functionError !== undefined) throw this.#failed(parts, failure(functionError, payload));
    return this.#read(parts, () => readProxyResponse(payload, parts.request, parts.deployment.binaryMediaTypes));
  }

  /** Resolves with the response's beginning. What takes longer than the timeout is cut off, wherever it is. */
  async #streamed({ functionArn, timeoutMs }: LambdaIntegration, event: string, parts: ProxyEventParts, clientGone: AbortSignal) {
    const { functions, clock } = this.#options;
    const startedAt = clock.now();
    const beginning = this.#invoke(functionArn, parts, (gateway) => functions.invokeWithResponseStreamAs(gateway, functionArn, event)).then(
      (invocation) => this.#begin(invocation, parts),
    );
    try {
      const reply = await this.#inTime(beginning, timeoutMs, clientGone);
      const over = new AbortController();
      reply.body.once('close', () => over.abort('the stream has ended'));
      reply.body.once('error', (error) => this.#reportBreak(parts, error, clientGone));
      void clock.sleep(startedAt + timeoutMs - clock.now(), over.signal).then(() => {
        if (!over.signal.aborted) reply.body.destroy(new Error('the stream took longer than its integration may'));
      });
      return reply;
    } catch (error) {
      // Nobody reads it any more, and the function goes on all the same.
      beginning.then(({ body }) => body.destroy()).catch(() => undefined);
      throw error;
    }
  }

  #reportBreak({ context }: ProxyEventParts, error: Error, clientGone: AbortSignal): void {
    if (clientGone.aborted) return;
    this.#options.report(`${context.httpMethod} ${context.resourcePath} broke off in the middle of its answer: ${error.message}`);
  }

  async #begin({ body, functionError }: StreamedInvocation, parts: ProxyEventParts): Promise<StreamedReply> {
    if (functionError !== undefined) throw this.#failed(parts, failure(functionError, Buffer.concat(await body.toArray())));
    try {
      return await this.#read(parts, () => readStreamedReply(body));
    } catch (error) {
      body.destroy();
      if (error instanceof GatewayError) throw error;
      throw this.#failed(parts, `the function broke off before its response had begun: ${error}`);
    }
  }

  async #read<Reply>(parts: ProxyEventParts, read: () => Reply | Promise<Reply>): Promise<Reply> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof MalformedProxyResponse) throw this.#failed(parts, `malformed Lambda proxy response: ${error.message}`);
      throw error;
    }
  }

  async #invoke<Result>(functionArn: string, parts: ProxyEventParts, run: (gateway: Principal) => Promise<Result>): Promise<Result> {
    try {
      return await run({ kind: 'service', name: 'apigateway.amazonaws.com', sourceArn: this.#methodArn(parts) });
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

  async #inTime<Result>(work: Promise<Result>, timeoutMs: number, clientGone: AbortSignal): Promise<Result> {
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

function failure(functionError: string, document: Buffer): string {
  return `the function failed (${functionError}): ${document.toString('utf8', 0, 500)}`;
}
