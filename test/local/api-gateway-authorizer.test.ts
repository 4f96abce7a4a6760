import { JsonSchemaType } from 'aws-cdk-lib/aws-apigateway';
import { SCOPE, type ServedApi, serveApi } from './api-gateway-support.ts';

let api: ServedApi;

beforeAll(async () => {
  api = await serveApi(({ root, integration, restApi, cognitoAuthorizer }) => {
    const authorizer = cognitoAuthorizer();
    root.addResource('profile').addMethod('GET', integration, { authorizer });
    root.addResource('query').addMethod('POST', integration, {
      authorizer,
      authorizationScopes: [SCOPE, 'manuel/query'],
      requestModels: { 'application/json': restApi.addModel('QueryModel', { schema: { type: JsonSchemaType.OBJECT } }) },
      requestValidatorOptions: { validateRequestBody: true },
    });
  });
});
beforeEach(() => api.reset());
afterAll(() => api.close());

describe('the authorizer', () => {
  const query = (authorization: string | string[] = []) =>
    api.send('/query', { method: 'POST', headers: { Authorization: authorization }, body: '{"question":"q","lang":"en"}' });

  test.each(['access', 'Bearer access', 'bearer access'])('lets "%s" in, with the claims as text', async (authorization) => {
    const { status, json } = await query(authorization);
    expect(status).toBe(200);
    expect(json.requestContext.authorizer).toEqual({
      claims: {
        token_use: 'access',
        scope: `openid ${SCOPE}`,
        sub: 'u-1',
        auth_time: '1795168800',
        iat: 'Fri Nov 20 10:00:00 UTC 2026',
        exp: 'Fri Nov 20 11:00:00 UTC 2026',
        'cognito:groups': 'admins,users',
        email_verified: 'true',
        address: '{"formatted":"x"}',
      },
    });
    expect(json.headers.Authorization).toBe(authorization);
  });

  test.each([
    ['no token', undefined, 'Unauthorized'],
    ['an empty one', 'Bearer ', 'Unauthorized'],
    ['a forged one', 'Bearer forged', 'Unauthorized'],
    ['an expired one', 'Bearer expired', 'The incoming token has expired'],
    ['an ID token where scopes are asked for', 'Bearer id', 'Unauthorized'],
    ['an access token without the scope', 'Bearer narrow', 'Unauthorized'],
    ['two tokens', ['Bearer access', 'Bearer forged'], 'Unauthorized'],
  ])('keeps out %s', async (_what, authorization, message) => {
    const { status, json, headers } = await query(authorization);
    expect({ status, json }).toEqual({ status: 401, json: { message } });
    expect(headers['x-amzn-errortype']).toBe('UnauthorizedException');
    expect(api.reports).toEqual([]);
    expect(api.fn.invocations).toBe(0);
  });

  test('wants an ID token where no scope is asked for', async () => {
    expect((await api.send('/profile', { headers: { authorization: 'id' } })).status).toBe(200);
    expect((await api.send('/profile', { headers: { authorization: 'access' } })).status).toBe(401);
  });

  test('comes before validation', async () => {
    expect((await api.send('/query', { method: 'POST', body: 'nonsense' })).status).toBe(401);
  });
});
