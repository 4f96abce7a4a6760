/**
 * The gateway response types that the local API Gateway gives, with AWS's status and the `x-amzn-ErrorType` it sends
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html).
 */
export const RESPONSE_TYPES = {
  ACCESS_DENIED: { status: 403, errorType: 'AccessDeniedException' },
  API_CONFIGURATION_ERROR: { status: 500, errorType: 'InternalServerErrorException' },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 500, errorType: 'AuthorizerConfigurationException' },
  AUTHORIZER_FAILURE: { status: 500, errorType: 'AuthorizerFailureException' },
  BAD_REQUEST_BODY: { status: 400, errorType: 'BadRequestException' },
  BAD_REQUEST_PARAMETERS: { status: 400, errorType: 'BadRequestException' },
  DEFAULT_4XX: { status: 400, errorType: 'BadRequestException' },
  DEFAULT_5XX: { status: 500, errorType: 'InternalServerErrorException' },
  EXPIRED_TOKEN: { status: 403, errorType: 'ExpiredTokenException' },
  INTEGRATION_FAILURE: { status: 504, errorType: 'InternalServerErrorException' },
  INTEGRATION_TIMEOUT: { status: 504, errorType: 'InternalServerErrorException' },
  INVALID_API_KEY: { status: 403, errorType: 'ForbiddenException' },
  INVALID_SIGNATURE: { status: 403, errorType: 'IncompleteSignatureException' },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, errorType: 'MissingAuthenticationTokenException' },
  QUOTA_EXCEEDED: { status: 429, errorType: 'LimitExceededException' },
  REQUEST_TOO_LARGE: { status: 413, errorType: 'RequestTooLargeException' },
  RESOURCE_NOT_FOUND: { status: 404, errorType: 'ResourceNotFoundException' },
  THROTTLED: { status: 429, errorType: 'TooManyRequestsException' },
  UNAUTHORIZED: { status: 401, errorType: 'UnauthorizedException' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, errorType: 'BadRequestException' },
  WAF_FILTERED: { status: 403, errorType: 'ForbiddenException' },
} as const;

export type ResponseType = keyof typeof RESPONSE_TYPES;

export function isResponseType(name: string): name is ResponseType {
  return Object.hasOwn(RESPONSE_TYPES, name);
}

/** A request that ends in one of API Gateway's own responses instead of the integration's. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly type: ResponseType;
  readonly status: number;
  /** What `$context.error.validationErrorString` gives. */
  readonly validationErrorString: string;

  /** `message` is what a client sees by default; `status` differs from the type's own where AWS's does. */
  constructor(type: ResponseType, message: string, details: { status?: number; validationErrorString?: string } = {}) {
    super(message);
    this.type = type;
    this.status = details.status ?? RESPONSE_TYPES[type].status;
    this.validationErrorString = details.validationErrorString ?? '';
  }
}

/** What AWS says whenever the fault lies behind the gateway. */
export function internalServerError(type: ResponseType, status: number): GatewayError {
  return new GatewayError(type, 'Internal server error', { status });
}
