import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import type { MessageQueues, ReceivedMessage } from '../../local/lambda/message-queues.ts';
import type { Principal } from '../../local/platform/principal.ts';
import { type LambdaUnderTest, openLambda, until } from './lambda-handlers/lambda-under-test.ts';

const REGION = 'eu-west-1';

/** A queue that hands out what is put into it once, as if its visibility timeout never ended. */
class OneTimeQueue implements Omit<MessageQueues, 'send'> {
  readonly arn = `arn:aws:sqs:${REGION}:000000000000:work-${crypto.randomUUID()}`;
  readonly deleted: string[] = [];
  readonly #waiting: ReceivedMessage[] = [];
  #wake: () => void = () => undefined;
  failures = 0;

  put(...bodies: string[]): void {
    for (const body of bodies) {
      this.#waiting.push({
        messageId: `id of ${body}`,
        receiptHandle: `handle of ${body}`,
        body,
        md5OfBody: 'md5',
        attributes: { ApproximateReceiveCount: '1' },
        messageAttributes: {
          colour: { DataType: 'String', StringValue: 'green' },
          key: { DataType: 'Binary', BinaryValue: Buffer.from('raw') },
        },
      });
    }
    this.#wake();
  }

  async attributes(): Promise<Record<string, string>> {
    return { VisibilityTimeout: '30' };
  }

  async receive(
    _role: Principal,
    _arn: string,
    { maxMessages, signal }: { maxMessages: number; signal: AbortSignal },
  ): Promise<ReceivedMessage[]> {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the queue is out of order');
    }
    if (this.#waiting.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return this.#waiting.splice(0, maxMessages);
  }

  async delete(_role: Principal, _arn: string, receiptHandles: readonly string[]): Promise<void> {
    this.deleted.push(...receiptHandles.map((handle) => handle.replace('handle of ', '')));
  }
}

let under: LambdaUnderTest;
const queues = new Map<string, OneTimeQueue>();

beforeAll(async () => {
  under = await openLambda({
    attributes: (_role, arn) => queueOf(arn).attributes(),
    receive: (role, arn, options) => queueOf(arn).receive(role, arn, options),
    send: async () => undefined,
    delete: (role, arn, handles) => queueOf(arn).delete(role, arn, handles),
  });
});

afterAll(async () => {
  await under.door.close();
  expect(under.door.internalErrors).toEqual([]);
});

function queueOf(arn: string): OneTimeQueue {
  const queue = queues.get(arn);
  if (!queue) throw new Error(`no queue ${arn}`);
  return queue;
}

async function map(handler: string, properties: Record<string, unknown> = {}): Promise<{ queue: OneTimeQueue; name: string }> {
  const queue = new OneTimeQueue();
  queues.set(queue.arn, queue);
  const name = await under.deploy(handler, { Timeout: 10 });
  const mapping = { EventSourceArn: queue.arn, FunctionName: name, ...properties };
  await under.door.provision('AWS::Lambda::EventSourceMapping', `Mapping${queues.size}`, mapping);
  return { queue, name };
}

const PARTIAL = { FunctionResponseTypes: ['ReportBatchItemFailures'] };

