import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { AccessLogFormat, LambdaIntegration, LogGroupLogDestination, ResponseTransferMode } from 'aws-cdk-lib/aws-apigateway';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Duration, type Stack } from 'aws-cdk-lib/core';
import { ACCESS_LOG_FIELDS } from '../../lib/api/access-log.ts';
import { AccessLog } from '../../local/api-gateway/access-log.ts';
import { SCOPE, type ServedApi, serveApi } from './api-gateway-support.ts';

let api: ServedApi;

beforeAll(async () => {
  const deployOptions = { stageName: 'v1', accessLogFormat: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_FIELDS)) };
  api = await serveApi(
    ({ root, lambda, integration, cognitoAuthorizer }) => {
      const guarded = { authorizer: cognitoAuthorizer(), authorizationScopes: [SCOPE] };
      root.addResource('things').addResource('{thing_id}').addMethod('GET', integration, guarded);
      root.addResource('slow').addMethod('POST', new LambdaIntegration(lambda, { timeout: Duration.seconds(3) }));
      const streaming = new LambdaIntegration(lambda, { responseTransferMode: ResponseTransferMode.STREAM });
      root.addResource('stream').addMethod('GET', streaming);
      root.addResource('open', { defaultCorsPreflightOptions: { allowOrigins: ['*'] } });
    },
    (stack: Stack) => ({
      deployOptions: { ...deployOptions, accessLogDestination: new LogGroupLogDestination(new LogGroup(stack, 'Log')) },
    }),
  );
  api.world.clock.freeze();
});
beforeEach(() => api.reset());
afterAll(() => api.close());

async function lastLine(): Promise<Record<string, string>> {
  // It is written when the answer has left, which a client may hear before.
  for (let turns = 0; api.logLines.length === 0 && turns < 1000; turns += 1) await turn();
  expect(api.logLines).toHaveLength(1);
  return JSON.parse(api.logLines[0]?.message ?? '');
}

const access = { headers: { authorization: 'Bearer access', 'user-agent': 'an "agent"' } };

describe('the access log', () => {
  test('tells of a request that a function answered, and nothing that the client worded', async () => {
    api.fn.handler = () => {
      api.world.clock.advance(120);
      return { statusCode: 201, body: 'ünder way' };
    };
    const { headers } = await api.send('/things/secret-id?question=secret', { ...access, body: 'secret body' });
    expect(await lastLine()).toEqual({
      request_id: headers['x-amzn-requestid'],
      extended_request_id: headers['x-amz-apigw-id'],
      trace_id: '-',
      time: String(api.world.clock.now() - 120),
      ip: '127.0.0.1',
      method: 'GET',
      route: '/things/{thing_id}',
      protocol: 'HTTP/1.1',
      status: '201',
      response_bytes: '10',
      latency_ms: '120',
      integration_status: '201',
      integration_latency_ms: '120',
      integration_error: '-',
      error_type: '-',
      authorizer_status: '200',
      authorizer_error: '-',
      waf_response: '-',
    });
    expect(api.logLines[0]?.message).not.toMatch(/secret|Bearer|agent|u-1/);
    expect(api.logLines[0]).toMatchObject({ group: expect.stringContaining('Log'), at: api.world.clock.now() });
  });

  test.each([
    ['an unknown route', '/nothing', {}, { status: '403', route: '-', error_type: 'MISSING_AUTHENTICATION_TOKEN', authorizer_status: '-' }],
    [
      'an unknown token',
      '/things/1',
      { headers: { authorization: 'x' } },
      { status: '401', error_type: 'UNAUTHORIZED', authorizer_error: 'Unauthorized' },
    ],
    [
      'an expired token',
      '/things/1',
      { headers: { authorization: 'expired' } },
      { authorizer_status: '401', authorizer_error: 'The incoming token has expired', integration_status: '-' },
    ],
    ['a preflight', '/open', { method: 'OPTIONS' }, { status: '204', method: 'OPTIONS', response_bytes: '0', integration_status: '-' }],
  ])('tells of %s', async (_what, target, request, fields) => {
    await api.send(target, request);
    expect(await lastLine()).toMatchObject(fields);
  });

  test('tells of a function that fails, and of one that takes too long', async () => {
    api.fn.error = 'Unhandled';
    await api.send('/things/1', access);
    expect(await lastLine()).toMatchObject({ status: '502', error_type: 'DEFAULT_5XX', integration_error: 'Internal server error' });
    api.reset();
    const started = Promise.withResolvers<void>();
    api.fn.handler = () => {
      started.resolve();
      return new Promise(() => undefined);
    };
    const late = api.send('/slow', { method: 'POST' });
    await started.promise;
    await turn();
    api.world.clock.advance(3_000);
    await late;
    expect(await lastLine()).toMatchObject({
      status: '504',
      error_type: 'INTEGRATION_TIMEOUT',
      integration_error: 'Endpoint request timed out',
      integration_latency_ms: '3000',
    });
  });

  test('tells of a stream when it has ended, with all that was sent', async () => {
    const more = new Readable({ read: () => undefined });
    more.push(`{"statusCode":200}${'\0'.repeat(8)}first, `);
    api.fn.stream = () => more;
    const answer = api.send('/stream');
    for (let turns = 0; api.fn.invocations === 0 && turns < 1000; turns += 1) await turn();
    expect(api.logLines).toEqual([]);
    api.world.clock.advance(4_000);
    more.push('second');
    more.push(null);
    expect((await answer).body.toString()).toBe('first, second');
    expect(await lastLine()).toMatchObject({ status: '200', response_bytes: '13', latency_ms: '4000', integration_latency_ms: '0' });
  });
});

test('a value that is written beside text is told from it', () => {
  const lines: string[] = [];
  const log = new AccessLog('[$context.status] $context.httpMethod/$context.requestId.', { write: (_at, line) => lines.push(line) });
  const context = { httpMethod: 'GET', requestId: 'r' } as never;
  log.write({ context, status: 200, responseBytes: 0, latencyMs: 0 }, 0);
  expect(lines).toEqual(['[200] GET/r.']);
});
