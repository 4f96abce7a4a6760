import { JsonSchemaType, ResponseType } from 'aws-cdk-lib/aws-apigateway';
import { AwsError } from '../../local/platform/call.ts';
import { type ServedApi, serveApi } from './api-gateway-support.ts';

const PROBLEM = '{"code":"$context.error.responseType","detail":$context.error.messageString,"request_id":"$context.requestId"}';

let api: ServedApi;

beforeAll(async () => {
  api = await serveApi(({ root, restApi, integration }) => {
    root.addMethod('GET', integration);
    root.addResource('body').addMethod('POST', integration, {
      requestModels: {
        'application/json': restApi.addModel('Model', {
          schema: {
            required: ['b', 'a'],
            type: JsonSchemaType.OBJECT,
            additionalProperties: false,
            properties: { a: { type: JsonSchemaType.INTEGER }, b: { enum: ['x'] } },
          },
        }),
      },
      requestValidatorOptions: { validateRequestBody: true },
    });
    restApi.addGatewayResponse('NotFound', {
      type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
      statusCode: '404',
      templates: {
        'application/problem+json':
          '{"path":"$context.path","agent":"$context.identity.userAgent","q":"$method.request.querystring.q","hash":"#/a"}',
      },
    });
    restApi.addGatewayResponse('Body', {
      type: ResponseType.BAD_REQUEST_BODY,
      responseHeaders: { 'Cache-Control': "'no-store'" },
      templates: {
        'application/problem+json': '{"errors":"$context.error.validationErrorString","text":"$context.error.message"}',
        'text/plain': 'bad: $context.error.message',
      },
    });
    restApi.addGatewayResponse('Default4', { type: ResponseType.DEFAULT_4XX, templates: { 'application/problem+json': PROBLEM } });
    restApi.addGatewayResponse('Default5', {
      type: ResponseType.DEFAULT_5XX,
      responseHeaders: {
        'X-Request-Id': 'context.requestId',
        'Access-Control-Allow-Origin': 'method.request.header.Origin',
        'X-Echo': 'method.request.querystring.echo',
        'Strict-Transport-Security': "'max-age=63072000; includeSubDomains'",
        'X-Stage': 'stageVariables.colour',
      },
      templates: { 'application/problem+json': PROBLEM },
    });
  });
});
beforeEach(() => api.reset());
afterAll(() => api.close());

describe('an API with its own gateway responses', () => {
  test('an unknown route becomes a 404, its values escaped', async () => {
    const { status, headers, json } = await api.send('/nothing?q=%22x%22', { headers: { 'user-agent': 'a "quoted" \\ one' } });
    expect(status).toBe(404);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json).toEqual({ path: '/v1/nothing', agent: 'a "quoted" \\ one', q: '"x"', hash: '#/a' });
  });

  test('a bad body says what is wrong with it', async () => {
    const post = (body: string, headers = {}) => api.send('/body', { method: 'POST', body, headers });
    const { status, headers, json } = await post('{"c":1}');
    expect(status).toBe(400);
    expect(headers['cache-control']).toBe('no-store');
    expect(json).toEqual({
      errors:
        '[object has missing required properties (["a","b"]), object instance has properties which are not allowed by the schema: ["c"]]',
      text: 'Invalid request body',
    });
    expect((await post('{"a":"1","b":"y"}')).json.errors).toBe(
      '[instance type (string) does not match any allowed primitive type (allowed: ["integer"]), instance value ("y") not found in enum (possible values: ["x"])]',
    );
    const text = await post('{}', { accept: 'text/plain' });
    expect({ type: text.headers['content-type'], body: text.body.toString() }).toEqual({
      type: 'text/plain',
      body: 'bad: Invalid request body',
    });
  });

  test('what has no response of its own takes the default', async () => {
    const { status, headers, json } = await api.send('/nothing', { headers: { authorization: 'Bearer x' } });
    expect(status).toBe(403);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json).toEqual({
      code: 'INVALID_SIGNATURE',
      detail: expect.stringContaining('Invalid key=value pair'),
      request_id: headers['x-amzn-requestid'],
    });
  });

  test('a failed function takes the default for 5xx, with mapped headers', async () => {
    api.fn.error = 'Unhandled';
    const { status, headers, json } = await api.send('/?echo=a%0d%0aset-cookie:x', { headers: { Origin: 'https://a.example' } });
    expect(status).toBe(502);
    expect(json).toMatchObject({ code: 'DEFAULT_5XX', detail: 'Internal server error' });
    expect(headers).toMatchObject({
      'x-request-id': headers['x-amzn-requestid'],
      'access-control-allow-origin': 'https://a.example',
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
    });
    expect(headers).not.toHaveProperty('x-echo');
    expect(headers).not.toHaveProperty('x-stage');
    expect(headers).not.toHaveProperty('set-cookie');
  });

  test('a function that could not be run takes it too, under its own type', async () => {
    api.fn.handler = () => {
      throw new AwsError('ResourceNotFoundException', 'no such function', 404);
    };
    const { status, headers, json } = await api.send('/');
    expect({ status, code: json.code }).toEqual({ status: 502, code: 'INTEGRATION_FAILURE' });
    expect(headers['x-request-id']).toBe(headers['x-amzn-requestid']);
  });
});
