import type { CorsRule } from './bucket-configuration.ts';
import { S3Error } from './s3-error.ts';

/** What a browser asks before it sends a request. */
export interface Preflight {
  readonly origin: string | undefined;
  readonly method: string | undefined;
  /** As in `Access-Control-Request-Headers`. */
  readonly headers: string;
}

/** The headers that allow a preflighted request. Throws AccessForbidden when no rule does. */
export function preflightHeaders(rules: readonly CorsRule[], preflight: Preflight): Record<string, string> {
  const { origin, method } = preflight;
  if (!origin) throw new S3Error('BadRequest', 'Insufficient information. Origin request header needed.', 400);
  if (!method) throw new S3Error('BadRequest', 'Invalid Access-Control-Request-Method: null', 400);
  if (rules.length === 0) throw forbidden('CORS is not enabled for this bucket.', method);
  const requested = preflight.headers
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const rule = rules.find(
    (candidate) => covers(candidate, origin, method) && requested.every((name) => matchesAny(candidate.allowedHeaders, name)),
  );
  if (!rule) {
    throw forbidden(
      "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
      method,
    );
  }
  return {
    ...allowance(rule, origin),
    ...(requested.length > 0 && { 'access-control-allow-headers': requested.join(', ') }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
  };
}

/** What a reply to a cross-origin request carries; nothing when no rule covers it. */
export function corsHeaders(rules: readonly CorsRule[], origin: string | undefined, method: string): Record<string, string> {
  const rule = origin === undefined ? undefined : rules.find((candidate) => covers(candidate, origin, method));
  return rule && origin !== undefined ? allowance(rule, origin) : {};
}

function covers(rule: CorsRule, origin: string, method: string): boolean {
  return rule.allowedMethods.includes(method) && matchesAny(rule.allowedOrigins, origin);
}

function allowance(rule: CorsRule, origin: string): Record<string, string> {
  const anyOrigin = rule.allowedOrigins.includes('*');
  return {
    'access-control-allow-origin': anyOrigin ? '*' : origin,
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    ...(rule.exposedHeaders.length > 0 && { 'access-control-expose-headers': rule.exposedHeaders.join(', ') }),
    ...(!anyOrigin && { 'access-control-allow-credentials': 'true' }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

/** Patterns hold at most one asterisk, which stands for any text. */
function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => {
    const [start = '', end] = pattern.toLowerCase().split('*');
    const subject = text.toLowerCase();
    if (end === undefined) return subject === start;
    return subject.length >= start.length + end.length && subject.startsWith(start) && subject.endsWith(end);
  });
}

function forbidden(reason: string, method: string): S3Error {
  return new S3Error('AccessForbidden', `CORSResponse: ${reason}`, 403, { Method: method, ResourceType: 'OBJECT' });
}
