import { Match } from 'aws-cdk-lib/assertions';
import { ResponseType } from 'aws-cdk-lib/aws-apigateway';
import { PROBLEMS, type ProblemCode, type ProblemDocument } from '../../lambdas/shared/problems.contract.ts';
import { SECURITY_HEADERS } from '../../lambdas/shared/response-headers.ts';
import { ACCESS_LOG_FIELDS } from '../../lib/api/access-log.ts';
import { costlyThrottle, readThrottle } from '../../lib/api/throttling.ts';
import { stageConfig } from '../../lib/stages.ts';
import { RESPONSE_TYPES } from '../../local/api-gateway/gateway-error.ts';
import { ROUTES } from '../support/routes.ts';
import { templatesOf } from '../support/templates.ts';

const dev = templatesOf().api;
const prod = templatesOf(stageConfig('prod')).api;

interface GatewayResponse {
  readonly ResponseType: string;
  readonly StatusCode: string;
  readonly ResponseParameters: Readonly<Record<string, string>>;
  readonly ResponseTemplates: Readonly<Record<string, string>>;
}

const gatewayResponses: readonly GatewayResponse[] = Object.values(dev.findResources('AWS::ApiGateway::GatewayResponse')).map(
  ({ Properties }) => Properties,
);

/** Whatever CDK comes to know. */
const TYPES = Object.values(ResponseType).filter((value): value is ResponseType => value instanceof ResponseType);

describe('what API Gateway refuses by itself', () => {
  test('is everything that CDK and the local runtime know, once', () => {
    const names = TYPES.map(({ responseType }) => responseType).toSorted();
    expect(names.length).toBeGreaterThanOrEqual(21);
    expect(gatewayResponses.map((response) => response.ResponseType).toSorted()).toEqual(names);
    expect(Object.keys(RESPONSE_TYPES).toSorted()).toEqual(names);
  });

  test.each(gatewayResponses.map((response) => [response.ResponseType, response] as const))(
    '%s is a problem document',
    (_type, response) => {
      expect(Object.keys(response.ResponseTemplates)).toEqual(['application/json']);
      const document = JSON.parse(response.ResponseTemplates['application/json'] ?? '') as ProblemDocument;
      const { status, title } = PROBLEMS[document.code as ProblemCode];
      expect(document).toEqual({
        type: `urn:manuel:problem:${document.code}`,
        title,
        status,
        code: document.code,
        detail: expect.stringMatching(/^[A-Z].*\.$/),
        request_id: '$context.requestId',
      });
      expect(response.StatusCode).toBe(String(status));
      expect(headersOf(response)).toMatchObject({
        ...quotedHeaders(SECURITY_HEADERS),
        'Content-Type': "'application/problem+json'",
        'X-Request-Id': 'context.requestId',
      });
    },
  );

  test.each([
    ['UNAUTHORIZED', 'unauthorized'],
    ['MISSING_AUTHENTICATION_TOKEN', 'not_found'],
    ['INVALID_SIGNATURE', 'not_found'],
    ['BAD_REQUEST_BODY', 'malformed_body'],
    ['REQUEST_TOO_LARGE', 'too_large'],
    ['UNSUPPORTED_MEDIA_TYPE', 'unsupported_type'],
    ['THROTTLED', 'throttled'],
    ['WAF_FILTERED', 'forbidden'],
    ['INTEGRATION_TIMEOUT', 'timeout'],
    ['INTEGRATION_FAILURE', 'unavailable'],
    ['AUTHORIZER_FAILURE', 'unavailable'],
    ['DEFAULT_5XX', 'internal'],
  ])('%s is %s', (type, code) => {
    const response = gatewayResponses.find((each) => each.ResponseType === type);
    expect(JSON.parse(response?.ResponseTemplates['application/json'] ?? '{}').code).toBe(code);
  });

  test('says when to come back with each 429, 503 and 504, and with nothing else', () => {
    for (const response of gatewayResponses) {
      const retryAfter = headersOf(response)['Retry-After'];
      if (['429', '503', '504'].includes(response.StatusCode)) expect(retryAfter).toMatch(/^'[1-9]\d*'$/);
      else expect(retryAfter).toBeUndefined();
    }
  });
});

function headersOf({ ResponseParameters }: GatewayResponse): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ResponseParameters).map(([name, value]) => [name.replace('gatewayresponse.header.', ''), value]),
  );
}

function quotedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `'${value}'`]));
}

describe('the API', () => {
  test('takes nothing older than TLS 1.2, at its own address', () => {
    dev.hasResourceProperties('AWS::ApiGateway::RestApi', {
      SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
      EndpointAccessMode: 'STRICT',
      DisableExecuteApiEndpoint: false,
      BinaryMediaTypes: Match.absent(),
      MinimumCompressionSize: Match.absent(),
      Policy: Match.absent(),
    });
  });

  test('traces where the stage does', () => {
    dev.hasResourceProperties('AWS::ApiGateway::Stage', { TracingEnabled: false });
    prod.hasResourceProperties('AWS::ApiGateway::Stage', { TracingEnabled: true });
  });

  test('checks the body of every route that has one, if it is JSON', () => {
    const withModels = Object.values(dev.findResources('AWS::ApiGateway::Method')).filter(({ Properties }) => Properties.RequestModels);
    expect(withModels).toHaveLength(ROUTES.filter(({ body }) => body).length);
    for (const { Properties } of withModels) {
      expect(Object.keys(Properties.RequestModels)).toEqual(['application/json']);
      expect(Properties).toHaveProperty('RequestValidatorId');
    }
  });

  test('checks by no more of draft-04 than types and required members', () => {
    const models = Object.values(dev.findResources('AWS::ApiGateway::Model')).map(({ Properties }) => Properties.Schema);
    expect(models.length).toBeGreaterThan(0);
    for (const { properties, ...rest } of models) {
      expect(['$schema', 'required', 'type']).toEqual(expect.arrayContaining(Object.keys(rest)));
      expect(rest).toMatchObject({ $schema: 'http://json-schema.org/draft-04/schema#', type: 'object' });
      for (const member of Object.values<object>(properties)) expect(['type']).toEqual(expect.arrayContaining(Object.keys(member)));
    }
  });
});

