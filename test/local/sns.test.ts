import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Principal } from '../../local/platform/principal.ts';
import {
  ACCOUNT,
  ACCOUNT_DECIDES,
  allow,
  type EncryptedServices,
  FOREIGN_ACCOUNT,
  letService,
  openEncryptedServices,
} from './encrypted-support.ts';

const ALARMS_MAY_PUBLISH = letService('cloudwatch.amazonaws.com', 'sns:Publish');
const ALARMS_MAY_USE = letService('cloudwatch.amazonaws.com', ['kms:GenerateDataKey', 'kms:Decrypt']);
const TOPICS_MAY_SEND = letService('sns.amazonaws.com', 'sqs:SendMessage');

const alarmOf = (account: string): Principal => ({
  kind: 'service',
  name: 'cloudwatch.amazonaws.com',
  sourceArn: `arn:aws:cloudwatch:eu-west-1:${account}:alarm:Kettle`,
});
const ALARM = alarmOf(ACCOUNT);

let services: EncryptedServices;
/** The operator's. */
let sns: SNSClient;
let subscribed = 0;

beforeAll(async () => {
  services = await openEncryptedServices();
  sns = new SNSClient(services.door.clientConfig);
});

afterAll(async () => {
  sns.destroy();
  await services.close();
});

const subscribe = (TopicArn: string, properties: object) =>
  services.door.provision('AWS::SNS::Subscription', `Subscription${++subscribed}`, { TopicArn, ...properties });

async function snsWith(...statements: object[]): Promise<SNSClient> {
  return new SNSClient(services.door.configOf(await services.door.createRole(statements)));
}

test('a message is mailed, which is printed, and reaches queues, wrapped or as it is', async () => {
  const topicArn = await services.createTopic(undefined);
  const [wrapped, raw] = [await services.createQueue(undefined, TOPICS_MAY_SEND), await services.createQueue(undefined, TOPICS_MAY_SEND)];
  await subscribe(topicArn, { Protocol: 'email', Endpoint: 'ops@example.com' });
  await subscribe(topicArn, { Protocol: 'sqs', Endpoint: wrapped.arn });
  await subscribe(topicArn, { Protocol: 'sqs', Endpoint: raw.arn, RawMessageDelivery: true });
  const Message = 'Line 1 & <2>\nö';
  const { MessageId } = await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: 'ALARM: Kettle', Message }));
  expect(services.reports.at(-1)).toBe('mail to ops@example.com: ALARM: Kettle – Line 1 & <2>\n  ö');
  await expect(services.bodiesIn(raw)).resolves.toEqual([Message]);
  const [body = '{}'] = await services.bodiesIn(wrapped);
  expect(JSON.parse(body)).toEqual({
    Type: 'Notification',
    MessageId,
    TopicArn: topicArn,
    Subject: 'ALARM: Kettle',
    Message,
    Timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  await sns.send(new PublishCommand({ TopicArn: topicArn, Message: 'Without a subject' }));
  expect(services.reports.at(-1)).toBe('mail to ops@example.com: AWS Notification Message – Without a subject');
});

test('a queue that does not let the topic in gets nothing, which is said, and the others do', async () => {
  const topicArn = await services.createTopic(undefined);
  const closed = await services.createQueue(undefined);
  await subscribe(topicArn, { Protocol: 'sqs', Endpoint: closed.arn });
  await subscribe(topicArn, { Protocol: 'email', Endpoint: 'others@example.com' });
  await sns.send(new PublishCommand({ TopicArn: topicArn, Message: 'Hello' }));
  await expect(services.bodiesIn(closed)).resolves.toEqual([]);
  expect(services.reports.at(-2)).toMatch(
    new RegExp(`^SNS could not deliver message .* of ${topicArn} to ${closed.arn}: User: sns.amazonaws.com`),
  );
  expect(services.reports.at(-1)).toMatch(/^mail to others@example.com/);
});

test('a role publishes when it may, and to no other topic', async () => {
  const [mine, theirs] = [await services.createTopic(undefined), await services.createTopic(undefined)];
  const client = await snsWith(allow('sns:Publish', mine));
  await expect(client.send(new PublishCommand({ TopicArn: mine, Message: 'Hello' }))).resolves.toMatchObject({
    MessageId: expect.any(String),
  });
  await expect(client.send(new PublishCommand({ TopicArn: theirs, Message: 'Hello' }))).rejects.toMatchObject({
    name: 'AuthorizationErrorException',
    message: expect.stringContaining(`is not authorized to perform: sns:Publish on resource: ${theirs}`),
  });
});

