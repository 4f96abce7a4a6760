import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { SqsService } from '../../local/sqs/sqs.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

let door: TestFrontDoor;
let sqs: SqsService;
let client: SQSClient;
let created = 0;

beforeAll(async () => {
  door = await openFrontDoor(({ frontDoor }) => {
    sqs = new SqsService({ region: 'eu-west-1', endpoint: () => frontDoor.endpoint });
    return [sqs];
  });
  client = new SQSClient(door.clientConfig);
});

afterAll(async () => {
  client.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

async function createQueue(properties: Record<string, unknown> = {}): Promise<{ url: string; arn: string; name: string }> {
  created += 1;
  const { ref, attributes } = await door.provision('AWS::SQS::Queue', `Queue${created}`, properties);
  return { url: ref, arn: String(attributes?.['Arn']), name: String(attributes?.['QueueName']) };
}

async function createPair(maxReceiveCount = 1) {
  const deadLetters = await createQueue();
  const source = await createQueue({
    VisibilityTimeout: 0,
    RedrivePolicy: { deadLetterTargetArn: deadLetters.arn, maxReceiveCount },
  });
  return { deadLetters, source };
}

const receive = async (QueueUrl: string, rest: object = {}) =>
  (await client.send(new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'], ...rest }))).Messages ?? [];

describe('the queue resource', () => {
  test('gives the URL at the front door, the ARN and the name', async () => {
    const { url, arn, name } = await createQueue();
    expect(name).toMatch(/^Test-Queue\d+-[0-9a-f]{12}$/);
    expect(url).toBe(`${door.frontDoor.endpoint}/000000000000/${name}`);
    expect(arn).toBe(`arn:aws:sqs:eu-west-1:000000000000:${name}`);
    expect((await client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl).toBe(url);
    expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: name }))).QueueUrls).toEqual([url]);
  });

  test('sets the attributes and tags of the template', async () => {
    const { url } = await createQueue({
      VisibilityTimeout: 390,
      MessageRetentionPeriod: 1209600,
      DelaySeconds: 5,
      ReceiveMessageWaitTimeSeconds: 20,
      SqsManagedSseEnabled: true,
      Tags: [{ Key: 'stage', Value: 'dev' }],
    });
    const { Attributes: attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
    expect(attributes).toMatchObject({
      VisibilityTimeout: '390',
      MessageRetentionPeriod: '1209600',
      DelaySeconds: '5',
      ReceiveMessageWaitTimeSeconds: '20',
    });
    expect((await client.send(new ListQueueTagsCommand({ QueueUrl: url }))).Tags).toEqual({ stage: 'dev' });
    expect((await client.send(new GetQueueAttributesCommand({ QueueUrl: url }))).Attributes).toBeUndefined();
  });

  test('a FIFO queue keeps the order and drops duplicates', async () => {
    const { url, name } = await createQueue({ FifoQueue: true, ContentBasedDeduplication: true });
    expect(name).toMatch(/\.fifo$/);
    for (const body of ['one', 'two', 'one']) {
      await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body, MessageGroupId: 'group' }));
    }
    const [first] = await receive(url, { MaxNumberOfMessages: 10 });
    expect(first?.Body).toBe('one');
    await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: first?.ReceiptHandle }));
    expect((await receive(url, { MaxNumberOfMessages: 10 })).map(({ Body }) => Body)).toEqual(['two']);
  });

  test('keeps the queue policy', async () => {
    const { url, arn } = await createQueue();
    expect(sqs.policyOf(arn)).toBeUndefined();
    const document = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: arn }] };
    await door.provision('AWS::SQS::QueuePolicy', 'Policy', { Queues: [url], PolicyDocument: document });
    expect(sqs.policyOf(arn)).toEqual(document);
    await client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { Policy: '' } }));
    expect(sqs.policyOf(arn)).toBeUndefined();
  });
});

describe('messages', () => {
  test('are sent, received with what was asked for, and deleted', async () => {
    const { url } = await createQueue();
    await client.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: 'hello',
        MessageAttributes: {
          kind: { DataType: 'String', StringValue: 'greeting' },
          bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
        },
      }),
    );
    const [message] = await receive(url, { MessageAttributeNames: ['All'] });
    expect(message).toMatchObject({ Body: 'hello', Attributes: { ApproximateReceiveCount: '1' } });
    expect(message?.MessageAttributes).toMatchObject({ kind: { StringValue: 'greeting' }, bytes: { BinaryValue: new Uint8Array([1, 2]) } });
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 }));
    const [again] = await receive(url);
    expect(again?.Attributes?.['ApproximateReceiveCount']).toBe('2');
    expect(again?.MessageAttributes).toBeUndefined();
    await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: again?.ReceiptHandle }));
    expect(await receive(url)).toEqual([]);
  });

  test('a long poll wakes when a message comes', async () => {
    const { url } = await createQueue();
    const startedAt = performance.now();
    const polled = receive(url, { WaitTimeSeconds: 20 });
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'late' }));
    expect((await polled)[0]?.Body).toBe('late');
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test('a batch tells success and failure apart', async () => {
    const { url } = await createQueue();
    const sent = await client.send(
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
    const { source, deadLetters } = await createPair(2);
    await client.send(new SendMessageCommand({ QueueUrl: source.url, MessageBody: 'poison' }));
    expect(await receive(source.url)).toHaveLength(1);
    expect(await receive(source.url)).toHaveLength(1);
    expect(await receive(source.url)).toEqual([]);
    for (const _ of ['first', 'second']) {
      const [dead] = await receive(deadLetters.url, { VisibilityTimeout: 0 });
      expect(dead).toMatchObject({ Body: 'poison', Attributes: { DeadLetterQueueSourceArn: source.arn } });
    }
  });

  test('refuses a dead-letter queue that is missing, of the other type, or does not allow the source', async () => {
    const redriveTo = (deadLetterTargetArn: string, maxReceiveCount = 3) =>
      createQueue({ RedrivePolicy: { deadLetterTargetArn, maxReceiveCount } });
    await expect(redriveTo('arn:aws:sqs:eu-west-1:000000000000:nowhere')).rejects.toThrow(/Dead letter target does not exist/);
    await expect(redriveTo((await createQueue({ FifoQueue: true })).arn)).rejects.toThrow(/must be same type/);
    await expect(redriveTo((await createQueue()).arn, 0)).rejects.toThrow(/maxReceiveCount/);
    const closed = await createQueue({ RedriveAllowPolicy: { redrivePermission: 'denyAll' } });
    await expect(redriveTo(closed.arn)).rejects.toThrow(/RedriveAllowPolicy/);
    const chosen = await createQueue({
      RedriveAllowPolicy: { redrivePermission: 'byQueue', sourceQueueArns: ['arn:aws:sqs:eu-west-1:000000000000:chosen'] },
    });
    await expect(redriveTo(chosen.arn)).rejects.toThrow(/RedriveAllowPolicy/);
    await createQueue({ QueueName: 'chosen', RedrivePolicy: { deadLetterTargetArn: chosen.arn, maxReceiveCount: 3 } });
  });
});

