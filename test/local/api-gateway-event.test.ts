import { ACCOUNT, type ServedApi, serveApi } from './api-gateway-support.ts';

let api: ServedApi;

beforeAll(async () => {
  api = await serveApi(
    ({ root, integration }) => {
      root.addMethod('GET', integration);
      const things = root.addResource('things');
      things.addMethod('POST', integration);
      things.addResource('{thing_id}').addMethod('GET', integration);
    },
    { binaryMediaTypes: ['audio/*', 'application~1pdf'], deployOptions: { stageName: 'v1', variables: { colour: 'blue' } } },
  );
});
beforeEach(() => api.reset());
afterAll(() => api.close());

describe('the event', () => {
  test('is what a function is given on AWS', async () => {
    const { json, headers } = await api.send('/v1/things/42/?b=2&a=1&a=%C3%A9+x&flag&a;c=3', {
      headers: {
        Host: 'api.example:8080',
        'X-CaSe': 'Kept',
        'user-agent': 'tester',
        'x-two': ['one', 'two'],
        'X-Forwarded-For': '203.0.113.9',
        TE: 'trailers',
        Connection: 'close',
      },
    });
    expect(json).toEqual({
      resource: '/things/{thing_id}',
      path: '/things/42/',
      httpMethod: 'GET',
      headers: {
        Host: 'api.example:8080',
        'X-CaSe': 'Kept',
        'User-Agent': 'tester',
        'x-two': 'two',
        'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
        'X-Forwarded-For': '203.0.113.9, 127.0.0.1',
        'X-Forwarded-Port': new URL(api.url).port,
        'X-Forwarded-Proto': 'http',
      },
      multiValueHeaders: expect.objectContaining({
        'x-two': ['one', 'two'],
        'X-CaSe': ['Kept'],
        'X-Forwarded-For': ['203.0.113.9, 127.0.0.1'],
      }),
      queryStringParameters: { b: '2', a: '', flag: '', c: '3' },
      multiValueQueryStringParameters: { b: ['2'], a: ['1', 'é x', ''], flag: [''], c: ['3'] },
      pathParameters: { thing_id: '42' },
      stageVariables: { colour: 'blue' },
      requestContext: {
        accountId: ACCOUNT,
        apiId: expect.stringMatching(/^[a-z0-9]{10}$/),
        deploymentId: expect.stringMatching(/^[a-z0-9]{6}$/),
        domainName: 'api.example:8080',
        domainPrefix: 'api',
        extendedRequestId: headers['x-amz-apigw-id'],
        httpMethod: 'GET',
        identity: {
          accessKey: null,
          accountId: null,
          caller: null,
          cognitoAuthenticationProvider: null,
          cognitoAuthenticationType: null,
          cognitoIdentityId: null,
          cognitoIdentityPoolId: null,
          principalOrgId: null,
          sourceIp: '127.0.0.1',
          user: null,
          userAgent: 'tester',
          userArn: null,
        },
        path: '/v1/things/42/',
        protocol: 'HTTP/1.1',
        requestId: headers['x-amzn-requestid'],
        requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        requestTimeEpoch: expect.any(Number),
        resourceId: expect.stringMatching(/^[a-z0-9]{6}$/),
        resourcePath: '/things/{thing_id}',
        stage: 'v1',
      },
      body: null,
      isBase64Encoded: false,
    });
  });

  test('has nulls where there is nothing', async () => {
    const { json } = await api.send('/?');
    expect(json).toMatchObject({
      path: '/',
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
      body: null,
    });
    expect(json.requestContext.path).toBe('/v1/');
    expect(json.requestContext).not.toHaveProperty('authorizer');
  });

  test('treats names that matter to JavaScript as plain names', async () => {
    const { json } = await api.send('/?__proto__=a&constructor=b', { headers: { constructor: 'y' } });
    expect(Object.entries(json.queryStringParameters)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect(json.multiValueHeaders).toMatchObject({ constructor: ['y'] });
  });

  test('continues the trace of the client, and only a valid one', async () => {
    const root = 'Root=1-5759e988-bd862e3fe1be46a994272793';
    const { json, headers } = await api.send('/', { headers: { 'x-amzn-trace-id': `Self=1-2-3;${root};Sampled=1` } });
    expect(json.headers['X-Amzn-Trace-Id']).toBe(root);
    expect(headers['x-amzn-trace-id']).toMatch(new RegExp(`^${root};Parent=[0-9a-f]{16};Sampled=0$`));
    const forged = await api.send('/', { headers: { 'x-amzn-trace-id': 'Root=evil' } });
    expect(forged.json.headers['X-Amzn-Trace-Id']).not.toContain('evil');
  });

  test('holds a binary body in base64, any other as text', async () => {
    const bytes = Buffer.from([0, 255, 16, 128]);
    const post = (contentType: string, body: Buffer) =>
      api.send('/things', { method: 'POST', headers: { 'content-type': contentType }, body });
    expect((await post('audio/mp4; codecs=mp4a', bytes)).json).toMatchObject({ body: bytes.toString('base64'), isBase64Encoded: true });
    expect((await post('Application/PDF', bytes)).json).toMatchObject({ isBase64Encoded: true });
    expect((await post('text/plain', Buffer.from('grüße'))).json).toMatchObject({ body: 'grüße', isBase64Encoded: false });
  });
});
