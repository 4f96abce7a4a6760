import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DeleteFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { EventBridgeService } from '../../local/eventbridge/eventbridge.service.ts';
import { readSchedule } from '../../local/eventbridge/schedule-expression.ts';
import { LambdaService } from '../../local/lambda/lambda.service.ts';
import { LogsService } from '../../local/logs/logs.service.ts';
import { SqsService } from '../../local/sqs/sqs.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { HANDLERS, until } from './lambda-handlers/lambda-under-test.ts';

const REGION = 'eu-west-1';
const MINUTE_MS = 60_000;
const allow = (Action: string | string[]) => ({ Effect: 'Allow', Action, Resource: '*' });

let door: TestFrontDoor;
let functions: LambdaService;
let reports: string[];
let sqs: SQSClient;
let lambda: LambdaClient;
let logs: CloudWatchLogsClient;
let named = 0;

beforeEach(async () => {
  reports = [];
  const report = (line: string) => reports.push(line);
  door = await openFrontDoor(({ clock, keys, frontDoor, access }) => {
    const endpoint = () => frontDoor.endpoint;
    const sink = new LogsService({ clock, region: REGION, access });
    const queues = new SqsService({ region: REGION, endpoint, access });
    functions = new LambdaService({ clock, region: REGION, endpoint, access, keys, logs: sink, queues, measure: () => undefined, report });
    return [new EventBridgeService({ clock, region: REGION, queues, functions, report }), functions, queues, sink];
  });
  door.clock.freeze();
  [sqs, lambda, logs] = [
    new SQSClient(door.clientConfig),
    new LambdaClient(door.clientConfig),
    new CloudWatchLogsClient(door.clientConfig),
  ];
});

afterEach(async () => {
  for (const client of [sqs, lambda, logs]) client.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

async function deploy(
  Handler: string,
  properties: object = {},
  rights = ['logs:*', 'sqs:SendMessage'],
): Promise<{ name: string; arn: string }> {
  named += 1;
  const { arn: Role } = await door.createRole([allow(rights)]);
  const code = { Runtime: 'nodejs24.x', Handler, Role, Code: { LocalPath: HANDLERS } };
  const { ref, attributes } = await door.provision('AWS::Lambda::Function', `Fn${named}`, { ...code, ...properties });
  return { name: ref, arn: String(attributes?.['Arn']) };
}

const letRuleIn = (FunctionName: string, rule = 'timer') =>
  door.provision('AWS::Lambda::Permission', `Permission${named}`, {
    FunctionName,
    Action: 'lambda:InvokeFunction',
    Principal: 'events.amazonaws.com',
    SourceArn: `arn:aws:events:${REGION}:000000000000:rule/${rule}`,
  });

async function createQueue(name: string): Promise<{ url: string; arn: string }> {
  const { ref, attributes } = await door.provision('AWS::SQS::Queue', name, {});
  const statement = { ...allow('sqs:SendMessage'), Principal: { Service: 'events.amazonaws.com' } };
  await door.provision('AWS::SQS::QueuePolicy', `${name}Policy`, { Queues: [ref], PolicyDocument: { Statement: statement } });
  return { url: ref, arn: String(attributes?.['Arn']) };
}

async function schedule(ScheduleExpression: string, Arn: string, target: object = {}, properties: object = {}): Promise<void> {
  const Targets = [{ Id: 'Target0', Arn, ...target }];
  await door.provision('AWS::Events::Rule', 'Timer', { Name: 'timer', State: 'ENABLED', ScheduleExpression, Targets, ...properties });
}

/** The events that a function was given so far, by its log. */
async function eventsOf(name: string): Promise<Record<string, unknown>[]> {
  const { events = [] } = await logs
    .send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: 'event' }))
    .catch((error: Error) => (error.name === 'ResourceNotFoundException' ? { events: [] } : Promise.reject(error)));
  return events.flatMap(({ message = '' }) => /\tevent (\{.*\})$/.exec(message)?.[1] ?? []).map((text) => JSON.parse(text));
}

