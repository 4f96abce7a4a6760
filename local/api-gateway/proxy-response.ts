import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as z from 'zod';
import { internalServerError } from './gateway-error.ts';
import { type ApiReply, type ApiRequest, type HeaderLine, headerValues, isBinary, mediaType } from './http-message.ts';

/** Headers that API Gateway keeps for itself: a function's own come back as `x-amzn-Remapped-…`, as seen on AWS. */
const REMAPPED_HEADERS = new Set(['connection', 'content-length', 'date', 'server', 'www-authenticate']);

/** A member of a proxy response that is written as text. */
const scalar = z.union([z.string(), z.boolean(), z.number()]).transform(String);
/** What a function says about its response, besides the body. */
export const responseHead = z.strictObject({
  statusCode: z.union([z.int().min(200).max(599), z.stringFormat('status', /^[2-5]\d\d$/).transform(Number)]).nullish(),
  headers: z.record(z.string(), scalar).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(scalar)).nullish(),
});
const proxyResponse = responseHead.extend({
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** A function's answer that is no proxy response. The message says why, for the developer only. */
export class MalformedProxyResponse extends Error {
  override readonly name = 'MalformedProxyResponse';
}

/**
 * Turns a function's answer into the client's
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format).
 * Throws MalformedProxyResponse when it has another shape, or headers that HTTP does not allow.
 */
export function readProxyResponse(payload: Buffer, request: ApiRequest, binaryMediaTypes: readonly string[]): ApiReply {
  const parsed = proxyResponse.safeParse(parseJson(payload));
  if (!parsed.success) throw new MalformedProxyResponse(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = parsed.data;
  const accepted = mediaType(headerValues(request.headers, 'accept')[0]);
  const decoded = isBase64Encoded === true && isBinary(accepted, binaryMediaTypes);
  return {
    status: statusCode ?? 200,
    headers: clientHeaders(mergeHeaders(headers ?? {}, multiValueHeaders ?? {})),
    body: decoded ? decodeBase64(body ?? '') : (body ?? ''),
  };
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    throw new MalformedProxyResponse('it is not JSON');
  }
}

/** Both kinds merge into one list per name; multi-value headers come first and decide the name's case. */
export function mergeHeaders(
  single: Readonly<Record<string, string>>,
  multiple: Readonly<Record<string, readonly string[]>>,
): HeaderLine[] {
  const merged = Object.entries(multiple).flatMap(([name, values]) => values.map((value): HeaderLine => [name, value]));
  for (const [name, value] of Object.entries(single)) {
    const known = merged.filter(([candidate]) => candidate.toLowerCase() === name.toLowerCase());
    if (!known.some(([, knownValue]) => knownValue === value)) merged.push([known[0]?.[0] ?? name, value]);
  }
  return merged;
}

/** `kept` are names, in lower case, of headers that the function may set though the gateway keeps them for itself otherwise. */
export function clientHeaders(headers: readonly HeaderLine[], kept: readonly string[] = []): HeaderLine[] {
  const isRemapped = (name: string) => REMAPPED_HEADERS.has(name) && !kept.includes(name);
  const lines = headers
    .filter(([name]) => name.toLowerCase() !== 'transfer-encoding')
    .map(([name, value]): HeaderLine => [isRemapped(name.toLowerCase()) ? `x-amzn-Remapped-${name}` : name, value]);
  for (const [name, value] of lines) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw new MalformedProxyResponse(`the header ${JSON.stringify(name)} is not one that HTTP allows`);
    }
  }
  return lines.some(([name]) => name.toLowerCase() === 'content-type') ? lines : [['Content-Type', 'application/json'], ...lines];
}

function decodeBase64(text: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text.replace(/\s/g, ''))) throw internalServerError('API_CONFIGURATION_ERROR', 500);
  return Buffer.from(text, 'base64');
}
