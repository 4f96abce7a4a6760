import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type MediaFormat, type Recording, SpeechFailure } from '../speech.ts';
import type { Programs } from './programs.ts';
import { decodeWav, ENGINE_SAMPLE_RATE_HZ, encodeWav, resample } from './wav.ts';

/** ffmpeg's reader of each format: named, so that a file is never taken for something that names other files. */
const DEMUXERS: Readonly<Record<MediaFormat, string>> = {
  amr: 'amr',
  flac: 'flac',
  m4a: 'mov',
  mp3: 'mp3',
  mp4: 'mov',
  ogg: 'ogg',
  wav: 'wav',
  webm: 'matroska',
};
/** Transcribe's own limit is four hours; what is longer is cut here (https://docs.aws.amazon.com/general/latest/gr/transcribe.html). */
const MAX_SECONDS = 4 * 3600;
const FFMPEG_MEMORY_MB = 2048;

export interface Decoder {
  readonly programs: Programs;
  /** Where it is on this machine; undefined where it is not. */
  readonly ffmpeg: string | undefined;
}

/**
 * Writes a recording into `folder` as what every engine takes, a WAV file of one channel with 16,000 samples a second, and gives its path.
 * Throws a SpeechFailure.
 */
export async function decodeInto(
  folder: string,
  { bytes, format }: Recording,
  { programs, ffmpeg }: Decoder,
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string> {
  const decoded = path.join(folder, 'decoded.wav');
  const sound = format === 'wav' ? decodeWav(bytes) : undefined;
  if (sound) {
    await writeFile(decoded, encodeWav(resample(sound, ENGINE_SAMPLE_RATE_HZ)));
    return decoded;
  }
  if (!ffmpeg) {
    throw new SpeechFailure(
      `To listen to ${format === 'wav' ? 'a WAV recording of compressed samples' : `a recording in ${format}`} this machine needs ffmpeg on the PATH (on Debian: apt-get install ffmpeg). A WAV recording of linear samples needs none.`,
    );
  }
  const original = path.join(folder, 'original');
  await writeFile(original, bytes);
  const input = ['-f', DEMUXERS[format], '-i', `file:${original}`];
  const output = ['-t', `${MAX_SECONDS}`, '-vn', '-ac', '1', '-ar', `${ENGINE_SAMPLE_RATE_HZ}`, '-c:a', 'pcm_s16le', '-f', 'wav', decoded];
  await programs.run(ffmpeg, ['-nostdin', '-v', 'error', '-protocol_whitelist', 'file', ...input, ...output], {
    ...limits,
    memoryMb: FFMPEG_MEMORY_MB,
  });
  return decoded;
}
