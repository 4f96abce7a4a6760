import * as z from 'zod';
import type { LogSink } from '../logs/log-sink.ts';
import { notEmulated } from '../platform/call.ts';
import type { ResourceType } from '../platform/service.ts';
import { CognitoAuthorizer, type TokenVerifier } from './cognito-authorizer.ts';
import { stableId } from './identifiers.ts';
import { methodType } from './method.resource-type.ts';
import { RequestModel } from './request-model.ts';
import { type Parts, RestApi } from './rest-api.ts';
import { accountType, deploymentType, stageType } from './stage.resource-types.ts';
import { read } from './template-properties.ts';

const SHOWN_NOWHERE = 'Only shown in the console.';

export interface ResourceTypeOptions {
  readonly apis: Parts<RestApi>;
  readonly region: string;
  readonly verifier: TokenVerifier;
  readonly logs: LogSink;
  readonly report: (line: string) => void;
}

/** The CloudFormation types that make up a REST API. */
export function resourceTypes(options: ResourceTypeOptions): ResourceType[] {
  const { apis } = options;
  return [
    restApiType(apis),
    resourceType(apis),
    methodType(options),
    authorizerType(options),
    modelType(apis),
    requestValidatorType(apis),
    gatewayResponseType(apis),
    deploymentType(apis),
    stageType(options),
    accountType(),
  ];
}

function restApiType(apis: Parts<RestApi>): ResourceType {
  const schema = z.looseObject({
    Name: z.string(),
    /** CloudFormation also takes `image~1png` for `image/png`. */
    BinaryMediaTypes: z.array(z.string().transform((type) => type.replace('~1', '/'))).default([]),
    EndpointConfiguration: z.looseObject({ Types: z.array(z.string()).default(['EDGE']) }).default({ Types: ['EDGE'] }),
  });
  return {
    type: 'AWS::ApiGateway::RestApi',
    honours: ['Name', 'BinaryMediaTypes', 'EndpointConfiguration.Types'],
    inert: {
      Description: SHOWN_NOWHERE,
      Tags: SHOWN_NOWHERE,
      FailOnWarnings: 'Concerns imported definitions only, which are refused.',
      DisableExecuteApiEndpoint: 'The local address stands for the custom domain too.',
      SecurityPolicy: 'The API speaks plain HTTP on the loopback address.',
      EndpointAccessMode: 'As for the security policy.',
      'EndpointConfiguration.IpAddressType': 'The API listens on the IPv4 loopback address.',
    },
    create: async (resource) => {
      for (const member of ['Body', 'BodyS3Location', 'CloneFrom', 'MinimumCompressionSize', 'Policy']) {
        if (resource.properties[member] !== undefined) throw notEmulated(`a REST API's ${member}`);
      }
      const { Name, BinaryMediaTypes, EndpointConfiguration } = read(resource, schema);
      const [endpointType] = EndpointConfiguration.Types;
      if (endpointType !== 'REGIONAL') throw notEmulated(`a REST API with the endpoint type ${endpointType}; only REGIONAL is served`);
      const id = stableId(resource, 10);
      const rootResourceId = stableId(resource, 10, 'root');
      apis.put(id, new RestApi({ id, name: Name, rootResourceId, binaryMediaTypes: BinaryMediaTypes }));
      return { ref: id, attributes: { RestApiId: id, RootResourceId: rootResourceId } };
    },
  };
}

function resourceType(apis: Parts<RestApi>): ResourceType {
  const schema = z.looseObject({ RestApiId: z.string(), ParentId: z.string(), PathPart: z.string() });
  return {
    type: 'AWS::ApiGateway::Resource',
    honours: ['RestApiId', 'ParentId', 'PathPart'],
    create: async (resource) => {
      const { RestApiId, ParentId, PathPart } = read(resource, schema);
      const id = stableId(resource, 6);
      apis.get(RestApiId).addResource(id, ParentId, PathPart);
      return { ref: id, attributes: { ResourceId: id } };
    },
  };
}

