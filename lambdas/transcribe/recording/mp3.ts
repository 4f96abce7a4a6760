import type { ByteReader } from './byte-reader.ts';
import { unreadable, wrongType } from './recording-rejected.ts';

/** ISO/IEC 11172-3, 2.4.2.3 and 13818-3, 2.4.2.3: kilobits per second of Layer III by index. 0 is free, 15 forbidden. */
const BIT_RATES = {
  mpeg1: [undefined, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [undefined, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
/** Hertz by version, 0 being MPEG 2.5, and index. */
const SAMPLE_RATES: Readonly<Record<number, readonly number[]>> = {
  0: [11_025, 12_000, 8000],
  2: [22_050, 24_000, 16_000],
  3: [44_100, 48_000, 32_000],
};
const LAYER_3 = 1;
const HEADER_BYTES = 4;
const ID3_HEADER_BYTES = 10;

interface Frame {
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * Seconds of an MP3: the sum of its frames. Whatever lies between them (tags, what was cut off) is passed over; a frame counts when
 * another follows it, or the file ends.
 */
export function mp3Seconds(file: ByteReader): number {
  const start = endOfTags(file);
  if (!isFrame(file, start)) throw wrongType();
  let seconds = 0;
  for (let at = start; at + HEADER_BYTES <= file.length; ) {
    const frame = isFrame(file, at) ? frameAt(file, at) : undefined;
    seconds += frame?.seconds ?? 0;
    at += frame?.bytes ?? 1;
  }
  if (seconds === 0) throw unreadable('holds no audio');
  return seconds;
}

/** The end of the ID3v2 tags that it begins with (https://id3.org/id3v2.4.0-structure). */
function endOfTags(file: ByteReader): number {
  let at = 0;
  while (file.has(at, 'ID3')) {
    const hasFooter = (file.uint8(at + 5) & 0x10) !== 0;
    const size = [6, 7, 8, 9].reduce((sum, offset) => sum * 0x80 + (file.uint8(at + offset) & 0x7f), 0);
    at += ID3_HEADER_BYTES + size + (hasFooter ? ID3_HEADER_BYTES : 0);
  }
  return at;
}

function isFrame(file: ByteReader, at: number): boolean {
  const frame = frameAt(file, at);
  if (!frame) return false;
  const next = at + frame.bytes;
  return next + HEADER_BYTES > file.length || frameAt(file, next) !== undefined || file.has(next, 'TAG') || file.has(next, 'APETAGEX');
}

function frameAt(file: ByteReader, at: number): Frame | undefined {
  if (at + HEADER_BYTES > file.length) return undefined;
  const header = file.uint32(at);
  if (header >>> 21 !== 0x7ff || ((header >> 17) & 3) !== LAYER_3) return undefined;
  const version = (header >> 19) & 3;
  const kilobits = BIT_RATES[version === 3 ? 'mpeg1' : 'mpeg2'][(header >> 12) & 0xf];
  const sampleRate = SAMPLE_RATES[version]?.[(header >> 10) & 3];
  if (kilobits === undefined || sampleRate === undefined) return undefined;
  const samples = version === 3 ? 1152 : 576;
  const padding = (header >> 9) & 1;
  return { bytes: Math.floor((samples * kilobits * 125) / sampleRate) + padding, seconds: samples / sampleRate };
}
