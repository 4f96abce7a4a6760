import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { Template } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { App, Duration, Stack } from 'aws-cdk-lib/core';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { ApiGatewayService } from '../../local/api-gateway/api-gateway.service.ts';
import { AwsError } from '../../local/platform/call.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const REGION = 'eu-west-1';
const ACCOUNT = '000000000000';
const SCOPE = 'aws.cognito.signin.user.admin';
const PROBLEM = '{"code":"$context.error.responseType","detail":$context.error.messageString,"request_id":"$context.requestId"}';

type Handler = (event: APIGatewayProxyEvent) => unknown;

/** Answers with the event, so that a test can look at what a function is given. */
const echo: Handler = (event) => ({ statusCode: 200, body: JSON.stringify(event) });

let handler: Handler = echo;
let functionError: string | undefined;
let invocations = 0;
const reports: string[] = [];
/** What the user pool knows: token → claims. */
const tokens = new Map<string, Record<string, unknown>>([
  [
    'access',
    {
      token_use: 'access',
      scope: `openid ${SCOPE}`,
      sub: 'u-1',
      auth_time: 1_795_168_800,
      iat: 1_795_168_800,
      exp: Date.UTC(2026, 10, 20, 11) / 1000,
      'cognito:groups': ['admins', 'users'],
      email_verified: true,
      address: { formatted: 'x' },
    },
  ],
  ['narrow', { token_use: 'access', scope: 'openid profile', sub: 'u-1' }],
  ['id', { token_use: 'id', scope: SCOPE, sub: 'u-1' }],
]);

interface ServedApi {
  readonly url: string;
  readonly world: TestFrontDoor;
  close(): Promise<void>;
}

interface Blueprint {
  readonly api: apigateway.RestApi;
  readonly integration: apigateway.LambdaIntegration;
  readonly stack: Stack;
  readonly fn: LambdaFunction;
}

