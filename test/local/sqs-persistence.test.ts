import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import { State } from '../../local/platform/state.ts';
import { SqsService } from '../../local/sqs/sqs.service.ts';
import { openFrontDoor } from '../support/front-door.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sqs-persistence-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

interface Run {
  readonly client: SQSClient;
  readonly QueueUrl: string;
  readonly deadLetterUrl: string;
  readonly fifoUrl: string;
  receive(more?: object): Promise<Message[]>;
  advance(ms: number): void;
  /** In seconds, of the oldest message of any queue. */
  oldestAge(): Promise<number>;
}

/** Runs SQS on what the run before has stored, with a queue, its dead-letter queue and a FIFO queue. */
async function run(work: (run: Run) => Promise<void>): Promise<void> {
  const state = State.open(directory);
  let service: SqsService | undefined;
  const door = await openFrontDoor(({ frontDoor, access, clock }) => {
    const queues = new SqsService({ region: 'eu-west-1', endpoint: () => frontDoor.endpoint, access, state });
    clock.follow((ms) => queues.advance(ms));
    service = queues;
    return [queues];
  });
  const client = new SQSClient(door.clientConfig);
  try {
    const deadLetters = await door.provision('AWS::SQS::Queue', 'DeadLetters', {});
    const RedrivePolicy = { deadLetterTargetArn: deadLetters.attributes?.['Arn'], maxReceiveCount: 2 };
    const { ref: QueueUrl } = await door.provision('AWS::SQS::Queue', 'Queue', { RedrivePolicy, VisibilityTimeout: 600 });
    const { ref: fifoUrl } = await door.provision('AWS::SQS::Queue', 'Fifo', { FifoQueue: true, ContentBasedDeduplication: true });
    const receive: Run['receive'] = async (more = {}) => {
      const wanted = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const], MessageAttributeNames: ['All'] };
      return (await client.send(new ReceiveMessageCommand({ ...wanted, ...more }))).Messages ?? [];
    };
    const advance = (ms: number) => door.clock.advance(ms);
    const oldestAge = async () => {
      const ages = ((await service?.sample()) ?? []).filter(({ name }) => name === 'ApproximateAgeOfOldestMessage');
      return Math.max(...ages.map(({ value }) => value));
    };
    await work({ client, QueueUrl, deadLetterUrl: deadLetters.ref, fifoUrl, receive, advance, oldestAge });
  } finally {
    client.destroy();
    await door.close();
    state.close();
  }
  expect(door.internalErrors).toEqual([]);
}

const bodies = (messages: readonly Message[]) => messages.map(({ Body }) => Body);

test('messages are there after a restart, in their order and with their attributes', async () => {
  const MessageAttributes = {
    text: { DataType: 'String', StringValue: 'ö' },
    bytes: { DataType: 'Binary', BinaryValue: Buffer.from([1, 255]) },
  };
  await run(async ({ client, QueueUrl }) => {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one', MessageAttributes }));
    await client.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'a', MessageBody: 'two' },
          { Id: 'b', MessageBody: 'three' },
        ],
      }),
    );
    await client.send(new TagQueueCommand({ QueueUrl, Tags: { team: 'red' } }));
  });
  await run(async ({ client, QueueUrl, receive }) => {
    await client.send(new TagQueueCommand({ QueueUrl, Tags: { team: 'blue' } }));
    const messages = await receive();
    expect(bodies(messages)).toEqual(['one', 'two', 'three']);
    expect(messages[0]?.MessageAttributes).toMatchObject({
      text: { StringValue: 'ö' },
      bytes: { BinaryValue: Uint8Array.from([1, 255]) },
    });
  });
});

test('what was delayed when time was advanced is as much nearer after a restart', async () => {
  await run(async ({ client, QueueUrl, advance }) => {
    for (const DelaySeconds of [300, 900]) {
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: `after ${DelaySeconds} s`, DelaySeconds }));
    }
    advance(300_000);
  });
  await run(async ({ receive, advance }) => {
    expect(bodies(await receive())).toEqual(['after 300 s']);
    advance(600_000);
    expect(bodies(await receive())).toEqual(['after 900 s']);
  });
});

