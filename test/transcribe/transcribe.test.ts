import { Problem } from '../../lambdas/shared/problem.ts';
import { completeTranscription } from '../../lambdas/transcribe/completion.ts';
import { MAX_BODY_RECORDING_BYTES, MAX_UPLOADED_RECORDING_BYTES } from '../../lambdas/transcribe/transcribe.contract.ts';
import { getTranscription, startRecordingUpload, transcribe } from '../../lambdas/transcribe/transcribe.ts';
import { ADMITTED, callerNamed } from '../support/callers.ts';
import { wavOf } from '../support/recordings.ts';
import { TranscriptionWorld, USAGE } from '../support/transcriptions.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const ALICE = callerNamed('alice');
const requestOf = (bytes: Uint8Array, others: object = {}) => ({
  audio_data: Buffer.from(bytes).toString('base64'),
  content_type: 'audio/wav',
  ...others,
});
const send = (world: TranscriptionWorld, request: Parameters<typeof transcribe>[2], ports = world.ports(), admission = ADMITTED) =>
  transcribe(ports, ALICE, request, { admission, deadline: new AbortController().signal }, NOW);
/** A world in which Transcribe ends each job at once. */
function worldThat(outcome: { readonly text: string } | { readonly reason: string }): TranscriptionWorld {
  const world = new TranscriptionWorld();
  world.onStarted = (job) => void completeTranscription(world.ports(), world.end(job, outcome));
  return world;
}

test('a recording becomes text, costs a unit for every 15 s begun, and nothing is left of it but the text', async () => {
  const world = worldThat({ text: 'What does error E-24 mean?' });
  await expect(send(world, requestOf(wavOf(16)))).resolves.toMatchObject({
    document: { transcription: 'What does error E-24 mean?', usage: USAGE },
  });
  expect(world.counted).toBe(2);
  expect(world.open.size).toBe(0);
  expect(world.leftovers).toEqual([]);
  expect(world.only).toMatchObject({ status: 'completed', language: 'en-GB', seconds: 16, expires_at: NOW / 1000 + 86_400 });
  expect(JSON.stringify(world.only)).not.toContain('hidden');
});

test.each([
  [1, 1],
  [15, 1],
  [16, 2],
  [120, 8],
])('%i s cost %i units', async (seconds, units) => {
  const world = worldThat({ text: '' });
  await send(world, requestOf(wavOf(seconds, { sampleRate: 8000 })));
  expect(world.counted).toBe(units);
});

test('what takes longer than 15 s goes on without the request, which has looked eleven times', async () => {
  const world = new TranscriptionWorld();
  const waited: number[] = [];
  const { jobId, document } = await send(world, requestOf(wavOf(1)), { ...world.ports(), wait: async (ms) => void waited.push(ms) });
  expect(document).toBeUndefined();
  expect(waited.reduce((sum, ms) => sum + ms)).toBe(15_000);
  expect(world.looks).toBe(11);
  await expect(getTranscription(world.ports(), ALICE, jobId, NOW)).resolves.toEqual({ job_id: jobId, status: 'in_progress' });
  await completeTranscription(world.ports(), world.end(world.only, { text: 'Late.' }));
  const completed = { job_id: jobId, status: 'completed', transcription: 'Late.', usage: USAGE };
  await expect(getTranscription(world.ports(), ALICE, jobId, NOW)).resolves.toEqual(completed);
  await expect(getTranscription(world.ports(), callerNamed('bob'), jobId, NOW)).rejects.toMatchObject({ code: 'not_found' });
  await expect(getTranscription(world.ports(), ALICE, jobId, NOW + 86_400_000)).rejects.toMatchObject({ code: 'not_found' });
});

