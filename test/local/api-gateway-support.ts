import { once } from 'node:events';
import http from 'node:http';
import { Readable } from 'node:stream';
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
export const ACCOUNT = '000000000000';
export const SCOPE = 'aws.cognito.signin.user.admin';

type Handler = (event: APIGatewayProxyEvent) => unknown;

/** Answers with the event, so that a test can look at what a function is given. */
export const echo: Handler = (event) => ({ statusCode: 200, body: JSON.stringify(event) });

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

/** The function behind every route: a test says how it answers, and sees how often it was asked. */
class FunctionStandIn {
  handler: Handler = echo;
  /** How it answers where the method streams. */
  stream: (event: APIGatewayProxyEvent) => Readable = () => Readable.from([]);
  /** What Lambda calls the failure of a function: `Unhandled`, say. */
  error: string | undefined;
  invocations = 0;

  async invokeStreaming(functionArn: string, payload: string): Promise<{ body: Readable; functionError?: string }> {
    expect(functionArn).toMatch(/^arn:aws:lambda:eu-west-1:000000000000:function:Fn/);
    this.invocations += 1;
    return { body: this.stream(JSON.parse(payload)), ...(this.error === undefined ? {} : { functionError: this.error }) };
  }

  async invoke(functionArn: string, payload: string): Promise<{ payload: Buffer; functionError?: string }> {
    expect(functionArn).toMatch(/^arn:aws:lambda:eu-west-1:000000000000:function:Fn/);
    this.invocations += 1;
    const answer = await this.handler(JSON.parse(payload));
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    return { payload: Buffer.from(text ?? 'null'), ...(this.error === undefined ? {} : { functionError: this.error }) };
  }

  reset(): void {
    this.handler = echo;
    this.stream = () => Readable.from([]);
    this.error = undefined;
    this.invocations = 0;
  }
}

async function verifyToken(userPoolArn: string, token: string): Promise<Record<string, unknown>> {
  expect(userPoolArn).toMatch(/^arn:aws:cognito-idp:eu-west-1:000000000000:userpool\/Pool/);
  if (token === 'expired') throw Object.assign(new Error('"exp" claim timestamp check failed'), { code: 'ERR_JWT_EXPIRED' });
  const claims = tokens.get(token);
  if (!claims) throw new AwsError('NotAuthorizedException', 'Invalid token');
  return claims;
}

/** What a test builds its API from. */
interface Blueprint {
  readonly restApi: apigateway.RestApi;
  readonly root: apigateway.IResource;
  readonly lambda: LambdaFunction;
  readonly integration: apigateway.LambdaIntegration;
  /** An authorizer of the user pool; CDK wants each to be used by a method. */
  cognitoAuthorizer(): apigateway.CognitoUserPoolsAuthorizer;
}

interface LogLine {
  readonly group: string;
  readonly stream: string;
  readonly at: number;
  readonly message: string;
}

export interface ServedApi {
  readonly url: string;
  readonly world: TestFrontDoor;
  readonly fn: FunctionStandIn;
  /** The lines that the gateway wrote for its operator. */
  readonly reports: string[];
  /** What it wrote as its access log. */
  readonly logLines: LogLine[];
  /** A request that keeps its path and its headers' case as they are, which fetch does not. */
  send(target: string, options?: RequestOptions): Promise<RawReply>;
  /** As it was before any request. */
  reset(): void;
  close(): Promise<void>;
}

/** A function where they need other resources of the stack. */
type ApiOptions = apigateway.RestApiProps | ((stack: Stack) => apigateway.RestApiProps);

/** Synthesizes a RestApi, provisions what CDK wrote, and serves it. */
export async function serveApi(build: (blueprint: Blueprint) => void, options: ApiOptions = {}): Promise<ServedApi> {
  const fn = new FunctionStandIn();
  const reports: string[] = [];
  const logLines: LogLine[] = [];
  let service: ApiGatewayService | undefined;
  const world = await openFrontDoor(({ clock }) => {
    service = new ApiGatewayService({
      clock,
      region: REGION,
      measure: () => undefined,
      report: (line) => reports.push(line),
      functions: {
        invokeAs: (_gateway, functionArn, payload) => fn.invoke(functionArn, payload),
        invokeWithResponseStreamAs: (_gateway, functionArn, payload) => fn.invokeStreaming(functionArn, payload),
      },
      authorizers: { verifyToken },
      logs: { openStream: (_writer, group, stream) => ({ write: (at, message) => logLines.push({ group, stream, at, message }) }) },
    });
    return [service];
  });
  try {
    await provisionAll(world, synthesize(build, options));
    const url = (await service?.listen(0)) ?? '';
    return {
      url,
      world,
      fn,
      reports,
      logLines,
      send: (target, request) => send(url, target, request),
      reset: () => {
        fn.reset();
        reports.length = 0;
        logLines.length = 0;
      },
      close: () => world.close(),
    };
  } catch (error) {
    await world.close();
    throw error;
  }
}

type Resources = Record<string, { Type: string; Properties?: Record<string, unknown>; DependsOn?: string[] }>;

function synthesize(build: (blueprint: Blueprint) => void, options: ApiOptions): Resources {
  const app = new App({ builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Test', { env: { account: ACCOUNT, region: REGION } });
  const lambda = new LambdaFunction(stack, 'Fn', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('-') });
  const restApi = new apigateway.RestApi(stack, 'Api', {
    endpointTypes: [apigateway.EndpointType.REGIONAL],
    cloudWatchRole: true,
    deployOptions: { stageName: 'v1' },
    ...(typeof options === 'function' ? options(stack) : options),
  });
  build({
    restApi,
    root: restApi.root,
    lambda,
    integration: new apigateway.LambdaIntegration(lambda),
    cognitoAuthorizer: () =>
      new apigateway.CognitoUserPoolsAuthorizer(stack, 'Authorizer', {
        cognitoUserPools: [new UserPool(stack, 'Pool')],
        resultsCacheTtl: Duration.seconds(0),
      }),
  });
  return Template.fromStack(stack).toJSON()['Resources'];
}

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
    if (resource.Type === 'AWS::Logs::LogGroup')
      return { ref: logicalId, attributes: { Arn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${logicalId}:*` } };
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

interface RequestOptions {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

interface RawReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly body: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  readonly json: any;
}

async function send(url: string, target: string, options: RequestOptions = {}): Promise<RawReply> {
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
