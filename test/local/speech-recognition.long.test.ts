import { loadRecordings } from '../fixtures/recordings.ts';
import { testRecognition } from './spoken-questions.ts';

testRecognition(loadRecordings().filter(({ file }) => file.endsWith('.wav')));
