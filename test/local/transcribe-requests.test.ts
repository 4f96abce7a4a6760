import { LanguageCode } from '@aws-sdk/client-transcribe';
import { LANGUAGE_CODES } from '../../local/transcribe/languages.ts';
import { MEDIA, openTranscribe, RECORDINGS, said, silence, type TestTranscribe, TRANSCRIPTS } from './transcribe-support.ts';

const QUESTION = 'How do I descale it, please?';

let transcribe: TestTranscribe;

beforeEach(async () => {
  transcribe = await openTranscribe();
});
afterEach(() => transcribe.close());

describe('a request', () => {
  const PATTERN = '^[0-9a-zA-Z._-]+$';

  test.each<[input: object, message: string | RegExp]>([
    [
      { TranscriptionJobName: 'my job' },
      `1 validation error detected: Value 'my job' at 'transcriptionJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${PATTERN}`,
    ],
    [{ TranscriptionJobName: 'x'.repeat(201) }, /Member must have length less than or equal to 200$/],
    [{ LanguageCode: undefined }, 'The language code is missing. Either add a language code or turn on language identification.'],
    [{ LanguageCode: 'non-existent' }, /Value 'non-existent' at 'languageCode' .* Member must satisfy enum value set: \[.*en-GB/],
    [{ MediaFormat: 'aac' }, /Value 'aac' at 'mediaFormat' .* enum value set: \[amr, flac, m4a, mp3, mp4, ogg, wav, webm\]/],
    [{ MediaSampleRateHertz: 7_999 }, /at 'mediaSampleRateHertz' .* Member must have value greater than or equal to 8000$/],
    [{ MediaSampleRateHertz: 48_001 }, /at 'mediaSampleRateHertz' .* Member must have value less than or equal to 48000$/],
    [
      { Media: {} },
      "1 validation error detected: Value null at 'media.mediaFileUri' failed to satisfy constraint: Member must not be null",
    ],
    [{ Media: { MediaFileUri: 'question.wav' } }, /at 'media.mediaFileUri' .* regular expression pattern: /],
    [{ OutputBucketName: 'Transcripts' }, /at 'outputBucketName' .* regular expression pattern: /],
    [{ OutputKey: 'a key' }, /at 'outputKey' .* regular expression pattern: /],
    [{ OutputKey: 'a key', MediaFormat: 'aac' }, /^2 validation errors detected: .*; /],
  ])('with %j is refused as AWS does', async (input, message) => {
    await expect(transcribe.start(input)).rejects.toMatchObject({
      name: 'BadRequestException',
      message: expect.stringMatching(message instanceof RegExp ? message : new RegExp(`^${literally(message)}$`)),
    });
  });

  test.each([
    [{ IdentifyLanguage: true }, 'IdentifyLanguage'],
    [{ Settings: { VocabularyName: 'v' } }, 'Settings'],
    [{ JobExecutionSettings: { AllowDeferredExecution: true, DataAccessRoleArn: 'arn:aws:iam::1:role/r' } }, 'JobExecutionSettings'],
    [{ OutputEncryptionKMSKeyId: 'alias/key' }, 'OutputEncryptionKMSKeyId'],
    [{ Media: { ...MEDIA, RedactedMediaFileUri: 's3://a/b' } }, 'RedactedMediaFileUri'],
    [{ Media: { MediaFileUri: 'https://s3.eu-west-1.amazonaws.com/recordings/k' } }, 'https://s3.eu-west-1'],
    [{ OutputBucketName: undefined }, 'OutputBucketName'],
  ])('with %j is refused by the name of what is not emulated', async (input, name) => {
    await expect(transcribe.start(input)).rejects.toMatchObject({
      name: 'NotImplementedByLocalRuntime',
      message: expect.stringContaining(name),
    });
  });

  test('may name every language that AWS knows, and no other', () => {
    expect([...LANGUAGE_CODES].sort()).toEqual(Object.values(LanguageCode).sort());
  });

  const UNREADABLE = "The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your request again.";
  const UNWRITABLE =
    "The specified S3 bucket can't be accessed. Make sure you have write permission on the bucket and try your request again.";

  test('for a recording that there is not, or a bucket that there is not, is refused', async () => {
    await expect(transcribe.start()).rejects.toMatchObject({ name: 'BadRequestException', message: UNREADABLE });
    await transcribe.record(silence());
    await expect(transcribe.start({ OutputBucketName: 'elsewhere' })).rejects.toMatchObject({
      name: 'BadRequestException',
      message: UNWRITABLE,
    });
    await expect(transcribe.get('job')).rejects.toMatchObject({ name: 'BadRequestException' });
  });

  const statement = (Action: string, Resource: string, Condition?: object) => ({
    Effect: 'Allow',
    Action,
    Resource,
    ...(Condition && { Condition }),
  });
  const START = statement('transcribe:StartTranscriptionJob', '*');
  const READ = statement('s3:GetObject', `arn:aws:s3:::${RECORDINGS}/alice/*`);
  const PROBE = statement('s3:PutObject', `arn:aws:s3:::${TRANSCRIPTS}/alice/.write_access_check_file.temp`);
  const WRITE = statement('s3:PutObject', `arn:aws:s3:::${TRANSCRIPTS}/alice/job.json`);

  describe('of a role', () => {
    beforeEach(async () => {
      await transcribe.record(silence());
      transcribe.service.setTranscripts(said(QUESTION, silence()));
    });

    test('that may all that it takes is done', async () => {
      await transcribe.start({ OutputKey: 'alice/' }, await transcribe.door.createRole([START, READ, PROBE, WRITE]));
      expect(await transcribe.nextEvent()).toMatchObject({ detail: { TranscriptionJobStatus: 'COMPLETED' } });
      expect(transcribe.door.denials).toEqual([]);
    });

    test.each([
      ['start jobs', [READ, PROBE, WRITE], /not authorized to perform: transcribe:StartTranscriptionJob/],
      ['read the recording', [START, PROBE, WRITE], UNREADABLE],
      ['write what Transcribe tries to', [START, READ, WRITE], UNWRITABLE],
    ])('that may not %s is refused', async (_what, statements, message) => {
      const role = await transcribe.door.createRole(statements);
      await expect(transcribe.start({ OutputKey: 'alice/' }, role)).rejects.toThrow(message);
      expect(transcribe.door.denials).toHaveLength(1);
    });

    test('that may not write the transcript itself ends in a job that failed', async () => {
      await transcribe.start({ OutputKey: 'alice/' }, await transcribe.door.createRole([START, READ, PROBE]));
      expect(await transcribe.nextEvent()).toMatchObject({ detail: { TranscriptionJobStatus: 'FAILED', FailureReason: UNWRITABLE } });
      expect(transcribe.door.denials).toEqual([expect.stringContaining(`${TRANSCRIPTS}/alice/job.json`)]);
    });

    test('reaches S3 as a call that Transcribe makes for it', async () => {
      const direct = { Bool: { 'aws:ViaAWSService': 'false' } };
      const role = await transcribe.door.createRole([START, statement('s3:*', '*', direct)]);
      await expect(transcribe.start({}, role)).rejects.toThrow(UNREADABLE);
    });

    test.each([
      ['transcribe:OutputBucketName', TRANSCRIPTS, 'elsewhere'],
      ['transcribe:OutputKey', 'alice/', 'bob/'],
    ])('may be tied to %s', async (key, value, other) => {
      const may = (expected: string) => statement('transcribe:StartTranscriptionJob', '*', { StringEquals: { [key]: expected } });
      const rest = [statement('s3:*', '*')];
      const wrong = await transcribe.door.createRole([may(other), ...rest]);
      await expect(transcribe.start({ OutputKey: 'alice/' }, wrong)).rejects.toMatchObject({ name: 'AccessDeniedException' });
      const right = await transcribe.door.createRole([may(value), ...rest]);
      await expect(transcribe.start({ OutputKey: 'alice/' }, right)).resolves.toMatchObject({ TranscriptionJobStatus: 'IN_PROGRESS' });
    });
  });
});

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
