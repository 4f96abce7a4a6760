import { readFile } from 'node:fs/promises';
import { print, readOptions, runCommand } from '../../local/cli/command-line.ts';
import { readSpeechOptions } from '../../local/cli/speech-options.ts';
import { findSpeechEngine } from '../../local/transcribe/engines/find-engine.ts';
import { inspectMedia } from '../../local/transcribe/media.ts';
import { loadRecordings } from '../fixtures/recordings.ts';
import { measureSpeech, renderSpeech } from './measure-speech.ts';

/** `npm run evaluate:speech`: has the engine of this machine listen to the spoken questions, and says how many words it got wrong. */
await runCommand(async () => {
  const { language } = readOptions(
    { language: { type: 'string', default: 'en-US' } },
    'Usage: npm run evaluate:speech -- [--language en-US]',
  );
  const engine = findSpeechEngine(readSpeechOptions(process.env));
  print(`Engine: ${engine.description}\n`);
  try {
    const heard = await measureSpeech(loadRecordings(), async ({ path: file }) => {
      const bytes = await readFile(file);
      const { format, durationSeconds } = await inspectMedia(bytes, {});
      return (await engine.transcribe({ bytes, format, language, durationSeconds }, new AbortController().signal)).text;
    });
    print(renderSpeech(heard));
  } finally {
    await engine.close();
  }
});
