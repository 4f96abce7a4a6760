import type { RecordingType } from '../transcribe.contract.ts';
import { amrSeconds } from './amr.ts';
import { ByteReader } from './byte-reader.ts';
import { flacSeconds } from './flac.ts';
import { mp3Seconds } from './mp3.ts';
import { mp4Seconds } from './mp4.ts';
import { oggSeconds } from './ogg.ts';
import { unreadable } from './recording-rejected.ts';
import { wavSeconds } from './wav.ts';
import { webmSeconds } from './webm.ts';

const READERS: Readonly<Record<RecordingType, (file: ByteReader) => number>> = {
  'audio/mp4': mp4Seconds,
  'audio/m4a': mp4Seconds,
  'audio/mpeg': mp3Seconds,
  'audio/wav': wavSeconds,
  'audio/flac': flacSeconds,
  'audio/ogg': oggSeconds,
  'audio/webm': webmSeconds,
  'audio/amr': amrSeconds,
};

/**
 * How long a recording is, measured by its frames: what a header claims is not what is charged. Looks at each byte a bounded number of
 * times and keeps none. Throws RecordingRejected when the bytes are not of the type, or no duration can be made out.
 */
export function recordingSeconds(type: RecordingType, bytes: Uint8Array): number {
  const seconds = READERS[type](new ByteReader(bytes));
  if (!(seconds > 0)) throw unreadable('holds no audio');
  return seconds;
}
