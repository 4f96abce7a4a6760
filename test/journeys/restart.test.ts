import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { UploadDocument } from '../../lambdas/manuals/manuals.contract.ts';
import { ManuelClient, sendForm } from '../../local/cli/manuel-client.ts';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { AcknowledgedWrites } from '../support/acknowledged-writes.ts';
import { PROJECT, runStart, SHARED_ASSEMBLY, type StartedRuntime, startRuntime, startRuntimeOf } from '../support/runtime.ts';
import { claimsOf, newUser, operatorConfig, type SignedInUser, signInAgain } from '../support/users.ts';

const KETTLE = 'Descale the kettle with vinegar once a month. Fill it up to the mark only.';
const TEN_MINUTES_MS = 600_000;
const LOAD_MS = 300;

let directory: string;
let runtime: StartedRuntime;
let user: SignedInUser;
/** What was done before the restart. */
let before: { readonly runtime: StartedRuntime; readonly ready: string; readonly indexing: string; readonly form: UploadDocument };

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'manuel-restart-'));
  runtime = await startRuntime(directory);
  user = await newUser(runtime.file);
  const control = new RuntimeControl(runtime.file);
  const ready = await upload(KETTLE);
  await user.client.untilReady(ready);
  await control.setIngestionTimes({ inProgressMs: TEN_MINUTES_MS / 2 });
  const indexing = await upload('Switch the lamp on by its cord.');
  while ((await user.client.manual(indexing)).status !== 'indexing') await new Promise((resolve) => setTimeout(resolve, 50));
  const form = await user.client.startUpload({ filename: 'radio.txt', content_type: 'text/plain', size: 'Tune the radio.'.length });
  await withQueue((sqs, QueueUrl) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'kept' })));
  before = { runtime, ready, indexing, form };
  expect(await runtime.stop()).toBe(0);
  expect(readdirSync(directory)).toEqual(['state']);
  runtime = await startRuntime(directory);
  user = { ...user, client: new ManuelClient(runtime.file.api_url, user.token) };
});

afterAll(async () => {
  runtime.process.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

async function upload(text: string): Promise<string> {
  const bytes = Buffer.from(text);
  const { manual_id, upload: form } = await user.client.startUpload({
    filename: 'manual.txt',
    content_type: 'text/plain',
    size: bytes.length,
  });
  await sendForm(form, bytes);
  return manual_id;
}

/** A queue that no template has; its messages are there once it is created again. */
async function withQueue<Result>(work: (sqs: SQSClient, QueueUrl: string) => Promise<Result>): Promise<Result> {
  const sqs = new SQSClient(operatorConfig(runtime.file));
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'kept' }));
  return work(sqs, QueueUrl).finally(() => sqs.destroy());
}

test('after a restart everything has the names, keys and passwords that it had', () => {
  const { pid: _pid, api_url: _address, functions, ...others } = runtime.file;
  const { pid: _before, api_url: _addressBefore, functions: functionsBefore, ...othersBefore } = before.runtime.file;
  expect(others).toEqual(othersBefore);
  expect([...functions].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
    [...functionsBefore].sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
});

test('a token from before is as good as ever, and finds the manual and its answer', async () => {
  expect((await user.client.manual(before.ready)).status).toBe('ready');
  const { answer, citations } = await user.client.ask('How often should I descale the kettle?');
  expect(answer).toContain('once a month');
  expect(citations.map(({ manual_id }) => manual_id)).toEqual([before.ready]);
  expect((await user.client.usage()).daily_used).toBe(1);
});

test('the demo users sign in with the password that was printed first', async () => {
  const [demoUser] = before.runtime.file.users;
  if (!demoUser) throw new Error('there is no demo user');
  await signInAgain(runtime.file, demoUser);
});

test('a form from before is still good', async () => {
  await sendForm(before.form.upload, Buffer.from('Tune the radio.'));
  expect((await user.client.untilReady(before.form.manual_id)).status).toBe('ready');
});

test('a message that waited is there', async () => {
  const { Messages } = await withQueue((sqs, QueueUrl) => sqs.send(new ReceiveMessageCommand({ QueueUrl })));
  expect(Messages).toMatchObject([{ Body: 'kept' }]);
});

test('an ingestion that was under way goes on', async () => {
  expect((await user.client.manual(before.indexing)).status).toBe('indexing');
  await new RuntimeControl(runtime.file).advanceTime(TEN_MINUTES_MS);
  expect((await user.client.untilReady(before.indexing)).status).toBe('ready');
});

test('killed under load it loses nothing that it has acknowledged, and time goes on from where it was', async () => {
  const writes = new AcknowledgedWrites(user);
  const writing = writes.writeTo(runtime.file);
  while (Object.values(writes.counts).some((count) => count === 0)) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, LOAD_MS));
  runtime.process.kill('SIGKILL');
  await writing;
  const { aws_endpoint } = runtime.file;
  runtime = await startRuntime(directory);
  expect(runtime.file.aws_endpoint).toBe(aws_endpoint);
  expect(await writes.missingFrom(runtime.file)).toEqual([]);
  const { accessToken } = await signInAgain(runtime.file, user);
  expect(Number(claimsOf(accessToken)['auth_time']) * 1000).toBeGreaterThan(Date.now() + TEN_MINUTES_MS - 5_000);
});

test('a damaged state stops the start with a sentence, and --fresh begins anew', async () => {
  expect(await runtime.stop()).toBe(0);
  writeFileSync(path.join(directory, 'state', 'state.db'), 'no database');
  const { code, output } = await runStart(['--port', '0', '--directory', directory]);
  expect(code).toBe(1);
  expect(output).toMatch(/The state in .* is damaged \(.*\)\. Start with --fresh: that deletes it and begins anew\./);
  expect(output).not.toContain('    at ');
  runtime = await startRuntimeOf(PROJECT, directory, { assembly: process.env[SHARED_ASSEMBLY], fresh: true });
  await expect(signInAgain(runtime.file, user)).rejects.toThrow();
  const [demoUser] = runtime.file.users;
  expect(demoUser?.password).not.toBe(before.runtime.file.users[0]?.password);
  const withOldKeys = { ...runtime.file, operator: before.runtime.file.operator };
  await expect(new RuntimeControl(withOldKeys).advanceTime(0)).rejects.toThrow();
});
