import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { apiHandler } from '../../lambdas/shared/api-handler.ts';
import type { FunctionContract } from '../../lambdas/shared/function.contract.ts';
import { rateLimited } from '../../lambdas/usage/rate.ts';
import { apiEvent } from '../support/api-events.ts';
import { guardWith } from '../support/guards.ts';

const contract = {
  name: 'things',
  entry: 'things/things',
  environment: {},
  routes: {
    list: { method: 'GET', path: '/things', access: 'user' },
    add: { method: 'POST', path: '/things', access: 'user', body: z.strictObject({ name: z.string() }) },
    about: { method: 'GET', path: '/', access: 'public' },
  },
} as const satisfies FunctionContract;

const ENVIRONMENT = {
  POWERTOOLS_SERVICE_NAME: 'test',
  POWERTOOLS_METRICS_NAMESPACE: 'test',
  POWERTOOLS_LOG_LEVEL: 'ERROR',
  FUNCTION: 'things',
  USER_POOL_CLIENT_ID: 'app',
  CORS_ORIGINS: '*',
} as const;

/** Calls a function behind this guard; says what it answered and what it has done. */
async function call(event: ReturnType<typeof apiEvent>, guard = guardWith()) {
  const done: string[] = [];
  const handler = apiHandler(contract, ENVIRONMENT, guard, {
    list: async ({ caller }) => ({ body: { done: done.push(`list of ${caller.userId}`) } }),
    add: async ({ body }) => ({ status: 201, body: { done: done.push(`add ${body.name}`) } }),
    about: async () => ({ body: { name: 'things' } }),
  });
  const { statusCode, body, headers = {} } = await handler(event, { awsRequestId: 'l-1' } as Context);
  return { status: statusCode, code: JSON.parse(body).code as unknown, headers, done };
}

const KETTLE = { method: 'POST', body: '{"name":"kettle"}' };
const tooMany = (of: 'user' | 'ip') => () => Promise.reject(rateLimited(of, 'request', 2, 0));

test('a request within every limit is answered', async () => {
  await expect(call(apiEvent(KETTLE))).resolves.toMatchObject({ status: 201, done: ['add kettle'] });
  await expect(call(apiEvent({ method: 'GET' }))).resolves.toMatchObject({ status: 200, done: ['list of alice'] });
});

test.each([
  ['from elsewhere', apiEvent(KETTLE), guardWith({ allowlist: ['198.51.100.0/24'] }), 403, 'forbidden'],
  ['that is too large', apiEvent({ ...KETTLE, body: `{"name":"${'x'.repeat(1000)}"}` }), guardWith(), 413, 'too_large'],
  ['of another type', apiEvent({ ...KETTLE, headers: { 'content-type': 'text/plain' } }), guardWith(), 415, 'unsupported_type'],
  ['of a user who made too many', apiEvent(KETTLE), guardWith({}, { countUser: tooMany('user') }), 429, 'rate_limited'],
  ['of a network that made too many', apiEvent(KETTLE), guardWith({}, { countNetwork: tooMany('ip') }), 429, 'rate_limited'],
  [
    'that is wrong and one too many',
    apiEvent({ ...KETTLE, body: '{}' }),
    guardWith({}, { countUser: tooMany('user') }),
    429,
    'rate_limited',
  ],
])('a request %s is refused before any work', async (_what, event, guard, status, code) => {
  const answer = await call(event, guard);
  expect(answer).toMatchObject({ status, code, done: [] });
  expect(answer.headers['retry-after']).toBe(status === 429 ? '60' : undefined);
});

test('whoever is not let in at sight, or has no token of this application, is not counted', async () => {
  const counted: string[] = [];
  const guard = guardWith(
    { allowlist: ['198.51.100.0/24', '203.0.113.7/32'] },
    { countUser: async () => void counted.push('user'), countNetwork: async () => void counted.push('network') },
  );
  await call(apiEvent({ ...KETTLE, sourceIp: '192.0.2.1' }), guard);
  await call(apiEvent({ ...KETTLE, userId: '' }), guard);
  expect(counted).toEqual([]);
  await call(apiEvent(KETTLE), guard);
  expect(counted.sort()).toEqual(['network', 'user']);
});

test('what is public is guarded by nothing', async () => {
  const guard = guardWith({ allowlist: ['198.51.100.0/24'] }, { countNetwork: tooMany('ip') });
  await expect(call(apiEvent({ method: 'GET', resource: '/' }), guard)).resolves.toMatchObject({ status: 200 });
});

test('a function whose routes want a token cannot be built without a guard', async () => {
  const answers = { list: async () => ({ body: {} }), add: async () => ({ body: {} }), about: async () => ({ body: {} }) };
  // @ts-expect-error nothing guards it
  const handler = apiHandler(contract, ENVIRONMENT, undefined, answers);
  await expect(handler(apiEvent({ method: 'GET' }), { awsRequestId: 'l-1' } as Context)).resolves.toMatchObject({ statusCode: 500 });
});
