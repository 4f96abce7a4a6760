import { unreadable } from './recording-rejected.ts';

/** Uncompressed stereo of 48,000 samples a second, 24 bits each: what no codec that saves anything exceeds. */
export const MAX_LOSSLESS_BITS_PER_SECOND = 2_304_000;
/** Vorbis at its best quality (https://wiki.xiph.org/Vorbis#Quality), which is more than any other codec of speech is used with. */
export const MAX_LOSSY_BITS_PER_SECOND = 500_000;

/** The duration, when so many bytes of audio can have it: one that the file claims is not believed otherwise. */
export function plausibleSeconds(seconds: number, audioBytes: number, maxBitsPerSecond: number): number {
  if (!(seconds > 0)) throw unreadable('holds no audio');
  if (audioBytes * 8 > seconds * maxBitsPerSecond)
    throw unreadable(`claims to be ${seconds.toFixed(1)} s long, and holds too much for that`);
  return seconds;
}
