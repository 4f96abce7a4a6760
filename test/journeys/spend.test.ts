import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, GetItemCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DeleteFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ManuelClient } from '../../local/cli/manuel-client.ts';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import { type Edit, startChanged } from '../support/changed-sources.ts';
import type { StartedRuntime } from '../support/runtime.ts';
import { newUser, operatorConfig, type SignedInUser, signInAgain } from '../support/users.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const FIVE_MINUTES_MS = 5 * MINUTE_MS;
/** After so long without work an execution environment ends, and the next reads the flag afresh. */
const IDLE_MS = 10 * MINUTE_MS;

/** As much as a few questions cost. */
const CAP = 0.0002;
const LOW_CAP: readonly Edit[] = [{ file: 'lib/stages.ts', find: 'dailySpendCapDollars: 10,', replace: `dailySpendCapDollars: ${CAP},` }];
const KETTLE = 'Filling\n\nFill the kettle up to the mark.\n\nErrors\n\nError E-24 means that the kettle is empty.\n';
const QUESTION = 'What does error E-24 mean?';
const SPENT = `SUM(SEARCH('{"Manuel/Application",service,Operation,Model} MetricName="EstimatedCost" service="manuel-dev"', 'Sum', 3600))`;

/** A runtime as its operator sees it. */
function operatorOf(file: RuntimeFile) {
  const config = operatorConfig(file);
  const clients = {
    cloudwatch: new CloudWatchClient(config),
    dynamodb: new DynamoDBClient(config),
    lambda: new LambdaClient(config),
    logs: new CloudWatchLogsClient(config),
    s3: new S3Client(config),
    sqs: new SQSClient(config),
  };
  const { cloudwatch, dynamodb, logs, s3, sqs } = clients;
  return {
    ...clients,
    control: new RuntimeControl(file),
    destroy: () => Object.values(clients).forEach((client) => void client.destroy()),
    /** The flag as it is once a run has brought about what is awaited. */
    flag: async (awaited: (flag: { day: string; reached: boolean; dollars: number }) => boolean) => {
      const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}));
      const command = new GetItemCommand({
        TableName: TableNames.find((name) => name.includes('UsageTable')),
        Key: { user_id: { S: 'stage#spend' } },
      });
      for (;;) {
        const { Item: { day, reached, dollars } = {} } = await dynamodb.send(command);
        const flag = { day: day?.S ?? '', reached: reached?.BOOL ?? false, dollars: Number(dollars?.N) };
        if (day && awaited(flag)) return flag;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    /** What was metered, on whichever day near this machine's own. */
    spent: async () => {
      const span = { StartTime: new Date(Date.now() - DAY_MS), EndTime: new Date(Date.now() + 2 * DAY_MS) };
      const queries = { MetricDataQueries: [{ Id: 'spent', Expression: SPENT }] };
      const { MetricDataResults: [result] = [] } = await cloudwatch.send(new GetMetricDataCommand({ ...span, ...queries }));
      return (result?.Values ?? []).reduce((sum, value) => sum + value, 0);
    },
    /** Puts a file where a form would. Forms are of the machine's time, which the clock is a day ahead of. */
    put: async (key: string, text: string) => {
      const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
      const Bucket = Buckets.find(({ Name }) => Name?.includes('manualsbucket'))?.Name;
      await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: text, ContentType: 'text/plain' }));
    },
    logged: async (group: string, filterPattern: string) => {
      const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
      const logGroupName = logGroups.find(({ logGroupName: name }) => name?.includes(group))?.logGroupName;
      return (await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern }))).events ?? [];
    },
    letterIn: async (queue: string) => {
      const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
      const QueueUrl = QueueUrls.find((url) => url.includes(queue));
      const input = { QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ['All'] };
      return (await sqs.send(new ReceiveMessageCommand(input))).Messages?.[0];
    },
  };
}

/** Waits until the sum was taken so many times to its end. */
async function untilRun({ logged }: ReturnType<typeof operatorOf>, times: number): Promise<void> {
  while ((await logged('SpendFunctionLogs', 'REPORT')).length < times) await new Promise((resolve) => setTimeout(resolve, 50));
}

const startUpload = ({ client }: SignedInUser) =>
  client.startUpload({ filename: 'kettle.txt', content_type: 'text/plain', size: Buffer.byteLength(KETTLE) });

const REFUSED = { status: 503, problem: expect.objectContaining({ code: 'spend_cap_reached' }) };

let runtime: StartedRuntime;
let operator: ReturnType<typeof operatorOf>;
let user: SignedInUser;

beforeAll(async () => {
  runtime = await startChanged(LOW_CAP, { notesGrants: true });
  operator = operatorOf(runtime.file);
  // So that no midnight comes in between.
  await operator.control.advanceTime(DAY_MS - (Date.now() % DAY_MS) + MINUTE_MS);
  user = await newUser(runtime.file);
});

afterAll(async () => {
  operator.destroy();
  expect(await runtime.stop()).toBe(0);
});

