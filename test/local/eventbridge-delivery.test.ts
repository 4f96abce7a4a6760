import { AwsError } from '../../local/platform/call.ts';
import { INCOMING, MISSING_QUEUE, openEventBus, type TestEventBus, uploaded } from './eventbridge-support.ts';

let bus: TestEventBus;

beforeEach(async () => {
  bus = await openEventBus();
});

afterEach(() => bus.close());

describe('a published event', () => {
  test('reaches the queues of the rules that match it, with what AWS adds', async () => {
    const [one, other] = [await bus.createQueue('One'), await bus.createQueue('Other')];
    await bus.createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: one.arn }] });
    await bus.createRule({ EventPattern: { source: ['aws.s3'] }, Targets: [{ Id: 'Target0', Arn: other.arn }] }, 'All');
    await bus.createRule({ EventPattern: { source: ['aws.s3'] }, State: 'DISABLED', Targets: [{ Id: 'Target0', Arn: one.arn }] }, 'Off');
    const id = await bus.events.publish(uploaded('incoming/a.pdf'));
    await bus.events.publish(uploaded('done/a.pdf'));
    const [delivered, ...more] = await bus.messagesIn(one.url);
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
    expect(await bus.messagesIn(other.url)).toHaveLength(2);
    expect(bus.reports).toEqual([]);
  });

  test('keeps the id and time that the publisher gave it', async () => {
    const queue = await bus.createQueue('Queue');
    await bus.createRule({ EventPattern: { source: ['aws.s3'] }, Targets: [{ Id: 'Target0', Arn: queue.arn }] });
    const given = { ...uploaded('x'), id: 'given', time: '2026-11-20T00:00:00Z' };
    expect(await bus.events.publish(given)).toBe('given');
    expect((await bus.messagesIn(queue.url))[0]?.event).toMatchObject(given);
  });
});

describe('a delivery that fails', () => {
  test('for good goes to the dead-letter queue at once, with the reason', async () => {
    const deadLetters = await bus.createQueue('DeadLetters');
    const { attributes } = await bus.createRule({
      EventPattern: INCOMING,
      Targets: [{ Id: 'Target0', Arn: MISSING_QUEUE, DeadLetterConfig: { Arn: deadLetters.arn } }],
    });
    const id = await bus.events.publish(uploaded('incoming/a.pdf'));
    const [dead] = await bus.messagesIn(deadLetters.url);
    expect(dead?.event).toMatchObject({ id, detail: { object: { key: 'incoming/a.pdf' } } });
    expect(dead?.attributes).toEqual({
      RULE_ARN: attributes?.['Arn'],
      TARGET_ARN: MISSING_QUEUE,
      ERROR_CODE: 'NO_RESOURCE',
      ERROR_MESSAGE: 'The specified queue does not exist.',
      RETRY_ATTEMPTS: '0',
    });
    expect(bus.reports).toEqual([expect.stringContaining(`could not deliver event ${id}`)]);
  });

  test('without a dead-letter queue, or with one that fails too, is reported as lost', async () => {
    await bus.createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: MISSING_QUEUE }] });
    await bus.createRule(
      { EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: MISSING_QUEUE, DeadLetterConfig: { Arn: MISSING_QUEUE } }] },
      'Broken',
    );
    await bus.events.publish(uploaded('incoming/a.pdf'));
    expect(bus.reports).toHaveLength(2);
    expect(bus.reports.join()).toMatch(/lost.*no dead-letter queue.*lost.*dead-letter queue refused/);
  });

  test('for a while is retried by the clock', async () => {
    const queue = await bus.createQueue('Queue');
    await bus.createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: queue.arn }] });
    bus.queues.refusals = [new AwsError('ThrottlingException', 'slow down', 429), new AwsError('InternalError', 'oops', 500)];
    await bus.events.publish(uploaded('incoming/a.pdf'));
    expect(await bus.messagesIn(queue.url)).toEqual([]);
    for (const seconds of [1, 2]) await advance(seconds);
    expect(await bus.messagesIn(queue.url)).toHaveLength(1);
    expect(bus.reports).toEqual([]);
  });

  test.each([
    ['after so many retries', { MaximumRetryAttempts: 2 }, 'MaximumRetryAttempts', '2', [1, 2]],
    ['when the event is too old', { MaximumEventAgeInSeconds: 60 }, 'MaximumEventAgeInSeconds', '5', [1, 2, 4, 8, 16, 29]],
  ])('gives up %s', async (_, RetryPolicy, condition, retries, advances) => {
    const [queue, deadLetters] = [await bus.createQueue('Queue'), await bus.createQueue('DeadLetters')];
    await bus.createRule({
      EventPattern: INCOMING,
      Targets: [{ Id: 'Target0', Arn: queue.arn, DeadLetterConfig: { Arn: deadLetters.arn }, RetryPolicy }],
    });
    bus.queues.refusals = Array.from({ length: 20 }, () => new AwsError('ThrottlingException', 'slow down', 429));
    await bus.events.publish(uploaded('incoming/a.pdf'));
    for (const seconds of advances) await advance(seconds);
    expect((await bus.messagesIn(deadLetters.url))[0]?.attributes).toMatchObject({
      ERROR_CODE: 'THROTTLING',
      EXHAUSTED_RETRY_CONDITION: condition,
      RETRY_ATTEMPTS: retries,
    });
  });

  test('is no loss when the runtime stops before the retry: the next start makes it', async () => {
    const queue = await bus.createQueue('Queue');
    await bus.createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: queue.arn }] });
    bus.queues.refusals = [new AwsError('ThrottlingException', 'slow down', 429)];
    await bus.events.publish(uploaded('incoming/a.pdf'));
    await bus.events.stop();
    expect(bus.reports).toEqual([]);
  });

  /** Moves the clock on and lets what has woken do its work. */
  async function advance(seconds: number): Promise<void> {
    bus.door.clock.advance(seconds * 1000);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
});
