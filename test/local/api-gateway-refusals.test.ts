import { Readable } from 'node:stream';
import { ApiGatewayService } from '../../local/api-gateway/api-gateway.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const FUNCTION_ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:Fn';
const LAMBDA = {
  Type: 'AWS_PROXY',
  IntegrationHttpMethod: 'POST',
  Uri: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${FUNCTION_ARN}/invocations`,
};
const STREAMING = {
  ...LAMBDA,
  Uri: `arn:aws:apigateway:eu-west-1:lambda:path/2021-11-15/functions/${FUNCTION_ARN}/response-streaming-invocations`,
  ResponseTransferMode: 'STREAM',
};
const REGIONAL = { Name: 'api', EndpointConfiguration: { Types: ['REGIONAL'] } };

let world: TestFrontDoor;
let service: ApiGatewayService;
let reports: string[];
let RestApiId: string;
let ResourceId: unknown;

beforeEach(async () => {
  reports = [];
  world = await openFrontDoor(({ clock }) => {
    service = new ApiGatewayService({
      clock,
      region: 'eu-west-1',
      functions: {
        invokeAs: async () => ({ payload: Buffer.from('{}') }),
        invokeWithResponseStreamAs: async () => ({ body: Readable.from([]) }),
      },
      authorizers: { verifyToken: () => Promise.reject(new TypeError('the verifier is broken')) },
      logs: { openStream: () => ({ write: () => undefined }) },
      measure: () => undefined,
      report: (line) => reports.push(line),
    });
    return [service];
  });
  const api = await world.provision('AWS::ApiGateway::RestApi', 'Api', REGIONAL);
  RestApiId = api.ref;
  ResourceId = api.attributes?.['RootResourceId'];
});
afterEach(() => world.close());

const put = (kind: string, properties: object, logicalId: string = kind) =>
  world.provision(`AWS::ApiGateway::${kind}`, logicalId, { RestApiId, ...properties });
const putMethod = (properties: object) => put('Method', { ResourceId, HttpMethod: 'GET', Integration: LAMBDA, ...properties });
const mock = (integration: object) => ({ HttpMethod: 'OPTIONS', Integration: { Type: 'MOCK', ...integration } });

test.each<[string, Record<string, unknown>, RegExp]>([
  ['an edge-optimised API', { Name: 'api' }, /endpoint type EDGE/],
  ['a private API', { Name: 'api', EndpointConfiguration: { Types: ['PRIVATE'] } }, /endpoint type PRIVATE/],
  ['a resource policy', { ...REGIONAL, Policy: {} }, /Policy/],
  ['compression', { ...REGIONAL, MinimumCompressionSize: 0 }, /MinimumCompressionSize/],
  ['an imported definition', { ...REGIONAL, Body: {} }, /Body/],
])('%s is refused by name', async (_what, properties, message) => {
  await expect(world.provision('AWS::ApiGateway::RestApi', 'Other', properties)).rejects.toThrow(message);
});

test.each<[string, object, RegExp]>([
  ['a stream of what is no proxy', mock({ ResponseTransferMode: 'STREAM' }), /response streaming of the integration type MOCK/],
  ['a stream from Invoke', { Integration: { ...STREAMING, Uri: LAMBDA.Uri } }, /ResponseTransferMode STREAM and .*\/invocations/],
  [
    'one piece from InvokeWithResponseStream',
    { Integration: { ...STREAMING, ResponseTransferMode: 'BUFFERED' } },
    /ResponseTransferMode BUFFERED and .*\/response-streaming-invocations/,
  ],
  ['an unknown transfer mode', { Integration: { ...LAMBDA, ResponseTransferMode: 'CHUNKED' } }, /ResponseTransferMode/],
  ['a stream that may be silent for long', { Integration: { ...STREAMING, TimeoutInMillis: 300_001 } }, /silent for 300000 ms/],
  ['another integration type', { Integration: { Type: 'HTTP_PROXY', Uri: 'https://a.example' } }, /HTTP_PROXY/],
  ['a function elsewhere', { Integration: { ...LAMBDA, Uri: LAMBDA.Uri.replace('eu-west-1', 'us-east-1') } }, /us-east-1/],
  ['a method other than POST towards Lambda', { Integration: { ...LAMBDA, IntegrationHttpMethod: 'GET' } }, /IntegrationHttpMethod/],
  ['a mapped integration parameter', { Integration: { ...LAMBDA, RequestParameters: { a: 'b' } } }, /RequestParameters/],
  ['an API key', { ApiKeyRequired: true }, /API key/],
  ['IAM authorization', { AuthorizationType: 'AWS_IAM' }, /AWS_IAM/],
  [
    'an unknown authorizer',
    { AuthorizationType: 'COGNITO_USER_POOLS', AuthorizerId: 'nope' },
    /Invalid Authorizer identifier specified: nope/,
  ],
  ['an unknown resource', { ResourceId: 'nope' }, /Invalid Resource identifier specified: nope/],
  [
    'an unknown model',
    { RequestModels: { 'application/json': 'nope' }, RequestValidatorId: 'nope' },
    /Invalid Model identifier specified: nope/,
  ],
  [
    'a mock with a computed status',
    mock({ RequestTemplates: { 'application/json': '{"statusCode": $input.params("s")}' } }),
    /MOCK request template/,
  ],
  [
    'a mock with a template of its own',
    mock({ IntegrationResponses: [{ StatusCode: '200', ResponseTemplates: { 'application/json': '#if(true)x#end' } }] }),
    /MOCK response template/,
  ],
  [
    'a mock that selects',
    mock({ IntegrationResponses: [{ StatusCode: '200' }, { StatusCode: '500', SelectionPattern: '5..' }] }),
    /selects/,
  ],
  [
    'a mock header out of the request',
    mock({ IntegrationResponses: [{ StatusCode: '204', ResponseParameters: { 'method.response.header.A': 'method.request.header.B' } }] }),
    /MOCK response parameter .* = method\.request\.header\.B/,
  ],
  [
    'a mock header that the method does not declare',
    mock({ IntegrationResponses: [{ StatusCode: '204', ResponseParameters: { 'method.response.header.A': "'b'" } }] }),
    /no method response of 204 declares method\.response\.header\.A/,
  ],
])('a method with %s is refused by name', async (_what, properties, message) => {
  await expect(putMethod(properties)).rejects.toThrow(message);
});

test.each<[string, object, RegExp]>([
  ['a directive', { ResponseTemplates: { 'application/json': '#set($x = 1){"a":1}' } }, /#set/],
  [
    'a utility',
    { ResponseTemplates: { 'application/json': '{"a":"$util.escapeJavaScript($context.error.message)"}' } },
    /util\.escapeJavaScript/,
  ],
  ['the input', { ResponseTemplates: { 'application/json': "$input.json('$')" } }, /input\.json/],
  ['an unknown variable', { ResponseTemplates: { 'application/json': '$context.error.messages' } }, /context\.error\.messages/],
  ['a quiet variable', { ResponseTemplates: { 'application/json': '$!context.requestId' } }, /!context\.requestId/],
  ['an unknown mapping', { ResponseParameters: { 'gatewayresponse.header.A': 'context.nothing' } }, /context\.nothing/],
  ['a mapping of another place', { ResponseParameters: { 'method.response.header.A': "'b'" } }, /method\.response\.header\.A/],
  ['another type', { ResponseType: 'TEAPOT' }, /TEAPOT/],
])('a gateway response with %s is refused by name', async (_what, properties, message) => {
  await expect(put('GatewayResponse', { ResponseType: 'DEFAULT_4XX', ...properties })).rejects.toThrow(message);
});

test.each<[string, object, RegExp]>([
  ['a Lambda authorizer', { Type: 'TOKEN' }, /TOKEN/],
  ['a token in the query', { Type: 'COGNITO_USER_POOLS', IdentitySource: 'method.request.querystring.token' }, /querystring\.token/],
  ['an expression', { Type: 'COGNITO_USER_POOLS', IdentityValidationExpression: '.*' }, /IdentityValidationExpression/],
])('%s is refused by name', async (_what, properties, message) => {
  await expect(put('Authorizer', properties)).rejects.toThrow(message);
});

test.each([
  { format: 'email', type: 'string' },
  { type: 'object', $ref: 'https://apigateway.amazonaws.com/restapis/a/models/b' },
  { type: 'strin' },
  { requires: ['a'] },
])('a model that could not be checked is refused: %j', async (Schema) => {
  await expect(put('Model', { Name: 'Manual', Schema })).rejects.toThrow(/schema of model Manual/);
});

test('a cache of authorizer results is reported as not honoured', async () => {
  await put('Authorizer', { Type: 'COGNITO_USER_POOLS', AuthorizerResultTtlInSeconds: 0 });
  expect(reports).toEqual([]);
  await put('Authorizer', { Type: 'COGNITO_USER_POOLS' });
  expect(reports).toEqual([expect.stringContaining('AuthorizerResultTtlInSeconds')]);
});

test('an authorizer whose verifier breaks keeps everyone out and says so', async () => {
  const { ref } = await put('Authorizer', { Type: 'COGNITO_USER_POOLS', ProviderARNs: ['arn:pool'], AuthorizerResultTtlInSeconds: 0 });
  await putMethod({ AuthorizationType: 'COGNITO_USER_POOLS', AuthorizerId: ref });
  await put('Stage', { StageName: 'v1', DeploymentId: 'd' });
  const url = await service.listen(0);
  expect((await fetch(url, { headers: { authorization: 'Bearer a.b.c' } })).status).toBe(401);
  expect(reports).toEqual([expect.stringContaining('the verifier is broken')]);
});

test('the ids are the same after a restart', async () => {
  expect((await world.provision('AWS::ApiGateway::RestApi', 'Api', REGIONAL)).ref).toBe(RestApiId);
  expect(RestApiId).toMatch(/^[a-z0-9]{10}$/);
});

test('an API without a stage is not served', async () => {
  await expect(service.listen(0)).rejects.toThrow(/no stage/);
});

test.each<[string, object, RegExp]>([
  ['$context.nothing', log('{"a":"$context.nothing"}'), /"\$context\.nothing" in an access log/],
  ['a variable of another place', log('$input.body'), /"\$input\.body" in an access log/],
  ['a variable without its place', log('$status'), /"\$status" in an access log/],
  ['a lone dollar', log('costs 5 $'), /"\$" in an access log/],
  [
    'a delivery stream',
    { AccessLogSetting: { DestinationArn: 'arn:aws:firehose:eu-west-1:000000000000:deliverystream/a', Format: '' } },
    /firehose/,
  ],
  [
    'the same method twice',
    { MethodSettings: [throttling('/*', '*'), throttling('/~1a', 'GET'), throttling('/~1a', 'GET')] },
    /GET \/~1a twice/,
  ],
  ['all methods of one path', { MethodSettings: [throttling('/~1a', '*')] }, /MethodSettings for \* \/~1a/],
  ['a path that is not encoded', { MethodSettings: [throttling('/a/b', 'GET')] }, /MethodSettings for GET \/a\/b/],
])('a stage with %s is refused by name', async (_what, properties, message) => {
  await expect(put('Stage', { StageName: 'v1', DeploymentId: 'd', ...properties })).rejects.toThrow(message);
});

function log(Format: string) {
  return { AccessLogSetting: { DestinationArn: 'arn:aws:logs:eu-west-1:000000000000:log-group:access', Format } };
}

function throttling(ResourcePath: string, HttpMethod: string) {
  return { ResourcePath, HttpMethod, ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 };
}

test('a second stage and a second API are refused', async () => {
  await put('Stage', { StageName: 'v1', DeploymentId: 'd' });
  await expect(put('Stage', { StageName: 'v2', DeploymentId: 'd' })).rejects.toThrow(/second stage \(v2\)/);
  await world.provision('AWS::ApiGateway::RestApi', 'Second', REGIONAL);
  await expect(service.listen(0)).rejects.toThrow(/one REST API/);
});

test('the management API is refused by name', async () => {
  const refusal = service.handle({} as never, 'GET /restapis');
  await expect(refusal).rejects.toMatchObject({ status: 501, message: expect.stringContaining('GET /restapis') });
});