test('what the stage has spent is summed every five minutes, and is nothing while nobody asks', async () => {
  await operator.control.advanceTime(FIVE_MINUTES_MS);
  expect(await operator.flag(() => true)).toMatchObject({ reached: false, dollars: 0 });
  // A metric costs something even while nobody uses the stage.
  await untilRun(operator, 1);
  expect((await operator.cloudwatch.send(new ListMetricsCommand({ MetricName: 'SpendCapReached' }))).Metrics).toEqual([]);
});

describe('a stage that has spent its cap', () => {
  test('refuses questions and uploads until the next day, and charges nothing for it', async () => {
    const { client, token } = user;
    const { manual_id, upload } = await startUpload(user);
    await operator.put(upload.fields['key'] ?? '', KETTLE);
    await client.untilReady(manual_id);
    await expect(client.ask(QUESTION)).resolves.toMatchObject({ context_used: 1 });

    await operator.control.advanceTime(FIVE_MINUTES_MS);
    const before = await operator.flag(({ dollars }) => dollars > 0);
    expect(before).toMatchObject({ reached: false, dollars: expect.closeTo(await operator.spent(), 12) });
    await expect(client.ask(QUESTION)).resolves.toMatchObject({ context_used: 1 });

    while ((await operator.spent()) < CAP) await client.ask(QUESTION);
    const used = await client.usage();
    const admitted = await startUpload(user);
    await operator.control.advanceTime(FIVE_MINUTES_MS);
    const { day } = await operator.flag(({ reached }) => reached);

    await operator.control.advanceTime(IDLE_MS);
    // An environment that has just begun learns of it while it reserves; afterwards it is known before.
    for (const _ of ['new', 'warm']) await expect(client.ask(QUESTION)).rejects.toMatchObject(REFUSED);
    // So many that they would be an outage if they were not refusals.
    for (let times = 0; times < 6; times += 1) await expect(client.ask(QUESTION)).rejects.toMatchObject(REFUSED);
    expect(await client.usage()).toEqual(used);
    await expect(startUpload(user)).rejects.toMatchObject(REFUSED);
    const response = await fetch(`${runtime.file.api_url}/api/query`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body: JSON.stringify({ question: QUESTION }),
    });
    // Its status, too, for who would have the answer in pieces.
    expect(response.status).toBe(503);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const retryAfter = Number(response.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(DAY_MS / 1000);
    expect(await response.clone().json()).toMatchObject({ code: 'spend_cap_reached' });
    expect(await response.text()).not.toMatch(/dollar|spend (table|flag)|\$/i);
    expect(await client.usage()).toEqual(used);
    // What is free goes on, and so does what was admitted before.
    await expect(client.manual(manual_id)).resolves.toMatchObject({ status: 'ready' });
    await operator.put(admitted.upload.fields['key'] ?? '', KETTLE.replace('E-24', 'E-25'));
    await client.untilReady(admitted.manual_id);

    await operator.control.advanceTime(DAY_MS);
    expect((await operator.flag((flag) => flag.day > day)).reached).toBe(false);
    const { accessToken } = await signInAgain(runtime.file, user);
    const tomorrow = new ManuelClient(runtime.file.api_url, accessToken);
    await expect(tomorrow.ask(QUESTION)).resolves.toMatchObject({ model_id: 'local.extractive', context_used: 1 });
    // Told once, though it was summed again since.
    expect(await operator.logged('SpendFunctionLogs', '"daily spend cap is reached"')).toHaveLength(1);
  });

  test('has raised the alarm of its cap, and none of failing requests', async () => {
    const { MetricAlarms = [] } = await operator.cloudwatch.send(new DescribeAlarmsCommand({}));
    expect(MetricAlarms.length).toBeGreaterThan(1);
    expect(runtime.output()).toContain('The alarm Manuel-dev-spend-cap-reached is raised');
    expect(runtime.output()).not.toContain('api-server-errors is raised');
  });

  test('has told by metrics what an alarm needs', async () => {
    const names = async (MetricName: string) =>
      ((await operator.cloudwatch.send(new ListMetricsCommand({ MetricName }))).Metrics ?? [])
        .map(({ Dimensions = [] }) => Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])))
        .sort((one, other) => String(one['Operation']).localeCompare(String(other['Operation'])));
    const service = 'manuel-dev';
    expect(await names('SpendCapReached')).toEqual([{ service }]);
    expect(await names('SpendCapPercentage')).toEqual([{ service }]);
    expect(await names('EstimatedCost')).toEqual([
      { service, Operation: 'Answer', Model: 'local.extractive' },
      { service, Operation: 'Ingest', Model: 'amazon.titan-embed-text-v2:0' },
    ]);
  });
});

/** Last, since it takes the function away. */
test('a sum that cannot be run is kept as a dead letter', async () => {
  const FunctionName = runtime.file.functions.find(({ path }) => path.includes('Spend'))?.name;
  await operator.lambda.send(new DeleteFunctionCommand({ FunctionName }));
  await operator.control.advanceTime(FIVE_MINUTES_MS);
  const letter = await operator.letterIn('dead-letter-Spend');
  expect(letter?.Body).toContain('"detail-type":"Scheduled Event"');
  expect(letter?.MessageAttributes).toMatchObject({ ERROR_CODE: { StringValue: 'NO_RESOURCE' } });
});
