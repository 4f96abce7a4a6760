import { readFile } from 'node:fs/promises';
import { readSpeechOptions } from '../../local/cli/speech-options.ts';
import { findSpeechEngine } from '../../local/transcribe/engines/find-engine.ts';
import { NO_ENGINE } from '../../local/transcribe/speech.ts';
import { measureSpeech, renderSpeech } from '../evaluation/measure-speech.ts';
import { wordErrorRate } from '../evaluation/word-error-rate.ts';
import type { RecordingFixture } from '../fixtures/recordings.ts';
import { openTranscribe } from './transcribe-support.ts';

/** What pocketsphinx, the weakest engine, gets wrong, 27.6 %, and some room. More means that it was not given what was said. */
const WORST_RATE = 0.4;
const TIMEOUT_MS = 240_000;

/** Has the engine of this machine listen to these recordings by way of Transcribe, where there is one. */
export function testRecognition(recordings: readonly RecordingFixture[]): void {
  const engine = findSpeechEngine(readSpeechOptions(process.env));
  const recognition = engine === NO_ENGINE ? test.skip : test;
  const title =
    engine === NO_ENGINE
      ? 'spoken questions are not listened to: no engine is installed (on Debian: apt-get install pocketsphinx pocketsphinx-en-us)'
      : `spoken questions are understood by ${engine.description}`;
  // Among many files Vitest does not name what it skips.
  if (engine === NO_ENGINE) process.stdout.write(`\n${title}\n`);

  afterAll(() => engine.close());

  recognition(
    title,
    async () => {
      const transcribe = await openTranscribe(engine);
      const heard = await measureSpeech(recordings, async ({ path: file }) => {
        const TranscriptionJobName = file.replace(/^.*\//, '');
        await transcribe.record(await readFile(file));
        await transcribe.start({ TranscriptionJobName, LanguageCode: 'en-US' });
        await transcribe.nextEvent();
        const { results } = await transcribe.transcript(`${TranscriptionJobName}.json`);
        return results.transcripts[0]?.transcript ?? '';
      });
      await transcribe.close();
      process.stdout.write(`\n${renderSpeech(heard)}\n`);
      expect(heard).toHaveLength(recordings.length);
      expect(heard.filter(({ reason }) => reason !== undefined)).toEqual([]);
      expect(wordErrorRate(heard)).toBeLessThan(WORST_RATE);
    },
    TIMEOUT_MS,
  );
}
