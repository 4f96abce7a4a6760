import { createHash, createHmac } from 'node:crypto';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { EventBridgeService } from '../../local/eventbridge/eventbridge.service.ts';
import { AwsError } from '../../local/platform/call.ts';
import { SqsService } from '../../local/sqs/sqs.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const MISSING_QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:missing';

/** SQS that can be told to refuse some sends. */
class UnreliableQueues {
  refusals: AwsError[] = [];
  readonly #sqs: SqsService;

  constructor(sqs: SqsService) {
    this.#sqs = sqs;
  }

  async send(queueArn: string, body: string, attributes?: Readonly<Record<string, string>>): Promise<string> {
    const refusal = attributes ? undefined : this.refusals.shift();
    if (refusal) throw refusal;
    return this.#sqs.send(queueArn, body, attributes);
  }
}

let door: TestFrontDoor;
let client: SQSClient;
let sqs: SqsService;
let queues: UnreliableQueues;
let events: EventBridgeService;
let reports: string[];

beforeEach(async () => {
  reports = [];
  door = await openFrontDoor(({ clock, frontDoor }) => {
    sqs = new SqsService({ region: 'eu-west-1', endpoint: () => frontDoor.endpoint });
    queues = new UnreliableQueues(sqs);
    events = new EventBridgeService({ clock, region: 'eu-west-1', queues, report: (line) => reports.push(line) });
    return [events, sqs];
  });
  client = new SQSClient(door.clientConfig);
});

afterEach(async () => {
  client.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

async function createQueue(logicalId: string): Promise<{ url: string; arn: string }> {
  const { ref, attributes } = await door.provision('AWS::SQS::Queue', logicalId, {});
  return { url: ref, arn: String(attributes?.['Arn']) };
}

async function messagesIn(QueueUrl: string) {
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  );
  return messages.map(({ Body: body = '', MessageAttributes: attributes = {} }) => ({
    event: JSON.parse(body),
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue])),
  }));
}

const createRule = (properties: Record<string, unknown>, logicalId = 'Rule') =>
  door.provision('AWS::Events::Rule', logicalId, { State: 'ENABLED', ...properties });

/** A call of EventBridge's API, signed as AWS prescribes; its SDK client is not among our dependencies. */
async function call(operation: string, input: object): Promise<{ status: number; document: Record<string, unknown> }> {
  const { endpoint, region, credentials } = door.clientConfig;
  const body = JSON.stringify(input);
  const timestamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const date = timestamp.slice(0, 8);
  const headers = { host: new URL(endpoint).host, 'x-amz-date': timestamp, 'x-amz-target': `AWSEvents.${operation}` };
  const signedHeaders = Object.keys(headers).join(';');
  const canonicalHeaders = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonicalRequest = ['POST', '/', '', canonicalHeaders.join(''), signedHeaders, sha256(body)].join('\n');
  const scope = `${date}/${region}/events/aws4_request`;
  const signingKey = [date, region, 'events', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(signingKey, ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonicalRequest)].join('\n')).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...headers, authorization, 'content-type': 'application/x-amz-json-1.1' },
    body,
  });
  return { status: response.status, document: (await response.json()) as Record<string, unknown> };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

const uploaded = (key: string) => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  resources: ['arn:aws:s3:::manuals'],
  detail: { bucket: { name: 'manuals' }, object: { key } },
});

const INCOMING = {
  source: ['aws.s3'],
  'detail-type': ['Object Created'],
  detail: { bucket: { name: ['manuals'] }, object: { key: [{ prefix: 'incoming/' }] } },
};

describe('a published event', () => {
  test('reaches the queues of the rules that match it, with what AWS adds', async () => {
    const [one, other] = [await createQueue('One'), await createQueue('Other')];
    await createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: one.arn }] });
    await createRule({ EventPattern: { source: ['aws.s3'] }, Targets: [{ Id: 'Target0', Arn: other.arn }] }, 'All');
    await createRule({ EventPattern: { source: ['aws.s3'] }, State: 'DISABLED', Targets: [{ Id: 'Target0', Arn: one.arn }] }, 'Off');
    const id = await events.publish(uploaded('incoming/a.pdf'));
    await events.publish(uploaded('done/a.pdf'));
    const [delivered, ...more] = await messagesIn(one.url);
    expect(more).toEqual([]);
    expect(delivered?.attributes).toEqual({});
    expect(delivered?.event).toEqual({
      version: '0',
      id,
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: '000000000000',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'eu-west-1',
      resources: ['arn:aws:s3:::manuals'],
      detail: { bucket: { name: 'manuals' }, object: { key: 'incoming/a.pdf' } },
    });
    expect(await messagesIn(other.url)).toHaveLength(2);
    expect(reports).toEqual([]);
  });

  test('keeps the id and time that the publisher gave it', async () => {
    const queue = await createQueue('Queue');
    await createRule({ EventPattern: { source: ['aws.s3'] }, Targets: [{ Id: 'Target0', Arn: queue.arn }] });
    const given = { ...uploaded('x'), id: 'given', time: '2026-11-20T00:00:00Z' };
    expect(await events.publish(given)).toBe('given');
    expect((await messagesIn(queue.url))[0]?.event).toMatchObject(given);
  });
});

