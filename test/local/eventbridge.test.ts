import { INCOMING, MISSING_QUEUE, openEventBus, type TestEventBus } from './eventbridge-support.ts';

let bus: TestEventBus;

beforeEach(async () => {
  bus = await openEventBus();
});

afterEach(() => bus.close());

describe('PutEvents', () => {
  const entry = { Source: 'app', DetailType: 'Tested', Detail: '{"n":1}', Time: 1763596800.5, Resources: ['arn:x'] };

  test('publishes each good entry and refuses the others', async () => {
    const queue = await bus.createQueue('Queue');
    await bus.createRule({ EventPattern: { source: ['app'] }, Targets: [{ Id: 'Target0', Arn: queue.arn }] });
    const { document } = await bus.call('PutEvents', {
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
    const delivered = await bus.messagesIn(queue.url);
    expect(delivered.map(({ event }) => event)).toMatchObject([
      { source: 'app', 'detail-type': 'Tested', detail: { n: 1 }, time: '2025-11-20T00:00:00Z', resources: ['arn:x'] },
    ]);
  });

  test('refuses too many, too large, and other buses', async () => {
    const many = await bus.call('PutEvents', { Entries: Array.from({ length: 11 }, () => entry) });
    expect(many.document).toMatchObject({ __type: 'ValidationException', message: expect.stringContaining('less than or equal to 10') });
    const large = await bus.call('PutEvents', { Entries: [{ ...entry, Detail: JSON.stringify({ text: 'x'.repeat(1024 * 1024) }) }] });
    expect(large.document).toMatchObject({ __type: 'ValidationException', message: expect.stringContaining('size') });
    const elsewhere = await bus.call('PutEvents', { Entries: [{ ...entry, EventBusName: 'orders' }] });
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
    const { ref, attributes } = await bus.createRule(properties);
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
    expect((await bus.call('DescribeRule', { Name: ref })).document).toEqual(described);
    expect((await bus.call('ListRules', { NamePrefix: 'Test-' })).document).toEqual({ Rules: [described] });
    expect((await bus.call('ListTargetsByRule', { Rule: ref })).document).toEqual({
      Targets: [{ ...properties.Targets[0], RetryPolicy: { MaximumRetryAttempts: 4, MaximumEventAgeInSeconds: 86400 } }],
    });
    expect((await bus.call('DescribeRule', { Name: 'nowhere' })).document).toMatchObject({ __type: 'ResourceNotFoundException' });
  });

  test.each([
    [
      'a schedule that is none',
      { ScheduleExpression: 'rate(5 minute)' },
      /Test\/Rule: Parameter ScheduleExpression is not valid: rate\(5 minute\)/,
    ],
    ['what says neither which events nor when', { EventPattern: undefined }, /needs an EventPattern or a ScheduleExpression/],
    ['another bus', { EventBusName: 'orders' }, /orders of Test\/Rule/],
    ['a target that is neither queue nor function', { Targets: [{ Id: 'T', Arn: 'arn:aws:sns:eu-west-1:000000000000:t' }] }, /sns:.*:t/],
    ['a transformed input', { Targets: [{ Id: 'T', Arn: MISSING_QUEUE, InputPath: '$.detail' }] }, /InputPath of the target T/],
    ['a FIFO queue', { Targets: [{ Id: 'T', Arn: `${MISSING_QUEUE}.fifo` }] }, /FIFO/],
    [
      'a retry policy out of bounds',
      { Targets: [{ Id: 'T', Arn: MISSING_QUEUE, RetryPolicy: { MaximumRetryAttempts: 186 } }] },
      /from 0 to 185/,
    ],
    ['an unknown operator', { EventPattern: { source: [{ resembles: 'x' }] } }, /Test\/Rule: Event pattern is not valid.*resembles/],
  ])('refuses %s by name', async (_, properties, message) => {
    await expect(bus.createRule({ EventPattern: INCOMING, ...properties })).rejects.toThrow(message);
  });
});
