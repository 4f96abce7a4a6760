import { EXPOSED_HEADERS, SECURITY_HEADERS } from '../../lambdas/shared/response-headers.ts';
import { addProblemResponses } from '../../lib/api/gateway-responses.ts';
import { addPreflight } from '../../lib/api/preflight.ts';
import { type ServedApi, serveApi } from '../local/api-gateway-support.ts';

const A = 'https://a.example';
const B = 'https://b.example';
const C = 'https://c.example';
const EVIL = 'https://evil.example';

const securityHeaders = Object.fromEntries(Object.entries(SECURITY_HEADERS).map(([name, value]) => [name.toLowerCase(), value]));

let api: ServedApi;

/** Serves one route of a stage with these origins. */
const serve = (origins: readonly string[]) => async () => {
  api = await serveApi(({ root, restApi, integration }) => {
    const things = root.addResource('things');
    things.addMethod('GET', integration);
    if (origins.length > 0) addPreflight(things, origins);
    addProblemResponses(restApi, origins);
  });
};

const preflight = (headers: Record<string, string>, path = '/things') => api.send(path, { method: 'OPTIONS', headers });

describe.each<{ origins: string[]; vary: string | undefined; answers: [string | undefined, string][]; refusal: string }>([
  {
    origins: ['*'],
    vary: undefined,
    answers: [
      [A, '*'],
      [undefined, '*'],
    ],
    refusal: '*',
  },
  {
    origins: [A],
    vary: 'Origin',
    answers: [
      [A, A],
      [EVIL, A],
      [undefined, A],
    ],
    refusal: A,
  },
  {
    origins: [A, B, C],
    vary: 'Origin',
    answers: [
      [A, A],
      [B, B],
      [C, C],
      [EVIL, A],
      [undefined, A],
    ],
    refusal: '*',
  },
])('where pages of $origins may call', ({ origins, vary, answers, refusal }) => {
  beforeAll(serve(origins));
  afterAll(() => api.close());

  test('a preflight names the origin that asks if it is one of them, and carries what every response does', async () => {
    for (const [origin, allowed] of answers) {
      const { status, headers, body } = await preflight(origin === undefined ? {} : { Origin: origin });
      expect([status, body.length]).toEqual([204, 0]);
      expect(headers).toMatchObject({
        ...securityHeaders,
        'x-request-id': headers['x-amzn-requestid'],
        'access-control-allow-origin': allowed,
        'access-control-allow-methods': 'GET,POST,DELETE,OPTIONS',
        'access-control-allow-headers': 'Authorization,Content-Type,Accept',
        'access-control-max-age': '3600',
      });
      expect(headers['vary']).toBe(vary);
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  test('a refusal of the gateway can be read by them', async () => {
    for (const [origin] of answers) {
      const { status, headers, json } = await api.send('/nothing', { headers: origin === undefined ? {} : { Origin: origin } });
      expect([status, json.code]).toEqual([404, 'not_found']);
      expect(headers).toMatchObject({
        ...securityHeaders,
        'access-control-allow-origin': refusal,
        'access-control-expose-headers': EXPOSED_HEADERS,
      });
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  test('a preflight of no route is a 404, and one with a body that is no JSON a 415', async () => {
    const unknown = await preflight({ Origin: A, 'Access-Control-Request-Method': 'GET' }, '/nothing');
    expect([unknown.status, unknown.json.code]).toEqual([404, 'not_found']);
    const wrong = await api.send('/things', { method: 'OPTIONS', headers: { 'content-type': 'text/plain' }, body: 'x' });
    expect([wrong.status, wrong.json.code]).toEqual([415, 'unsupported_type']);
    for (const { headers } of [unknown, wrong]) expect(headers).toMatchObject(securityHeaders);
  });
});

describe('where no page may call', () => {
  beforeAll(serve([]));
  afterAll(() => api.close());

  test('nothing names an origin', async () => {
    const { status, headers, json } = await preflight({ Origin: A });
    expect([status, json.code]).toEqual([404, 'not_found']);
    expect(headers).toMatchObject(securityHeaders);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});
