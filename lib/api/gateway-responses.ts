import { type ResponseType as GatewayResponseType, ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemCode, problemType } from '../../lambdas/shared/problems.contract.ts';
import { EXPOSED_HEADERS, SECURITY_HEADERS } from '../../lambdas/shared/response-headers.ts';

interface GatewayProblem {
  readonly type: GatewayResponseType;
  readonly code: ProblemCode;
  readonly detail: string;
}

/** What API Gateway refuses by itself, said as our functions say it. */
const GATEWAY_PROBLEMS: readonly GatewayProblem[] = [
  {
    type: ResponseType.UNAUTHORIZED,
    code: 'unauthorized',
    detail: 'The access token is missing, expired or not valid. Sign in and try again.',
  },
  { type: ResponseType.ACCESS_DENIED, code: 'forbidden', detail: 'The access token does not allow this.' },
  { type: ResponseType.BAD_REQUEST_BODY, code: 'malformed_body', detail: 'The body must be a JSON object with the required members.' },
  { type: ResponseType.BAD_REQUEST_PARAMETERS, code: 'invalid_request', detail: 'A required parameter is missing.' },
  // API Gateway answers so for a route that it does not know.
  { type: ResponseType.MISSING_AUTHENTICATION_TOKEN, code: 'not_found', detail: 'There is no such route.' },
  // And so for one when the request carries a token, which it tries to read as a signature.
  { type: ResponseType.INVALID_SIGNATURE, code: 'not_found', detail: 'There is no such route.' },
  { type: ResponseType.RESOURCE_NOT_FOUND, code: 'not_found', detail: 'There is no such route.' },
  { type: ResponseType.REQUEST_TOO_LARGE, code: 'too_large', detail: 'The request is too large.' },
  { type: ResponseType.UNSUPPORTED_MEDIA_TYPE, code: 'unsupported_type', detail: 'The content type of the request is not accepted.' },
  { type: ResponseType.THROTTLED, code: 'throttled', detail: 'There are too many requests at once. Try again in a moment.' },
  { type: ResponseType.QUOTA_EXCEEDED, code: 'throttled', detail: 'There are too many requests. Try again later.' },
  { type: ResponseType.INTEGRATION_TIMEOUT, code: 'timeout', detail: 'The answer took too long. Try again.' },
  { type: ResponseType.INTEGRATION_FAILURE, code: 'unavailable', detail: 'The service could not be reached. Try again in a moment.' },
  { type: ResponseType.DEFAULT_4XX, code: 'forbidden', detail: 'The request was refused.' },
  { type: ResponseType.DEFAULT_5XX, code: 'internal', detail: 'Something went wrong on our side. If it stays so, report the request id.' },
];

const RETRY_AFTER_SECONDS: Partial<Record<ProblemCode, number>> = { throttled: 1, unavailable: 5 };

/** Makes every refusal of the API itself a problem document with the same headers as any other answer. */
export function addProblemResponses(api: RestApi, corsOrigins: readonly string[]): void {
  for (const { type, code, detail } of GATEWAY_PROBLEMS) {
    const { status, title } = PROBLEMS[code];
    const document = { type: problemType(code), title, status, detail, code, request_id: '$context.requestId' };
    const retryAfter = RETRY_AFTER_SECONDS[code];
    api.addGatewayResponse(type.responseType, {
      type,
      statusCode: String(status),
      responseHeaders: {
        'Content-Type': quoted(PROBLEM_CONTENT_TYPE),
        'X-Request-Id': 'context.requestId',
        // A gateway response cannot look at the request: it names one origin, or any.
        ...(corsOrigins[0] !== undefined && {
          'Access-Control-Allow-Origin': quoted(corsOrigins[0]),
          'Access-Control-Expose-Headers': quoted(EXPOSED_HEADERS),
        }),
        ...Object.fromEntries(Object.entries(SECURITY_HEADERS).map(([name, value]) => [name, quoted(value)])),
        ...(retryAfter !== undefined && { 'Retry-After': quoted(String(retryAfter)) }),
      },
      templates: { 'application/json': JSON.stringify(document) },
    });
  }
}

/** API Gateway takes a literal header value in single quotes. */
const quoted = (value: string): string => `'${value}'`;
