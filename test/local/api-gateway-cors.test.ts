import { Duration } from 'aws-cdk-lib/core';
import { type ServedApi, serveApi } from './api-gateway-support.ts';

let api: ServedApi;

beforeAll(async () => {
  api = await serveApi(({ root, integration }) => {
    const things = root.addResource('things', {
      defaultCorsPreflightOptions: {
        allowOrigins: ['https://a.example', 'https://b.example', 'https://c.example'],
        allowCredentials: true,
        maxAge: Duration.hours(1),
        exposeHeaders: ['Location'],
      },
    });
    things.addMethod('POST', integration);
    root.addResource('open', { defaultCorsPreflightOptions: { allowOrigins: ['*'], statusCode: 200 } });
  });
});
beforeEach(() => api.reset());
afterAll(() => api.close());

describe('CORS preflight', () => {
  test.each([
    ['https://a.example', 'https://a.example'],
    ['https://b.example', 'https://b.example'],
    ['https://c.example', 'https://c.example'],
    ['https://evil.example', 'https://a.example'],
    [undefined, 'https://a.example'],
  ])('from %s allows %s', async (origin, allowed) => {
    const { status, headers, body } = await api.send('/things', { method: 'OPTIONS', headers: origin ? { Origin: origin } : {} });
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
    expect(api.fn.invocations).toBe(0);
  });

  test('of an open resource allows everyone', async () => {
    const { status, headers } = await api.send('/open', { method: 'OPTIONS', headers: { origin: 'https://x.example' } });
    expect({ status, allowed: headers['access-control-allow-origin'] }).toEqual({ status: 200, allowed: '*' });
  });

  test('whose content type has no template fails as a mock does', async () => {
    const { status } = await api.send('/things', { method: 'OPTIONS', headers: { 'content-type': 'text/plain' }, body: 'x' });
    expect(status).toBe(500);
  });
});
