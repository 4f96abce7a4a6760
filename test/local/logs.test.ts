import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { MAX_EVENTS_PER_GROUP } from '../../local/logs/log-group.ts';
import type { LogEntry } from '../../local/logs/log-sink.ts';
import type { LogsService } from '../../local/logs/logs.service.ts';
import { OPERATOR } from '../../local/platform/principal.ts';
import type { TestFrontDoor } from '../support/front-door.ts';
import { type LambdaUnderTest, openLambda } from './lambda-handlers/lambda-under-test.ts';

let under: LambdaUnderTest;
let door: TestFrontDoor;
let logs: LogsService;
let client: CloudWatchLogsClient;

beforeAll(async () => {
  under = await openLambda();
  ({ door, logs } = under);
  client = new CloudWatchLogsClient(door.clientConfig);
});

afterAll(async () => {
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

function write({ group, stream, timestamp, message }: LogEntry): void {
  logs.openStream(OPERATOR, group, stream).write(timestamp, message);
}

/** Fills a new group, one event per millisecond from 1000 on. */
function fill(entries: readonly (readonly [stream: string, message: string])[]): string {
  const group = `/test/${crypto.randomUUID()}`;
  for (const [index, [stream, message]] of entries.entries()) write({ group, stream, timestamp: 1000 + index, message });
  return group;
}

async function filtered(input: FilterLogEventsCommandInput): Promise<string[]> {
  const { events = [] } = await client.send(new FilterLogEventsCommand(input));
  return events.map(({ message = '' }) => message);
}

describe('what a function logs', () => {
  async function run(properties: Record<string, unknown>): Promise<{ group: string; requestId: string; messages: string[] }> {
    const { ref: group } = await door.provision('AWS::Logs::LogGroup', `Group${crypto.randomUUID().slice(0, 8)}`, { RetentionInDays: 7 });
    const logging = { LogGroup: group, ...(properties['LoggingConfig'] as object) };
    const name = await under.deploy('handlers.print', { ...properties, LoggingConfig: logging });
    const { requestId } = await under.functions.invoke(name, '{}');
    const { logStreams = [] } = await client.send(new DescribeLogStreamsCommand({ logGroupName: group }));
    const [stream] = logStreams;
    expect(logStreams).toHaveLength(1);
    expect(stream?.logStreamName).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
    const input = { logGroupName: group, logStreamName: stream?.logStreamName, startFromHead: true };
    const { events = [] } = await client.send(new GetLogEventsCommand(input));
    return { group, requestId, messages: events.map(({ message = '' }) => message) };
  }

  test("is in its group, each message one event, between Lambda's own lines", async () => {
    const { requestId, messages } = await run({ MemorySize: 512 });
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    expect(messages[0]).toBe(`START RequestId: ${requestId} Version: $LATEST`);
    expect(messages.at(-2)).toBe(`END RequestId: ${requestId}`);
    expect(messages.at(-1)).toMatch(
      new RegExp(
        `^REPORT RequestId: ${requestId}\tDuration: \\d+\\.\\d\\d ms\tBilled Duration: \\d+ ms\tMemory Size: 512 MB\t` +
          `Max Memory Used: \\d+ MB\tInit Duration: \\d+\\.\\d\\d ms$`,
      ),
    );
    const printed = messages.slice(1, -2);
    expect(printed).toHaveLength(4);
    expect(printed).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`^${time}\t${requestId}\tINFO\ttwo\nlines$`)),
        expect.stringMatching(new RegExp(`^${time}\t${requestId}\tERROR\tan error \\{ code: 42 \\}$`)),
        '{"raw":"json"}',
        'no newline at the end',
      ]),
    );
  });

  test('is JSON where the template says so, with the level that it says', async () => {
    const { requestId, messages } = await run({ LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'ERROR' } });
    const documents = messages.filter((message) => message.startsWith('{')).map((message) => JSON.parse(message));
    expect(documents[0]).toEqual({ time: expect.any(String), type: 'platform.start', record: { requestId, version: '$LATEST' } });
    expect(documents.at(-1)).toMatchObject({
      type: 'platform.report',
      record: { requestId, status: 'success', metrics: { memorySizeMB: 128 } },
    });
    expect(documents.filter(({ level }) => level)).toMatchObject([{ level: 'ERROR', requestId, message: 'an error { code: 42 }' }]);
  });
});

test('groups are created by name, by the template or by what is written, and listed by prefix', async () => {
  const { ref, attributes } = await door.provision('AWS::Logs::LogGroup', 'Group', { LogGroupName: '/shop/orders' });
  expect(ref).toBe('/shop/orders');
  expect(attributes).toEqual({ Arn: `arn:aws:logs:eu-west-1:000000000000:log-group:/shop/orders:*` });
  const generated = await door.provision('AWS::Logs::LogGroup', 'Group', {});
  expect(generated.ref).toMatch(/^Test-Group-[0-9a-f]{12}$/);
  write({ group: '/shop/baskets', stream: 's', timestamp: 1, message: 'm' });
  const first = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/shop/', limit: 1 }));
  expect(first.logGroups).toMatchObject([{ logGroupName: '/shop/baskets' }]);
  const second = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/shop/', nextToken: first.nextToken }));
  expect(second).toMatchObject({ logGroups: [{ logGroupName: '/shop/orders' }] });
  expect(second.nextToken).toBeUndefined();
});

