import { JsonSchemaType, JsonSchemaVersion } from 'aws-cdk-lib/aws-apigateway';
import { SCOPE, type ServedApi, serveApi } from './api-gateway-support.ts';

let api: ServedApi;

beforeAll(async () => {
  api = await serveApi(({ root, integration, restApi, cognitoAuthorizer }) => {
    root.addResource('query').addMethod('POST', integration, {
      authorizer: cognitoAuthorizer(),
      authorizationScopes: [SCOPE],
      requestModels: {
        'application/json': restApi.addModel('QueryModel', {
          contentType: 'application/json',
          schema: {
            schema: JsonSchemaVersion.DRAFT4,
            type: JsonSchemaType.OBJECT,
            required: ['question', 'lang'],
            properties: { question: { type: JsonSchemaType.STRING }, lang: { type: JsonSchemaType.STRING } },
          },
        }),
      },
      requestValidatorOptions: { validateRequestBody: true },
    });
    root
      .addResource('search')
      .addResource('{kind}')
      .addMethod('GET', integration, {
        requestParameters: {
          'method.request.querystring.q': true,
          'method.request.header.X-Client': true,
          'method.request.path.kind': true,
          'method.request.querystring.page': false,
        },
        requestValidator: restApi.addRequestValidator('Parameters', { validateRequestParameters: true }),
      });
  });
});
beforeEach(() => api.reset());
afterAll(() => api.close());

describe('validation', () => {
  const query = (body: string, contentType?: string) =>
    api.send('/query', {
      method: 'POST',
      headers: { authorization: 'access', ...(contentType ? { 'content-type': contentType } : {}) },
      body,
    });

  test.each([
    ['{"question":1}', undefined],
    ['{"question":"q","lang":null}', 'application/json'],
    ['{', 'application/json; charset=utf-8'],
    ['[]', 'APPLICATION/JSON'],
    ['', undefined],
  ])('refuses the body %s (%s)', async (body, contentType) => {
    const { status, json, headers } = await query(body, contentType);
    expect({ status, json }).toEqual({ status: 400, json: { message: 'Invalid request body' } });
    expect(headers['x-amzn-errortype']).toBe('BadRequestException');
    expect(api.fn.invocations).toBe(0);
  });

  test('looks only at the content type that has a model', async () => {
    expect((await query('nonsense', 'text/plain')).status).toBe(200);
    expect((await query('{"question":"q","lang":"en","more":1}')).status).toBe(200);
  });

  test('wants required parameters, and not blank', async () => {
    const missing = await api.send('/search/x?q=');
    expect({ status: missing.status, json: missing.json }).toEqual({
      status: 400,
      json: { message: 'Missing required request parameters: [X-Client, q]' },
    });
    expect((await api.send('/search/x?q=1', { headers: { 'X-Client': 'a' } })).status).toBe(200);
    expect((await api.send('/search/x?q=1', { headers: { 'x-client': 'a' } })).status).toBe(400);
  });
});
