import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteQueueCommand, ListQueuesCommand, PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { INCOMING_PREFIX } from '../../lambdas/manuals/manuals.contract.ts';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { type Edit, startChanged } from '../support/changed-sources.ts';
import { inHaste } from '../support/haste.ts';
import type { StartedRuntime } from '../support/runtime.ts';
import { newUser, operatorConfig } from '../support/users.ts';
import { WITH_WEB_ACL, webAclJourney } from './waf.ts';

const MINUTE_MS = 60_000;
const EMAIL = 'operator@example.com';
const TOLD: readonly Edit[] = [
  { file: 'lib/stages.ts', find: "  alarms: 'essential',", replace: `  alarms: 'all',\n  alarmEmail: '${EMAIL}',` },
];
const KETTLE = 'Errors\n\nError E-24 means that the kettle is empty.\n';

let runtime: StartedRuntime;
let control: RuntimeControl;
let cloudwatch: CloudWatchClient;

beforeAll(async () => {
  runtime = await startChanged([...TOLD, ...WITH_WEB_ACL], { notesGrants: true });
  control = new RuntimeControl(runtime.file);
  cloudwatch = new CloudWatchClient(operatorConfig(runtime.file));
});

afterAll(async () => {
  cloudwatch.destroy();
  expect(await runtime.stop()).toBe(0);
});

async function raised(): Promise<string[]> {
  const { MetricAlarms = [] } = await cloudwatch.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }));
  return MetricAlarms.map(({ AlarmName = '' }) => AlarmName);
}

/** What a mail said that told that an alarm is raised, or is so no more, if there was one. A new alarm has been in neither state. */
function mailOf(state: 'ALARM' | 'OK', name: string): Record<string, unknown> | undefined {
  const [, ...mails] = runtime.output().split(`! mail to ${EMAIL}: ${state}: "Manuel-dev-${name}" in eu-west-1 – `);
  const told = mails.filter((mail) => mail.includes('\n')).map((mail) => JSON.parse(mail.split('\n')[0] ?? ''));
  return told.find(({ OldStateValue }) => state === 'ALARM' || OldStateValue === 'ALARM');
}

/** Moves time on, minute by minute, until such a mail has come. What happens at one of them needs a moment to be seen at the next. */
async function mailInTime(state: 'ALARM' | 'OK', name: string): Promise<Record<string, unknown>> {
  for (let minutes = 0; minutes < 30; minutes += 1) {
    await control.advanceTime(MINUTE_MS);
    for (let looks = 0; looks < 10; looks += 1) {
      const mail = mailOf(state, name);
      if (mail) return mail;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`half an hour has passed without such a mail:\n${runtime.output()}`);
}

// First, since forms go by the machine's time, which the clock will be ahead of.
test('a model that Bedrock throttles raises an alarm, though another one answers', async () => {
  const { client } = await newUser(runtime.file);
  const file = path.join(runtime.directory, 'kettle.txt');
  await writeFile(file, KETTLE);
  // Looks are counted, too: the web ACL's limits are low.
  await inHaste(control, client.untilReady(await client.upload(file, 'text/plain'), { pollIntervalMs: 500 }));
  // Each question finds two of the three models throttled, at both attempts.
  for (let times = 0; times < 3; times += 1) {
    await control.armFault({ service: 'bedrock', operation: 'ConverseStream', kind: 'throttle', times: 4 });
    await expect(client.ask('What does error E-24 mean?')).resolves.toMatchObject({ context_used: 1 });
    await control.clearFaults();
  }
  expect(await mailInTime('ALARM', 'bedrock-throttling')).toMatchObject({ NewStateValue: 'ALARM' });
});

test('requests that fail raise an alarm, of which whoever is named is told, and of its end as well', async () => {
  await control.armFault({ service: 'dynamodb', operation: 'GetItem', kind: 'deny' });
  const { client } = await newUser(runtime.file);
  const ask = () => client.usage().catch((error: { status?: number }) => error.status);
  for (let times = 0; times < 6; times += 1) expect(await ask()).toBe(502);
  expect(await mailInTime('ALARM', 'api-server-errors')).toMatchObject({
    NewStateValue: 'ALARM',
    AlarmDescription: expect.stringContaining('docs/alarms.md#api-server-errors'),
    Trigger: { Threshold: 5, Period: 300 },
  });
  expect(await raised()).toContain('Manuel-dev-api-server-errors');

  await control.clearFaults();
  expect(await mailInTime('OK', 'api-server-errors')).toMatchObject({ OldStateValue: 'ALARM' });
  expect(await raised()).not.toContain('Manuel-dev-api-server-errors');
});

test('so does a dead letter, until it is gone', async () => {
  const config = operatorConfig(runtime.file);
  const [s3, sqs] = [new S3Client(config), new SQSClient(config)];
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const urlOf = (name: string) => QueueUrls.find((url) => url.includes(name));
  await sqs.send(new DeleteQueueCommand({ QueueUrl: urlOf('ManualsIngestionQueue') }));
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const Bucket = Buckets.find(({ Name }) => Name?.includes('manualsbucket'))?.Name;
  await s3.send(new PutObjectCommand({ Bucket, Key: `${INCOMING_PREFIX}somebody/something`, Body: KETTLE }));
  expect(await mailInTime('ALARM', 'dead-letters')).toMatchObject({ NewStateValue: 'ALARM' });

  await sqs.send(new PurgeQueueCommand({ QueueUrl: urlOf('dead-letter-ManualsIncomingEvents') }));
  expect(await mailInTime('OK', 'dead-letters')).toMatchObject({ OldStateValue: 'ALARM' });
  for (const client of [s3, sqs]) client.destroy();
});

// On this stage, since it would be the only one that they need besides.
describe('a web ACL', () => webAclJourney(() => runtime));
