import fc from 'fast-check';
import { completeTranscription, giveUpCompletion } from '../../lambdas/transcribe/completion.ts';
import { newJob, parseTranscribeName, parseUploadKey, transcribeName, uploadKey } from '../../lambdas/transcribe/job.ts';
import { giveUpRecording, takeRecording } from '../../lambdas/transcribe/recording.ts';
import type { RecordingType } from '../../lambdas/transcribe/transcribe.contract.ts';
import { Invocations, type Trouble } from '../support/invocations.ts';
import { wavOf } from '../support/recordings.ts';
import { Missing, PREFIX, TranscriptionWorld } from '../support/transcriptions.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const ID = { user_id: 'alice', job_id: '01900000-0000-7000-8000-000000000001' };
const KEY = uploadKey(ID);
/** Of as few bytes a second as there may be, since they are hashed hundreds of times. */
const recordingOf = (seconds: number) => wavOf(seconds, { sampleRate: 8000 });
const RECORDING = recordingOf(31);

function uploaded(bytes: Uint8Array, { quota = 50, content_type = 'audio/wav' as RecordingType } = {}): TranscriptionWorld {
  const world = new TranscriptionWorld(quota);
  world.add(newJob({ ...ID, status: 'awaiting_upload', content_type, language: 'en-GB' }, NOW));
  world.uploads.set(ID.job_id, bytes);
  return world;
}

test('an upload is measured, set aside and transcribed', async () => {
  const world = uploaded(RECORDING);
  await takeRecording(world.ports(), KEY, NOW);
  expect(world.only).toMatchObject({ status: 'in_progress', seconds: 31, reservation: { units: 3 } });
  expect([world.counted, world.uploads.size, world.started.length]).toEqual([3, 0, 1]);
  await completeTranscription(world.ports(), world.end(ID, { text: 'Done.' }));
  expect(world.only).toMatchObject({ status: 'completed', transcription: 'Done.' });
  expect([world.counted, world.open.size, world.leftovers, world.said]).toEqual([3, 0, [], ['31 s']]);
});

test.each([
  ['no audio', Buffer.from('text'), {}, 'wrong_type', 'The recording is not of the type that was announced.'],
  ['damaged', recordingOf(1).subarray(0, 30), {}, 'unreadable', 'The recording ends too early.'],
  ['too long', recordingOf(901), {}, 'too_long', 'The recording is 901 s long; it may be 900 s.'],
  ['over quota', recordingOf(16), { quota: 1 }, 'quota_exceeded', 'The daily quota is used up.'],
] as const)('an upload that is %s fails with the reason, is removed and costs nothing', async (_name, bytes, options, failure, detail) => {
  const world = uploaded(bytes, options);
  await takeRecording(world.ports(), KEY, NOW);
  expect(world.only).toMatchObject({ status: 'failed', failure, failure_detail: detail });
  expect([world.counted, world.open.size, world.leftovers, world.started]).toEqual([0, 0, [], []]);
});

test('what comes by the form after the first is not transcribed, and neither is what belongs to no job', async () => {
  const world = uploaded(recordingOf(1));
  await takeRecording(world.ports(), KEY, NOW);
  world.uploads.set(ID.job_id, recordingOf(600));
  await takeRecording(world.ports(), KEY, NOW);
  expect([world.counted, world.started.length, world.uploads.size]).toEqual([1, 1, 0]);
  expect([...world.audio.values()]).toEqual([recordingOf(1)]);
  world.jobs.clear();
  world.uploads.set(ID.job_id, recordingOf(1));
  await takeRecording(world.ports(), KEY, NOW);
  await takeRecording(world.ports(), 'elsewhere/alice/1', NOW);
  expect([world.counted, world.uploads.size]).toEqual([1, 0]);
  expect(world.said).toEqual([
    'the job has ended, or another recording came by the same form',
    'there is no such job',
    'the key is not that of a recording',
  ]);
});

test('what comes by the form while the first is being taken does not cost the first its reservation', async () => {
  const world = uploaded(RECORDING);
  const ports = world.ports();
  let isFirst = true;
  const reserve: typeof ports.ledger.reserve = async (...args) => {
    const reservation = await ports.ledger.reserve(...args);
    if (isFirst) {
      isFirst = false;
      world.uploads.set(ID.job_id, recordingOf(1));
      await takeRecording(ports, KEY, NOW);
    }
    return reservation;
  };
  await takeRecording({ ...ports, ledger: { ...ports.ledger, reserve } }, KEY, NOW);
  expect(world.only).toMatchObject({ status: 'in_progress', seconds: 31 });
  expect([world.counted, world.open.size]).toEqual([3, 1]);
  expect(world.started.map((audio) => RECORDING.equals(audio))).toEqual([true]);
});

