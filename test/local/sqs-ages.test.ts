import { DeleteMessageCommand, PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { openQueues, type TestQueues } from './sqs-support.ts';

const MINUTE_MS = 60_000;
/** How long a test may take beside what it lets pass. */
const SECONDS_ASIDE = 30;

let queues: TestQueues;

beforeEach(async () => {
  queues = await openQueues();
});

afterEach(() => queues.close());

/** As CloudWatch is told: the minutes that the oldest message of a queue has been in it; undefined where it is told nothing. */
async function oldestIn({ name }: { readonly name: string }): Promise<number | undefined> {
  const measured = (await queues.service.sample()).filter(({ dimensions }) => dimensions['QueueName'] === name);
  const [age, ...more] = measured.filter((metric) => metric.name === 'ApproximateAgeOfOldestMessage');
  expect(more).toEqual([]);
  expect((age?.value ?? 0) % 60).toBeLessThan(SECONDS_ASIDE);
  return age && Math.floor(age.value / 60);
}

const send = (QueueUrl: string, more: object = {}) =>
  queues.client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'work', ...more }));
const pass = (minutes: number) => queues.door.clock.advance(minutes * MINUTE_MS);

test('the age of the oldest message is told, whether it waits, is delayed or is worked on; of an empty queue nothing', async () => {
  const [queue, other] = [await queues.createQueue({ VisibilityTimeout: 600 }), await queues.createQueue()];
  expect(await oldestIn(queue)).toBeUndefined();
  await send(queue.url);
  expect(await oldestIn(queue)).toBe(0);
  pass(20);
  await send(queue.url);
  await send(other.url, { DelaySeconds: 900 });
  pass(11);
  expect([await oldestIn(queue), await oldestIn(other)]).toEqual([31, 11]);

  const [oldest] = await queues.receive(queue.url);
  expect(await oldestIn(queue)).toBe(31);
  await queues.client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: oldest?.ReceiptHandle }));
  expect(await oldestIn(queue)).toBe(11);
  await queues.client.send(new PurgeQueueCommand({ QueueUrl: queue.url }));
  expect(await oldestIn(queue)).toBeUndefined();
});

test('a message that was received three times does not count any longer, but in a FIFO queue it does', async () => {
  const standard = await queues.createQueue({ VisibilityTimeout: 0 });
  const fifo = await queues.createQueue({ VisibilityTimeout: 0, FifoQueue: true, ContentBasedDeduplication: true });
  await send(standard.url);
  await send(fifo.url, { MessageGroupId: 'one' });
  pass(5);
  for (let times = 1; times <= 3; times += 1) {
    expect([await oldestIn(standard), await oldestIn(fifo)]).toEqual([5, 5]);
    for (const { url } of [standard, fifo]) expect(await queues.receive(url)).toHaveLength(1);
  }
  expect([await oldestIn(standard), await oldestIn(fifo)]).toEqual([undefined, 5]);
});

test('a dead letter is as old as it has been one, however often it was received before', async () => {
  const { source, deadLetters } = await queues.createPair(3);
  await send(source.url);
  pass(40);
  for (let times = 1; times <= 3; times += 1) expect(await queues.receive(source.url)).toHaveLength(1);
  expect(await queues.receive(source.url)).toEqual([]);
  expect([await oldestIn(source), await oldestIn(deadLetters)]).toEqual([undefined, 0]);
  pass(7);
  expect(await oldestIn(deadLetters)).toBe(7);
  for (let times = 1; times <= 2; times += 1) expect(await queues.receive(deadLetters.url, { VisibilityTimeout: 0 })).toHaveLength(1);
  expect(await oldestIn(deadLetters)).toBe(7);
});
