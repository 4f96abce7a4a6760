import { unreadable } from './recording-rejected.ts';

/** What Transcribe takes, in Hz (https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html). */
const SAMPLE_RATES = { lowest: 8000, highest: 48_000 } as const;

/** The sample rate, when it is one that can be transcribed. */
export function checkSampleRate(hertz: number): number {
  if (hertz < SAMPLE_RATES.lowest || hertz > SAMPLE_RATES.highest) {
    throw unreadable(`has ${hertz} samples a second; it may have ${SAMPLE_RATES.lowest} to ${SAMPLE_RATES.highest}`);
  }
  return hertz;
}
