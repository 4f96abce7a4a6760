import { notEmulated } from '../platform/call.ts';
import { contextReader } from './context-variables.ts';
import type { GatewayError } from './gateway-error.ts';
import { type ApiRequest, queryParameters } from './http-message.ts';
import type { RequestContext } from './request-context.ts';

/** What a gateway response can draw its values from. */
export interface TemplateScope {
  readonly context: RequestContext;
  readonly error: GatewayError;
  readonly request: ApiRequest;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly stageVariables: Readonly<Record<string, string>>;
}

export type Template = (scope: TemplateScope) => string;

const DIRECTIVE = /#\{?(?:set|if|elseif|foreach|parse|include|evaluate|define|macro)\b\}?\s*\(/;
const REFERENCE = /\$!?(?:\{[^}]*\}|[A-Za-z_][\w-]*(?:\.[\w-]+)*)/g;

/**
 * Compiles a gateway response's body. Such a template knows plain substitution only, so a directive or a variable that
 * is not served is refused here, by name. Values are escaped where the body is JSON.
 */
export function compileTemplate(text: string, contentType: string): Template {
  const directive = DIRECTIVE.exec(text)?.[0];
  if (directive) throw notEmulated(`the directive "${directive}" in a gateway response, whose templates are not Velocity on AWS either`);
  const quote = contentType.endsWith('json') ? escapeJson : (value: string) => value;
  const parts: (string | Template)[] = [];
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    parts.push(text.slice(end, match.index), compileSubstitution(match[0].slice(1), quote));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return (scope) => parts.map((part) => (typeof part === 'string' ? part : part(scope))).join('');
}

/** `messageString` is the one variable that brings its own quotes. */
function compileSubstitution(reference: string, quote: (value: string) => string): Template {
  if (reference === 'context.error.messageString') return ({ error }) => JSON.stringify(error.message);
  const read = compileReference(reference);
  return (scope) => quote(read(scope) ?? '');
}

function escapeJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/**
 * Compiles the value of a mapped response header: a constant in single quotes or a reference such as
 * `context.requestId` and `method.request.header.Origin`. A header without a value is left out.
 */
export function compileHeaderValue(mapping: string): (scope: TemplateScope) => string | undefined {
  const constant = /^'(.*)'$/s.exec(mapping)?.[1];
  return constant === undefined ? compileReference(mapping) : () => constant;
}

function compileReference(reference: string): (scope: TemplateScope) => string | undefined {
  const [source, ...path] = reference.split('.');
  const name = path.join('.');
  if (source === 'stageVariables' && name) return ({ stageVariables }) => stageVariables[name];
  if (source === 'context') {
    const read = scopeReader(name);
    if (read) return read;
  }
  if (source === 'method' && path[0] === 'request') {
    const read = requestReader(path[1], path.slice(2).join('.'));
    if (read) return read;
  }
  throw notEmulated(`the variable "${reference}" in a gateway response`);
}

function scopeReader(name: string): ((scope: TemplateScope) => string | undefined) | undefined {
  if (name === 'error.message') return ({ error }) => error.message;
  if (name === 'error.responseType') return ({ error }) => error.type;
  if (name === 'error.validationErrorString') return ({ error }) => error.validationErrorString;
  const read = contextReader(name);
  return read && (({ context }) => read(context));
}

/** Names of headers and parameters are case-sensitive (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html). */
function requestReader(place: string | undefined, name: string): ((scope: TemplateScope) => string | undefined) | undefined {
  if (!name) return undefined;
  if (place === 'path') return ({ pathParameters }) => pathParameters[name];
  if (place === 'header') return ({ request }) => request.headers.findLast(([candidate]) => candidate === name)?.[1];
  if (place === 'querystring')
    return ({ request }) => queryParameters(request.queryString).findLast(([candidate]) => candidate === name)?.[1];
  return undefined;
}
