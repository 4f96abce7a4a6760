import * as z from 'zod';
import { notEmulated } from '../platform/call.ts';
import type { ResourceType } from '../platform/service.ts';
import { stableId } from './identifiers.ts';
import { integrationProperties, readIntegration } from './integration.ts';
import type { RequestExpectations } from './request-validation.ts';
import type { Method, Parts, RestApi } from './rest-api.ts';
import { read } from './template-properties.ts';

const methodProperties = z.looseObject({
  RestApiId: z.string(),
  ResourceId: z.string(),
  HttpMethod: z.string(),
  ApiKeyRequired: z.boolean().default(false),
  AuthorizationType: z.string().default('NONE'),
  AuthorizationScopes: z.array(z.string()).default([]),
  AuthorizerId: z.string().optional(),
  RequestModels: z.record(z.string(), z.string()).default({}),
  RequestParameters: z.record(z.string(), z.boolean()).default({}),
  RequestValidatorId: z.string().optional(),
  MethodResponses: z
    .array(z.looseObject({ StatusCode: z.coerce.string(), ResponseParameters: z.record(z.string(), z.boolean()).default({}) }))
    .default([]),
  Integration: integrationProperties,
});
type MethodProperties = z.infer<typeof methodProperties>;

export function methodType({ apis, region }: { readonly apis: Parts<RestApi>; readonly region: string }): ResourceType {
  return {
    type: 'AWS::ApiGateway::Method',
    honours: [
      'RestApiId',
      'ResourceId',
      'HttpMethod',
      'ApiKeyRequired',
      'AuthorizationType',
      'AuthorizationScopes',
      'AuthorizerId',
      'RequestModels',
      'RequestParameters',
      'RequestValidatorId',
      'MethodResponses.StatusCode',
      'MethodResponses.ResponseParameters',
      'Integration.Type',
      'Integration.Uri',
      'Integration.IntegrationHttpMethod',
      'Integration.TimeoutInMillis',
      'Integration.ResponseTransferMode',
      'Integration.PassthroughBehavior',
      'Integration.RequestTemplates',
      'Integration.IntegrationResponses',
    ],
    inert: {
      OperationName: 'Names the operation in generated SDKs only.',
      'MethodResponses.ResponseModels': 'Describes responses for generated SDKs; API Gateway does not check them.',
    },
    create: async (resource) => {
      const properties = read(resource, methodProperties);
      if (properties.ApiKeyRequired) throw notEmulated('a method that requires an API key');
      const api = apis.get(properties.RestApiId);
      const declared = properties.MethodResponses.map(
        ({ StatusCode, ResponseParameters }) => [StatusCode, new Set(Object.keys(ResponseParameters))] as const,
      );
      api.putMethod(properties.ResourceId, properties.HttpMethod, {
        integration: readIntegration(properties.Integration, new Map(declared), region),
        authorization: authorizationOf(properties, api),
        expectations: expectationsOf(properties, api),
      });
      return { ref: stableId(resource, 10) };
    },
  };
}

function authorizationOf(properties: MethodProperties, api: RestApi): Method['authorization'] {
  const { AuthorizationType, AuthorizationScopes, AuthorizerId } = properties;
  if (AuthorizationType === 'NONE') return undefined;
  if (AuthorizationType !== 'COGNITO_USER_POOLS') throw notEmulated(`a method with the authorization type ${AuthorizationType}`);
  return { authorizer: api.authorizers.get(AuthorizerId ?? ''), scopes: AuthorizationScopes };
}

function expectationsOf(properties: MethodProperties, api: RestApi): RequestExpectations | undefined {
  if (properties.RequestValidatorId === undefined) return undefined;
  const models = Object.entries(properties.RequestModels).map(
    ([contentType, name]) => [contentType.toLowerCase(), api.models.get(name)] as const,
  );
  const required = Object.entries(properties.RequestParameters).filter(([, isRequired]) => isRequired);
  return {
    validator: api.validators.get(properties.RequestValidatorId),
    models: new Map(models),
    requiredParameters: required.map(([parameter]) => parameter),
  };
}