/** Synthesizes a RestApi, provisions what CDK wrote, and serves it. */
async function serve(build: (blueprint: Blueprint) => void, options: apigateway.RestApiProps = {}): Promise<ServedApi> {
  const app = new App({ builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Test', { env: { account: ACCOUNT, region: REGION } });
  const fn = new LambdaFunction(stack, 'Fn', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('-') });
  const api = new apigateway.RestApi(stack, 'Api', {
    endpointTypes: [apigateway.EndpointType.REGIONAL],
    cloudWatchRole: true,
    deployOptions: { stageName: 'v1' },
    ...options,
  });
  build({ api, fn, stack, integration: new apigateway.LambdaIntegration(fn) });

  let service: ApiGatewayService | undefined;
  const world = await openFrontDoor(({ clock }) => {
    service = new ApiGatewayService({
      clock,
      region: REGION,
      report: (line) => reports.push(line),
      functions: {
        invoke: async (functionArn, payload) => {
          expect(functionArn).toMatch(/^arn:aws:lambda:eu-west-1:000000000000:function:Fn/);
          invocations += 1;
          const answer = await handler(JSON.parse(payload));
          const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
          return { payload: Buffer.from(text ?? 'null'), ...(functionError === undefined ? {} : { functionError }) };
        },
      },
      authorizers: {
        verifyToken: async (userPoolArn, token) => {
          expect(userPoolArn).toMatch(/^arn:aws:cognito-idp:eu-west-1:000000000000:userpool\/Pool/);
          if (token === 'expired') throw Object.assign(new Error('"exp" claim timestamp check failed'), { code: 'ERR_JWT_EXPIRED' });
          const claims = tokens.get(token);
          if (!claims) throw new AwsError('NotAuthorizedException', 'Invalid token');
          return claims;
        },
      },
    });
    return [service];
  });
  try {
    await provisionAll(world, Template.fromStack(stack).toJSON()['Resources']);
    return { url: (await service?.listen(0)) ?? '', world, close: () => world.close() };
  } catch (error) {
    await world.close();
    throw error;
  }
}

type Resources = Record<string, { Type: string; Properties?: Record<string, unknown>; DependsOn?: string[] }>;

/** Creates the API's resources in the order of their references; other types get names such as CloudFormation would give. */
async function provisionAll(world: TestFrontDoor, resources: Resources): Promise<void> {
  const created = new Map<string, Promise<{ ref: string; attributes?: Readonly<Record<string, unknown>> }>>();
  const create = (logicalId: string) => {
    const known = created.get(logicalId) ?? make(logicalId);
    created.set(logicalId, known);
    return known;
  };
  const make = async (logicalId: string) => {
    const resource = resources[logicalId];
    if (!resource) throw new Error(`the template has no ${logicalId}`);
    if (resource.Type === 'AWS::Lambda::Function')
      return { ref: logicalId, attributes: { Arn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${logicalId}` } };
    if (resource.Type === 'AWS::Cognito::UserPool')
      return { ref: logicalId, attributes: { Arn: `arn:aws:cognito-idp:${REGION}:${ACCOUNT}:userpool/${logicalId}` } };
    if (!resource.Type.startsWith('AWS::ApiGateway::')) return { ref: logicalId, attributes: { Arn: `arn:aws:other:::${logicalId}` } };
    for (const dependency of resource.DependsOn ?? []) await create(dependency);
    return world.provision(resource.Type, logicalId, (await resolve(resource.Properties ?? {})) as Record<string, unknown>);
  };
  const resolve = async (value: unknown): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map(resolve));
    if (typeof value !== 'object' || value === null) return value;
    const {
      Ref: ref,
      'Fn::GetAtt': getAtt,
      'Fn::Join': join,
    } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string]; 'Fn::Join'?: [string, unknown[]] };
    if (ref === 'AWS::Partition') return 'aws';
    if (ref) return (await create(ref)).ref;
    if (getAtt) return (await create(getAtt[0])).attributes?.[getAtt[1]];
    if (join) return ((await resolve(join[1])) as string[]).join(join[0]);
    return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([key, member]) => [key, await resolve(member)])));
  };
  for (const logicalId of Object.keys(resources)) await create(logicalId);
}

interface RawReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly body: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  readonly json: any;
}

/** A request that keeps its path and its headers' case as they are, which fetch does not. */
async function send(
  url: string,
  target: string,
  options: { method?: string; headers?: http.OutgoingHttpHeaders; body?: string | Buffer } = {},
): Promise<RawReply> {
  const length =
    options.body === undefined || options.headers?.['transfer-encoding'] ? {} : { 'content-length': Buffer.byteLength(options.body) };
  const headers = { ...length, ...options.headers };
  const request = http.request(url, { path: target, method: options.method ?? 'GET', headers, agent: false });
  request.end(options.body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const body = Buffer.concat(await response.toArray());
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    body,
    get json() {
      return JSON.parse(body.toString('utf8'));
    },
  };
}

beforeEach(() => {
  handler = echo;
  functionError = undefined;
  invocations = 0;
  reports.length = 0;
});

describe('an API with AWS defaults', () => {
  let served: ServedApi;
  const call: (target: string, options?: Parameters<typeof send>[2]) => Promise<RawReply> = (target, options) =>
    send(served.url, target, options);

  beforeAll(async () => {
    served = await serve(
      ({ api, integration, stack, fn }) => {
        api.root.addMethod('GET', integration);
        const things = api.root.addResource('things', {
          defaultCorsPreflightOptions: {
            allowOrigins: ['https://a.example', 'https://b.example', 'https://c.example'],
            allowCredentials: true,
            maxAge: Duration.hours(1),
            exposeHeaders: ['Location'],
          },
        });
        things.addMethod('POST', integration);
        things.addResource('list').addMethod('GET', integration);
        const thing = things.addResource('{thing_id}');
        thing.addMethod('GET', integration);
        thing.addResource('parts').addResource('{part}').addMethod('GET', integration);
        things.addResource('{rest+}').addMethod('DELETE', integration);
        api.root.addResource('files').addProxy({ defaultIntegration: integration });
        api.root.addResource('open', { defaultCorsPreflightOptions: { allowOrigins: ['*'], statusCode: 200 } });
        api.root.addResource('slow').addMethod('GET', new apigateway.LambdaIntegration(fn, { timeout: Duration.seconds(3) }));
        const authorizer = new apigateway.CognitoUserPoolsAuthorizer(stack, 'Authorizer', {
          cognitoUserPools: [new UserPool(stack, 'Pool')],
          resultsCacheTtl: Duration.seconds(0),
        });
        api.root.addResource('profile').addMethod('GET', integration, { authorizer });
        api.root.addResource('query').addMethod('POST', integration, {
          authorizer,
          authorizationScopes: [SCOPE, 'manuel/query'],
          requestModels: {
            'application/json': api.addModel('QueryModel', {
              contentType: 'application/json',
              schema: {
                schema: apigateway.JsonSchemaVersion.DRAFT4,
                type: apigateway.JsonSchemaType.OBJECT,
                required: ['question', 'lang'],
                properties: { question: { type: apigateway.JsonSchemaType.STRING }, lang: { type: apigateway.JsonSchemaType.STRING } },
              },
            }),
          },
          requestValidatorOptions: { validateRequestBody: true },
        });
        api.root
          .addResource('search')
          .addResource('{kind}')
          .addMethod('GET', integration, {
            requestParameters: {
              'method.request.querystring.q': true,
              'method.request.header.X-Client': true,
              'method.request.path.kind': true,
              'method.request.querystring.page': false,
            },
            requestValidator: api.addRequestValidator('Parameters', { validateRequestParameters: true }),
          });
      },
      { binaryMediaTypes: ['audio/*', 'application~1pdf'], deployOptions: { stageName: 'v1', variables: { colour: 'blue' } } },
    );
  });
  afterAll(() => served.close());

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
      const { status, json } = await call(target, { method });
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
      const { status, json, headers } = await call(target, { method });
      expect({ status, json }).toEqual({ status: 403, json: { message: 'Missing Authentication Token' } });
      expect(headers['x-amzn-errortype']).toBe('MissingAuthenticationTokenException');
      expect(invocations).toBe(0);
    });

    test('an unknown route with a bearer token is taken for a bad signature', async () => {
      const { status, json, headers } = await call('/nothing', { headers: { authorization: 'Bearer access' } });
      expect(status).toBe(403);
      expect(json.message).toMatch(/^Invalid key=value pair \(missing equal-sign\) in Authorization header .*: '[\w+/]{43}='\.$/);
      expect(json.message).not.toContain('access');
      expect(headers['x-amzn-errortype']).toBe('IncompleteSignatureException');
    });
  });

  describe('the event', () => {
    test('is what a function is given on AWS', async () => {
      const { json, headers } = await call('/v1/things/42/?b=2&a=1&a=%C3%A9+x&flag&a;c=3', {
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
          'X-Forwarded-Port': new URL(served.url).port,
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
      const { json } = await call('/?');
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
      const { json } = await call('/?__proto__=a&constructor=b', { headers: { constructor: 'y' } });
      expect(Object.entries(json.queryStringParameters)).toEqual([
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ]);
      expect(json.multiValueHeaders).toMatchObject({ constructor: ['y'] });
    });

    test('continues the trace of the client, and only a valid one', async () => {
      const root = 'Root=1-5759e988-bd862e3fe1be46a994272793';
      const { json, headers } = await call('/', { headers: { 'x-amzn-trace-id': `Self=1-2-3;${root};Sampled=1` } });
      expect(json.headers['X-Amzn-Trace-Id']).toBe(root);
      expect(headers['x-amzn-trace-id']).toMatch(new RegExp(`^${root};Parent=[0-9a-f]{16};Sampled=0$`));
      const forged = await call('/', { headers: { 'x-amzn-trace-id': 'Root=evil' } });
      expect(forged.json.headers['X-Amzn-Trace-Id']).not.toContain('evil');
    });

    test('holds a binary body in base64, any other as text', async () => {
      const bytes = Buffer.from([0, 255, 16, 128]);
      const post = (contentType: string, body: Buffer) =>
        call('/things', { method: 'POST', headers: { 'content-type': contentType }, body });
      expect((await post('audio/mp4; codecs=mp4a', bytes)).json).toMatchObject({ body: bytes.toString('base64'), isBase64Encoded: true });
      expect((await post('Application/PDF', bytes)).json).toMatchObject({ isBase64Encoded: true });
      expect((await post('text/plain', Buffer.from('grüße'))).json).toMatchObject({ body: 'grüße', isBase64Encoded: false });
    });
  });

  describe('the answer', () => {
    test('carries status, headers and body of the function, and the gateway its own headers', async () => {
      handler = () => ({ statusCode: '201', headers: { Location: '/x', 'X-Flag': true }, body: 'made' });
      const reply = await call('/');
      expect(reply).toMatchObject({ status: 201, body: Buffer.from('made') });
      expect(reply.headers).toMatchObject({
        location: '/x',
        'x-flag': 'true',
        'content-type': 'application/json',
        'x-amzn-requestid': expect.stringMatching(/^[0-9a-f-]{36}$/),
        'x-amz-apigw-id': expect.stringMatching(/^[\w+/]{15}=$/),
        'x-amzn-trace-id': expect.stringContaining('Root=1-'),
      });
    });

    test('merges single and multiple values of a header', async () => {
      handler = () => ({
        headers: { 'set-cookie': 'a=1', 'X-Same': 'v', 'content-type': 'text/html' },
        multiValueHeaders: { 'Set-Cookie': ['b=2', 'c=3'], 'x-same': ['v'] },
      });
      const { status, headers, rawHeaders } = await call('/');
      expect(status).toBe(200);
      expect(headers['set-cookie']).toEqual(['b=2', 'c=3', 'a=1']);
      expect(headers).toMatchObject({ 'x-same': 'v', 'content-type': 'text/html' });
      expect(rawHeaders.filter((name) => name === 'Set-Cookie')).toHaveLength(3);
    });

    test('keeps the headers that are the gateway’s', async () => {
      handler = () => ({
        statusCode: 401,
        headers: {
          Server: 's',
          Date: 'd',
          Connection: 'c',
          'Content-Length': '9',
          'WWW-Authenticate': 'Bearer',
          'Transfer-Encoding': 'chunked',
          'x-amzn-RequestId': 'mine',
        },
        body: 'four',
      });
      const { headers, body } = await call('/');
      expect(headers).toMatchObject({
        'x-amzn-remapped-server': 's',
        'x-amzn-remapped-date': 'd',
        'x-amzn-remapped-connection': 'c',
        'x-amzn-remapped-content-length': '9',
        'x-amzn-remapped-www-authenticate': 'Bearer',
        'content-length': '4',
      });
      expect(headers).not.toHaveProperty('www-authenticate');
      expect(headers['x-amzn-requestid']).not.toContain('mine');
      expect(body.toString()).toBe('four');
    });

    test('is decoded only for a client that accepts its type', async () => {
      const bytes = Buffer.from([1, 0, 255]);
      handler = () => ({ headers: { 'content-type': 'audio/mpeg' }, body: bytes.toString('base64'), isBase64Encoded: true });
      expect((await call('/', { headers: { accept: 'audio/mpeg, */*' } })).body).toEqual(bytes);
      for (const accept of ['*/*', 'text/html, audio/mpeg', 'image/png']) {
        expect((await call('/', { headers: { accept } })).body.toString()).toBe(bytes.toString('base64'));
      }
      handler = () => ({ body: 'not base64!', isBase64Encoded: true });
      expect((await call('/', { headers: { accept: 'audio/mpeg' } })).status).toBe(500);
    });

    test.each<[string, unknown]>([
      ['text', '"hello"'],
      ['no JSON', 'oops'],
      ['nothing', 'null'],
      ['a list', []],
      ['another member', { statusCode: 200, message: 'hi' }],
      ['an object as body', { statusCode: 200, body: { a: 1 } }],
      ['a status that is none', { statusCode: 'ok' }],
      ['a status out of range', { statusCode: 99 }],
      ['an object as header', { headers: { a: {} } }],
      ['a text as list of values', { multiValueHeaders: { a: 'v' } }],
      ['a header that would split the response', { headers: { a: 'b\r\nset-cookie: c' } }],
      ['a header name that is none', { headers: { 'a b': 'c' } }],
    ])('of %s is a 502', async (_what, answer) => {
      handler = () => answer;
      const { status, json, headers } = await call('/');
      expect({ status, json }).toEqual({ status: 502, json: { message: 'Internal server error' } });
      expect(headers['x-amzn-errortype']).toBe('InternalServerErrorException');
      expect(headers).not.toHaveProperty('x-amzn-trace-id');
      expect(reports).toEqual([expect.stringContaining('GET / answered 502: malformed Lambda proxy response')]);
    });

    test('of a function that failed is a 502, and the reason stays inside', async () => {
      functionError = 'Unhandled';
      handler = () => ({ errorType: 'Error', errorMessage: 'secret detail' });
      const { status, json } = await call('/');
      expect({ status, json }).toEqual({ status: 502, json: { message: 'Internal server error' } });
      expect(reports).toEqual([expect.stringContaining('secret detail')]);
    });

    test('of a function that could not be run is a 5xx', async () => {
      handler = () => {
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
      };
      expect((await call('/')).status).toBe(502);
      handler = () => {
        throw new AwsError('AccessDeniedException', 'no permission', 403);
      };
      expect((await call('/')).status).toBe(500);
    });
  });

  describe('limits', () => {
    test('an integration that takes too long is a 504', async () => {
      const started = Promise.withResolvers<void>();
      handler = () => {
        started.resolve();
        return new Promise(() => undefined);
      };
      const pending = call('/slow');
      await started.promise;
      served.world.clock.advance(2_900);
      const early = await Promise.race([pending, new Promise((resolve) => setTimeout(resolve, 20, 'waiting'))]);
      expect(early).toBe('waiting');
      served.world.clock.advance(200);
      const { status, json } = await pending;
      expect({ status, json }).toEqual({ status: 504, json: { message: 'Endpoint request timed out' } });
    });

    test('a body over 10 MB is refused before the API is looked at', async () => {
      const { status, headers, body } = await call('/things', { method: 'POST', body: Buffer.alloc(10_485_761) });
      expect(status).toBe(413);
      expect(headers['content-type']).toBe('text/plain');
      expect(body.toString()).toBe('HTTP content length exceeded 10485760 bytes.');
      const chunked = await call('/things', {
        method: 'POST',
        headers: { 'transfer-encoding': 'chunked' },
        body: Buffer.alloc(40_000_000),
      });
      expect(chunked.status).toBe(413);
      expect(invocations).toBe(0);
    });

    test('an event over 6 MB is too much for Lambda', async () => {
      const { status, json } = await call('/things', { method: 'POST', body: Buffer.alloc(6 * 1024 * 1024, 'a') });
      expect({ status, json }).toEqual({ status: 413, json: { message: 'Request Too Long' } });
    });

    test('a client that hangs up leaves the gateway well', async () => {
      const started = Promise.withResolvers<void>();
      const finish = Promise.withResolvers<unknown>();
      handler = () => {
        started.resolve();
        return finish.promise;
      };
      const request = http.get(`${served.url}/`, { agent: false }).on('error', () => undefined);
      await started.promise;
      request.destroy();
      await new Promise((resolve) => setTimeout(resolve, 20));
      finish.reject(new Error('late'));
      const half = net.connect(Number(new URL(served.url).port), '127.0.0.1');
      half.write('POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab');
      half.destroy();
      handler = echo;
      expect((await call('/')).status).toBe(200);
      expect(served.world.internalErrors).toEqual([]);
    });

    test('a request with two meanings is refused', async () => {
      const socket = net.connect(Number(new URL(served.url).port), '127.0.0.1');
      socket.write(
        'POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /profile HTTP/1.1\r\nHost: x\r\n\r\n',
      );
      const answer = Buffer.concat(await socket.toArray()).toString();
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(invocations).toBe(0);
    });
  });

  describe('CORS preflight', () => {
    test.each([
      ['https://a.example', 'https://a.example'],
      ['https://b.example', 'https://b.example'],
      ['https://c.example', 'https://c.example'],
      ['https://evil.example', 'https://a.example'],
      [undefined, 'https://a.example'],
    ])('from %s allows %s', async (origin, allowed) => {
      const { status, headers, body } = await call('/things', { method: 'OPTIONS', headers: origin ? { Origin: origin } : {} });
      expect(status).toBe(204);
      expect(body).toHaveLength(0);
      expect(headers).toMatchObject({
        'access-control-allow-origin': allowed,
        'access-control-allow-credentials': 'true',
        'access-control-max-age': '3600',
        'access-control-expose-headers': 'Location',
        'access-control-allow-methods': 'OPTIONS,GET,PUT,POST,DELETE,PATCH,HEAD',
        vary: 'Origin',
      });
      expect(headers).not.toHaveProperty('x-amzn-trace-id');
      expect(invocations).toBe(0);
    });

    test('of an open resource allows everyone', async () => {
      const { status, headers } = await call('/open', { method: 'OPTIONS', headers: { origin: 'https://x.example' } });
      expect({ status, allowed: headers['access-control-allow-origin'] }).toEqual({ status: 200, allowed: '*' });
    });

    test('whose content type has no template fails as a mock does', async () => {
      const { status } = await call('/things', { method: 'OPTIONS', headers: { 'content-type': 'text/plain' }, body: 'x' });
      expect(status).toBe(500);
    });
  });

  describe('the authorizer', () => {
    const query = (authorization: string | string[] = []) =>
      call('/query', { method: 'POST', headers: { Authorization: authorization }, body: '{"question":"q","lang":"en"}' });

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
      expect(reports).toEqual([]);
      expect(invocations).toBe(0);
    });

    test('wants an ID token where no scope is asked for', async () => {
      expect((await call('/profile', { headers: { authorization: 'id' } })).status).toBe(200);
      expect((await call('/profile', { headers: { authorization: 'access' } })).status).toBe(401);
    });

    test('comes before validation', async () => {
      expect((await call('/query', { method: 'POST', body: 'nonsense' })).status).toBe(401);
    });
  });

  describe('validation', () => {
    const query = (body: string, contentType?: string) =>
      call('/query', {
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
      expect(invocations).toBe(0);
    });

    test('looks only at the content type that has a model', async () => {
      expect((await query('nonsense', 'text/plain')).status).toBe(200);
      expect((await query('{"question":"q","lang":"en","more":1}')).status).toBe(200);
    });

    test('wants required parameters, and not blank', async () => {
      const missing = await call('/search/x?q=');
      expect({ status: missing.status, json: missing.json }).toEqual({
        status: 400,
        json: { message: 'Missing required request parameters: [X-Client, q]' },
      });
      expect((await call('/search/x?q=1', { headers: { 'X-Client': 'a' } })).status).toBe(200);
      expect((await call('/search/x?q=1', { headers: { 'x-client': 'a' } })).status).toBe(400);
    });
  });
});

describe('an API with its own gateway responses', () => {
  let served: ServedApi;

  beforeAll(async () => {
    served = await serve(({ api, integration }) => {
      api.root.addMethod('GET', integration);
      api.root.addResource('body').addMethod('POST', integration, {
        requestModels: {
          'application/json': api.addModel('Model', {
            schema: {
              required: ['b', 'a'],
              type: apigateway.JsonSchemaType.OBJECT,
              additionalProperties: false,
              properties: { a: { type: apigateway.JsonSchemaType.INTEGER }, b: { enum: ['x'] } },
            },
          }),
        },
        requestValidatorOptions: { validateRequestBody: true },
      });
      api.addGatewayResponse('NotFound', {
        type: apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN,
        statusCode: '404',
        templates: {
          'application/problem+json':
            '{"path":"$context.path","agent":"$context.identity.userAgent","q":"$method.request.querystring.q","hash":"#/a"}',
        },
      });
      api.addGatewayResponse('Body', {
        type: apigateway.ResponseType.BAD_REQUEST_BODY,
        responseHeaders: { 'Cache-Control': "'no-store'" },
        templates: {
          'application/problem+json': '{"errors":"$context.error.validationErrorString","text":"$context.error.message"}',
          'text/plain': 'bad: $context.error.message',
        },
      });
      api.addGatewayResponse('Default4', { type: apigateway.ResponseType.DEFAULT_4XX, templates: { 'application/problem+json': PROBLEM } });
      api.addGatewayResponse('Default5', {
        type: apigateway.ResponseType.DEFAULT_5XX,
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
  afterAll(() => served.close());

  test('an unknown route becomes a 404, its values escaped', async () => {
    const { status, headers, json } = await send(served.url, '/nothing?q=%22x%22', { headers: { 'user-agent': 'a "quoted" \\ one' } });
    expect(status).toBe(404);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json).toEqual({ path: '/v1/nothing', agent: 'a "quoted" \\ one', q: '"x"', hash: '#/a' });
  });

  test('a bad body says what is wrong with it', async () => {
    const post = (body: string, headers = {}) => send(served.url, '/body', { method: 'POST', body, headers });
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
    const { status, headers, json } = await send(served.url, '/nothing', { headers: { authorization: 'Bearer x' } });
    expect(status).toBe(403);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json).toEqual({
      code: 'INVALID_SIGNATURE',
      detail: expect.stringContaining('Invalid key=value pair'),
      request_id: headers['x-amzn-requestid'],
    });
  });

  test('a failed function takes the default for 5xx, with mapped headers', async () => {
    functionError = 'Unhandled';
    const { status, headers, json } = await send(served.url, '/?echo=a%0d%0aset-cookie:x', { headers: { Origin: 'https://a.example' } });
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
    handler = () => {
      throw new AwsError('ResourceNotFoundException', 'no such function', 404);
    };
    const { status, headers, json } = await send(served.url, '/');
    expect({ status, code: json.code }).toEqual({ status: 502, code: 'INTEGRATION_FAILURE' });
    expect(headers['x-request-id']).toBe(headers['x-amzn-requestid']);
  });
});
