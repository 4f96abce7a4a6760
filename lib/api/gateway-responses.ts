import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemCode, problemType } from '../../lambdas/shared/problems.contract.ts';
import { EXPOSED_HEADERS, SECURITY_HEADERS } from '../../lambdas/shared/response-headers.ts';
import { quoted } from './mapping.ts';

/** Every type that CDK knows: a new one does not compile until it has its problem. */
type GatewayResponseName = Exclude<keyof typeof ResponseType, 'of' | 'prototype'>;

interface GatewayProblem {
  readonly code: ProblemCode;
  readonly detail: string;
  /** That of the code when absent. */
  readonly retryAfterSeconds?: number;
}

const NO_SUCH_ROUTE: GatewayProblem = { code: 'not_found', detail: 'There is no such route.' };
const OUR_FAULT: GatewayProblem = {
  code: 'internal',
  detail: 'Something went wrong on our side. If it stays so, report the request id.',
};

/**
 * What API Gateway refuses by itself, said as our functions say it
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html). What it refuses ahead of
 * the API, it words itself: a body above 10 MB is a 413 in plain text.
 */
const GATEWAY_PROBLEMS: Readonly<Record<GatewayResponseName, GatewayProblem>> = {
  // Who asks
  UNAUTHORIZED: { code: 'unauthorized', detail: 'The access token is missing, expired or not valid. Sign in and try again.' },
  EXPIRED_TOKEN: { code: 'unauthorized', detail: 'The access token has expired. Sign in and try again.' },
  ACCESS_DENIED: { code: 'forbidden', detail: 'The access token does not allow this.' },
  INVALID_API_KEY: { code: 'forbidden', detail: 'The request was refused.' },
  WAF_FILTERED: {
    code: 'forbidden',
    detail: 'The request was blocked: by where it comes from, what it holds, or how many came before it.',
  },
  // What is asked
  BAD_REQUEST_BODY: { code: 'malformed_body', detail: 'The body must be a JSON object with the required members.' },
  BAD_REQUEST_PARAMETERS: { code: 'invalid_request', detail: 'A required parameter is missing.' },
  UNSUPPORTED_MEDIA_TYPE: { code: 'unsupported_type', detail: 'The content type of the request is not accepted.' },
  // Above Lambda's 6 MB for an event.
  REQUEST_TOO_LARGE: { code: 'too_large', detail: 'The request is too large.' },
  // API Gateway answers so for a route, or a method of one, that it does not know: it has no 405.
  MISSING_AUTHENTICATION_TOKEN: NO_SUCH_ROUTE,
  // And so for one when the request carries a token, which it tries to read as a signature.
  INVALID_SIGNATURE: NO_SUCH_ROUTE,
  RESOURCE_NOT_FOUND: NO_SUCH_ROUTE,
  // How often
  THROTTLED: { code: 'throttled', detail: 'There are too many requests at once. Try again in a moment.' },
  // Of a usage plan, which lasts for a day at least.
  QUOTA_EXCEEDED: { code: 'throttled', detail: 'There are too many requests. Try again later.', retryAfterSeconds: 3600 },
  // What is behind
  INTEGRATION_TIMEOUT: { code: 'timeout', detail: 'The answer took too long. Try again.' },
  INTEGRATION_FAILURE: { code: 'unavailable', detail: 'The service could not be reached. Try again in a moment.' },
  AUTHORIZER_FAILURE: { code: 'unavailable', detail: 'The access token could not be checked. Try again in a moment.' },
  AUTHORIZER_CONFIGURATION_ERROR: OUR_FAULT,
  API_CONFIGURATION_ERROR: OUR_FAULT,
  // What has no type of its own, and a function that fails.
  DEFAULT_4XX: { code: 'forbidden', detail: 'The request was refused.' },
  DEFAULT_5XX: OUR_FAULT,
};

const RETRY_AFTER_SECONDS: Partial<Record<ProblemCode, number>> = { throttled: 1, unavailable: 5, timeout: 5 };

/** Makes every refusal of the API itself a problem document with the same headers as any other answer. */
export function addProblemResponses(api: RestApi, corsOrigins: readonly string[]): void {
  for (const [name, { code, detail, ...own }] of Object.entries(GATEWAY_PROBLEMS)) {
    const { status, title } = PROBLEMS[code];
    const document = { type: problemType(code), title, status, detail, code, request_id: '$context.requestId' };
    const retryAfter = own.retryAfterSeconds ?? RETRY_AFTER_SECONDS[code];
    api.addGatewayResponse(name, {
      type: ResponseType.of(name),
      statusCode: String(status),
      responseHeaders: {
        'Content-Type': quoted(PROBLEM_CONTENT_TYPE),
        'X-Request-Id': 'context.requestId',
        ...readers(corsOrigins),
        ...Object.fromEntries(Object.entries(SECURITY_HEADERS).map(([header, value]) => [header, quoted(value)])),
        ...(retryAfter !== undefined && { 'Retry-After': quoted(String(retryAfter)) }),
      },
      templates: { 'application/json': JSON.stringify(document) },
    });
  }
}

/**
 * Whose pages may read a refusal. A gateway response has no logic: it can name one origin, any, or whichever asks, but not compare. So
 * where there are several, any page may, or else the second one's could not tell an expired token from a broken network. A page of
 * somebody else's learns nothing by it that it could not learn without a browser: there are no cookies, its token would have to be its
 * own, and the document holds a fixed sentence and the request's id. Answers of functions are for the listed origins only.
 */
function readers([origin, ...others]: readonly string[]): Record<string, string> {
  if (origin === undefined) return {};
  return {
    'Access-Control-Allow-Origin': quoted(others.length === 0 ? origin : '*'),
    'Access-Control-Expose-Headers': quoted(EXPOSED_HEADERS),
  };
}