test('a look that fails, or a deadline, leaves the job as it is', async () => {
  const world = new TranscriptionWorld();
  const ports = world.ports();
  const jobs = { ...ports.jobs, get: async () => Promise.reject(new Error('throttled')) };
  await expect(send(world, requestOf(wavOf(1)), { ...ports, jobs })).resolves.toMatchObject({ document: undefined });
  const late = { ...ports, wait: async () => Promise.reject(new DOMException('late', 'AbortError')) };
  await expect(send(new TranscriptionWorld(), requestOf(wavOf(1)), late)).resolves.toMatchObject({ document: undefined });
  expect([world.counted, world.open.size]).toEqual([2, 2]);
});

test.each([
  ['The media format provided does not match the detected media format.', 'unsupported_type'],
  ['Invalid sample rate for audio file.', 'invalid_request'],
  ['Internal failure.', 'bad_upstream'],
])('what Transcribe cannot transcribe (%s) is a problem, and costs nothing', async (reason, code) => {
  const world = worldThat({ reason });
  await expect(send(world, requestOf(wavOf(1)))).rejects.toMatchObject({ name: 'Problem', code });
  expect([world.counted, world.open.size, world.leftovers]).toEqual([0, 0, []]);
  await expect(getTranscription(world.ports(), ALICE, world.only.job_id, NOW)).resolves.toMatchObject({ status: 'failed' });
});

test('a network that has made too many requests has nothing transcribed, and its units back', async () => {
  const world = new TranscriptionWorld();
  const refused = new Problem('rate_limited', 'Too many.');
  const admission = { ...ADMITTED, granted: () => Promise.reject(refused) };
  await expect(send(world, requestOf(wavOf(16)), world.ports(), admission)).rejects.toBe(refused);
  expect([world.started, world.counted, world.open.size, world.leftovers]).toEqual([[], 0, 0, []]);
});

describe('refused before anything is reserved:', () => {
  const text = Buffer.from('This is no recording.');
  test.each([
    [
      'a language that the stage has not',
      requestOf(wavOf(1), { language: 'tlh' }),
      'invalid_request',
      '/language: is none of en-GB, de-DE',
    ],
    ['a type', requestOf(wavOf(1), { content_type: 'audio/aiff' }), 'unsupported_type', '"audio/aiff" is not accepted'],
    ['a type that every object has', requestOf(wavOf(1), { content_type: 'toString' }), 'unsupported_type', 'is not accepted'],
    ['bytes of another type', requestOf(text), 'unsupported_type', 'not of the type that was announced'],
    ['a damaged recording', requestOf(wavOf(1).subarray(0, 30)), 'invalid_request', 'The recording ends too early.'],
    ['what is no base64', { ...requestOf(text), audio_data: 'a b=' }, 'invalid_request', '/audio_data: is not base64'],
    ['base64 that ends in its middle', { ...requestOf(text), audio_data: 'ab=c' }, 'invalid_request', '/audio_data: is not base64'],
    ['nothing but padding', { ...requestOf(text), audio_data: '====' }, 'invalid_request', '/audio_data: is not base64'],
    ['half of base64', { ...requestOf(text), audio_data: 'abcde' }, 'invalid_request', '/audio_data: is not base64'],
    ['what is half a second too long', requestOf(wavOf(120.5, { sampleRate: 8000 })), 'too_large', 'The recording is 121 s long'],
    ['what is too long', requestOf(wavOf(121, { sampleRate: 8000 })), 'too_large', 'The recording is 121 s long; it may be 120 s.'],
    [
      'too many bytes',
      requestOf(Buffer.alloc(MAX_BODY_RECORDING_BYTES + 1)),
      'too_large',
      'has at most 3145728 bytes; this one has 3145729.',
    ],
  ])('%s', async (_name, request, code, message) => {
    const world = new TranscriptionWorld();
    await expect(send(world, request)).rejects.toMatchObject({ name: 'Problem', code, message: expect.stringContaining(message) });
    expect([world.counted, world.jobs.size]).toEqual([0, 0]);
  });

  test('but the largest body is taken', async () => {
    const world = worldThat({ text: 'All of it.' });
    const largest = Buffer.concat([wavOf(60), Buffer.alloc(MAX_BODY_RECORDING_BYTES)]).subarray(0, MAX_BODY_RECORDING_BYTES);
    await expect(send(world, requestOf(largest))).resolves.toMatchObject({ document: { transcription: 'All of it.' } });
  });
});

