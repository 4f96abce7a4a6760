import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { openQueues, type TestQueues } from './sqs-support.ts';

let queues: TestQueues;

beforeAll(async () => {
  queues = await openQueues();
});
afterAll(() => queues.close());

describe('the queue resource', () => {
  test('gives the URL at the front door, the ARN and the name', async () => {
    const { url, arn, name } = await queues.createQueue();
    expect(name).toMatch(/^Test-Queue\d+-[0-9a-f]{12}$/);
    expect(url).toBe(`${queues.door.frontDoor.endpoint}/000000000000/${name}`);
    expect(arn).toBe(`arn:aws:sqs:eu-west-1:000000000000:${name}`);
    expect((await queues.client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl).toBe(url);
    expect((await queues.client.send(new ListQueuesCommand({ QueueNamePrefix: name }))).QueueUrls).toEqual([url]);
  });

  test('sets the attributes and tags of the template', async () => {
    const { url } = await queues.createQueue({
      VisibilityTimeout: 390,
      MessageRetentionPeriod: 1209600,
      DelaySeconds: 5,
      ReceiveMessageWaitTimeSeconds: 20,
      SqsManagedSseEnabled: true,
      Tags: [{ Key: 'stage', Value: 'dev' }],
    });
    const { Attributes: attributes } = await queues.client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
    expect(attributes).toMatchObject({
      VisibilityTimeout: '390',
      MessageRetentionPeriod: '1209600',
      DelaySeconds: '5',
      ReceiveMessageWaitTimeSeconds: '20',
    });
    expect((await queues.client.send(new ListQueueTagsCommand({ QueueUrl: url }))).Tags).toEqual({ stage: 'dev' });
    expect((await queues.client.send(new GetQueueAttributesCommand({ QueueUrl: url }))).Attributes).toBeUndefined();
  });

  test('a FIFO queue keeps the order and drops duplicates', async () => {
    const { url, name } = await queues.createQueue({ FifoQueue: true, ContentBasedDeduplication: true });
    expect(name).toMatch(/\.fifo$/);
    for (const body of ['one', 'two', 'one']) {
      await queues.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body, MessageGroupId: 'group' }));
    }
    const [first] = await queues.receive(url, { MaxNumberOfMessages: 10 });
    expect(first?.Body).toBe('one');
    await queues.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: first?.ReceiptHandle }));
    expect((await queues.receive(url, { MaxNumberOfMessages: 10 })).map(({ Body }) => Body)).toEqual(['two']);
  });

  test('keeps the queue policy, and keeps to it', async () => {
    const { url, arn } = await queues.createQueue();
    expect(queues.service.resourcePolicyOf(arn)).toBeUndefined();
    const document = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 'sqs:SendMessage', Resource: arn }] };
    await queues.door.provision('AWS::SQS::QueuePolicy', 'Policy', { Queues: [url], PolicyDocument: document });
    expect(queues.service.resourcePolicyOf(arn)).toEqual(document);
    const send = new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' });
    await expect(queues.client.send(send)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await queues.client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { Policy: '' } }));
    await queues.client.send(send);
    expect(queues.service.resourcePolicyOf(arn)).toBeUndefined();
  });
});

describe('messages', () => {
  test('are sent, received with what was asked for, and deleted', async () => {
    const { url } = await queues.createQueue();
    await queues.client.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: 'hello',
        MessageAttributes: {
          kind: { DataType: 'String', StringValue: 'greeting' },
          bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
        },
      }),
    );
    const [message] = await queues.receive(url, { MessageAttributeNames: ['All'] });
    expect(message).toMatchObject({ Body: 'hello', Attributes: { ApproximateReceiveCount: '1' } });
    expect(message?.MessageAttributes).toMatchObject({ kind: { StringValue: 'greeting' }, bytes: { BinaryValue: new Uint8Array([1, 2]) } });
    await queues.client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 }),
    );
    const [again] = await queues.receive(url);
    expect(again?.Attributes?.['ApproximateReceiveCount']).toBe('2');
    expect(again?.MessageAttributes).toBeUndefined();
    await queues.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: again?.ReceiptHandle }));
    expect(await queues.receive(url)).toEqual([]);
  });

  test('a long poll wakes when a message comes', async () => {
    const { url } = await queues.createQueue();
    const startedAt = performance.now();
    const polled = queues.receive(url, { WaitTimeSeconds: 20 });
    await queues.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'late' }));
    expect((await polled)[0]?.Body).toBe('late');
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test.each([
    ['a queue', {}, {}],
    ['a FIFO queue', { FifoQueue: true, ContentBasedDeduplication: true }, { MessageGroupId: 'group' }],
  ])(
    'that %s delays come when their time has passed, though by advancing, and what was received stays away',
    async (_, properties, group) => {
      const DelaySeconds = 900;
      const { url } = await queues.createQueue({ ...properties, DelaySeconds, VisibilityTimeout: 30 });
      await queues.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'later', ...group }));
      queues.door.clock.advance(DelaySeconds * 1000 - 60_000);
      expect(await queues.receive(url)).toEqual([]);
      const polled = queues.receive(url, { WaitTimeSeconds: 20 });
      queues.door.clock.advance(60_000);
      expect((await polled).map(({ Body }) => Body)).toEqual(['later']);
      queues.door.clock.advance(60_000);
      expect(await queues.receive(url)).toEqual([]);
    },
  );

  test('a batch tells success and failure apart', async () => {
    const { url } = await queues.createQueue();
    const sent = await queues.client.send(
      new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: [
          { Id: 'good', MessageBody: 'fine' },
          { Id: 'bad', MessageBody: '\u0000' },
        ],
      }),
    );
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(sent.Failed).toMatchObject([{ Id: 'bad', Code: 'InvalidMessageContents', SenderFault: true }]);
  });
});

