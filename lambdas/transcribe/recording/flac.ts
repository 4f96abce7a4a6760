import type { ByteReader } from './byte-reader.ts';
import { unreadable, wrongType } from './recording-rejected.ts';
import { checkSampleRate } from './sample-rate.ts';

/** RFC 9639, section 8: four bytes of type and length before each block, of which the first describes the stream. */
const BLOCK_HEADER_BYTES = 4;
const LAST_BLOCK = 0x80;
const STREAM_INFO_BYTES = 34;
/** RFC 9639, section 9.1: the code, and the numbers of samples that need no bytes of their own. */
const SYNC = 0xff;
const BLOCK_SIZES: Readonly<Record<number, number>> = { 1: 192, 2: 576, 3: 1152, 4: 2304, 5: 4608 };
/** By index, in hertz; 0 is the stream's own. 12 to 14 are written out. */
const SAMPLE_RATES = [undefined, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
/** By index; 0 is the stream's own. */
const SAMPLE_BITS = [undefined, 8, 12, undefined, 16, 20, 24, 32];

interface StreamInfo {
  readonly sampleRate: number;
  readonly channels: number;
  readonly bits: number;
}

/**
 * Seconds of a FLAC file: the samples of its frames. A frame does not say where the next begins, so every place is looked at whose
 * bytes are a header that fits the stream and has the right checksum. What the file claims to hold in all is not read.
 */
export function flacSeconds(file: ByteReader): number {
  if (!file.has(0, 'fLaC')) throw wrongType();
  const streamAt = 4 + BLOCK_HEADER_BYTES;
  if ((file.uint8(4) & ~LAST_BLOCK) !== 0 || file.uint24(5) !== STREAM_INFO_BYTES)
    throw unreadable('does not say how its samples are written');
  const packed = file.uint32(streamAt + 10);
  const info = { sampleRate: checkSampleRate(packed >>> 12), channels: ((packed >> 9) & 7) + 1, bits: ((packed >> 4) & 0x1f) + 1 };
  let samples = 0;
  for (let at = endOfBlocks(file); at + 1 < file.length; at += 1) {
    if (file.bytes[at] === SYNC && ((file.bytes[at + 1] ?? 0) & 0xfe) === 0xf8) samples += blockSizeAt(file, at, info);
  }
  if (samples === 0) throw unreadable('holds no audio');
  return samples / info.sampleRate;
}

function endOfBlocks(file: ByteReader): number {
  for (let at = 4; ; ) {
    const header = file.uint8(at);
    at += BLOCK_HEADER_BYTES + file.uint24(at + 1);
    if ((header & LAST_BLOCK) !== 0) return at;
  }
}

/** The samples of the frame that begins there; 0 when none does. */
function blockSizeAt(file: ByteReader, at: number, info: StreamInfo): number {
  if (at + 5 > file.length) return 0;
  const [third, fourth, number] = [file.uint8(at + 2), file.uint8(at + 3), file.uint8(at + 4)];
  const [sizeCode, rateCode, channelCode, bitsCode] = [third >> 4, third & 0xf, fourth >> 4, (fourth >> 1) & 7];
  if (sizeCode === 0 || rateCode === 15 || channelCode > 10 || (fourth & 1) !== 0) return 0;
  if ((channelCode < 8 ? channelCode + 1 : 2) !== info.channels) return 0;
  if (bitsCode !== 0 && SAMPLE_BITS[bitsCode] !== info.bits) return 0;
  if (rateCode !== 0 && rateCode < 12 && SAMPLE_RATES[rateCode] !== info.sampleRate) return 0;
  const sizeAt = at + 4 + bytesOfNumber(number);
  const sizeBytes = sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0;
  const checksumAt = sizeAt + sizeBytes + (rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0);
  if (checksumAt >= file.length || crc8(file.bytes.subarray(at, checksumAt)) !== file.uint8(checksumAt)) return 0;
  if (sizeBytes > 0) return (sizeBytes === 1 ? file.uint8(sizeAt) : file.uint16(sizeAt)) + 1;
  return BLOCK_SIZES[sizeCode] ?? 256 * 2 ** (sizeCode - 8);
}

/** The frame's or sample's number is coded as UTF-8 codes characters, extended to seven bytes. */
const bytesOfNumber = (first: number): number => (first < 0x80 ? 1 : Math.max(1, Math.clz32(~first << 24)));

/** Polynomial x^8 + x^2 + x + 1, from 0 (RFC 9639, section 9.1.8). */
function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x80 ? 0x07 : 0)) & 0xff;
  }
  return crc;
}