describe('a delivery that fails', () => {
  test('for good goes to the dead-letter queue at once, with the reason', async () => {
    const deadLetters = await createQueue('DeadLetters');
    const { attributes } = await createRule({
      EventPattern: INCOMING,
      Targets: [{ Id: 'Target0', Arn: MISSING_QUEUE, DeadLetterConfig: { Arn: deadLetters.arn } }],
    });
    const id = await events.publish(uploaded('incoming/a.pdf'));
    const [dead] = await messagesIn(deadLetters.url);
    expect(dead?.event).toMatchObject({ id, detail: { object: { key: 'incoming/a.pdf' } } });
    expect(dead?.attributes).toEqual({
      RULE_ARN: attributes?.['Arn'],
      TARGET_ARN: MISSING_QUEUE,
      ERROR_CODE: 'NO_RESOURCE',
      ERROR_MESSAGE: 'The specified queue does not exist.',
      RETRY_ATTEMPTS: '0',
    });
    expect(reports).toEqual([expect.stringContaining(`could not deliver event ${id}`)]);
  });

  test('without a dead-letter queue, or with one that fails too, is reported as lost', async () => {
    await createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: MISSING_QUEUE }] });
    await createRule(
      { EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: MISSING_QUEUE, DeadLetterConfig: { Arn: MISSING_QUEUE } }] },
      'Broken',
    );
    await events.publish(uploaded('incoming/a.pdf'));
    expect(reports).toHaveLength(2);
    expect(reports.join()).toMatch(/lost.*no dead-letter queue.*lost.*dead-letter queue refused/);
  });

  test('for a while is retried by the clock', async () => {
    const queue = await createQueue('Queue');
    await createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: queue.arn }] });
    queues.refusals = [new AwsError('ThrottlingException', 'slow down', 429), new AwsError('InternalError', 'oops', 500)];
    await events.publish(uploaded('incoming/a.pdf'));
    expect(await messagesIn(queue.url)).toEqual([]);
    for (const seconds of [1, 2]) await advance(seconds);
    expect(await messagesIn(queue.url)).toHaveLength(1);
    expect(reports).toEqual([]);
  });

  test.each([
    ['after so many retries', { MaximumRetryAttempts: 2 }, 'MaximumRetryAttempts', '2', [1, 2]],
    ['when the event is too old', { MaximumEventAgeInSeconds: 60 }, 'MaximumEventAgeInSeconds', '5', [1, 2, 4, 8, 16, 29]],
  ])('gives up %s', async (_, RetryPolicy, condition, retries, advances) => {
    const [queue, deadLetters] = [await createQueue('Queue'), await createQueue('DeadLetters')];
    await createRule({
      EventPattern: INCOMING,
      Targets: [{ Id: 'Target0', Arn: queue.arn, DeadLetterConfig: { Arn: deadLetters.arn }, RetryPolicy }],
    });
    queues.refusals = Array.from({ length: 20 }, () => new AwsError('ThrottlingException', 'slow down', 429));
    await events.publish(uploaded('incoming/a.pdf'));
    for (const seconds of advances) await advance(seconds);
    expect((await messagesIn(deadLetters.url))[0]?.attributes).toMatchObject({
      ERROR_CODE: 'THROTTLING',
      EXHAUSTED_RETRY_CONDITION: condition,
      RETRY_ATTEMPTS: retries,
    });
  });

  test('is reported as lost when the runtime stops before the retry', async () => {
    const queue = await createQueue('Queue');
    await createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: queue.arn }] });
    queues.refusals = [new AwsError('ThrottlingException', 'slow down', 429)];
    await events.publish(uploaded('incoming/a.pdf'));
    await events.stop();
    expect(reports).toEqual([expect.stringMatching(/lost.*stopped before the next retry/)]);
  });

  /** Moves the clock on and lets what has woken do its work. */
  async function advance(seconds: number): Promise<void> {
    door.clock.advance(seconds * 1000);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
});