test('a batch arrives as Lambda shapes it, and is deleted when the function succeeds', async () => {
  const { queue, name } = await map('handlers.batch');
  queue.put('first', 'second');
  await until(() => queue.deleted.length === 2);
  const [printed = ''] = await under.logOf(name, '"eventSource"');
  const [first, second] = JSON.parse(printed.slice(printed.indexOf('[')));
  expect(first).toEqual({
    messageId: 'id of first',
    receiptHandle: 'handle of first',
    body: 'first',
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {
      colour: { stringValue: 'green', stringListValues: [], binaryListValues: [], dataType: 'String' },
      key: { binaryValue: 'cmF3', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
    },
    md5OfBody: 'md5',
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: REGION,
  });
  expect(second.body).toBe('second');
});

test('only what succeeded is deleted when the function reports item failures', async () => {
  const { queue } = await map('handlers.batch', PARTIAL);
  queue.put('good', 'bad apple', 'better');
  await until(() => queue.deleted.length > 0);
  expect(queue.deleted).toEqual(['good', 'better']);
});

test('a report of item failures is ignored unless the mapping asks for it', async () => {
  const { queue } = await map('handlers.batch');
  queue.put('good', 'bad apple');
  await until(() => queue.deleted.length > 0);
  expect(queue.deleted).toEqual(['good', 'bad apple']);
});

test.each([['throw'], ['unknown id'], ['empty id']])('"%s": nothing of the batch is deleted, and polling goes on', async (body) => {
  const { queue, name } = await map('handlers.batch', PARTIAL);
  queue.put('good', body);
  await until(() => under.reports.some((line) => line.startsWith(`${name}: a batch of 2 from ${queue.arn} failed: `)));
  expect(queue.deleted).toEqual([]);
  queue.put('later');
  await until(() => queue.deleted.length > 0);
  expect(queue.deleted).toEqual(['later']);
});

test('batches are no larger than asked for, and no more run at once than the mapping allows', async () => {
  const { queue, name } = await map('handlers.overlap', { BatchSize: 2, ScalingConfig: { MaximumConcurrency: 2 } });
  queue.put(...Array.from({ length: 9 }, (_, index) => String(index)));
  await until(() => queue.deleted.length === 9);
  const spans = (await under.logOf(name, 'span')).map(
    (line) => JSON.parse(line.slice(line.indexOf('{'))) as { size: number; from: number; to: number },
  );
  expect(spans.map(({ size }) => size).sort()).toEqual([1, 2, 2, 2, 2]);
  const atOnce = spans.map(({ from }) => spans.filter((other) => other.from <= from && from < other.to).length);
  expect(Math.max(...atOnce)).toBe(2);
});

test('with a batching window messages are gathered until the batch is full', async () => {
  const { queue, name } = await map('handlers.batch', { BatchSize: 12, MaximumBatchingWindowInSeconds: 60 });
  queue.put('a');
  queue.put('b');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(queue.deleted).toEqual([]);
  queue.put(...'cdefghijkl');
  await until(() => queue.deleted.length === 12);
  expect(await under.logOf(name, 'START')).toHaveLength(1);
});

test('a queue that fails is polled again after a pause', async () => {
  const { queue } = await map('handlers.batch');
  queue.failures = 1;
  queue.put('a');
  await until(() => queue.deleted.includes('a'));
  await until(() => under.reports.some((line) => line.startsWith(queue.arn)));
  queue.put('b');
  under.door.clock.advance(5_000);
  await until(() => queue.deleted.includes('b'));
  expect(under.reports.find((line) => line.startsWith(queue.arn))).toBe(`${queue.arn} cannot be polled: the queue is out of order`);
});

test('a disabled mapping takes nothing, and mappings can be listed', async () => {
  const { queue, name } = await map('handlers.batch', { Enabled: false, BatchSize: 3 });
  queue.put('a');
  const { EventSourceMappings } = await new LambdaClient(under.door.clientConfig).send(
    new ListEventSourceMappingsCommand({ FunctionName: name }),
  );
  expect(EventSourceMappings).toMatchObject([{ EventSourceArn: queue.arn, BatchSize: 3, State: 'Disabled' }]);
  expect(queue.deleted).toEqual([]);
});

test.each([
  ['filter criteria', { FilterCriteria: {} }, /does not emulate FilterCriteria of AWS::Lambda::EventSourceMapping/],
  [
    'other sources',
    { EventSourceArn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/s' },
    /does not emulate event source mappings of arn:aws:kinesis/,
  ],
  ['a large batch without a window', { BatchSize: 11 }, /Maximum batch window in seconds must be greater than 0/],
  ['a concurrency of one', { ScalingConfig: { MaximumConcurrency: 1 } }, /MaximumConcurrency is 1; it must be an integer from 2 to 1000/],
])('%s: refused', async (_what, properties, message) => {
  await expect(map('handlers.batch', properties)).rejects.toThrow(message);
});