describe('in process', () => {
  test('a message is sent, received with all it carries, and deleted', async () => {
    const { arn, url } = await createQueue();
    const messageId = await sqs.send(arn, 'body', { RULE_ARN: 'arn:rule' });
    const [message, ...others] = await sqs.receive(arn, { maxMessages: 10, waitSeconds: 0 });
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      messageId,
      body: 'body',
      attributes: { ApproximateReceiveCount: '1' },
      messageAttributes: { RULE_ARN: { DataType: 'String', StringValue: 'arn:rule' } },
    });
    await sqs.changeVisibility(arn, [message?.receiptHandle ?? ''], 0);
    const [again] = await receive(url);
    await sqs.delete(arn, [again?.ReceiptHandle ?? '']);
    expect(await receive(url)).toEqual([]);
  });

  test('bytes among the attributes stay bytes', async () => {
    const { arn, url } = await createQueue();
    const bytes = { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) };
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x', MessageAttributes: { bytes } }));
    const [message] = await sqs.receive(arn, { maxMessages: 1, waitSeconds: 0 });
    expect(message?.messageAttributes).toEqual({ bytes: { DataType: 'Binary', BinaryValue: Buffer.from([1, 2]) } });
  });

  test('a waiting receive wakes when a message comes', async () => {
    const { arn } = await createQueue();
    const waiting = sqs.receive(arn, { maxMessages: 1, waitSeconds: 20 });
    await sqs.send(arn, 'late');
    expect(await waiting).toMatchObject([{ body: 'late' }]);
  });

  test('a waiting receive ends when it is aborted, and leaves later messages alone', async () => {
    const { arn } = await createQueue();
    const abort = new AbortController();
    const waiting = sqs.receive(arn, { maxMessages: 1, waitSeconds: 20, signal: abort.signal });
    abort.abort();
    expect(await waiting).toEqual([]);
    await sqs.send(arn, 'later');
    expect(await sqs.receive(arn, { maxMessages: 1, waitSeconds: 0 })).toHaveLength(1);
  });

  test('redrives too', async () => {
    const { source, deadLetters } = await createPair(1);
    await sqs.send(source.arn, 'poison');
    expect(await sqs.receive(source.arn, { maxMessages: 1, waitSeconds: 0 })).toHaveLength(1);
    expect(await sqs.receive(source.arn, { maxMessages: 1, waitSeconds: 0 })).toEqual([]);
    const [dead] = await sqs.receive(deadLetters.arn, { maxMessages: 1, waitSeconds: 0 });
    expect(dead).toMatchObject({ body: 'poison', attributes: { DeadLetterQueueSourceArn: source.arn } });
  });

  test('an unknown queue is refused as SQS does', async () => {
    await expect(sqs.send('arn:aws:sqs:eu-west-1:000000000000:nowhere', 'x')).rejects.toMatchObject({ code: 'QueueDoesNotExist' });
    await expect(sqs.send('arn:aws:sqs:us-east-1:000000000000:nowhere', 'x')).rejects.toMatchObject({ code: 'QueueDoesNotExist' });
  });
});

describe('refusals', () => {
  test('a deleted queue is gone, also in the former code', async () => {
    const { url } = await createQueue();
    await client.send(new DeleteQueueCommand({ QueueUrl: url }));
    await expect(client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      Code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });

  test('a name or URL that cannot be', async () => {
    await expect(client.send(new CreateQueueCommand({ QueueName: 'a b' }))).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    const foreign = `${door.frontDoor.endpoint}/111111111111/queue`;
    await expect(client.send(new SendMessageCommand({ QueueUrl: foreign, MessageBody: 'x' }))).rejects.toMatchObject({
      name: 'InvalidAddress',
    });
  });

  test('what is not emulated, by name', async () => {
    const { arn } = await createQueue();
    await expect(client.send(new StartMessageMoveTaskCommand({ SourceArn: arn }))).rejects.toThrow(
      /does not emulate SQS's StartMessageMoveTask/,
    );
    const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    expect(() => sqs.operationOf({ ...form, method: 'POST', path: '/', queryString: '', body: Buffer.alloc(0), sourceIp: '' })).toThrow(
      /query protocol/,
    );
  });
});
