import { DeleteTranscriptionJobCommand, ListTranscriptionJobsCommand } from '@aws-sdk/client-transcribe';
import { MEDIA, openTranscribe, RECORDINGS, said, silence, type TestTranscribe, TRANSCRIPTS } from './transcribe-support.ts';

const QUESTION = 'How do I descale it, please?';

let transcribe: TestTranscribe;

beforeEach(async () => {
  transcribe = await openTranscribe();
});
afterEach(() => transcribe.close());

describe('a job', () => {
  beforeEach(async () => {
    await transcribe.record(silence());
    transcribe.service.setTranscripts(said(QUESTION, silence()));
  });

  test('is in progress at first, and then has written the transcript of which it tells', async () => {
    const started = await transcribe.start({ OutputKey: 'alice/' });
    expect(started).toEqual({
      TranscriptionJobName: 'job',
      TranscriptionJobStatus: 'IN_PROGRESS',
      LanguageCode: 'en-GB',
      Media: MEDIA,
      CreationTime: expect.any(Date),
      StartTime: expect.any(Date),
    });
    expect(await transcribe.nextEvent()).toEqual({
      source: 'aws.transcribe',
      'detail-type': 'Transcribe Job State Change',
      detail: { TranscriptionJobName: 'job', TranscriptionJobStatus: 'COMPLETED' },
    });
    expect(await transcribe.get('job')).toEqual({
      ...started,
      TranscriptionJobStatus: 'COMPLETED',
      CompletionTime: expect.any(Date),
      MediaFormat: 'wav',
      MediaSampleRateHertz: 16_000,
      Transcript: { TranscriptFileUri: `https://s3.eu-west-1.amazonaws.com/${TRANSCRIPTS}/alice/job.json` },
      Settings: { ChannelIdentification: false, ShowAlternatives: false },
    });
    expect(await transcribe.transcript('alice/job.json')).toMatchObject({
      jobName: 'job',
      accountId: '000000000000',
      status: 'COMPLETED',
      results: { transcripts: [{ transcript: QUESTION }] },
    });
  });

  test('ends by the runtime’s clock', async () => {
    transcribe.door.clock.freeze();
    transcribe.service.transcriptionDelayMs = 10_000;
    const { CreationTime } = await transcribe.start();
    transcribe.door.clock.advance(9_999);
    expect(await transcribe.get('job')).toMatchObject({ TranscriptionJobStatus: 'IN_PROGRESS', Transcript: {} });
    transcribe.door.clock.advance(1);
    await transcribe.nextEvent();
    const { CompletionTime } = await transcribe.get('job');
    expect(Number(CompletionTime) - Number(CreationTime)).toBe(10_000);
  });

  test('has a name that nobody else’s has', async () => {
    await transcribe.start();
    await transcribe.nextEvent();
    await expect(transcribe.start()).rejects.toMatchObject({
      name: 'ConflictException',
      message: 'The requested job name already exists. Use a different job name.',
    });
    await transcribe.client.send(new DeleteTranscriptionJobCommand({ TranscriptionJobName: 'job' }));
    await expect(transcribe.start()).resolves.toMatchObject({ TranscriptionJobStatus: 'IN_PROGRESS' });
  });

  test('takes its name for one of two that start at once', async () => {
    const outcomes = await Promise.allSettled([transcribe.start(), transcribe.start()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('is deleted once it has ended, and is not known any more', async () => {
    const remove = new DeleteTranscriptionJobCommand({ TranscriptionJobName: 'job' });
    transcribe.service.transcriptionDelayMs = 60_000;
    await transcribe.start();
    await expect(transcribe.client.send(remove)).rejects.toMatchObject({
      name: 'BadRequestException',
      message: expect.stringContaining('in progress'),
    });
    transcribe.door.clock.advance(60_000);
    await transcribe.nextEvent();
    await transcribe.client.send(remove);
    const unknown = { name: 'BadRequestException', message: expect.stringContaining("The requested job couldn't be found.") };
    await expect(transcribe.get('job')).rejects.toMatchObject(unknown);
    await expect(transcribe.client.send(remove)).rejects.toMatchObject(unknown);
  });

  test.each([
    [undefined, 'job.json'],
    ['alice', 'alice/job.json'],
    ['alice/', 'alice/job.json'],
    ['alice/text.json', 'alice/text.json'],
    ['text.json', 'text.json'],
    ['alice/text', 'alice/text/job.json'],
  ])('with the output key %s writes %s, and has tried beforehand whether it can', async (OutputKey, key) => {
    await transcribe.start({ OutputKey });
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    expect(await transcribe.written()).toContain(`${folder}.write_access_check_file.temp`);
    await transcribe.nextEvent();
    expect((await transcribe.written()).sort()).toEqual([`${folder}.write_access_check_file.temp`, key].sort());
  });

  test('fails when its media’s address is armed for it, and no other does', async () => {
    await transcribe.record(silence(), 'bob/question.wav');
    transcribe.service.failTranscriptions(/\/alice\//, 'Too quiet.');
    await transcribe.start();
    expect(await transcribe.nextEvent()).toMatchObject({
      detail: { TranscriptionJobName: 'job', TranscriptionJobStatus: 'FAILED', FailureReason: 'Too quiet.' },
    });
    expect(await transcribe.get('job')).toMatchObject({ TranscriptionJobStatus: 'FAILED', FailureReason: 'Too quiet.', Transcript: {} });
    expect(transcribe.reports).toEqual(['transcription job job failed: Too quiet.']);
    await transcribe.start({ TranscriptionJobName: 'bob', Media: { MediaFileUri: `s3://${RECORDINGS}/bob/question.wav` } });
    expect(await transcribe.nextEvent()).toMatchObject({ detail: { TranscriptionJobStatus: 'COMPLETED' } });
    transcribe.service.failTranscriptions(undefined);
    await transcribe.start({ TranscriptionJobName: 'again' });
    expect(await transcribe.nextEvent()).toMatchObject({ detail: { TranscriptionJobStatus: 'COMPLETED' } });
  });

  test('fails with how to get an engine when nobody can listen', async () => {
    transcribe.service.setTranscripts({});
    await transcribe.start();
    expect(await transcribe.nextEvent()).toMatchObject({
      detail: { FailureReason: expect.stringMatching(/MANUEL_SPEECH_URL.*MANUEL_SPEECH_MODEL.*apt-get install pocketsphinx/) },
    });
    expect(await transcribe.written()).toEqual(['.write_access_check_file.temp']);
  });
});

test('jobs are listed with the newest first, by status and name, a page at a time', async () => {
  await transcribe.record(silence());
  transcribe.service.setTranscripts(said(QUESTION, silence()));
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six']) {
    if (name === 'six') transcribe.service.failTranscriptions(/./);
    await transcribe.start({ TranscriptionJobName: name });
    await transcribe.nextEvent();
  }
  const list = async (input: object) => {
    const { TranscriptionJobSummaries = [], ...rest } = await transcribe.client.send(new ListTranscriptionJobsCommand(input));
    return { names: TranscriptionJobSummaries.map(({ TranscriptionJobName }) => TranscriptionJobName), ...rest };
  };
  const { names, NextToken } = await list({});
  expect(names).toEqual(['six', 'five', 'four', 'three', 'two']);
  const last = await list({ NextToken });
  expect(last.names).toEqual(['one']);
  expect(last).not.toHaveProperty('NextToken');
  expect(await list({ Status: 'COMPLETED', JobNameContains: 'e', MaxResults: 2 })).toMatchObject({
    names: ['five', 'three'],
    Status: 'COMPLETED',
  });
  expect(await list({ Status: 'FAILED' })).toMatchObject({ names: ['six'] });
});

test('an end of the runtime ends the jobs', async () => {
  await transcribe.record(silence());
  transcribe.service.transcriptionDelayMs = 60_000;
  await transcribe.start();
  await transcribe.service.stop();
  expect(transcribe.reports).toEqual([]);
  expect(await transcribe.get('job')).toMatchObject({ TranscriptionJobStatus: 'IN_PROGRESS' });
});
