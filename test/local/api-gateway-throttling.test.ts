import { ResponseType } from 'aws-cdk-lib/aws-apigateway';
import { type ServedApi, serveApi } from './api-gateway-support.ts';

let api: ServedApi;

beforeAll(async () => {
  api = await serveApi(
    ({ root, restApi, integration, cognitoAuthorizer }) => {
      const things = root.addResource('things');
      things.addMethod('GET', integration);
      things.addMethod('POST', integration);
      things.addResource('{thing_id}').addMethod('GET', integration, { authorizer: cognitoAuthorizer() });
      restApi.addGatewayResponse('Throttled', { type: ResponseType.THROTTLED, responseHeaders: { 'Retry-After': "'1'" } });
    },
    {
      deployOptions: {
        stageName: 'v1',
        throttlingRateLimit: 2,
        throttlingBurstLimit: 3,
        methodOptions: { '/things/POST': { throttlingRateLimit: 0.5, throttlingBurstLimit: 1 } },
      },
    },
  );
  api.world.clock.freeze();
});
beforeEach(() => {
  api.reset();
  // However full a bucket may be, so it is then.
  api.world.clock.advance(60_000);
});
afterAll(() => api.close());

async function statuses(times: number, target = '/things', method = 'GET'): Promise<number[]> {
  const replies: number[] = [];
  for (let count = 0; count < times; count += 1) replies.push((await api.send(target, { method })).status);
  return replies;
}

describe('a throttled stage', () => {
  test('lets a burst through, then the rate', async () => {
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
    api.world.clock.advance(499);
    expect(await statuses(1)).toEqual([429]);
    api.world.clock.advance(1);
    expect(await statuses(2)).toEqual([200, 429]);
    api.world.clock.advance(1_000);
    expect(await statuses(3)).toEqual([200, 200, 429]);
  });

  test('never saves up more than a burst', async () => {
    api.world.clock.advance(3_600_000);
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
  });

  test('refuses by its gateway response, and calls no function', async () => {
    await statuses(3);
    const before = api.fn.invocations;
    const { status, headers, json } = await api.send('/things');
    expect({ status, json }).toEqual({ status: 429, json: { message: 'Too Many Requests' } });
    expect(headers).toMatchObject({ 'retry-after': '1', 'x-amzn-errortype': 'TooManyRequestsException' });
    expect(api.fn.invocations).toBe(before);
  });

  test('counts each method for itself, and one with limits of its own by those', async () => {
    expect(await statuses(2, '/things', 'POST')).toEqual([200, 429]);
    api.world.clock.advance(1_999);
    expect(await statuses(1, '/things', 'POST')).toEqual([429]);
    api.world.clock.advance(1);
    expect(await statuses(1, '/things', 'POST')).toEqual([200]);
    expect(await statuses(3)).toEqual([200, 200, 200]);
  });

  test('counts by route, whatever its parameters, and ahead of the authorizer', async () => {
    expect([...(await statuses(2, '/things/a')), ...(await statuses(2, '/v1/things/b'))]).toEqual([401, 401, 401, 429]);
  });
});

test('a stage without limits has none', async () => {
  const free = await serveApi(({ root, integration }) => root.addMethod('GET', integration));
  try {
    free.world.clock.freeze();
    const replies = await Promise.all(Array.from({ length: 50 }, () => free.send('/')));
    expect(replies.every(({ status }) => status === 200)).toBe(true);
  } finally {
    await free.close();
  }
});