function authorizerType({ apis, verifier, report }: ResourceTypeOptions): ResourceType {
  const schema = z.looseObject({
    RestApiId: z.string(),
    Type: z.string(),
    ProviderARNs: z.array(z.string()).default([]),
    IdentitySource: z.string().default('method.request.header.Authorization'),
    AuthorizerResultTtlInSeconds: z.coerce.number().optional(),
    IdentityValidationExpression: z.string().optional(),
  });
  return {
    type: 'AWS::ApiGateway::Authorizer',
    honours: ['RestApiId', 'Type', 'ProviderARNs', 'IdentitySource'],
    inert: {
      Name: SHOWN_NOWHERE,
      AuthorizerResultTtlInSeconds: 'Zero is how it works here; another value is reported.',
    },
    create: async (resource) => {
      const properties = read(resource, schema);
      if (properties.Type !== 'COGNITO_USER_POOLS') throw notEmulated(`an authorizer of type ${properties.Type}`);
      if (properties.IdentityValidationExpression !== undefined) throw notEmulated("an authorizer's IdentityValidationExpression");
      const headerName = /^method\.request\.header\.([\w-]+)$/.exec(properties.IdentitySource)?.[1];
      if (!headerName) throw notEmulated(`the identity source ${properties.IdentitySource}`);
      if (properties.AuthorizerResultTtlInSeconds !== 0) {
        const ttl = properties.AuthorizerResultTtlInSeconds ?? 'its default of 300';
        report(`${resource.path}: AuthorizerResultTtlInSeconds (${ttl}) is not honoured; every token is verified anew.`);
      }
      const id = stableId(resource, 6);
      const authorizer = new CognitoAuthorizer({ verifier, report, headerName, userPoolArns: properties.ProviderARNs });
      apis.get(properties.RestApiId).authorizers.put(id, authorizer);
      return { ref: id, attributes: { AuthorizerId: id } };
    },
  };
}

function modelType(apis: Parts<RestApi>): ResourceType {
  const schema = z.looseObject({
    RestApiId: z.string(),
    Name: z.string().optional(),
    Schema: z.union([z.record(z.string(), z.unknown()), z.string().transform((text): Record<string, unknown> => JSON.parse(text))]),
  });
  return {
    type: 'AWS::ApiGateway::Model',
    honours: ['RestApiId', 'Name', 'Schema'],
    inert: { ContentType: 'A method says which content type its model is for.', Description: SHOWN_NOWHERE },
    create: async (resource) => {
      const { RestApiId, Name, Schema } = read(resource, schema);
      const name = Name ?? `${resource.logicalId}${stableId(resource, 6)}`;
      apis.get(RestApiId).models.put(name, new RequestModel(name, Schema));
      return { ref: name };
    },
  };
}

function requestValidatorType(apis: Parts<RestApi>): ResourceType {
  const schema = z.looseObject({
    RestApiId: z.string(),
    ValidateRequestBody: z.boolean().default(false),
    ValidateRequestParameters: z.boolean().default(false),
  });
  return {
    type: 'AWS::ApiGateway::RequestValidator',
    honours: ['RestApiId', 'ValidateRequestBody', 'ValidateRequestParameters'],
    inert: { Name: SHOWN_NOWHERE },
    create: async (resource) => {
      const { RestApiId, ValidateRequestBody, ValidateRequestParameters } = read(resource, schema);
      const id = stableId(resource, 6);
      apis.get(RestApiId).validators.put(id, { validatesBody: ValidateRequestBody, validatesParameters: ValidateRequestParameters });
      return { ref: id, attributes: { RequestValidatorId: id } };
    },
  };
}

function gatewayResponseType(apis: Parts<RestApi>): ResourceType {
  const texts = z.record(z.string(), z.string()).optional();
  const schema = z.looseObject({
    RestApiId: z.string(),
    ResponseType: z.string(),
    StatusCode: z.coerce.string().optional(),
    ResponseParameters: texts,
    ResponseTemplates: texts,
  });
  return {
    type: 'AWS::ApiGateway::GatewayResponse',
    honours: ['RestApiId', 'ResponseType', 'StatusCode', 'ResponseParameters', 'ResponseTemplates'],
    create: async (resource) => {
      const properties = read(resource, schema);
      apis.get(properties.RestApiId).gatewayResponses.put(properties);
      const id = stableId(resource, 10);
      return { ref: id, attributes: { Id: id } };
    },
  };
}
