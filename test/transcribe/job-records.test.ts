import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Job, newJob } from '../../lambdas/transcribe/job.ts';
import { JobRecords } from '../../lambdas/transcribe/job-records.ts';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { callerNamed } from '../support/callers.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { tableProperties } from '../support/tables.ts';
import { USAGE } from '../support/transcriptions.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const ALICE = callerNamed('alice');
const RESERVATION = {
  id: 'one',
  userId: 'alice',
  kind: 'transcription',
  units: 2,
  day: 'd20261120',
  month: 'm202611',
  at: NOW,
  expiredCounters: ['d20261101'],
} as const;

let door: TestFrontDoor;
let client: DynamoDBClient;
let records: JobRecords;
let jobs = 0;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: 'eu-west-1' })]);
  const { ref } = await door.provision('AWS::DynamoDB::Table', 'JobsTable', await tableProperties('JobsTable'));
  client = new DynamoDBClient(door.clientConfig);
  records = new JobRecords(client, ref);
});

afterAll(async () => {
  client.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

async function addedJob(status: Job['status'] = 'awaiting_upload'): Promise<Job> {
  const job_id = `job-${++jobs}`;
  const job = newJob({ user_id: 'alice', job_id, status, content_type: 'audio/wav', language: 'en-GB' }, NOW);
  await records.create(job);
  return job;
}

test('a job is read as it was written, by its owner alone', async () => {
  const job = await addedJob();
  await records.advance(ALICE, job.job_id, ['awaiting_upload'], {
    status: 'in_progress',
    reservation: RESERVATION,
    usage: USAGE,
    seconds: 16,
  });
  const expected = { ...job, status: 'in_progress', reservation: RESERVATION, usage: USAGE, seconds: 16 };
  await expect(records.get(ALICE, job.job_id)).resolves.toEqual(expected);
  await expect(records.get(callerNamed('bob'), job.job_id)).resolves.toBeUndefined();
  await expect(records.get(ALICE, 'another')).resolves.toBeUndefined();
});

test('a job moves on from the states that are named, and no other; what is gone does not come back', async () => {
  const { job_id } = await addedJob('completed');
  await expect(records.advance(ALICE, job_id, ['in_progress', 'given_up'], { status: 'failed' })).resolves.toBe(false);
  await expect(records.get(ALICE, job_id)).resolves.toMatchObject({ status: 'completed' });
  await expect(records.advance(ALICE, job_id, ['in_progress', 'completed'], { status: 'failed' })).resolves.toBe(true);
  await expect(records.advance(callerNamed('bob'), job_id, ['failed'], { status: 'completed' })).resolves.toBe(false);
  await expect(records.advance(ALICE, 'gone', ['in_progress'], { status: 'completed' })).resolves.toBe(false);
  await expect(records.get(ALICE, 'gone')).resolves.toBeUndefined();
});

test('of twenty contents at once one claims a job, again and again, and every attempt of it is noted', async () => {
  const { job_id } = await addedJob();
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, index) => records.claim(ALICE, job_id, `hash ${index}`, `try ${index}`)),
  );
  expect(outcomes.filter(Boolean)).toHaveLength(1);
  const winner = outcomes.indexOf(true);
  await expect(records.claim(ALICE, job_id, `hash ${winner}`, 'again')).resolves.toBe(true);
  await expect(records.claim(ALICE, job_id, `hash ${winner}`)).resolves.toBe(true);
  await expect(records.get(ALICE, job_id)).resolves.toMatchObject({
    content_hash: `hash ${winner}`,
    attempts: new Set([`try ${winner}`, 'again']),
  });
  await records.advance(ALICE, job_id, ['awaiting_upload'], { status: 'failed' });
  await expect(records.claim(ALICE, job_id, `hash ${winner}`, 'late')).resolves.toBe(false);
});