describe('preflights', () => {
  test('are answered for every route and nothing else, without a token', () => {
    const preflights = Object.values(dev.findResources('AWS::ApiGateway::Method')).filter(
      ({ Properties }) => Properties.HttpMethod === 'OPTIONS',
    );
    expect(preflights).toHaveLength(new Set(ROUTES.map(({ path }) => path)).size);
    for (const { Properties } of preflights) {
      expect(Properties).toMatchObject({ AuthorizationType: 'NONE', Integration: { Type: 'MOCK', PassthroughBehavior: 'NEVER' } });
    }
  });

  test('are not answered where no page may call, and no refusal names an origin', () => {
    expect(stageConfig('prod').corsOrigins).toEqual([]);
    const methods = Object.values(prod.findResources('AWS::ApiGateway::Method')).map(({ Properties }) => Properties.HttpMethod);
    expect(methods).not.toContain('OPTIONS');
    expect(JSON.stringify(prod.findResources('AWS::ApiGateway::GatewayResponse'))).not.toContain('Access-Control');
  });
});

describe('the access log', () => {
  test.each([
    ['dev', dev, 14, 'Delete'],
    ['prod', prod, 90, 'Retain'],
  ])('of %s is kept as long as the stage’s logs', (_stage, template, RetentionInDays, DeletionPolicy) => {
    const groups = template.findResources('AWS::Logs::LogGroup', { Properties: { RetentionInDays }, DeletionPolicy });
    const id = Object.keys(groups).find((each) => each.startsWith('ApiAccessLog'));
    template.hasResourceProperties('AWS::ApiGateway::Stage', {
      AccessLogSetting: {
        DestinationArn: { 'Fn::Join': ['', Match.arrayWith([{ Ref: id }])] },
        Format: JSON.stringify(ACCESS_LOG_FIELDS),
      },
    });
  });

  test('holds nothing that a client words, nor who it is', () => {
    const variables = Object.values(ACCESS_LOG_FIELDS).join(' ');
    expect(variables).not.toMatch(/userAgent|\$context\.path|claims|error\.message|validationErrorString|identity\.(?!sourceIp)/);
    for (const variable of Object.values(ACCESS_LOG_FIELDS)) expect(variable).toMatch(/^\$context\.[A-Za-z.]+$/);
  });

  test('is all that API Gateway writes: an execution log would hold headers and bodies', () => {
    for (const template of [dev, prod]) {
      for (const setting of stageOf(template).MethodSettings) expect(setting).toMatchObject({ DataTraceEnabled: false });
      expect(JSON.stringify(stageOf(template))).not.toContain('LoggingLevel');
    }
  });
});

describe('throttling', () => {
  test('limits every method, and those that cost something more tightly', () => {
    const posts = ROUTES.filter(({ method }) => method === 'POST').map(({ path }) => `/${path.replaceAll('/', '~1')}`);
    const [all, ...costly] = stageOf(prod).MethodSettings;
    expect(all).toMatchObject({ ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: 834, ThrottlingBurstLimit: 1000 });
    expect(costly.map(({ ResourcePath, HttpMethod }) => `${HttpMethod} ${ResourcePath}`).toSorted()).toEqual(
      posts.map((path) => `POST ${path}`).toSorted(),
    );
    for (const setting of costly) expect(setting).toMatchObject({ ThrottlingRateLimit: 100, ThrottlingBurstLimit: 50 });
  });

  test.each([
    [1, 1],
    [50, 1000],
    [10_000, 100_000],
  ])('with %d requests a minute for a user and %d for an address leaves the account’s other APIs room', (userPerMinute, ipPerMinute) => {
    const config = { ...stageConfig('dev'), rateLimits: { userPerMinute, ipPerMinute } };
    const [reads, costly] = [readThrottle(config), costlyThrottle(config)];
    for (const { rate, burst } of [reads, costly]) {
      expect([Number.isInteger(rate), Number.isInteger(burst)]).toEqual([true, true]);
      expect(rate).toBeGreaterThanOrEqual(1);
      expect(rate).toBeLessThanOrEqual(5000);
      expect(burst).toBeGreaterThanOrEqual(1);
      expect(burst).toBeLessThanOrEqual(2500);
    }
    expect(costly.rate).toBeLessThanOrEqual(reads.rate);
    expect(costly.burst).toBeLessThanOrEqual(reads.burst);
  });
});

interface MethodSetting {
  readonly ResourcePath: string;
  readonly HttpMethod: string;
}

function stageOf(template: typeof dev): { readonly MethodSettings: readonly MethodSetting[] } {
  const [stage, ...others] = Object.values(template.findResources('AWS::ApiGateway::Stage'));
  expect(others).toEqual([]);
  return stage?.['Properties'];
}
