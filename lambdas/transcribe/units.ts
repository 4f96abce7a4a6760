import { RecordingRejected } from './recording/recording-rejected.ts';
import { recordingSeconds } from './recording/recording-seconds.ts';
import { type RecordingType, SECONDS_PER_UNIT } from './transcribe.contract.ts';

/** How long a recording is. Throws RecordingRejected, among others when that is longer than it may be. */
export function measure(type: RecordingType, bytes: Uint8Array, maxSeconds: number): number {
  const seconds = recordingSeconds(type, bytes);
  if (seconds > maxSeconds) {
    throw new RecordingRejected('too_long', `The recording is ${Math.ceil(seconds)} s long; it may be ${maxSeconds} s.`);
  }
  return seconds;
}

/** What a recording costs: a unit for every 15 s that it has begun. */
export const unitsOf = (seconds: number): number => Math.ceil(seconds / SECONDS_PER_UNIT);