test('over quota, nothing is recorded', async () => {
  const world = new TranscriptionWorld(1);
  await expect(send(world, requestOf(wavOf(16)))).rejects.toMatchObject({ code: 'quota_exceeded' });
  expect([world.jobs.size, world.audio.size]).toEqual([0, 0]);
});

test.each(['create', 'writeAudio', 'start'] as const)('when %s fails, the units are given back and the audio is removed', async (step) => {
  const world = new TranscriptionWorld();
  const ports = world.ports();
  const fail = async () => Promise.reject(new Error('unavailable'));
  const broken = {
    ...ports,
    jobs: step === 'create' ? { ...ports.jobs, create: fail } : ports.jobs,
    files: step === 'writeAudio' ? { ...ports.files, writeAudio: fail } : ports.files,
    transcriptions: step === 'start' ? { ...ports.transcriptions, start: fail } : ports.transcriptions,
  };
  await expect(send(world, requestOf(wavOf(1)), broken)).rejects.toThrow('unavailable');
  expect([world.counted, world.open.size, world.leftovers]).toEqual([0, 0, []]);
  if (step !== 'create') expect(world.only).toMatchObject({ status: 'failed', failure: 'not_transcribed' });
});

describe('a recording that is to be uploaded', () => {
  const start = (world: TranscriptionWorld, size: number, others: object = {}) =>
    startRecordingUpload(world.ports(), ALICE, { upload: true, content_type: 'audio/webm', size, ...others }, NOW);

  test('gets a form, and is waited for', async () => {
    const world = new TranscriptionWorld();
    const { job_id, expires_at, upload } = await start(world, MAX_UPLOADED_RECORDING_BYTES, { language: 'de-DE' });
    expect(expires_at).toBe('2026-11-20T12:15:00.000Z');
    expect(upload.fields).toEqual({ key: job_id, size: String(MAX_UPLOADED_RECORDING_BYTES) });
    expect(world.only).toMatchObject({ job_id, user_id: 'alice', status: 'awaiting_upload', language: 'de-DE' });
    await expect(getTranscription(world.ports(), ALICE, job_id, NOW)).resolves.toEqual({ job_id, status: 'awaiting_upload' });
    await expect(getTranscription(world.ports(), ALICE, job_id, NOW + 30 * 60_000)).resolves.toMatchObject({
      status: 'failed',
      failure: { code: 'upload_expired' },
    });
  });

  test('is refused when it is too large, of another type or in another language', async () => {
    const world = new TranscriptionWorld();
    const pointerOf = (pointer: string) => ({ errors: [expect.objectContaining({ pointer })] });
    await expect(start(world, MAX_UPLOADED_RECORDING_BYTES + 1)).rejects.toMatchObject({ code: 'too_large', ...pointerOf('/size') });
    await expect(start(world, 1, { content_type: 'video/webm' })).rejects.toMatchObject({ code: 'unsupported_type' });
    await expect(start(world, 1, { language: 'xx' })).rejects.toMatchObject({ code: 'invalid_request', ...pointerOf('/language') });
    expect(world.jobs.size).toBe(0);
  });
});

test('a job that Transcribe never ends is seen as failed after an hour, and an id that is none is not looked up', async () => {
  const world = new TranscriptionWorld();
  const { jobId } = await send(world, requestOf(wavOf(1)));
  const later = getTranscription(world.ports(), ALICE, jobId, NOW + 3_600_000);
  await expect(later).resolves.toMatchObject({ status: 'failed', failure: { code: 'internal' } });
  const looks = world.looks;
  await expect(getTranscription(world.ports(), ALICE, 'x', NOW)).rejects.toMatchObject({ code: 'not_found' });
  expect(world.looks).toBe(looks);
});
