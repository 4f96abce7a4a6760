import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { OPERATOR } from '../../local/platform/principal.ts';
import { openQueues, type TestQueues } from './sqs-support.ts';

let queues: TestQueues;

beforeAll(async () => {
  queues = await openQueues();
});
afterAll(() => queues.close());

describe('in process', () => {
  test('a message is sent, received with all it carries, and deleted', async () => {
    const { arn, url } = await queues.createQueue();
    const messageId = await queues.service.send(OPERATOR, arn, 'body', { RULE_ARN: 'arn:rule' });
    const [message, ...others] = await queues.service.receive(OPERATOR, arn, { maxMessages: 10, waitSeconds: 0 });
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      messageId,
      body: 'body',
      attributes: { ApproximateReceiveCount: '1' },
      messageAttributes: { RULE_ARN: { DataType: 'String', StringValue: 'arn:rule' } },
    });
    await queues.service.delete(OPERATOR, arn, [message?.receiptHandle ?? '']);
    await queues.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'another' }));
    expect((await queues.service.receive(OPERATOR, arn, { maxMessages: 10, waitSeconds: 0 })).map(({ body }) => body)).toEqual(['another']);
    expect(await queues.receive(url)).toEqual([]);
  });

  test('bytes among the attributes stay bytes', async () => {
    const { arn, url } = await queues.createQueue();
    const bytes = { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) };
    await queues.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x', MessageAttributes: { bytes } }));
    const [message] = await queues.service.receive(OPERATOR, arn, { maxMessages: 1, waitSeconds: 0 });
    expect(message?.messageAttributes).toEqual({ bytes: { DataType: 'Binary', BinaryValue: Buffer.from([1, 2]) } });
  });

  test('a waiting receive wakes when a message comes', async () => {
    const { arn } = await queues.createQueue();
    const waiting = queues.service.receive(OPERATOR, arn, { maxMessages: 1, waitSeconds: 20 });
    await queues.service.send(OPERATOR, arn, 'late');
    expect(await waiting).toMatchObject([{ body: 'late' }]);
  });

  test('a waiting receive ends when it is aborted, and leaves later messages alone', async () => {
    const { arn } = await queues.createQueue();
    const abort = new AbortController();
    const waiting = queues.service.receive(OPERATOR, arn, { maxMessages: 1, waitSeconds: 20, signal: abort.signal });
    abort.abort();
    expect(await waiting).toEqual([]);
    await queues.service.send(OPERATOR, arn, 'later');
    expect(await queues.service.receive(OPERATOR, arn, { maxMessages: 1, waitSeconds: 0 })).toHaveLength(1);
  });

  test('redrives too', async () => {
    const { source, deadLetters } = await queues.createPair(1);
    await queues.service.send(OPERATOR, source.arn, 'poison');
    expect(await queues.service.receive(OPERATOR, source.arn, { maxMessages: 1, waitSeconds: 0 })).toHaveLength(1);
    expect(await queues.service.receive(OPERATOR, source.arn, { maxMessages: 1, waitSeconds: 0 })).toEqual([]);
    const [dead] = await queues.service.receive(OPERATOR, deadLetters.arn, { maxMessages: 1, waitSeconds: 0 });
    expect(dead).toMatchObject({ body: 'poison', attributes: { DeadLetterQueueSourceArn: source.arn } });
  });

  test('an unknown queue is refused as SQS does', async () => {
    await expect(queues.service.send(OPERATOR, 'arn:aws:sqs:eu-west-1:000000000000:nowhere', 'x')).rejects.toMatchObject({
      code: 'QueueDoesNotExist',
    });
    await expect(queues.service.send(OPERATOR, 'arn:aws:sqs:us-east-1:000000000000:nowhere', 'x')).rejects.toMatchObject({
      code: 'QueueDoesNotExist',
    });
  });

  test('needs the right that each operation of the API needs', async () => {
    const { arn } = await queues.createQueue();
    const role = await queues.door.createRole([]);
    const denied = (action: string) => ({ code: 'AccessDeniedException', message: expect.stringContaining(`perform: sqs:${action} on`) });
    await expect(queues.service.send(role, arn, 'x')).rejects.toMatchObject(denied('SendMessage'));
    await expect(queues.service.attributes(role, arn)).rejects.toMatchObject(denied('GetQueueAttributes'));
    await expect(queues.service.receive(role, arn, { maxMessages: 1, waitSeconds: 0 })).rejects.toMatchObject(denied('ReceiveMessage'));
    await expect(queues.service.delete(role, arn, ['handle'])).rejects.toMatchObject(denied('DeleteMessage'));
  });
});
