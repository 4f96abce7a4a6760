import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { sign } from '../support/sign.ts';
import { ACCOUNT_DECIDES, allow, type EncryptedServices, letService, openEncryptedServices } from './encrypted-support.ts';
import { send } from './front-door-support.ts';

const SEND = ['kms:GenerateDataKey', 'kms:Decrypt'];
const RULE_MAY_SEND = letService('events.amazonaws.com', 'sqs:SendMessage');
const RULE_MAY_USE = letService('events.amazonaws.com', SEND);

let services: EncryptedServices;

beforeAll(async () => {
  services = await openEncryptedServices();
});

afterAll(() => services.close());

/** SQS as a new role reaches it that may do everything with queues, and this with a key. */
async function sqsWith(keyArn: string, ...actions: string[]): Promise<SQSClient> {
  const role = await services.door.createRole([allow('sqs:*', '*'), ...(actions.length > 0 ? [allow(actions, keyArn)] : [])]);
  return new SQSClient(services.door.configOf(role));
}

describe('a queue that a key encrypts', () => {
  const refusal = (action: string, keyArn: string) => ({
    name: 'KmsAccessDenied',
    Code: 'KMS.AccessDeniedException',
    message: expect.stringContaining(`is not authorized to perform: ${action} on resource: ${keyArn}`),
  });

  test('takes messages from whoever may make data keys with it, and no others', async () => {
    const keyArn = await services.createKey(ACCOUNT_DECIDES);
    const { url: QueueUrl } = await services.createQueue(keyArn);
    const one = new SendMessageCommand({ QueueUrl, MessageBody: 'one' });
    const batch = new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: 'one', MessageBody: 'one' }] });
    const may = await sqsWith(keyArn, ...SEND);
    await expect(may.send(one)).resolves.toMatchObject({ MessageId: expect.any(String) });
    await expect(may.send(batch)).resolves.toMatchObject({ Successful: [{ Id: 'one' }] });
    for (const missing of SEND) {
      const mayNot = await sqsWith(keyArn, ...SEND.filter((action) => action !== missing));
      await expect(mayNot.send(one)).rejects.toMatchObject(refusal(missing, keyArn));
      await expect(mayNot.send(batch)).rejects.toMatchObject(refusal(missing, keyArn));
    }
    expect(services.door.denials.at(-1)).toContain(`{"Effect":"Allow","Action":"kms:Decrypt","Resource":"${keyArn}"}`);
  });

  test('gives messages to whoever may decrypt with it, and no others', async () => {
    const keyArn = await services.createKey(ACCOUNT_DECIDES);
    const { url: QueueUrl } = await services.createQueue(keyArn);
    await services.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one' }));
    const receive = new ReceiveMessageCommand({ QueueUrl });
    await expect((await sqsWith(keyArn)).send(receive)).rejects.toMatchObject(refusal('kms:Decrypt', keyArn));
    await expect((await sqsWith(keyArn, 'kms:Decrypt')).send(receive)).resolves.toMatchObject({ Messages: [{ Body: 'one' }] });
  });

  test('is closed to a role whose policies allow everything, and to the operator, when the key’s own is silent', async () => {
    const keyArn = await services.createKey(RULE_MAY_USE);
    const { url: QueueUrl } = await services.createQueue(keyArn);
    const send = new SendMessageCommand({ QueueUrl, MessageBody: 'one' });
    for (const client of [await sqsWith(keyArn, ...SEND), services.sqs]) {
      await expect(client.send(send)).rejects.toMatchObject(refusal('kms:GenerateDataKey', keyArn));
    }
    expect(services.door.denials.at(-1)).toContain(`Missing in the policy of ${keyArn}: `);
  });

  test('is as any other once it has no key any more', async () => {
    const keyArn = await services.createKey(ACCOUNT_DECIDES);
    const { url: QueueUrl } = await services.createQueue(keyArn);
    const send = new SendMessageCommand({ QueueUrl, MessageBody: 'one' });
    const client = await sqsWith(keyArn);
    const change = (KmsMasterKeyId: string) => new SetQueueAttributesCommand({ QueueUrl, Attributes: { KmsMasterKeyId } });
    await client.send(change(''));
    await expect(client.send(send)).resolves.toMatchObject({ MessageId: expect.any(String) });
    await client.send(change(keyArn));
    await expect(client.send(send)).rejects.toMatchObject(refusal('kms:GenerateDataKey', keyArn));
  });

  test('needs a key by its ARN', async () => {
    const create = new CreateQueueCommand({ QueueName: 'aliased', Attributes: { KmsMasterKeyId: 'alias/aws/sqs' } });
    await expect(services.sqs.send(create)).rejects.toThrow('The local runtime takes a key by its ARN only, and not "alias/aws/sqs".');
  });
});

