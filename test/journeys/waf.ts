import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CognitoIdentityProviderClient, ListUsersCommand, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import type { Edit } from '../support/changed-sources.ts';
import type { StartedRuntime } from '../support/runtime.ts';
import { newUser, operatorConfig, type SignedInUser } from '../support/users.ts';

/** Twice what the stage's functions let through in a minute. */
const COSTLY_LIMIT = 10;
const LIMIT = 6 * COSTLY_LIMIT;
const MINUTE_MS = 60_000;

/** Sources of a stage with a web ACL, whose limits a test meets in a few requests. */
export const WITH_WEB_ACL: readonly Edit[] = [
  { file: 'lib/stages.ts', find: 'waf: false,', replace: 'waf: true,' },
  {
    file: 'lib/stages.ts',
    find: 'rateLimits: { userPerMinute: 100, ipPerMinute: 1000 },',
    replace: 'rateLimits: { userPerMinute: 5, ipPerMinute: 5 },',
  },
];

/** What a web ACL blocks, on a stage of such sources. */
export function webAclJourney(stage: () => StartedRuntime): void {
  let runtime: StartedRuntime;
  let control: RuntimeControl;
  let user: SignedInUser;
  let cognito: CognitoIdentityProviderClient;

  beforeAll(async () => {
    runtime = stage();
    control = new RuntimeControl(runtime.file);
    cognito = new CognitoIdentityProviderClient({ ...operatorConfig(runtime.file), maxAttempts: 1 });
    user = await newUser(runtime.file);
  });

  afterAll(() => cognito.destroy());

  beforeEach(() => control.advanceTime(MINUTE_MS));

  let requests = 0;
  /** Each pretends to come from elsewhere. */
  function send(path: string, method = 'POST', headers: Record<string, string> = {}): Promise<Response> {
    requests += 1;
    return fetch(`${runtime.file.api_url}${path}`, { method, headers: { 'x-forwarded-for': `203.0.113.${requests % 256}`, ...headers } });
  }

  /** The statuses of as many requests. */
  async function statuses(count: number, request: (index: number) => Promise<Response>): Promise<Set<number>> {
    const answers = await Promise.all(Array.from({ length: count }, (_, index) => request(index)));
    return new Set(answers.map(({ status }) => status));
  }

  const signUp = () => {
    const identity = { ClientId: runtime.file.client_id, Username: `${crypto.randomUUID()}@example.com` };
    return cognito.send(new SignUpCommand({ ...identity, Password: 'Analytical-Engine-1843' }));
  };

  test('what costs money has a limit of its own, however its path is written, and a block is a problem document', async () => {
    const paths = ['/api/query', '/v1/api/transcribe', '/api/manuals/upload', '/api/query/', '/%61pi/query'];
    // Without a token, so that no function is reached; of the path that is encoded API Gateway knows no route.
    expect(await statuses(COSTLY_LIMIT, (index) => send(paths[index % paths.length] ?? ''))).toEqual(new Set([401, 404]));
    for (const path of paths) {
      const authorization = `Bearer ${user.token}`;
      const answer = await send(path, 'POST', { authorization });
      expect(answer.status).toBe(403);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.headers.get('strict-transport-security')).toBeTruthy();
      expect(await answer.json()).toEqual({
        type: 'urn:manuel:problem:forbidden',
        title: expect.any(String),
        status: 403,
        detail: expect.stringContaining('blocked'),
        code: 'forbidden',
        request_id: answer.headers.get('x-request-id'),
      });
    }
    expect(
      (await send('/api/query', 'OPTIONS', { origin: 'https://app.example.com', 'access-control-request-method': 'POST' })).status,
    ).toBe(204);
    expect((await send('/api/user/usage', 'GET', { authorization: `Bearer ${user.token}` })).status).toBe(200);
    await signUp();

    await control.advanceTime(MINUTE_MS);
    expect((await send('/api/query')).status).toBe(401);
  });

  test('all requests of an address have a limit, to the API and to the user pool together', async () => {
    await signUp();
    expect(await statuses(LIMIT - 1, () => send('/nothing', 'GET'))).toEqual(new Set([404]));
    await expect(signUp()).rejects.toMatchObject({ name: 'ForbiddenException', $metadata: { httpStatusCode: 403 } });
    expect((await send('/health', 'GET')).status).toBe(403);
    // What administrators do is signed, and no web ACL looks at it.
    await cognito.send(new ListUsersCommand({ UserPoolId: runtime.file.user_pool_id }));

    await control.advanceTime(MINUTE_MS);
    await signUp();
    expect((await send('/health', 'GET')).status).toBe(200);
  });

  test('the log holds what was blocked, nothing else and no token', async () => {
    await statuses(COSTLY_LIMIT + 1, () =>
      send('/api/query', 'POST', { authorization: 'Bearer a-token-that-is-not', cookie: 'session=mine' }),
    );
    const logs = new CloudWatchLogsClient(operatorConfig(runtime.file));
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: 'aws-waf-logs-manuel-dev' }));
    logs.destroy();
    const lines = events.map(({ message = '' }) => JSON.parse(message));
    expect(new Set(lines.map(({ action }) => action))).toEqual(new Set(['BLOCK']));
    expect(lines.at(-1)).toMatchObject({
      terminatingRuleId: 'CostlyRatePerIp',
      httpSourceName: 'APIGW',
      httpRequest: {
        uri: '/api/query',
        headers: expect.arrayContaining([
          { name: 'authorization', value: 'REDACTED' },
          { name: 'cookie', value: 'REDACTED' },
        ]),
      },
    });
    const all = JSON.stringify(lines);
    for (const secret of [user.token, 'a-token-that-is-not', 'session=mine']) expect(all).not.toContain(secret);
  });

  test('the start says why AWS’s groups find nothing', () => {
    expect(runtime.output()).toContain('AWS::WAFv2::WebACL: Rules.Statement.ManagedRuleGroupStatement (AWS does not say what');
  });
}
