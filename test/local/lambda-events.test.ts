import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type LambdaUnderTest, openLambda, until } from './lambda-handlers/lambda-under-test.ts';

let under: LambdaUnderTest;

beforeAll(async () => {
  under = await openLambda();
});

afterAll(async () => {
  await under.door.close();
  expect(under.door.internalErrors).toEqual([]);
});

async function send(name: string, how: string): Promise<void> {
  const client = new LambdaClient(under.door.clientConfig);
  const input = { FunctionName: name, InvocationType: 'Event' as const, Payload: JSON.stringify({ how }) };
  const { StatusCode, Payload } = await client.send(new InvokeCommand(input));
  expect({ StatusCode, bytes: Payload?.length ?? 0 }).toEqual({ StatusCode: 202, bytes: 0 });
}

async function attempts(name: string): Promise<number> {
  return (await under.logOf(name, 'REPORT').catch(() => [])).length;
}

function reportOf(name: string): string | undefined {
  return under.reports.find((line) => line.startsWith(name));
}

test('a failed event is tried again after one minute and after two more, and then given up', async () => {
  const name = await under.deploy('handlers.misbehave');
  await send(name, 'throw');
  await until(async () => (await attempts(name)) === 1);
  under.door.clock.advance(59_000);
  expect(await attempts(name)).toBe(1);
  under.door.clock.advance(1_000);
  await until(async () => (await attempts(name)) === 2);
  expect(reportOf(name)).toBeUndefined();
  under.door.clock.advance(120_000);
  await until(() => reportOf(name) !== undefined);
  expect(await attempts(name)).toBe(3);
  expect(reportOf(name)).toMatch(/: event [0-9a-f-]{36} is given up after 3 failed attempts: .*no units left/);
  // All three are attempts of the same request.
  const requestIds = (await under.logOf(name, 'START')).map((line) => line.split(' ')[2]);
  expect(new Set(requestIds).size).toBe(1);
});

test('an event that succeeds is delivered once', async () => {
  const name = await under.deploy('handlers.misbehave');
  await send(name, 'return');
  await until(async () => (await attempts(name)) === 1);
  under.door.clock.advance(600_000);
  expect(await attempts(name)).toBe(1);
  expect(reportOf(name)).toBeUndefined();
});

test('the number of retries can be set', async () => {
  const name = await under.deploy('handlers.misbehave');
  await under.door.provision('AWS::Lambda::EventInvokeConfig', 'Config', {
    FunctionName: name,
    Qualifier: '$LATEST',
    MaximumRetryAttempts: 0,
  });
  await send(name, 'exit');
  await until(() => reportOf(name) !== undefined);
  expect(reportOf(name)).toMatch(/given up after 1 failed attempts: .*exit status 7/);
});

test('a throttled event waits, until it is too old', async () => {
  const name = await under.deploy('handlers.misbehave', { ReservedConcurrentExecutions: 0 });
  await under.door.provision('AWS::Lambda::EventInvokeConfig', 'Age', { FunctionName: name, MaximumEventAgeInSeconds: 60 });
  await send(name, 'return');
  expect(reportOf(name)).toBeUndefined();
  await until(() => {
    under.door.clock.advance(10_000);
    return reportOf(name) !== undefined;
  });
  expect(reportOf(name)).toMatch(/is given up, older than 60 s: throttled$/);
});

test('destinations are refused by name', async () => {
  const name = await under.deploy('handlers.misbehave');
  const properties = { FunctionName: name, DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:000000000000:lost' } } };
  await expect(under.door.provision('AWS::Lambda::EventInvokeConfig', 'Lost', properties)).rejects.toThrow(
    'does not emulate DestinationConfig of AWS::Lambda::EventInvokeConfig',
  );
});

test("a function's permissions are the statements of its resource policy, as AddPermission writes them", async () => {
  const name = await under.deploy('handlers.echo');
  const { arn } = under.functions.function(name).configuration;
  const source = 'arn:aws:execute-api:eu-west-1:000000000000:api/*/POST/query';
  const statement = { Action: 'lambda:InvokeFunction', Principal: 'apigateway.amazonaws.com', SourceArn: source };
  await under.door.provision('AWS::Lambda::Permission', 'ByArn', { FunctionName: arn, ...statement });
  await under.door.provision('AWS::Lambda::Permission', 'ByName', { FunctionName: name, Action: 'lambda:InvokeFunction', Principal: '*' });
  const allowed = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arn };
  expect(under.functions.resourcePolicyOf(arn)).toEqual({
    Version: '2012-10-17',
    Id: 'default',
    Statement: [
      {
        Sid: 'ByArn',
        Principal: { Service: 'apigateway.amazonaws.com' },
        Condition: { ArnLike: { 'AWS:SourceArn': source } },
        ...allowed,
      },
      { Sid: 'ByName', Principal: '*', ...allowed },
    ],
  });
  expect(under.functions.resourcePolicyOf(`${arn}-else`)).toBeUndefined();
});
