import type { ByteReader } from './byte-reader.ts';
import { unreadable, wrongType } from './recording-rejected.ts';
import { checkSampleRate } from './sample-rate.ts';

/** WAVE_FORMAT_PCM, _IEEE_FLOAT, _ALAW, _MULAW and _EXTENSIBLE (RFC 2361), in which a sample has as many bits as its header says. */
const UNCOMPRESSED = new Set([1, 3, 6, 7, 0xfffe]);
/** More than any recorder writes. */
const MAX_CHUNKS = 1000;
const CHUNK_HEADER_BYTES = 8;

/**
 * Seconds of a WAV file (RIFF, little-endian): the bytes of its samples, as many as there are, by those of a second. The size of the
 * data that its header claims only ever shortens it, since recorders that stream leave 0 or 4,294,967,295 there.
 */
export function wavSeconds(file: ByteReader): number {
  if (!file.has(0, 'RIFF') || !file.has(8, 'WAVE')) throw wrongType();
  let bytesPerSecond: number | undefined;
  let at = 12;
  for (let chunks = 0; chunks < MAX_CHUNKS && at + CHUNK_HEADER_BYTES <= file.length; chunks += 1) {
    const id = file.text(at, 4);
    const size = file.uint32(at + 4, true);
    const start = at + CHUNK_HEADER_BYTES;
    if (id === 'fmt ') bytesPerSecond = bytesPerSecondOf(file, start);
    if (id === 'data') {
      if (bytesPerSecond === undefined) throw unreadable('does not say how its samples are written');
      const present = file.length - start;
      return (size === 0 || size > present ? present : size) / bytesPerSecond;
    }
    // Chunks stand at even places.
    at = start + size + (size % 2);
  }
  throw unreadable('holds no samples');
}

function bytesPerSecondOf(file: ByteReader, at: number): number {
  const [format, channels, sampleRate] = [file.uint16(at, true), file.uint16(at + 2, true), file.uint32(at + 4, true)];
  const [bytesPerFrame, bits] = [file.uint16(at + 12, true), file.uint16(at + 14, true)];
  if (!UNCOMPRESSED.has(format)) throw unreadable('holds compressed samples, which a WAV file must not here');
  if (channels === 0 || bits === 0 || bytesPerFrame !== channels * Math.ceil(bits / 8))
    throw unreadable('contradicts itself in its header');
  return checkSampleRate(sampleRate) * bytesPerFrame;
}
