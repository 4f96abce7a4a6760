import { CloudWatchClient, type GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { MeteredCost } from '../../lambdas/spend/metered-cost.ts';
import { type SpendPorts, sumSpend } from '../../lambdas/spend/spend.ts';
import { type SpendFlag, SpendFlags } from '../../lambdas/spend/spend-flags.ts';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { LogsService } from '../../local/logs/logs.service.ts';
import { OPERATOR } from '../../local/platform/principal.ts';
import { openCloudWatch } from '../support/cloudwatch.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;
const NOW = Date.now();
const TODAY = Math.floor(NOW / DAY_MS) * DAY_MS;
const day = (atMs: number) => new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '');
const signal = new AbortController().signal;

let door: TestFrontDoor;
let logs: LogsService;
let cloudwatch: CloudWatchClient;
let dynamodb: DynamoDBClient;
let flags: SpendFlags;
let cost: MeteredCost;
let ports: SpendPorts;

beforeEach(async () => {
  door = await openFrontDoor(({ clock, access }) => {
    logs = new LogsService({ clock, region: 'eu-west-1', access });
    const report = (line: string) => {
      throw new Error(line);
    };
    const cloudWatch = openCloudWatch({ clock, lines: logs, report });
    return [logs, cloudWatch, new DynamoDbService({ clock, region: 'eu-west-1' })];
  });
  [cloudwatch, dynamodb] = [new CloudWatchClient(door.clientConfig), new DynamoDBClient(door.clientConfig)];
  const { ref } = await door.provision('AWS::DynamoDB::Table', 'Usage', {
    KeySchema: [{ AttributeName: 'user_id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'user_id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  flags = new SpendFlags(dynamodb, ref);
  cost = new MeteredCost(cloudwatch, 'Manuel/Application', 'manuel-dev');
  ports = { cost, flags };
});

afterEach(async () => {
  cloudwatch.destroy();
  dynamodb.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

function spend(EstimatedCost: number, at: number, dimensions: object = {}, name = 'EstimatedCost'): void {
  const all = { service: 'manuel-dev', Operation: 'Answer', Model: 'haiku', ...dimensions };
  const directive = { Namespace: 'Manuel/Application', Dimensions: [Object.keys(all)], Metrics: [{ Name: name, Unit: 'None' }] };
  const line = { _aws: { Timestamp: at, CloudWatchMetrics: [directive] }, ...all, [name]: EstimatedCost };
  logs.openStream(OPERATOR, 'group', 'stream').write(Date.now(), JSON.stringify(line));
}

test('the cost of a day is that of every operation and model of the stage, from midnight to midnight', async () => {
  spend(1, TODAY + 1000);
  spend(2, TODAY + 13 * HOUR_MS + 1000, { Operation: 'Ingest', Model: 'titan' });
  spend(4, TODAY + DAY_MS - 2000);
  spend(100, TODAY - 2000);
  spend(100, TODAY + DAY_MS + 2000);
  spend(100, TODAY + HOUR_MS, { service: 'manuel-prod' });
  spend(100, TODAY + HOUR_MS, {}, 'BedrockTokens');
  expect(await cost.ofDay(TODAY)).toBe(7);
  expect(await cost.ofDay(TODAY + DAY_MS - 1)).toBe(7);
});

test('a day on which nothing was metered cost nothing', async () => {
  expect(await cost.ofDay(NOW)).toBe(0);
});

test('further pages of CloudWatch’s answer count too', async () => {
  const asked: (string | undefined)[] = [];
  const client = {
    send: async ({ input }: GetMetricDataCommand) => {
      asked.push(input.NextToken);
      const more = asked.length === 1 ? { NextToken: 'more' } : {};
      return { MetricDataResults: [{ Id: 'cost', Values: [asked.length, 10] }], ...more };
    },
  } as unknown as CloudWatchClient;
  expect(await new MeteredCost(client, 'n', 's').ofDay(NOW)).toBe(23);
  expect(asked).toEqual([undefined, 'more']);
});

test('a cap that is reached is told once a day', async () => {
  const sumUp = async (at = NOW) => {
    const { flag, justReached } = await sumSpend(ports, 5, at);
    expect(await flags.read(signal)).toEqual(flag);
    return { ...flag, justReached };
  };
  const of = (dollars: number, reached: boolean, justReached: boolean, at = NOW) => ({
    day: day(at),
    dollars,
    cap: 5,
    reached,
    justReached,
  });
  expect(await flags.read(signal)).toBeUndefined();
  spend(4.5, TODAY + 1000);
  expect(await sumUp()).toEqual(of(4.5, false, false));
  spend(0.5, TODAY + 1000);
  expect(await sumUp()).toEqual(of(5, true, true));
  expect(await sumUp()).toEqual(of(5, true, false));
  spend(6, TODAY + DAY_MS + 1000);
  expect(await sumUp(NOW + DAY_MS)).toEqual(of(6, true, true, NOW + DAY_MS));
});

test('a cap that was raised is not reached any more', async () => {
  spend(5, TODAY + 1000);
  await sumSpend(ports, 5, NOW);
  await expect(sumSpend(ports, 10, NOW)).resolves.toMatchObject({ flag: { cap: 10, reached: false }, justReached: false });
  await expect(flags.read(signal)).resolves.toMatchObject({ cap: 10, reached: false });
});

test('a sum of yesterday that comes late leaves today’s flag, and alarms nobody', async () => {
  spend(100, TODAY - 2000);
  await sumSpend(ports, 5, NOW);
  const late = await sumSpend(ports, 5, NOW - DAY_MS);
  expect(late).toMatchObject({ flag: { reached: true }, justReached: false });
  expect(await flags.read(signal)).toEqual<SpendFlag>({ day: day(NOW), dollars: 0, cap: 5, reached: false });
});
