import type { LogStream } from '../logs/log-sink.ts';
import { notEmulated } from '../platform/call.ts';
import type { Judgement } from '../platform/firewall.ts';
import { contextReader } from './context-variables.ts';
import type { GatewayError } from './gateway-error.ts';
import type { RequestContext } from './request-context.ts';

/** What became of a request. */
export interface Exchange {
  readonly context: RequestContext;
  /** Of the web ACL, where there is one. */
  judgement?: Judgement | undefined;
  /** Of the gateway's own answer. */
  error?: GatewayError;
  authorizer?: { readonly status: number; readonly error?: string; readonly latencyMs: number };
  integration?: { readonly status?: number; readonly error?: string; readonly latencyMs: number };
}

/** An exchange whose answer is with the client, or as much of it as the client took. */
export interface EndedExchange extends Exchange {
  readonly status: number;
  readonly responseBytes: number;
  readonly latencyMs: number;
}

type Reader = (exchange: EndedExchange) => string | number | undefined;

/**
 * Variables that an access log has besides those of the request
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html). Nothing traces
 * here, so of that there is nothing to tell.
 */
const EXCHANGE_VARIABLES: Readonly<Record<string, Reader>> = {
  status: ({ status }) => status,
  responseLength: ({ responseBytes }) => responseBytes,
  responseLatency: ({ latencyMs }) => latencyMs,
  'error.message': ({ error }) => error?.message,
  'error.responseType': ({ error }) => error?.type,
  'error.validationErrorString': ({ error }) => error?.validationErrorString || undefined,
  'authorizer.status': ({ authorizer }) => authorizer?.status,
  'authorizer.error': ({ authorizer }) => authorizer?.error,
  'authorizer.latency': ({ authorizer }) => authorizer?.latencyMs,
  'integration.status': ({ integration }) => integration?.status,
  'integration.error': ({ integration }) => integration?.error,
  'integration.latency': ({ integration }) => integration?.latencyMs,
  integrationErrorMessage: ({ integration }) => integration?.error,
  integrationLatency: ({ integration }) => integration?.latencyMs,
  xrayTraceId: () => undefined,
  wafResponseCode: ({ judgement }) => judgement && `WAF_${judgement}`,
};

/** Writes a stage's access log, one line for each request, as its format says. */
export class AccessLog {
  readonly #parts: readonly (string | Reader)[];
  readonly #stream: LogStream;

  /** Throws for a variable that is not served, by its name. */
  constructor(format: string, stream: LogStream) {
    this.#parts = compile(format);
    this.#stream = stream;
  }

  /** A value that is absent is a hyphen, as on AWS. */
  write(exchange: EndedExchange, nowMs: number): void {
    this.#stream.write(nowMs, this.#parts.map((part) => (typeof part === 'string' ? part : (part(exchange) ?? '-'))).join(''));
  }
}

function compile(format: string): (string | Reader)[] {
  const parts: (string | Reader)[] = [];
  let end = 0;
  for (const { 0: reference, index } of format.matchAll(/\$(?:\w+(?:\.\w+)*)?/g)) {
    parts.push(format.slice(end, index), readerOf(reference));
    end = index + reference.length;
  }
  return [...parts, format.slice(end)];
}

/** What does not begin with `$context.` keeps its dollar, and so is no variable's name. */
function readerOf(reference: string): Reader {
  const name = reference.replace(/^\$context\./, '');
  const own = Object.hasOwn(EXCHANGE_VARIABLES, name) ? EXCHANGE_VARIABLES[name] : undefined;
  if (own) return own;
  const read = contextReader(name);
  if (!read) throw notEmulated(`the variable "${reference}" in an access log's format`);
  return ({ context }) => read(context);
}
