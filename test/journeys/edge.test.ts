import { CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { EXPOSED_HEADERS, SECURITY_HEADERS } from '../../lambdas/shared/response-headers.ts';
import { ANSWERS, question, type Sent, UNKNOWN_MANUAL } from '../support/edge-answers.ts';
import { type SharedRuntime, test } from '../support/journey.ts';
import { newUser, operatorConfig, type SignedInUser } from '../support/users.ts';

const PROBLEM = 'application/problem+json';
const FAR_TOO_MUCH = 10_485_761;
const ORIGIN = 'https://app.example';

let runtime: SharedRuntime;
let user: SignedInUser;
let logs: CloudWatchLogsClient;

test.beforeAll(async ({ runtime: shared }) => {
  runtime = shared;
  user = await newUser(runtime.file);
  logs = new CloudWatchLogsClient(operatorConfig(runtime.file));
});

afterAll(() => logs.destroy());

function send(path: string, { method = 'GET', signedIn, body, headers = {} }: Sent = {}) {
  return fetch(runtime.file.api_url + path, {
    method,
    headers: {
      Origin: ORIGIN,
      ...(signedIn && { Authorization: `Bearer ${user.token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
}

describe('every answer carries the security headers, the request id and whose pages may read it', () => {
  test.each(ANSWERS)('%s', async (_kind, path, sent, status, code) => {
    const response = await send(path, sent);
    const headers = Object.fromEntries(response.headers);
    expect(response.status).toBe(status);
    await expectEdgeHeaders(response, code);
    if (status !== 204) expect(headers['access-control-expose-headers']).toBe(EXPOSED_HEADERS);
  });

  test('and the one of a stage that has had too many requests, of a route that costs something', async () => {
    const refused = await refusedForTheirNumber(() => send('/api/manuals/upload', { method: 'POST' }));
    expect(refused?.headers.get('retry-after')).toBe('1');
    await expectEdgeHeaders(refused, 'throttled');
    // The buckets of other methods are full.
    expect((await send('/health')).status).toBe(200);
  });
});

async function expectEdgeHeaders(response: Response | undefined, code: string | undefined): Promise<void> {
  const headers = Object.fromEntries(response?.headers ?? []);
  const expected = Object.entries(SECURITY_HEADERS).map(([name, value]) => [name.toLowerCase(), value]);
  expect(headers).toMatchObject({ ...Object.fromEntries(expected), 'access-control-allow-origin': '*' });
  expect(headers['x-request-id']).toBe(headers['x-amzn-requestid']);
  const text = await response?.text();
  if (code === undefined) return;
  expect(headers['content-type']).toBe(PROBLEM);
  expect(JSON.parse(text ?? '')).toMatchObject({ status: response?.status, code, request_id: headers['x-request-id'] });
}

/** Sends as much at once as it takes, however slowly the machine answers. */
async function refusedForTheirNumber(request: () => Promise<Response>): Promise<Response | undefined> {
  for (let round = 0; round < 10; round += 1) {
    const responses = await Promise.all(Array.from({ length: 250 }, request));
    const refused = responses.find(({ status }) => status === 429);
    if (refused) return refused;
  }
  return undefined;
}

test('what is more than API Gateway takes, it refuses ahead of the API and in its own words', async () => {
  const response = await send('/api/query', question('x'.repeat(FAR_TOO_MUCH)));
  expect([response.status, response.headers.get('content-type')]).toEqual([413, 'text/plain']);
  expect(response.headers.get('x-request-id')).toBeNull();
});

test('a path that is no text leads nowhere', async () => {
  await expectEdgeHeaders(await send('/api/manuals/%ff', { signedIn: true }), 'not_found');
});

test('a body that is not JSON is for the function to judge', async () => {
  const response = await send('/api/query', question('How?', { 'Content-Type': 'text/plain' }));
  expect(response.headers.get('content-type')).toBe(PROBLEM);
  const [line] = await linesOf([requestId(response)]);
  expect(line).toMatchObject({ integration_status: String(response.status), error_type: '-' });
});

describe('the access log', () => {
  test('has a line for each request, whoever answered it, and nothing of the client’s but its address', async () => {
    const secret = 'a-secret-of-the-client';
    const headers = { 'User-Agent': secret, 'X-Secret': secret };
    const answers = [
      await send(`/api/manuals/${UNKNOWN_MANUAL}?secret=${secret}`, { signedIn: true, headers }),
      await send(`/api/manuals?secret=${secret}`, { headers: { ...headers, Authorization: `Bearer ${secret}` } }),
      await send(`/${secret}`, { headers }),
      await send('/api/query', question(`{"question": 7, "secret": "${secret}"}`, headers)),
      await send('/api/query', { method: 'OPTIONS', headers }),
    ];
    const lines = await linesOf(answers.map(requestId));
    const route = '/api/manuals/{manual_id}';
    expect(lines).toMatchObject([
      { method: 'GET', route, status: '404', ip: '127.0.0.1', error_type: '-', integration_status: '404', authorizer_error: '-' },
      { route: '/api/manuals', status: '401', error_type: 'UNAUTHORIZED', authorizer_error: 'Unauthorized', integration_status: '-' },
      { route: '-', status: '404', error_type: 'MISSING_AUTHENTICATION_TOKEN' },
      { method: 'POST', route: '/api/query', status: '400', error_type: 'BAD_REQUEST_BODY', authorizer_status: '200' },
      { method: 'OPTIONS', status: '204', response_bytes: '0' },
    ]);
    const text = JSON.stringify(lines);
    for (const hidden of [secret, user.token, user.userId, user.name, UNKNOWN_MANUAL]) expect(text).not.toContain(hidden);
  });
});

const requestId = (response: Response) => response.headers.get('x-request-id') ?? '';

/** The lines of these requests; the last is written just after its answer has left. */
async function linesOf(requestIds: readonly string[]): Promise<(Record<string, string> | undefined)[]> {
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'Manuel-dev-api-ApiAccessLog' }));
  const [{ logGroupName = '' } = {}] = logGroups;
  for (;;) {
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
    const lines = new Map(events.map(({ message = '' }) => JSON.parse(message)).map((line) => [line.request_id, line]));
    if (requestIds.every((id) => lines.has(id))) return requestIds.map((id) => lines.get(id));
  }
}

test('nothing of the stage’s own settings is left unhonoured', () => {
  expect(runtime.output()).not.toMatch(/AWS::ApiGateway::(Stage|RestApi|GatewayResponse|Method)/);
});
