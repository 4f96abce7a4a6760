import { readFileSync } from 'node:fs';
import path from 'node:path';
import { inspectMedia } from '../../local/transcribe/media.ts';
import { loadRecordings } from '../fixtures/recordings.ts';
import { silence } from './transcribe-support.ts';

const fileOf = (format: string) => loadRecordings().find(({ file }) => path.extname(file) === `.${format}`)?.path ?? '';

test.each([
  ['wav', 16_000],
  ['flac', 16_000],
  ['ogg', 16_000],
  ['mp3', 22_050],
  ['m4a', 16_000],
  ['webm', 16_000],
])('a recording in %s is known by its bytes', async (format, sampleRateHz) => {
  const media = await inspectMedia(readFileSync(fileOf(format)), { format });
  expect(media).toMatchObject({ format, sampleRateHz });
});

test.each([
  ['#!AMR\n', 8_000],
  ['#!AMR-WB\n', 16_000],
])('a recording that begins with %j is known by that', async (start, sampleRateHz) => {
  expect(await inspectMedia(Buffer.from(start), {})).toEqual({ format: 'amr', sampleRateHz, durationSeconds: undefined });
});

test('a recording in the container of MPEG-4 may be called by either name', async () => {
  const bytes = readFileSync(fileOf('m4a'));
  expect((await inspectMedia(bytes, { format: 'mp4' })).format).toBe('mp4');
  expect((await inspectMedia(bytes, {})).format).toBe('mp4');
});

const INVALID = "The data in your input media file isn't valid. Check the media file and try your request again.";
const broken = silence();
broken.write('what', 12);

test.each<[string, Buffer, object, string]>([
  ['of another format than declared', silence(), { format: 'mp3' }, 'The media format provided does not match the detected media format.'],
  [
    'of a rate that is not the declared one',
    silence(),
    { sampleRateHz: 8_000 },
    'The sample rate provided does not match the detected sample rate.',
  ],
  ['of too low a rate', silence({ sampleRateHz: 4_000 }), {}, 'Invalid sample rate for audio file.'],
  ['of too high a rate', silence({ sampleRateHz: 96_000 }), {}, 'Invalid sample rate for audio file.'],
  ['of three channels', silence({ channels: 3 }), {}, 'Invalid number of channels: number of channels too large.'],
  [
    'that is too short',
    silence({ seconds: 0.4 }),
    {},
    'The input media file length is too small. Minimum audio duration is 0.500000 milliseconds. Check the length of the file and try your request again.',
  ],
  ['that is text', Buffer.from('How do I descale it?'), {}, INVALID],
  ['that is empty', Buffer.alloc(0), {}, INVALID],
  ['that is broken', broken, {}, INVALID],
])('a recording %s is refused as Transcribe does', async (_what, bytes, declared, message) => {
  await expect(inspectMedia(bytes, declared)).rejects.toMatchObject({ name: 'SpeechFailure', message });
});
