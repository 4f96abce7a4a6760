import { GatewayError } from './gateway-error.ts';
import { type ApiRequest, headerValues, mediaType, queryParameters } from './http-message.ts';
import type { RequestModel } from './request-model.ts';

/** A template's `AWS::ApiGateway::RequestValidator`. */
export interface RequestValidator {
  readonly validatesBody: boolean;
  readonly validatesParameters: boolean;
}

/** What a method asks of a request before its integration is called. */
export interface RequestExpectations {
  readonly validator: RequestValidator;
  /** By content type, `$default` for any other. */
  readonly models: ReadonlyMap<string, RequestModel>;
  /** Such as `method.request.querystring.limit`. */
  readonly requiredParameters: readonly string[];
}

/** Throws the GatewayError that AWS would answer. Parameters are looked at before the body. */
export function validateRequest(
  request: ApiRequest,
  pathParameters: Readonly<Record<string, string>>,
  { validator, models, requiredParameters }: RequestExpectations,
): void {
  if (validator.validatesParameters) checkParameters(request, pathParameters, requiredParameters);
  if (validator.validatesBody) checkBody(request, models);
}

/** A required parameter must be there and not be blank (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html). */
function checkParameters(request: ApiRequest, pathParameters: Readonly<Record<string, string>>, required: readonly string[]): void {
  const given = new Set<string>();
  for (const [name, value] of request.headers) if (value) given.add(`method.request.header.${name}`);
  for (const [name, value] of queryParameters(request.queryString)) if (value) given.add(`method.request.querystring.${name}`);
  for (const name of Object.keys(pathParameters)) given.add(`method.request.path.${name}`);
  const missing = required.filter((parameter) => !given.has(parameter)).toSorted();
  if (missing.length === 0) return;
  const names = missing.map((parameter) => parameter.split('.').slice(3).join('.'));
  throw new GatewayError('BAD_REQUEST_PARAMETERS', `Missing required request parameters: [${names.join(', ')}]`);
}

/** Only a content type that has a model is validated; a request without one is taken to be JSON. */
function checkBody(request: ApiRequest, models: ReadonlyMap<string, RequestModel>): void {
  const contentType = mediaType(headerValues(request.headers, 'content-type')[0]) ?? 'application/json';
  const model = models.get(contentType) ?? models.get('$default');
  const fault = model?.findFault(request.body.toString('utf8'));
  if (fault !== undefined) throw new GatewayError('BAD_REQUEST_BODY', 'Invalid request body', { validationErrorString: fault });
}