describe('redrive', () => {
  test('moves a message that was received too often, and names its source', async () => {
    const { source, deadLetters } = await queues.createPair(2);
    await queues.client.send(new SendMessageCommand({ QueueUrl: source.url, MessageBody: 'poison' }));
    expect(await queues.receive(source.url)).toHaveLength(1);
    expect(await queues.receive(source.url)).toHaveLength(1);
    expect(await queues.receive(source.url)).toEqual([]);
    for (const _ of ['first', 'second']) {
      const [dead] = await queues.receive(deadLetters.url, { VisibilityTimeout: 0 });
      expect(dead).toMatchObject({ Body: 'poison', Attributes: { DeadLetterQueueSourceArn: source.arn } });
    }
  });

  test('refuses a dead-letter queue that is missing, of the other type, or does not allow the source', async () => {
    const redriveTo = (deadLetterTargetArn: string, maxReceiveCount = 3) =>
      queues.createQueue({ RedrivePolicy: { deadLetterTargetArn, maxReceiveCount } });
    await expect(redriveTo('arn:aws:sqs:eu-west-1:000000000000:nowhere')).rejects.toThrow(/Dead letter target does not exist/);
    await expect(redriveTo((await queues.createQueue({ FifoQueue: true })).arn)).rejects.toThrow(/must be same type/);
    await expect(redriveTo((await queues.createQueue()).arn, 0)).rejects.toThrow(/maxReceiveCount/);
    const closed = await queues.createQueue({ RedriveAllowPolicy: { redrivePermission: 'denyAll' } });
    await expect(redriveTo(closed.arn)).rejects.toThrow(/RedriveAllowPolicy/);
    const chosen = await queues.createQueue({
      RedriveAllowPolicy: { redrivePermission: 'byQueue', sourceQueueArns: ['arn:aws:sqs:eu-west-1:000000000000:chosen'] },
    });
    await expect(redriveTo(chosen.arn)).rejects.toThrow(/RedriveAllowPolicy/);
    await queues.createQueue({ QueueName: 'chosen', RedrivePolicy: { deadLetterTargetArn: chosen.arn, maxReceiveCount: 3 } });
  });
});

describe('refusals', () => {
  test('a deleted queue is gone, also in the former code', async () => {
    const { url } = await queues.createQueue();
    await queues.client.send(new DeleteQueueCommand({ QueueUrl: url }));
    await expect(queues.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      Code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });

  test('a name or URL that cannot be', async () => {
    await expect(queues.client.send(new CreateQueueCommand({ QueueName: 'a b' }))).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    const foreign = `${queues.door.frontDoor.endpoint}/111111111111/queue`;
    await expect(queues.client.send(new SendMessageCommand({ QueueUrl: foreign, MessageBody: 'x' }))).rejects.toMatchObject({
      name: 'InvalidAddress',
    });
  });

  test('what is not emulated, by name', async () => {
    const { arn } = await queues.createQueue();
    await expect(queues.client.send(new StartMessageMoveTaskCommand({ SourceArn: arn }))).rejects.toThrow(
      /does not emulate SQS's StartMessageMoveTask/,
    );
    const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    expect(() =>
      queues.service.operationOf({ ...form, method: 'POST', path: '/', queryString: '', body: Buffer.alloc(0), sourceIp: '' }),
    ).toThrow(/query protocol/);
  });
});
