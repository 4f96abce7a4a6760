import type { RecordingFixture } from '../fixtures/recordings.ts';
import { type WordErrors, wordErrorRate, wordErrors } from './word-error-rate.ts';

/** What became of one recording. */
export interface Heard extends WordErrors {
  readonly file: string;
  readonly said: string;
  /** The transcript; undefined where there is none, for this reason. */
  readonly heard: string | undefined;
  readonly reason?: string;
  readonly tookMs: number;
}

/** Has each recording listened to, one after the other, and counts the words that were not understood. */
export async function measureSpeech(
  recordings: readonly RecordingFixture[],
  listen: (recording: RecordingFixture) => Promise<string>,
): Promise<Heard[]> {
  const all: Heard[] = [];
  for (const recording of recordings) {
    const { file, said } = recording;
    const startedAt = performance.now();
    const outcome = await listen(recording).then(
      (heard) => ({ heard }),
      (error) => ({ heard: undefined, reason: error instanceof Error ? error.message : String(error) }),
    );
    const tookMs = performance.now() - startedAt;
    all.push({ file, said, ...outcome, tookMs, ...wordErrors(said, outcome.heard ?? '') });
  }
  return all;
}

/** One line for each recording, and one for all that were heard. */
export function renderSpeech(all: readonly Heard[]): string {
  const width = Math.max(...all.map(({ file }) => file.length));
  const lines = all.map(({ file, heard, reason, errors, words, tookMs }) => {
    const rate = heard === undefined ? '   -  ' : percent(errors / words);
    return `${file.padEnd(width)}  ${rate}  ${seconds(tookMs)}  ${heard ?? reason}`;
  });
  const heard = all.filter(({ heard: text }) => text !== undefined);
  const tookMs = heard.reduce((sum, one) => sum + one.tookMs, 0);
  const summary = `${heard.length} of ${all.length} heard: word error rate ${percent(wordErrorRate(heard)).trim()}, ${seconds(tookMs / Math.max(1, heard.length)).trim()} each`;
  return [...lines, summary].join('\n');
}

const percent = (rate: number) => `${(rate * 100).toFixed(1)} %`.padStart(7);
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`.padStart(6);