describe('an alarm', () => {
  const notification = { message: 'The kettle is empty.', subject: 'ALARM: Kettle' };

  test('publishes to the topic that lets alarms of its account in', async () => {
    const topicArn = await services.createTopic(undefined, ALARMS_MAY_PUBLISH);
    await subscribe(topicArn, { Protocol: 'email', Endpoint: 'alarmed@example.com' });
    await services.topics.publishAs(ALARM, topicArn, notification);
    expect(services.reports.at(-1)).toBe('mail to alarmed@example.com: ALARM: Kettle – The kettle is empty.');
  });

  test.each([
    ['of another account', () => services.createTopic(undefined, ALARMS_MAY_PUBLISH), alarmOf(FOREIGN_ACCOUNT)],
    ['of this account, to a topic without a policy,', () => services.createTopic(undefined), ALARM],
  ])('%s is refused, and nobody is told but the operator', async (_which, create, alarm) => {
    const topicArn = await create();
    await subscribe(topicArn, { Protocol: 'email', Endpoint: 'nobody@example.com' });
    await expect(services.topics.publishAs(alarm, topicArn, notification)).rejects.toMatchObject({
      code: 'AuthorizationError',
      status: 403,
    });
    expect(services.reports.filter((line) => line.includes('nobody@example.com'))).toEqual([]);
    expect(services.door.denials.at(-1)).toContain(`Missing in the policy of ${topicArn}: `);
  });

  test('reaches a topic that a key encrypts by that key’s policy', async () => {
    const open = await services.createTopic(await services.createKey(ACCOUNT_DECIDES, ALARMS_MAY_USE), ALARMS_MAY_PUBLISH);
    await expect(services.topics.publishAs(ALARM, open, notification)).resolves.toEqual(expect.any(String));
    const keyArn = await services.createKey(ACCOUNT_DECIDES);
    const closed = await services.createTopic(keyArn, ALARMS_MAY_PUBLISH);
    await expect(services.topics.publishAs(ALARM, closed, notification)).rejects.toMatchObject({
      code: 'KMSAccessDenied',
      message: expect.stringContaining(`is not authorized to perform: kms:GenerateDataKey on resource: ${keyArn}`),
    });
  });
});

test('a role needs the key of a topic besides', async () => {
  const keyArn = await services.createKey(ACCOUNT_DECIDES);
  const TopicArn = await services.createTopic(keyArn);
  const publish = new PublishCommand({ TopicArn, Message: 'Hello' });
  const may = await snsWith(allow('sns:Publish', TopicArn), allow(['kms:GenerateDataKey', 'kms:Decrypt'], keyArn));
  await expect(may.send(publish)).resolves.toMatchObject({ MessageId: expect.any(String) });
  const mayNot = await snsWith(allow('sns:Publish', TopicArn), allow('kms:GenerateDataKey', keyArn));
  await expect(mayNot.send(publish)).rejects.toMatchObject({ name: 'KMSAccessDeniedException' });
});

test.each<[string, object, string]>([
  ['to a topic that there is not', { TopicArn: `arn:aws:sns:eu-west-1:${ACCOUNT}:none` }, 'NotFoundException'],
  ['that is empty', { Message: '' }, 'InvalidParameterException'],
  ['that is longer than SNS takes', { Message: 'x'.repeat(262_145) }, 'InvalidParameterException'],
  ['with a subject of two lines', { Subject: 'one\ntwo' }, 'InvalidParameterException'],
  ['with a subject of 101 characters', { Subject: 'x'.repeat(101) }, 'InvalidParameterException'],
])('a message %s is refused', async (_which, input, name) => {
  const TopicArn = await services.createTopic(undefined);
  await expect(sns.send(new PublishCommand({ TopicArn, Message: 'Hello', ...input }))).rejects.toMatchObject({ name });
});

describe('what is not emulated is refused by its name', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ['an operation', () => sns.send(new CreateTopicCommand({ Name: 'topic' })), "SNS's CreateTopic"],
    [
      'attributes of a message',
      async () => {
        const MessageAttributes = { kettle: { DataType: 'String', StringValue: 'empty' } };
        return sns.send(new PublishCommand({ TopicArn: await services.createTopic(undefined), Message: 'Hello', MessageAttributes }));
      },
      'the member MessageAttributes.entry.1.Name of Publish',
    ],
    ['a FIFO topic', () => services.door.provision('AWS::SNS::Topic', 'Fifo', { FifoTopic: true }), 'FIFO topics'],
    ['another protocol', () => subscribe('topic', { Protocol: 'sms', Endpoint: '+1' }), 'subscriptions by sms'],
    ['a filter', () => subscribe('topic', { Protocol: 'email', Endpoint: 'a@b', FilterPolicy: {} }), 'FilterPolicy of a subscription'],
    [
      'a key by its alias',
      () => services.door.provision('AWS::SNS::Topic', 'Aliased', { KmsMasterKeyId: 'alias/aws/sns' }),
      'not "alias/aws/sns"',
    ],
  ])('%s', async (_what, attempt, message) => {
    await expect(attempt()).rejects.toThrow(message);
  });
});
