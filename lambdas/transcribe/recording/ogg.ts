import type { ByteReader } from './byte-reader.ts';
import { opusPacketSeconds } from './opus.ts';
import { MAX_LOSSY_BITS_PER_SECOND, plausibleSeconds } from './plausible.ts';
import { unreadable, wrongType } from './recording-rejected.ts';
import { checkSampleRate } from './sample-rate.ts';

/** RFC 3533, section 6: the header of a page, before its list of segments. */
const PAGE_HEADER_BYTES = 27;
/** More than any recorder writes. */
const MAX_STREAMS = 16;
const FULL_SEGMENT = 255;
/** A position of all ones: no packet ends on the page. */
const NO_POSITION = 2 ** 64;
/** Opus counts positions in samples of this rate, whatever was recorded (RFC 7845, section 4). */
const OPUS_RATE = 48_000;

/** What has been read of one logical stream. */
interface Stream {
  readonly codec: 'opus' | 'vorbis';
  /** Of the positions, in hertz. */
  readonly rate: number;
  packetSeconds: number;
  bytes: number;
  firstPosition: number | undefined;
  lastPosition: number;
  /** Whether the packet that a page begins with began on the page before. */
  continued: boolean;
}

/**
 * Seconds of an Ogg file: of Opus the sum of its packets, or the span of its positions where some were left out in a silence; of
 * Vorbis, whose packets do not say how long they are, the last position, as far as it is plausible.
 */
export function oggSeconds(file: ByteReader): number {
  if (!file.has(0, 'OggS')) throw wrongType();
  const streams = new Map<number, Stream>();
  for (let at = 0; at + PAGE_HEADER_BYTES <= file.length; ) {
    if (!file.has(at, 'OggS')) throw unreadable('is damaged: a page of it does not begin where the one before ends');
    at = readPage(file, at, streams);
  }
  return [...streams.values()].reduce((sum, stream) => sum + secondsOf(stream), 0);
}

function secondsOf({ codec, rate, packetSeconds, bytes, firstPosition = 0, lastPosition }: Stream): number {
  if (codec === 'opus') return Math.max(packetSeconds, (lastPosition - firstPosition) / rate);
  return plausibleSeconds(lastPosition / rate, bytes, MAX_LOSSY_BITS_PER_SECOND);
}

/** Returns the end of the page. */
function readPage(file: ByteReader, at: number, streams: Map<number, Stream>): number {
  const position = file.uint64(at + 6, true);
  const serial = file.uint32(at + 14, true);
  const segments = file.uint8(at + 26);
  const bodyAt = at + PAGE_HEADER_BYTES + segments;
  const stream = streams.get(serial) ?? newStream(file, bodyAt);
  if (streams.size === MAX_STREAMS && !streams.has(serial)) throw unreadable('has too many parts');
  streams.set(serial, stream);
  let packetAt = bodyAt;
  let end = bodyAt;
  for (let segment = 0; segment < segments; segment += 1) {
    const length = file.uint8(at + PAGE_HEADER_BYTES + segment);
    end += length;
    if (length === FULL_SEGMENT && segment < segments - 1) continue;
    if (!stream.continued) readPacket(file, packetAt, Math.min(end, file.length), stream);
    stream.continued = length === FULL_SEGMENT;
    packetAt = end;
  }
  stream.bytes += end - bodyAt;
  if (position < NO_POSITION && position > 0) {
    stream.firstPosition ??= position;
    stream.lastPosition = Math.max(stream.lastPosition, position);
  }
  return end;
}

function newStream(file: ByteReader, at: number): Stream {
  const counted = { packetSeconds: 0, bytes: 0, firstPosition: undefined, lastPosition: 0, continued: false };
  if (file.has(at, 'OpusHead')) return { codec: 'opus', rate: OPUS_RATE, ...counted };
  if (file.has(at, '\u0001vorbis')) return { codec: 'vorbis', rate: checkSampleRate(file.uint32(at + 12, true)), ...counted };
  throw unreadable('holds neither Opus nor Vorbis');
}

function readPacket(file: ByteReader, at: number, end: number, stream: Stream): void {
  if (stream.codec === 'vorbis' || at >= end || file.has(at, 'OpusHead') || file.has(at, 'OpusTags')) return;
  stream.packetSeconds += opusPacketSeconds(file.uint8(at), end - at > 1 ? file.uint8(at + 1) : 0);
}
