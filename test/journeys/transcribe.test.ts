import { createHash } from 'node:crypto';
import { ListTranscriptionJobsCommand, TranscribeClient } from '@aws-sdk/client-transcribe';
import { sendForm } from '../../local/cli/manuel-client.ts';
import type { RuntimeControl } from '../../local/control/runtime-control.ts';
import { type SharedRuntime, test } from '../support/journey.ts';
import type { OperatorView } from '../support/operator-view.ts';
import { Queues } from '../support/queues.ts';
import { mp4Of, wavOf } from '../support/recordings.ts';
import { newUser, operatorConfig, type SignedInUser } from '../support/users.ts';

/** Of the recordings of this file: no two have the same bytes. */
const QUESTION = wavOf(3);
const LATE = wavOf(4);
const UNKNOWN = wavOf(5);
const LONG = mp4Of(200);
const TEXTS = new Map([
  [QUESTION, 'How do I descale the kettle?'],
  [LATE, 'What took you so long?'],
  [LONG, 'And so on, for three minutes and twenty seconds.'],
]);
/** More than a request waits. */
const MINUTE_MS = 60_000;

let runtime: SharedRuntime;
let control: RuntimeControl;
let operator: OperatorView;
let user: SignedInUser;

test.beforeAll(async ({ runtime: shared }) => {
  runtime = shared;
  ({ control, operator } = shared);
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  await control.setTranscripts(Object.fromEntries([...TEXTS].map(([bytes, text]) => [sha256(bytes), text])));
});

beforeEach(async () => {
  user = await newUser(runtime.file);
});

afterEach(async () => {
  await control.clearFaults();
  await control.failTranscriptions();
  await control.setTranscriptionDelay(50);
});

const used = async () => (await user.client.usage()).daily_used;

