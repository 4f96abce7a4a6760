import http2 from 'node:http2';
import { Readable } from 'node:stream';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { renderPrompt } from '../../lambdas/query/prompt.contract.ts';
import type { Fault } from '../../local/front-door/faults.ts';
import { AwsError } from '../../local/platform/call.ts';
import { OPERATOR } from '../../local/platform/principal.ts';
import { sign, type WireCall } from '../support/sign.ts';
import { CLIENT_CALLS, type ClientConfig, outcomeOf } from './front-door-clients.ts';
import { type FullDoor, openFullDoor } from './front-door-services.ts';
import { EchoService, REGION, send, sendOn } from './front-door-support.ts';

let door: FullDoor;
let echo: EchoService;
let config: ClientConfig;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  door = await openFullDoor();
  echo = new EchoService('echo');
  door.frontDoor.register(echo);
  config = { endpoint: door.frontDoor.endpoint, region: REGION, credentials: door.keys.issue(OPERATOR), maxAttempts: 1 };
  dynamodb = new DynamoDBClient(config);
});

afterEach(() => {
  echo.behave = async () => undefined;
  door.frontDoor.faults.clear();
  expect(door.internalErrors).toEqual([]);
});

afterAll(async () => {
  dynamodb.destroy();
  await door.close();
});

const arm = (fault: Fault) => door.frontDoor.faults.arm(fault);
const listTables = () => outcomeOf(dynamodb.send(new ListTablesCommand({})));

/** The numbers, from 1, of those of `count` calls that fail. */
async function failures(count: number, call: () => Promise<string | undefined> = listTables): Promise<number[]> {
  const failed: number[] = [];
  for (let number = 1; number <= count; number += 1) if (await call()) failed.push(number);
  return failed;
}

async function callEcho(method: string, http2 = false) {
  const call: WireCall = { method, target: '/', headers: {}, http2 };
  return send(config.endpoint, await sign(config.endpoint, call, { credentials: config.credentials, service: 'echo' }));
}

describe('a refusal is one that the service makes itself', () => {
  const NAMES: Readonly<Record<string, readonly [throttle: string, error: string, deny: string]>> = {
    bedrock: ['ThrottlingException', 'InternalServerException', 'AccessDeniedException'],
    'cognito-idp': ['TooManyRequestsException', 'InternalErrorException', 'AccessDeniedException'],
    dynamodb: ['ThrottlingException', 'InternalServerError', 'AccessDeniedException'],
    lambda: ['TooManyRequestsException', 'ServiceException', 'AccessDeniedException'],
    logs: ['ThrottlingException', 'ServiceUnavailableException', 'AccessDeniedException'],
    s3: ['SlowDown', 'InternalError', 'AccessDenied'],
    sqs: ['RequestThrottled', 'InternalError', 'AccessDeniedException'],
  };

  test.each(CLIENT_CALLS)('as the client of $name sees it', async ({ service, call, complaint }) => {
    for (const kind of ['throttle', 'error', 'deny'] as const) arm({ service, kind, times: 1 });
    const outcomes = [];
    for (let round = 0; round < 4; round += 1) outcomes.push(await outcomeOf(call(config)));
    expect(outcomes).toEqual([...(NAMES[service] ?? []), complaint]);
  });

  test('which a client with retries gets over', async () => {
    const patient = new DynamoDBClient({ ...config, maxAttempts: 3 });
    arm({ service: 'dynamodb', kind: 'throttle', times: 1 });
    arm({ service: 'dynamodb', kind: 'error', times: 1 });
    await expect(patient.send(new ListTablesCommand({}))).resolves.toMatchObject({ $metadata: { attempts: 3 } });
    patient.destroy();
  });
});

describe('what strikes', () => {
  test('is every call until the faults are cleared', async () => {
    arm({ service: 'dynamodb', kind: 'deny' });
    expect(await failures(3)).toEqual([1, 2, 3]);
    door.frontDoor.faults.clear();
    expect(await failures(2)).toEqual([]);
  });

  test.each<[string, Omit<Fault, 'service' | 'kind'>, number[]]>([
    ['the first two', { times: 2 }, [1, 2]],
    ['each third', { every: 3 }, [3, 6]],
    ['each second, twice', { every: 2, times: 2 }, [2, 4]],
    ['each one', { every: 1 }, [1, 2, 3, 4, 5, 6, 7]],
  ])('%s', async (_name, scope, expected) => {
    arm({ service: 'dynamodb', kind: 'error', ...scope });
    expect(await failures(7)).toEqual(expected);
  });

  test('is the first of several that are due, and each counts every call', async () => {
    arm({ service: 'dynamodb', kind: 'throttle', every: 2 });
    arm({ service: 'dynamodb', kind: 'deny', every: 3 });
    const outcomes = [];
    for (let round = 0; round < 6; round += 1) outcomes.push(await listTables());
    const [throttled, denied] = ['ThrottlingException', 'AccessDeniedException'];
    expect(outcomes).toEqual([undefined, throttled, denied, throttled, undefined, throttled]);
  });

  test('is the operation that is named, and no other service', async () => {
    arm({ service: 'dynamodb', operation: 'CreateTable', kind: 'error' });
    expect(await failures(2)).toEqual([]);
    const create = new CreateTableCommand({ TableName: 'a', KeySchema: [], AttributeDefinitions: [], BillingMode: 'PAY_PER_REQUEST' });
    expect(await outcomeOf(dynamodb.send(create))).toBe('InternalServerError');
    arm({ service: 'dynamodb', kind: 'error' });
    const sqs = new SQSClient(config);
    expect(await failures(2, () => outcomeOf(sqs.send(new ListQueuesCommand({}))))).toEqual([]);
    sqs.destroy();
  });

  test('is only what was rightly signed: a wrong secret uses no fault up', async () => {
    arm({ service: 'dynamodb', kind: 'error', times: 1 });
    const stranger = new DynamoDBClient({ ...config, credentials: { ...config.credentials, secretAccessKey: 'wrong' } });
    expect(await outcomeOf(stranger.send(new ListTablesCommand({})))).toBe('InvalidSignatureException');
    stranger.destroy();
    expect(await failures(2)).toEqual([1]);
  });

  test('is a service that is served, or the fault is not armed', () => {
    expect(() => arm({ service: 'dynamo', kind: 'error' })).toThrow(
      /no service has the signing name "dynamo"; there are .*dynamodb, echo,/,
    );
  });
});

