import { type ServedApi, serveApi } from './api-gateway-support.ts';

let api: ServedApi;

beforeAll(async () => {
  api = await serveApi(({ root, integration, cognitoAuthorizer }) => {
    root.addMethod('GET', integration);
    const things = root.addResource('things');
    things.addMethod('POST', integration);
    things.addResource('list').addMethod('GET', integration);
    const thing = things.addResource('{thing_id}');
    thing.addMethod('GET', integration);
    thing.addResource('parts').addResource('{part}').addMethod('GET', integration);
    things.addResource('{rest+}').addMethod('DELETE', integration);
    root.addResource('files').addProxy({ defaultIntegration: integration });
    root.addResource('profile').addMethod('GET', integration, { authorizer: cognitoAuthorizer() });
  });
});
beforeEach(() => api.reset());
afterAll(() => api.close());

describe('routes', () => {
  test.each([
    ['GET', '/', '/', null],
    ['GET', '/v1', '/', null],
    ['GET', '/v1/things/list', '/things/list', null],
    ['GET', '/things/list', '/things/list', null],
    ['GET', '/things/list/', '/things/list', null],
    ['GET', '//things/list', '/things/list', null],
    ['GET', '/things/42', '/things/{thing_id}', { thing_id: '42' }],
    ['GET', '/things/list/parts/7', '/things/{thing_id}/parts/{part}', { thing_id: 'list', part: '7' }],
    ['DELETE', '/things/list', '/things/{rest+}', { rest: 'list' }],
    ['DELETE', '/things/list/a/b/', '/things/{rest+}', { rest: 'list/a/b' }],
    ['PATCH', '/files/a//b', '/files/{proxy+}', { proxy: 'a//b' }],
    ['GET', '/things/a%2Fparts%2F1', '/things/{thing_id}', { thing_id: 'a%2Fparts%2F1' }],
    ['GET', '/files/user/test%2Balias@x.io/test+alias', '/files/{proxy+}', { proxy: 'user/test%2Balias@x.io/test+alias' }],
    ['GET', '/things/__proto__', '/things/{thing_id}', { thing_id: '__proto__' }],
    ['GET', '/things/..', '/things/{thing_id}', { thing_id: '..' }],
  ])('%s %s is served by %s', async (method, target, resource, pathParameters) => {
    const { status, json } = await api.send(target, { method });
    expect(status).toBe(200);
    expect({ resource: json.resource, pathParameters: json.pathParameters }).toEqual({ resource, pathParameters });
  });

  test.each([
    ['GET', '/nothing'],
    ['GET', '/v2/things/list'],
    ['PUT', '/things'],
    ['GET', '/files'],
    ['TRACE', '/files/a'],
    ['GET', '/profile/../things/list'],
    ['GET', '/%70rofile'],
    ['GET', '/things//parts/1'],
    ['GET', '/things%2Flist'],
    ['OPTIONS', '*'],
  ])('%s %s is no route', async (method, target) => {
    const { status, json, headers } = await api.send(target, { method });
    expect({ status, json }).toEqual({ status: 403, json: { message: 'Missing Authentication Token' } });
    expect(headers['x-amzn-errortype']).toBe('MissingAuthenticationTokenException');
    expect(api.fn.invocations).toBe(0);
  });

  test('an unknown route with a bearer token is taken for a bad signature', async () => {
    const { status, json, headers } = await api.send('/nothing', { headers: { authorization: 'Bearer access' } });
    expect(status).toBe(403);
    expect(json.message).toMatch(/^Invalid key=value pair \(missing equal-sign\) in Authorization header .*: '[\w+/]{43}='\.$/);
    expect(json.message).not.toContain('access');
    expect(headers['x-amzn-errortype']).toBe('IncompleteSignatureException');
  });
});