test('what was received and not deleted is visible again, with its receive count; what was deleted or purged stays gone', async () => {
  await run(async ({ client, QueueUrl, deadLetterUrl, receive }) => {
    for (const MessageBody of ['kept', 'deleted']) await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    await client.send(new SendMessageCommand({ QueueUrl: deadLetterUrl, MessageBody: 'purged' }));
    const [, deleted] = await receive();
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: deleted?.ReceiptHandle }));
    await client.send(new PurgeQueueCommand({ QueueUrl: deadLetterUrl }));
  });
  let firstAt: string | undefined;
  await run(async ({ receive, deadLetterUrl }) => {
    const messages = await receive();
    expect(messages).toMatchObject([{ Body: 'kept', Attributes: { ApproximateReceiveCount: '2' } }]);
    firstAt = messages[0]?.Attributes?.ApproximateFirstReceiveTimestamp;
    expect(await receive({ QueueUrl: deadLetterUrl })).toEqual([]);
  });
  await run(async ({ receive, QueueUrl, deadLetterUrl }) => {
    expect(await receive()).toEqual([]);
    const [dead] = await receive({ QueueUrl: deadLetterUrl });
    expect(dead).toMatchObject({ Body: 'kept', Attributes: { ApproximateFirstReceiveTimestamp: firstAt } });
    expect(dead?.Attributes?.DeadLetterQueueSourceArn).toBe(`arn:aws:sqs:eu-west-1:000000000000:${QueueUrl.split('/').at(-1)}`);
  });
  await run(async ({ receive, deadLetterUrl }) => {
    expect(await receive()).toEqual([]);
    expect(bodies(await receive({ QueueUrl: deadLetterUrl }))).toEqual(['kept']);
  });
});

test('a message may be made visible again at once', async () => {
  await run(async ({ client, QueueUrl, receive }) => {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'again' }));
    const [message] = await receive();
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 }));
  });
  await run(async ({ receive }) => expect(await receive()).toMatchObject([{ Attributes: { ApproximateReceiveCount: '2' } }]));
});

test('a delayed message keeps its delay', async () => {
  await run(async ({ client, QueueUrl }) => {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'later', DelaySeconds: 900 }));
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'soon', DelaySeconds: 1 }));
  });
  await run(async ({ client, QueueUrl, receive }) => {
    expect(bodies(await receive({ WaitTimeSeconds: 5 }))).toEqual(['soon']);
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessagesDelayed'] }),
    );
    expect(Attributes).toEqual({ ApproximateNumberOfMessagesDelayed: '1' });
  });
});

test('a FIFO queue goes on in order, with its numbers, and knows what it has', async () => {
  const send = (client: SQSClient, QueueUrl: string, MessageBody: string) =>
    client.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: 'group' }));
  let last: string | undefined;
  await run(async ({ client, fifoUrl }) => {
    for (const body of ['one', 'two']) ({ SequenceNumber: last } = await send(client, fifoUrl, body));
  });
  await run(async ({ client, fifoUrl, receive }) => {
    await send(client, fifoUrl, 'two');
    const { SequenceNumber } = await send(client, fifoUrl, 'three');
    expect(Number(SequenceNumber)).toBe(Number(last) + 1);
    for (const body of ['one', 'two', 'three']) {
      const [message] = await receive({ QueueUrl: fifoUrl });
      expect(message?.Body).toBe(body);
      await client.send(new DeleteMessageCommand({ QueueUrl: fifoUrl, ReceiptHandle: message?.ReceiptHandle }));
    }
    expect(await receive({ QueueUrl: fifoUrl })).toEqual([]);
  });
});

test('a message is as old after a restart as it was before', async () => {
  await run(async ({ client, QueueUrl, advance }) => {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one' }));
    advance(3_600_000);
  });
  await run(async ({ oldestAge }) => expect(await oldestAge()).toBeGreaterThanOrEqual(3600));
});
