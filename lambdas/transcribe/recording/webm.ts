import type { ByteReader } from './byte-reader.ts';
import { type EbmlElement, elementAt, unsignedOf, variableSize } from './ebml.ts';
import { opusPacketSeconds } from './opus.ts';
import { MAX_LOSSLESS_BITS_PER_SECOND, MAX_LOSSY_BITS_PER_SECOND, plausibleSeconds } from './plausible.ts';
import { unreadable, wrongType } from './recording-rejected.ts';

/** Elements by their ids (RFC 9559, section 5.1). Those that are entered hold others that are read. */
const ID = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  codec: 0x86,
  encodings: 0x6d80,
  audio: 0xe1,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  blockGroup: 0xa0,
  block: 0xa1,
  simpleBlock: 0xa3,
} as const;
const ENTERED: ReadonlySet<number> = new Set([ID.ebml, ID.segment, ID.info, ID.tracks, ID.trackEntry, ID.cluster, ID.blockGroup]);
/** More than any recorder writes. */
const MAX_TRACKS = 16;
const OPUS = 'A_OPUS';
const EBML_HEADER = '\u001a\u0045\u00df\u00a3';
const DOC_TYPES = ['webm', 'matroska'];
/** Of a block's flags: several frames in one block, which recorders of one track have no use for. */
const LACING = 0x06;
/** Nanoseconds in a unit of time where the file does not say (RFC 9559, section 5.1.2.9). */
const DEFAULT_SCALE = 1_000_000;
/** What the last block of a codec whose packets do not say their length may add. */
const LAST_BLOCK_SECONDS = 0.06;

interface Track {
  number: number;
  codec: string;
  /** The sum of its packets, where they say how long they are. */
  packetSeconds: number;
  bytes: number;
  /** In the file's units. */
  firstTime: number | undefined;
  lastTime: number;
}

/**
 * Seconds of a WebM file's audio, measured from its blocks: browsers write files without a duration in their header, and sizes that
 * are unknown, so elements are entered one after the other, wherever those around them end.
 */
export function webmSeconds(file: ByteReader): number {
  if (!file.has(0, EBML_HEADER)) throw wrongType();
  const tracks: Track[] = [];
  let docType = '';
  let scale = DEFAULT_SCALE;
  let clusterTime = 0;
  for (let at = 0; at < file.length; ) {
    const element = elementAt(file, at);
    if (!element) break;
    if (!ENTERED.has(element.id) && element.end === Number.POSITIVE_INFINITY) throw unreadable('is damaged: a part of it has no end');
    at = ENTERED.has(element.id) ? element.start : element.end;
    const last = tracks.at(-1);
    switch (element.id) {
      case ID.docType:
        docType = file.text(element.start, element.size);
        break;
      case ID.timestampScale:
        scale = unsignedOf(file, element);
        break;
      case ID.trackEntry:
        if (tracks.length === MAX_TRACKS) throw unreadable('has too many parts');
        tracks.push({ number: 0, codec: '', packetSeconds: 0, bytes: 0, firstTime: undefined, lastTime: 0 });
        break;
      case ID.trackNumber:
        if (last) last.number = unsignedOf(file, element);
        break;
      case ID.codec:
        if (last) last.codec = file.text(element.start, element.size);
        break;
      case ID.encodings:
        throw unreadable('is compressed or encrypted within its container');
      case ID.timestamp:
        clusterTime = unsignedOf(file, element);
        break;
      case ID.block:
      case ID.simpleBlock:
        readBlock(file, element, tracks, clusterTime);
    }
  }
  if (!DOC_TYPES.includes(docType)) throw wrongType();
  const audio = tracks.filter(({ codec }) => codec.startsWith('A_'));
  if (audio.length === 0) throw unreadable('holds no audio');
  return Math.max(...audio.map((track) => secondsOf(track, scale)));
}

function secondsOf({ codec, packetSeconds, bytes, firstTime = 0, lastTime }: Track, scale: number): number {
  const span = ((lastTime - firstTime) * scale) / 1e9;
  if (codec === OPUS) return Math.max(packetSeconds, span);
  const maxBitsPerSecond = /^A_(PCM|FLAC)/.test(codec) ? MAX_LOSSLESS_BITS_PER_SECOND : MAX_LOSSY_BITS_PER_SECOND;
  return plausibleSeconds(span + LAST_BLOCK_SECONDS, bytes, maxBitsPerSecond);
}

/** Track, time, flags, and one frame (RFC 9559, section 10.1). */
function readBlock(file: ByteReader, { start, size }: EbmlElement, tracks: readonly Track[], clusterTime: number): void {
  const number = variableSize(file, start);
  const track = tracks.find((one) => one.number === number?.value);
  if (!number || !track) return;
  const flagsAt = start + number.bytes + 2;
  const time = clusterTime + file.int16(start + number.bytes);
  track.firstTime ??= time;
  track.lastTime = Math.max(track.lastTime, time);
  track.bytes += size;
  if (track.codec !== OPUS) return;
  if ((file.uint8(flagsAt) & LACING) !== 0) throw unreadable('holds several packets in one block');
  const second = flagsAt + 2 < file.length ? file.uint8(flagsAt + 2) : 0;
  track.packetSeconds += opusPacketSeconds(file.uint8(flagsAt + 1), second);
}