test('the end of a job that is not there, or not ours, removes what there is and changes nothing', async () => {
  const world = new TranscriptionWorld();
  const ended = world.end(ID, { text: 'Whose?' });
  await completeTranscription(world.ports(), ended);
  await completeTranscription(world.ports(), { ...ended, TranscriptionJobName: 'manuel-prod-alice_1' });
  expect([world.jobs.size, world.leftovers]).toEqual([0, []]);
  expect(world.said).toEqual(['there is no such job', 'the name is not that of a job of this stage']);
});

test('what is given up is given back, and a redrive takes it up again', async () => {
  const world = uploaded(RECORDING);
  const ports = world.ports();
  const transcriptions = { ...ports.transcriptions, start: async () => Promise.reject(new Error('unavailable')) };
  await expect(takeRecording({ ...ports, transcriptions }, KEY, NOW)).rejects.toThrow('unavailable');
  expect(world.counted).toBe(3);
  await giveUpRecording(ports, KEY);
  expect([world.only.status, world.counted, world.open.size]).toEqual(['given_up', 0, 0]);
  await takeRecording(ports, KEY, NOW);
  expect([world.only.status, world.counted]).toEqual(['in_progress', 3]);
  const ended = world.end(ID, { text: 'After all.' });
  world.transcripts.clear();
  await expect(completeTranscription(ports, ended)).rejects.toThrow(Missing);
  await giveUpCompletion(ports, ended);
  expect(world.only.status).toBe('given_up');
  await completeTranscription(ports, world.end(ID, { text: 'After all.' }));
  expect(world.only).toMatchObject({ status: 'completed', transcription: 'After all.' });
  expect([world.counted, world.open.size, world.leftovers]).toEqual([3, 0, []]);
});

test('names and keys say whose they are, and others are not read', () => {
  expect(parseTranscribeName(PREFIX, transcribeName(PREFIX, ID))).toEqual(ID);
  expect(parseUploadKey(KEY)).toEqual(ID);
  for (const name of ['manuel-dev-', 'manuel-dev-alice', 'manuel-dev-a_b_c', 'manuel-prod-a_b']) {
    expect(parseTranscribeName(PREFIX, name)).toBeUndefined();
  }
  for (const key of ['recordings/alice', 'recordings/a/b/c', 'audio/a/b', 'recordings//b']) expect(parseUploadKey(key)).toBeUndefined();
});

/** As a queue delivers: what another removed meanwhile is an error, which a later try finds explained. */
async function delivered(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    await delivered(work);
  }
}

const trouble: fc.Arbitrary<Trouble> = fc.record({
  at: fc.integer({ min: 1, max: 9 }),
  kind: fc.constantFrom('slow', 'refused', 'answer lost', 'killed'),
});

test.each([
  ['transcribed', { text: 'Once.' }, 'completed', 3],
  ['not transcribed', { reason: 'Internal failure.' }, 'failed', 0],
] as const)(
  'messages that come twice, in any order, with trouble anywhere: what is %s is charged as it should be, and nothing is left',
  async (_name, outcome, status, units) => {
    const troubles = fc.array(fc.array(trouble, { maxLength: 2 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), troubles, async (scheduler, planned) => {
        const world = uploaded(RECORDING);
        const invocations = new Invocations(scheduler, planned, () => {
          if (world.counted < 0) throw new Error(`${world.counted} units are counted`);
        });
        world.onStarted = (job) =>
          invocations.happens('Transcribe ends', () => {
            const ended = world.end(job, outcome);
            for (const copy of ['first', 'second']) {
              invocations.start(`completion, ${copy}`, (call) => delivered(() => completeTranscription(world.ports(call), ended)));
            }
          });
        for (const copy of ['first', 'second']) {
          invocations.start(`recording, ${copy}`, (call) => delivered(() => takeRecording(world.ports(call), KEY, NOW)));
        }
        await invocations.settled();
        expect(world.only).toMatchObject({ status });
        expect([world.counted, world.open.size]).toEqual([units, 0]);
        // Audio that was written again after the end, by a message that had been held up, is the lifecycle rule's.
        world.audio.clear();
        expect(world.leftovers).toEqual([]);
      }),
      { numRuns: 300 },
    );
  },
);