describe('an event for a queue that a key encrypts', () => {
  const publish = async (source: string, queueArn: string, deadLetterArn: string) => {
    await services.door.provision('AWS::Events::Rule', `Rule-${source}`, {
      Name: `rule-${source}`,
      EventPattern: { source: [source] },
      State: 'ENABLED',
      Targets: [{ Id: 'queue', Arn: queueArn, DeadLetterConfig: { Arn: deadLetterArn } }],
    });
    await services.events.publish({ source, 'detail-type': 'Something', resources: [], detail: {} });
  };

  test('arrives where the key’s policy lets rules in', async () => {
    const keyArn = await services.createKey(ACCOUNT_DECIDES, RULE_MAY_USE);
    const [queue, deadLetters] = [await services.createQueue(keyArn, RULE_MAY_SEND), await services.createQueue(keyArn, RULE_MAY_SEND)];
    await publish('mine', queue.arn, deadLetters.arn);
    await expect(services.bodiesIn(queue)).resolves.toEqual([expect.stringContaining('"source":"mine"')]);
    await expect(services.bodiesIn(deadLetters)).resolves.toEqual([]);
  });

  test('ends as a dead letter where it does not, for want of permissions', async () => {
    const [closed, open] = [await services.createKey(ACCOUNT_DECIDES), await services.createKey(ACCOUNT_DECIDES, RULE_MAY_USE)];
    const [queue, deadLetters] = [await services.createQueue(closed, RULE_MAY_SEND), await services.createQueue(open, RULE_MAY_SEND)];
    await publish('dead', queue.arn, deadLetters.arn);
    await expect(services.bodiesIn(queue)).resolves.toEqual([]);
    const receive = new ReceiveMessageCommand({ QueueUrl: deadLetters.url, MessageAttributeNames: ['All'] });
    await expect(services.sqs.send(receive)).resolves.toMatchObject({
      Messages: [{ MessageAttributes: { ERROR_CODE: { StringValue: 'NO_PERMISSIONS' } } }],
    });
  });

  test('is lost, and that is said, where the dead-letter queue has the same key', async () => {
    const keyArn = await services.createKey(ACCOUNT_DECIDES);
    const [queue, deadLetters] = [await services.createQueue(keyArn, RULE_MAY_SEND), await services.createQueue(keyArn, RULE_MAY_SEND)];
    await publish('lost', queue.arn, deadLetters.arn);
    await expect(services.bodiesIn(queue)).resolves.toEqual([]);
    await expect(services.bodiesIn(deadLetters)).resolves.toEqual([]);
    expect(services.reports.at(-1)).toMatch(
      /^EventBridge lost event .* of rule rule-lost .* kms:GenerateDataKey .*; its dead-letter queue refused: .* kms:GenerateDataKey/,
    );
    const missing = { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'kms:GenerateDataKey', Resource: keyArn };
    expect(services.door.denials.at(-1)).toContain(JSON.stringify(missing).slice(0, -1));
  });
});

test('KMS’s own operations are refused by their names', async () => {
  const { endpoint } = services.door.frontDoor;
  const credentials = services.door.clientConfig.credentials;
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Encrypt' };
  const call = await sign(endpoint, { method: 'POST', target: '/', headers, body: '{}' }, { credentials, service: 'kms' });
  await expect(send(endpoint, call)).resolves.toMatchObject({
    status: 501,
    body: expect.stringContaining("does not emulate KMS's Encrypt."),
  });
});

test('what a policy leaves to the account is nobody’s grant, and each service that it names has one of its own', async () => {
  const { access } = services.door;
  const two = { Service: ['events.amazonaws.com', 'cloudwatch.amazonaws.com'] };
  await services.createKey(ACCOUNT_DECIDES, { Effect: 'Allow', Principal: two, Action: 'kms:DescribeKey', Resource: '*' });
  await access.review();
  const describing = access.grants().filter(({ action }) => action === 'kms:DescribeKey');
  expect(describing.map(({ holder }) => holder)).toEqual(two.Service);
});
