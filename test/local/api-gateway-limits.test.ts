import http from 'node:http';
import net from 'node:net';
import { LambdaIntegration } from 'aws-cdk-lib/aws-apigateway';
import { Duration } from 'aws-cdk-lib/core';
import { echo, type ServedApi, serveApi } from './api-gateway-support.ts';

let api: ServedApi;

beforeAll(async () => {
  api = await serveApi(({ root, integration, lambda, cognitoAuthorizer }) => {
    root.addMethod('GET', integration);
    root.addResource('things').addMethod('POST', integration);
    root.addResource('slow').addMethod('GET', new LambdaIntegration(lambda, { timeout: Duration.seconds(3) }));
    root.addResource('profile').addMethod('GET', integration, { authorizer: cognitoAuthorizer() });
  });
});
beforeEach(() => api.reset());
afterAll(() => api.close());

describe('limits', () => {
  test('an integration that takes too long is a 504', async () => {
    const started = Promise.withResolvers<void>();
    api.fn.handler = () => {
      started.resolve();
      return new Promise(() => undefined);
    };
    const pending = api.send('/slow');
    await started.promise;
    api.world.clock.advance(2_900);
    const early = await Promise.race([pending, new Promise((resolve) => setTimeout(resolve, 20, 'waiting'))]);
    expect(early).toBe('waiting');
    api.world.clock.advance(200);
    const { status, json } = await pending;
    expect({ status, json }).toEqual({ status: 504, json: { message: 'Endpoint request timed out' } });
  });

  test('a body over 10 MB is refused before the API is looked at', async () => {
    const { status, headers, body } = await api.send('/things', { method: 'POST', body: Buffer.alloc(10_485_761) });
    expect(status).toBe(413);
    expect(headers['content-type']).toBe('text/plain');
    expect(body.toString()).toBe('HTTP content length exceeded 10485760 bytes.');
    const chunked = await api.send('/things', {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
      body: Buffer.alloc(40_000_000),
    });
    expect(chunked.status).toBe(413);
    expect(api.fn.invocations).toBe(0);
  });

  test('an event over 6 MB is too much for Lambda', async () => {
    const { status, json } = await api.send('/things', { method: 'POST', body: Buffer.alloc(6 * 1024 * 1024, 'a') });
    expect({ status, json }).toEqual({ status: 413, json: { message: 'Request Too Long' } });
  });

  test('a client that hangs up leaves the gateway well', async () => {
    const started = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<unknown>();
    api.fn.handler = () => {
      started.resolve();
      return finish.promise;
    };
    const request = http.get(`${api.url}/`, { agent: false }).on('error', () => undefined);
    await started.promise;
    request.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    finish.reject(new Error('late'));
    const half = net.connect(Number(new URL(api.url).port), '127.0.0.1');
    half.write('POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab');
    half.destroy();
    api.fn.handler = echo;
    expect((await api.send('/')).status).toBe(200);
    expect(api.world.internalErrors).toEqual([]);
  });

  test('a request with two meanings is refused', async () => {
    const socket = net.connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.write(
      'POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /profile HTTP/1.1\r\nHost: x\r\n\r\n',
    );
    const answer = Buffer.concat(await socket.toArray()).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(api.fn.invocations).toBe(0);
  });
});