test('streams are listed by name, or by their last event', async () => {
  const logGroupName = fill([
    ['b', '1'],
    ['a', '2'],
    ['b', '3'],
  ]);
  const byName = await client.send(new DescribeLogStreamsCommand({ logGroupName }));
  expect(byName.logStreams?.map(({ logStreamName }) => logStreamName)).toEqual(['a', 'b']);
  const byTime = await client.send(new DescribeLogStreamsCommand({ logGroupName, orderBy: 'LastEventTime', descending: true }));
  expect(byTime.logStreams?.[0]).toMatchObject({ logStreamName: 'b', firstEventTimestamp: 1000, lastEventTimestamp: 1002 });
});

test('a stream is read from its end or its head, page by page, within a span of time', async () => {
  const logGroupName = fill(Array.from({ length: 5 }, (_, index) => ['s', String(index)] as const));
  const read = async (input: object) => {
    const output = await client.send(new GetLogEventsCommand({ logGroupName, logStreamName: 's', ...input }));
    return { text: (output.events ?? []).map(({ message }) => message).join(''), ...output };
  };
  expect((await read({ limit: 2 })).text).toBe('34');
  const head = await read({ limit: 2, startFromHead: true });
  expect(head.text).toBe('01');
  const next = await read({ limit: 2, nextToken: head.nextForwardToken });
  expect(next.text).toBe('23');
  expect((await read({ limit: 2, nextToken: next.nextBackwardToken })).text).toBe('01');
  const last = await read({ nextToken: next.nextForwardToken });
  expect(last.text).toBe('4');
  // At the end the same token comes back, and finds what is written later.
  const nothing = await read({ nextToken: last.nextForwardToken });
  expect(nothing).toMatchObject({ text: '', nextForwardToken: last.nextForwardToken });
  write({ group: logGroupName, stream: 's', timestamp: 2000, message: 'new' });
  expect((await read({ nextToken: nothing.nextForwardToken })).text).toBe('new');
  expect((await read({ startTime: 1001, endTime: 1003 })).text).toBe('12');
});

test.each([
  ['', ['ERROR disk full', 'ERROR timed out', 'INFO timed in', 'info']],
  ['ERROR', ['ERROR disk full', 'ERROR timed out']],
  ['ERROR full', ['ERROR disk full']],
  ['"timed out"', ['ERROR timed out']],
  ['ERROR -full', ['ERROR timed out']],
  ['?full ?info', ['ERROR disk full', 'info']],
])('the filter pattern %j', async (filterPattern, expected) => {
  const logGroupName = fill(['ERROR disk full', 'ERROR timed out', 'INFO timed in', 'info'].map((message) => ['s', message] as const));
  expect(await filtered({ logGroupName, filterPattern })).toEqual(expected);
});

test('a filter spans streams, and can be limited to some, to a time and to a page', async () => {
  const logGroupName = fill([
    ['api/1', 'one'],
    ['api/2', 'two'],
    ['job/1', 'three'],
  ]);
  expect(await filtered({ logGroupName })).toEqual(['one', 'two', 'three']);
  expect(await filtered({ logGroupName, logStreamNames: ['api/2', 'job/1'] })).toEqual(['two', 'three']);
  expect(await filtered({ logGroupName, logStreamNamePrefix: 'api/' })).toEqual(['one', 'two']);
  expect(await filtered({ logGroupName, startTime: 1001, endTime: 1001 })).toEqual(['two']);
  const { events, nextToken } = await client.send(new FilterLogEventsCommand({ logGroupName, limit: 2 }));
  expect(events).toHaveLength(2);
  expect(await filtered({ logGroupName, nextToken })).toEqual(['three']);
});

test.each([
  ['{ $.level = "ERROR" }', 'does not emulate filter patterns for JSON log events'],
  ['[ip, user]', 'does not emulate filter patterns for space-delimited log events'],
  ['%ERR.*%', 'does not emulate regular expressions in filter patterns'],
  ['?a b', 'does not emulate filter patterns that mix "?" with other terms'],
  ['timed-out', "Invalid character(s) in term 'timed-out'"],
])('the filter pattern %j is refused', async (filterPattern, message) => {
  const logGroupName = fill([['s', 'm']]);
  await expect(filtered({ logGroupName, filterPattern })).rejects.toThrow(message);
});

test('what is not there, and what is not honoured, is said by name', async () => {
  await expect(filtered({ logGroupName: 'nobody' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  const logGroupName = fill([['s', 'm']]);
  await expect(client.send(new GetLogEventsCommand({ logGroupName, logStreamName: 'nobody' }))).rejects.toThrow(
    'log stream does not exist',
  );
  await expect(filtered({ logGroupName, interleaved: true, unmask: true })).rejects.toThrow(
    'does not emulate the member interleaved of FilterLogEvents',
  );
  await expect(client.send(new DescribeLogGroupsCommand({ nextToken: 'x' }))).rejects.toMatchObject({ name: 'InvalidParameterException' });
});

test('a group keeps its newest events, and no more', async () => {
  const logGroupName = fill(Array.from({ length: MAX_EVENTS_PER_GROUP + 5 }, (_, index) => ['s', `event ${index}`] as const));
  const kept = await filtered({ logGroupName });
  expect(kept).toHaveLength(MAX_EVENTS_PER_GROUP);
  expect(kept[0]).toBe('event 5');
});

test('listeners hear of every event until they leave', () => {
  const heard: LogEntry[] = [];
  const leave = logs.onEvent((entry) => heard.push(entry));
  const entry = { group: 'g', stream: 's', timestamp: 1, message: 'm' };
  write(entry);
  leave();
  write(entry);
  expect(heard).toEqual([entry]);
});