/** Lets what the clock has woken do its work. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

async function letterIn(QueueUrl: string) {
  const input = { QueueUrl, WaitTimeSeconds: 10, MessageAttributeNames: ['All'] };
  const { Messages: [letter] = [] } = await sqs.send(new ReceiveMessageCommand(input));
  const attributes = Object.entries(letter?.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]);
  return { event: JSON.parse(letter?.Body ?? '{}'), attributes: Object.fromEntries(attributes) };
}

describe('a rule with a rate', () => {
  test('runs its function each time that the clock has come so far, counted from the rule’s creation', async () => {
    const { name, arn } = await deploy('handlers.record');
    await letRuleIn(name);
    await schedule('rate(5 minutes)', arn);
    const created = door.clock.now();
    door.clock.advance(5 * MINUTE_MS - 1);
    await settle();
    expect(await eventsOf(name)).toEqual([]);
    for (const ms of [1, 5 * MINUTE_MS]) {
      const before = (await eventsOf(name)).length;
      door.clock.advance(ms);
      await until(async () => (await eventsOf(name)).length > before);
    }
    const at = (minutes: number) => new Date(created + minutes * MINUTE_MS).toISOString().replace(/\.\d+Z$/, 'Z');
    const event = {
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      account: '000000000000',
      region: REGION,
      resources: [`arn:aws:events:${REGION}:000000000000:rule/timer`],
      detail: {},
    };
    expect(await eventsOf(name)).toMatchObject([
      { ...event, time: at(5) },
      { ...event, time: at(10) },
    ]);
  });

  test('runs once when time is moved past several runs, as the last of them', async () => {
    const queue = await createQueue('Work');
    await schedule('rate(1 hour)', queue.arn);
    const created = door.clock.now();
    door.clock.advance(5.5 * 60 * MINUTE_MS);
    expect((await letterIn(queue.url)).event.time).toBe(new Date(created + 5 * 60 * MINUTE_MS).toISOString().replace(/\.\d+Z$/, 'Z'));
    const { Messages: more = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.url }));
    expect(more).toEqual([]);
  });

  test('that is disabled does not run', async () => {
    const queue = await createQueue('Work');
    await schedule('rate(1 minute)', queue.arn, {}, { State: 'DISABLED' });
    door.clock.advance(10 * MINUTE_MS);
    await settle();
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.url }))).Messages ?? []).toEqual([]);
  });
});

describe('a function that cannot be reached', () => {
  test.each([
    ['because its policy lets another rule in', 'NO_PERMISSIONS', 'other', async () => undefined],
    ['because it is gone', 'NO_RESOURCE', 'timer', (FunctionName: string) => lambda.send(new DeleteFunctionCommand({ FunctionName }))],
  ])('%s leaves its event in the rule’s dead-letter queue', async (_why, code, admitted, happens) => {
    const deadLetters = await createQueue('DeadLetters');
    const { name, arn } = await deploy('handlers.record');
    await letRuleIn(name, admitted);
    await schedule('rate(1 minute)', arn, { DeadLetterConfig: { Arn: deadLetters.arn } });
    await happens(name);
    door.clock.advance(MINUTE_MS);
    const { event, attributes } = await letterIn(deadLetters.url);
    expect(event).toMatchObject({ 'detail-type': 'Scheduled Event' });
    expect(attributes).toMatchObject({ ERROR_CODE: code, TARGET_ARN: arn });
    expect(await eventsOf(name)).toEqual([]);
  });
});

describe('a function that fails', () => {
  test('leaves the event in its own dead-letter queue, once its retries are used up', async () => {
    const deadLetters = await createQueue('DeadLetters');
    const { name, arn } = await deploy('handlers.misbehave', { DeadLetterConfig: { TargetArn: deadLetters.arn } });
    await door.provision('AWS::Lambda::EventInvokeConfig', 'Config', { FunctionName: name, Qualifier: '$LATEST', MaximumRetryAttempts: 0 });
    const requestId = functions.invokeLater(arn, '{"how":"throw"}');
    const { event, attributes } = await letterIn(deadLetters.url);
    expect(event).toEqual({ how: 'throw' });
    expect(attributes).toEqual({ RequestID: requestId, ErrorCode: '200', ErrorMessage: expect.stringContaining('no units left') });
  });

  test('is not deployed with a queue that its role may not send to, nor with a target that is no queue', async () => {
    const { arn: TargetArn } = await createQueue('DeadLetters');
    await expect(deploy('handlers.record', { DeadLetterConfig: { TargetArn } }, ['logs:*'])).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message: expect.stringContaining('does not have permissions to call SendMessage on SQS'),
    });
    const topic = deploy('handlers.record', { DeadLetterConfig: { TargetArn: 'arn:aws:sns:eu-west-1:000000000000:t' } });
    await expect(topic).rejects.toMatchObject({ code: 'NotImplementedByLocalRuntime' });
  });
});

describe('the expression', () => {
  const FROM = Date.UTC(2026, 10, 20, 10, 7, 30);
  const nextThree = (expression: string) => {
    const times = readSchedule(expression, FROM);
    const moments: (number | undefined)[] = [FROM];
    for (let run = 0; run < 3; run += 1) moments.push(times.next(moments.at(-1) ?? Number.NaN));
    return moments.slice(1).map((moment) => (moment === undefined ? 'never' : new Date(moment).toISOString().slice(0, 16)));
  };

  test.each([
    ['rate(1 minute)', ['2026-11-20T10:08', '2026-11-20T10:09', '2026-11-20T10:10']],
    ['rate(2 days)', ['2026-11-22T10:07', '2026-11-24T10:07', '2026-11-26T10:07']],
    ['cron(0 12 * * ? *)', ['2026-11-20T12:00', '2026-11-21T12:00', '2026-11-22T12:00']],
    ['cron(0/20 10 * * ? *)', ['2026-11-20T10:20', '2026-11-20T10:40', '2026-11-21T10:00']],
    ['cron(*/30 * ? * * *)', ['2026-11-20T10:30', '2026-11-20T11:00', '2026-11-20T11:30']],
    ['cron(15 8 ? * MON-FRI *)', ['2026-11-23T08:15', '2026-11-24T08:15', '2026-11-25T08:15']],
    ['cron(0 18 1,15 JAN,7 ? 2027-2028)', ['2027-01-01T18:00', '2027-01-15T18:00', '2027-07-01T18:00']],
    ['cron(0 0 29 2 ? *)', ['2028-02-29T00:00', '2032-02-29T00:00', '2036-02-29T00:00']],
    ['cron(0 0 1 1 ? 2020)', ['never', 'never', 'never']],
  ])('%s', (expression, expected) => {
    expect(nextThree(expression)).toEqual(expected);
  });

  test.each([
    'rate(5 minute)',
    'rate(1 hours)',
    'rate(0 minutes)',
    'every hour',
    'cron(0 12 * * *)',
    'cron(0 12 * * * *)',
    'cron(0 12 ? * ? *)',
    'cron(60 12 * * ? *)',
    'cron(? 12 * * ? *)',
    'cron(0 5-2 * * ? *)',
    'cron(0 1/0 * * ? *)',
    'cron(0 12 * FOO ? *)',
  ])('%s is refused', (expression) => {
    expect(() => readSchedule(expression, FROM)).toThrow(`Parameter ScheduleExpression is not valid: ${expression}`);
  });

  test.each(['cron(0 12 L * ? *)', 'cron(0 12 3W * ? *)', 'cron(0 12 ? * 3#2 *)', 'cron(0 12 ? * 6L *)'])(
    '%s is refused by name',
    (expression) => {
      expect(() => readSchedule(expression, FROM)).toThrow(/does not emulate \S+ in the schedule/);
    },
  );
});
