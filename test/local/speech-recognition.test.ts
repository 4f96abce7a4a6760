import { loadRecordings } from '../fixtures/recordings.ts';
import { testRecognition } from './spoken-questions.ts';

/** The rest takes an engine long, and is left to `npm run test:long`: these are what it understands well and badly. */
const SOME = ['large-format-memory.wav', 'silence-key.wav'];

testRecognition(SOME.map(recordingOf));

function recordingOf(file: string) {
  const recording = loadRecordings().find((candidate) => candidate.file === file);
  if (recording === undefined) throw new Error(`there is no recording ${file}`);
  return recording;
}