describe('a slow call', () => {
  test('waits for the service’s time, a second unless told otherwise, and is then done', async () => {
    for (const [delay, waited] of [
      [{}, 1000],
      [{ delayMs: 60_000 }, 60_000],
    ] as const) {
      arm({ service: 'echo', kind: 'slow', times: 1, ...delay });
      const before = echo.calls;
      let answered = false;
      const answer = callEcho('POST').finally(() => {
        answered = true;
      });
      // Another call goes through meanwhile, so the slow one has arrived.
      while (echo.calls === before) await callEcho('POST');
      door.clock.advance(waited - 500);
      await callEcho('POST');
      expect(answered).toBe(false);
      door.clock.advance(500);
      expect((await answer).status).toBe(200);
      door.frontDoor.faults.clear();
    }
  });
});

describe.each([
  ['HTTP/1.1', false],
  ['HTTP/2', true],
])('over %s', (_name, http2) => {
  test('a dropped answer breaks the connection after the work was done', async () => {
    arm({ service: 'echo', kind: 'drop', times: 1 });
    const before = echo.calls;
    await expect(callEcho('POST', http2)).rejects.toThrow();
    expect(echo.calls).toBe(before + 1);
    expect((await callEcho('POST', http2)).status).toBe(200);
  });

  test('a malformed answer comes whole, whatever length the right one had', async () => {
    arm({ service: 'echo', kind: 'malformed' });
    echo.behave = async () => ({ status: 200, headers: { 'Content-Length': '5', 'content-type': 'text/plain' }, body: 'hello' });
    expect(await callEcho('POST', http2)).toMatchObject({ status: 200, body: '<not what was asked for' });
  });

  test.each(['drop', 'malformed'] as const)('a streamed answer that is to be %s is not produced', async (kind) => {
    arm({ service: 'echo', kind });
    const stream = new Readable({ read: () => undefined });
    echo.behave = async () => ({ status: 200, headers: {}, body: stream });
    await callEcho('POST', http2).catch(() => undefined);
    expect(stream.destroyed).toBe(true);
  });
});

test('a dropped answer leaves the other calls on its HTTP/2 connection alone', async () => {
  const session = http2.connect(config.endpoint);
  const signed = (method: string) =>
    sign(config.endpoint, { method, target: '/', headers: {}, http2: true }, { credentials: config.credentials, service: 'echo' });
  const held = Promise.withResolvers<void>();
  echo.behave = async ({ method }) => {
    if (method === 'POST') await held.promise;
    return undefined;
  };
  const other = sendOn(session, await signed('POST'));
  arm({ service: 'echo', operation: 'PUT', kind: 'drop' });
  await expect(sendOn(session, await signed('PUT'))).rejects.toThrow('NGHTTP2_INTERNAL_ERROR');
  held.resolve();
  expect((await other).status).toBe(200);
  session.destroy();
});

test('a call that does no work, since the service refuses it, is refused as ever', async () => {
  for (const kind of ['malformed', 'drop'] as const) arm({ service: 'echo', kind, times: 1 });
  echo.behave = async () => {
    throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed');
  };
  for (let round = 0; round < 2; round += 1) {
    expect(await callEcho('POST')).toMatchObject({ status: 400, body: expect.stringContaining('ConditionalCheckFailedException') });
  }
});

describe('to a client of the SDK', () => {
  test('a dropped answer is a connection that broke, after which it goes on', async () => {
    arm({ service: 'dynamodb', kind: 'drop', times: 1 });
    await expect(dynamodb.send(new ListTablesCommand({}))).rejects.toThrow('socket hang up');
    expect(await listTables()).toBeUndefined();
  });

  test('a dropped answer on HTTP/2 is a call that failed, after which it goes on', async () => {
    const bedrock = new BedrockRuntimeClient(config);
    const text = renderPrompt({ question: 'Where is the fuse?', passages: [] });
    const converse = () =>
      outcomeOf(bedrock.send(new ConverseCommand({ modelId: 'eu.a.b', messages: [{ role: 'user', content: [{ text }] }] })));
    arm({ service: 'bedrock', operation: 'Converse', kind: 'drop', times: 1 });
    expect(await converse()).toMatch(/Error$/);
    expect(await converse()).toBeUndefined();
    bedrock.destroy();
  });

  test('a malformed answer is an answer that it cannot read', async () => {
    arm({ service: 'dynamodb', kind: 'malformed', times: 1 });
    expect(await listTables()).toBe('SyntaxError');
  });
});