describe('PutEvents', () => {
  const entry = { Source: 'app', DetailType: 'Tested', Detail: '{"n":1}', Time: 1763596800.5, Resources: ['arn:x'] };

  test('publishes each good entry and refuses the others', async () => {
    const queue = await createQueue('Queue');
    await createRule({ EventPattern: { source: ['app'] }, Targets: [{ Id: 'Target0', Arn: queue.arn }] });
    const { document } = await call('PutEvents', {
      Entries: [entry, { ...entry, Detail: '[1]' }, { ...entry, Source: 'aws.s3' }, { ...entry, DetailType: undefined }],
    });
    expect(document).toEqual({
      FailedEntryCount: 3,
      Entries: [
        { EventId: expect.any(String) },
        { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' },
        { ErrorCode: 'NotAuthorizedForSource', ErrorMessage: 'Not authorized for the source.' },
        { ErrorCode: 'InvalidArgument', ErrorMessage: expect.stringContaining('DetailType') },
      ],
    });
    const delivered = await messagesIn(queue.url);
    expect(delivered.map(({ event }) => event)).toMatchObject([
      { source: 'app', 'detail-type': 'Tested', detail: { n: 1 }, time: '2025-11-20T00:00:00Z', resources: ['arn:x'] },
    ]);
  });

  test('refuses too many, too large, and other buses', async () => {
    const many = await call('PutEvents', { Entries: Array.from({ length: 11 }, () => entry) });
    expect(many.document).toMatchObject({ __type: 'ValidationException', message: expect.stringContaining('less than or equal to 10') });
    const large = await call('PutEvents', { Entries: [{ ...entry, Detail: JSON.stringify({ text: 'x'.repeat(1024 * 1024) }) }] });
    expect(large.document).toMatchObject({ __type: 'ValidationException', message: expect.stringContaining('size') });
    const elsewhere = await call('PutEvents', { Entries: [{ ...entry, EventBusName: 'orders' }] });
    expect(elsewhere).toMatchObject({ status: 501, document: { message: expect.stringContaining('orders') } });
  });
});

describe('the rule resource', () => {
  test('is described by the API', async () => {
    const properties = {
      Description: 'Uploads',
      EventPattern: INCOMING,
      Targets: [{ Id: 'Target0', Arn: MISSING_QUEUE, DeadLetterConfig: { Arn: MISSING_QUEUE }, RetryPolicy: { MaximumRetryAttempts: 4 } }],
    };
    const { ref, attributes } = await createRule(properties);
    expect(ref).toMatch(/^Test-Rule-[0-9a-f]{12}$/);
    const described = {
      Name: ref,
      Arn: `arn:aws:events:eu-west-1:000000000000:rule/${ref}`,
      Description: 'Uploads',
      EventPattern: JSON.stringify(INCOMING),
      State: 'ENABLED',
      EventBusName: 'default',
    };
    expect(attributes).toEqual({ Arn: described.Arn });
    expect((await call('DescribeRule', { Name: ref })).document).toEqual(described);
    expect((await call('ListRules', { NamePrefix: 'Test-' })).document).toEqual({ Rules: [described] });
    expect((await call('ListTargetsByRule', { Rule: ref })).document).toEqual({
      Targets: [{ ...properties.Targets[0], RetryPolicy: { MaximumRetryAttempts: 4, MaximumEventAgeInSeconds: 86400 } }],
    });
    expect((await call('DescribeRule', { Name: 'nowhere' })).document).toMatchObject({ __type: 'ResourceNotFoundException' });
  });

  test.each([
    ['a schedule', { ScheduleExpression: 'rate(5 minutes)', EventPattern: undefined }, /ScheduleExpression of Test\/Rule/],
    ['another bus', { EventBusName: 'orders' }, /orders of Test\/Rule/],
    ['a target that is no queue', { Targets: [{ Id: 'T', Arn: 'arn:aws:lambda:eu-west-1:000000000000:function:f' }] }, /function:f/],
    ['a transformed input', { Targets: [{ Id: 'T', Arn: MISSING_QUEUE, InputPath: '$.detail' }] }, /InputPath of the target T/],
    ['a FIFO queue', { Targets: [{ Id: 'T', Arn: `${MISSING_QUEUE}.fifo` }] }, /FIFO/],
    [
      'a retry policy out of bounds',
      { Targets: [{ Id: 'T', Arn: MISSING_QUEUE, RetryPolicy: { MaximumRetryAttempts: 186 } }] },
      /from 0 to 185/,
    ],
    ['an unknown operator', { EventPattern: { source: [{ resembles: 'x' }] } }, /Test\/Rule: Event pattern is not valid.*resembles/],
  ])('refuses %s by name', async (_, properties, message) => {
    await expect(createRule({ EventPattern: INCOMING, ...properties })).rejects.toThrow(message);
  });
});