/** Waits until nothing is left of any recording of the user: what is removed is removed after the text is stored. */
async function untilNothingIsLeft(): Promise<void> {
  const transcribe = new TranscribeClient(operatorConfig(runtime.file));
  for (;;) {
    const objects = (await operator.objects()).filter(({ key }) => key.includes(user.userId));
    const command = new ListTranscriptionJobsCommand({ JobNameContains: user.userId });
    const { TranscriptionJobSummaries: jobs = [] } = await transcribe.send(command);
    if (objects.length === 0 && jobs.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  transcribe.destroy();
}

async function uploadRecording(bytes: Uint8Array, content_type: string): Promise<string> {
  const { job_id, upload } = await user.client.startRecordingUpload({ content_type, size: bytes.length });
  await expect(user.client.transcription(job_id)).resolves.toEqual({ job_id, status: 'awaiting_upload' });
  await sendForm(upload, bytes);
  return job_id;
}

test('a spoken question becomes text, costs a unit, and leaves nothing but the text', async () => {
  await expect(user.client.transcribe(QUESTION, 'audio/wav')).resolves.toEqual({
    transcription: 'How do I descale the kettle?',
    usage: { daily_used: 1, daily_limit: 50, monthly_used: 1, monthly_limit: 1000 },
  });
  expect(await used()).toBe(1);
  await untilNothingIsLeft();
  // Nothing of it is open, so nothing is charged or given back later.
  const items = (await operator.items()).filter(({ user_id }) => user_id === user.userId);
  expect(items.flatMap(Object.keys).filter((name) => name.startsWith('o_'))).toEqual([]);
});

test('what takes longer than a request waits is fetched where its answer says, by its owner alone', async () => {
  await control.setTranscriptionDelay(MINUTE_MS);
  const address = `${runtime.file.api_url}/api/transcribe`;
  const headers = { Authorization: `Bearer ${user.token}` };
  const body = JSON.stringify({ audio_data: LATE.toString('base64'), content_type: 'audio/wav', language: 'en-US' });
  const answer = await fetch(address, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([202, '2']);
  const { job_id, status } = (await answer.json()) as { job_id: string; status: string };
  expect(status).toBe('in_progress');
  const location = new URL(answer.headers.get('location') ?? '', address);
  const poll = await fetch(location, { headers });
  expect([poll.status, poll.headers.get('retry-after'), await poll.json()]).toEqual([200, '2', { job_id, status: 'in_progress' }]);
  await control.advanceTime(MINUTE_MS);
  await expect(user.client.untilTranscribed(job_id)).resolves.toMatchObject({
    status: 'completed',
    transcription: 'What took you so long?',
  });
  const { client: other } = await newUser(runtime.file);
  await expect(other.transcription(job_id)).rejects.toMatchObject({ status: 404, problem: { code: 'not_found' } });
  await untilNothingIsLeft();
}, 40_000);

test('a longer recording is uploaded, and costs a unit for every 15 s begun', async () => {
  await expect(user.client.transcribe(LONG, 'audio/mp4')).rejects.toMatchObject({
    status: 413,
    problem: { code: 'too_large', detail: 'The recording is 200 s long; it may be 120 s.' },
  });
  const jobId = await uploadRecording(LONG, 'audio/mp4');
  const transcription = 'And so on, for three minutes and twenty seconds.';
  await expect(user.client.untilTranscribed(jobId)).resolves.toMatchObject({ transcription, usage: { daily_used: 14 } });
  expect(await used()).toBe(14);
  await untilNothingIsLeft();
});

test.each([
  ['no recording', Buffer.from('This is no recording.'), 'wrong_type', 'The recording is not of the type that was announced.'],
  ['too long', wavOf(901, { sampleRate: 8000 }), 'too_long', 'The recording is 901 s long; it may be 900 s.'],
  ['more than a day’s units', wavOf(760, { sampleRate: 8000 }), 'quota_exceeded', 'This takes 51 units, and the daily quota is 50.'],
] as const)('an upload that is %s fails with the reason, and costs nothing', async (_name, bytes, code, detail) => {
  const jobId = await uploadRecording(bytes, 'audio/wav');
  await expect(user.client.untilTranscribed(jobId)).rejects.toThrow(code);
  await expect(user.client.transcription(jobId)).resolves.toEqual({ job_id: jobId, status: 'failed', failure: { code, detail } });
  expect(await used()).toBe(0);
  await untilNothingIsLeft();
});

test('what Transcribe cannot transcribe costs nothing', async () => {
  await control.failTranscriptions('.*', 'Internal failure.');
  await expect(user.client.transcribe(UNKNOWN, 'audio/wav')).rejects.toMatchObject({ status: 502, problem: { code: 'bad_upstream' } });
  expect(await used()).toBe(0);
  await untilNothingIsLeft();
});

test('when Transcribe takes no jobs, that is said at once and costs nothing', async () => {
  await control.armFault({ service: 'transcribe', operation: 'StartTranscriptionJob', kind: 'throttle' });
  await expect(user.client.transcribe(UNKNOWN, 'audio/wav')).rejects.toMatchObject({ status: 503, problem: { code: 'unavailable' } });
  expect(await used()).toBe(0);
  await untilNothingIsLeft();
});

test('answers of the services that are lost on the way neither lose the text nor charge it twice', async () => {
  await control.armFault({ service: 'dynamodb', operation: 'UpdateItem', kind: 'drop', every: 3 });
  const jobId = await uploadRecording(QUESTION, 'audio/wav');
  await expect(user.client.untilTranscribed(jobId)).resolves.toMatchObject({ transcription: 'How do I descale the kettle?' });
  await control.clearFaults();
  expect(await used()).toBe(1);
  await untilNothingIsLeft();
});

test('a language that the stage has not is refused by its name', async () => {
  await expect(user.client.transcribe(QUESTION, 'audio/wav', 'tlh')).rejects.toMatchObject({
    status: 400,
    problem: { code: 'invalid_request', errors: [{ pointer: '/language', detail: expect.stringContaining('en-GB') }] },
  });
  expect(await used()).toBe(0);
});

test('what was transcribed is metered in seconds and in dollars', async () => {
  await user.client.transcribe(QUESTION, 'audio/wav');
  await untilNothingIsLeft();
  const log = await operator.logOf('Transcribe/Completion');
  expect(log).toContainEqual(expect.objectContaining({ AudioSeconds: 3 }));
  expect(log).toContainEqual(
    expect.objectContaining({ EstimatedCost: 0.006, Operation: 'transcribe', Model: 'amazon-transcribe', service: 'manuel-dev' }),
  );
});

test('no log holds a text', async () => {
  for (const fn of ['Transcribe/Function', 'Transcribe/Recording', 'Transcribe/Completion']) {
    const log = await operator.logOf(fn);
    expect(log.length).toBeGreaterThan(0);
    for (const text of TEXTS.values()) expect(JSON.stringify(log)).not.toContain(text);
  }
});

test.each([
  ['a recording', 'RecordingQueue', 'RecordingEvents', () => uploadRecording(QUESTION, 'audio/wav')],
  [
    'the end of a job',
    'CompletionQueue',
    'CompletionEvents',
    async () => {
      await control.setTranscriptionDelay(0);
      // The request waits on, for a text that nobody stores.
      void user.client.transcribe(QUESTION, 'audio/wav').catch(() => undefined);
      return user.userId;
    },
  ],
] as const)(
  'what tells of %s ends in the dead-letter queue when its queue is gone',
  async (_name, queue, deadLetters, act) => {
    using queues = new Queues(runtime.file);
    await queues.without(`api-Transcribe${queue}`, async () => {
      const named = await act();
      const message = await queues.receive(`dead-letter-Transcribe${deadLetters}`);
      expect(message?.Body).toContain(named);
      expect(message?.MessageAttributes).toMatchObject({ ERROR_CODE: { StringValue: 'NO_RESOURCE' } });
    });
  },
  40_000,
);
