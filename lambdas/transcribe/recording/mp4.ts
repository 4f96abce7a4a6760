import { aacSampleRate } from './aac.ts';
import type { ByteReader } from './byte-reader.ts';
import { type Box, boxesIn, childOf, isBox } from './mp4-boxes.ts';
import { MAX_LOSSLESS_BITS_PER_SECOND, plausibleSeconds } from './plausible.ts';
import { unreadable, wrongType } from './recording-rejected.ts';

/** More than any recorder writes. */
const MAX_TRACKS = 16;
/** Samples that a frame of AAC decodes to, at the rate of its core. */
const AAC_FRAME_SAMPLES = 1024;
/** Of `tfhd` and `trun` (ISO/IEC 14496-12, sections 8.8.7 and 8.8.8): which optional members are there. */
const TFHD = { baseOffset: 1, description: 2, duration: 8, size: 0x10 } as const;
const TRUN = { dataOffset: 1, firstFlags: 4, duration: 0x100, size: 0x200, flags: 0x400, offset: 0x800 } as const;

/** The one track of audio that is measured, in the units of its own time. */
interface Track {
  readonly id: number;
  readonly timescale: number;
  /** Of AAC, in hertz: it is what the decoder goes by. */
  readonly aacRate: number | undefined;
  frames: number;
  duration: number;
  bytes: number;
}

/**
 * Seconds of an MP4's audio: the sum over its frames, as the tables or the fragments list them, never what a header claims the whole to
 * be. Frames of AAC have the length that they decode to, whatever the tables say.
 */
export function mp4Seconds(file: ByteReader): number {
  if (!file.has(4, 'ftyp')) throw wrongType();
  const top = boxesIn(file, { start: 0, end: file.length });
  const movie = top.find(isBox('moov'));
  if (!movie) throw unreadable('has no table of its contents');
  const parts = boxesIn(file, movie);
  const [traks, extensions] = [parts.filter(isBox('trak')), parts.filter(isBox('mvex'))];
  if (traks.length > MAX_TRACKS || extensions.length > 1) throw unreadable('has too many parts');
  const tracks = traks.flatMap((trak) => trackOf(file, trak) ?? []);
  if (tracks.length === 0) throw unreadable('holds no audio');
  const extended = extensions.flatMap((box) => boxesIn(file, box).filter(isBox('trex'))).slice(0, MAX_TRACKS);
  for (const fragment of top.filter(isBox('moof'))) {
    for (const traf of boxesIn(file, fragment).filter(isBox('traf'))) addFragment(file, traf, tracks, extended);
  }
  return Math.max(...tracks.map(secondsOf));
}

function secondsOf({ timescale, aacRate, frames, duration, bytes }: Track): number {
  const decoded = aacRate === undefined ? 0 : (frames * AAC_FRAME_SAMPLES) / aacRate;
  return plausibleSeconds(Math.max(duration / timescale, decoded), bytes, MAX_LOSSLESS_BITS_PER_SECOND);
}

/** Undefined for a track of something else than audio. */
function trackOf(file: ByteReader, trak: Box): Track | undefined {
  const media = childOf(file, trak, 'mdia');
  const handler = media && childOf(file, media, 'hdlr');
  if (!media || !handler || file.text(handler.start + 8, 4) !== 'soun') return undefined;
  const [trackHeader, mediaHeader] = [childOf(file, trak, 'tkhd'), childOf(file, media, 'mdhd')];
  const information = childOf(file, media, 'minf');
  const table = information && childOf(file, information, 'stbl');
  const description = table && childOf(file, table, 'stsd');
  if (!trackHeader || !mediaHeader || !table || !description) throw unreadable('has no table of its contents');
  // Version 1 has times of 64 bits.
  const isLong = (box: Box) => file.uint8(box.start) === 1;
  const timescale = file.uint32(mediaHeader.start + (isLong(mediaHeader) ? 20 : 12));
  if (timescale === 0) throw unreadable('has no measure of time');
  const codec = file.text(description.start + 12, 4);
  if (codec === 'enca') throw unreadable('is encrypted');
  const track = {
    id: file.uint32(trackHeader.start + (isLong(trackHeader) ? 20 : 12)),
    timescale,
    aacRate: codec === 'mp4a' ? aacSampleRate(file, description) : undefined,
    ...timesOf(file, childOf(file, table, 'stts')),
  };
  const { frames, bytes } = sizesOf(file, childOf(file, table, 'stsz'));
  return { ...track, frames: Math.max(track.frames, frames), bytes };
}

/** Runs of frames of the same duration. */
function timesOf(file: ByteReader, box: Box | undefined): { frames: number; duration: number } {
  const total = { frames: 0, duration: 0 };
  const entries = box ? listLength(file, box, box.start + 4, 8) : 0;
  for (let entry = 0; box && entry < entries; entry += 1) {
    const [frames, each] = [file.uint32(box.start + 8 + entry * 8), file.uint32(box.start + 12 + entry * 8)];
    total.frames += frames;
    total.duration += frames * each;
  }
  return total;
}

/** How many entries a list has whose length stands at `at`, when its box holds them all. */
function listLength(file: ByteReader, box: Box, at: number, entryBytes: number): number {
  const entries = file.uint32(at);
  if (at + 4 + entries * entryBytes > box.end) throw unreadable('is damaged: a table of it ends too early');
  return entries;
}

/** One size for all frames, or one for each. */
function sizesOf(file: ByteReader, box: Box | undefined): { frames: number; bytes: number } {
  if (!box) return { frames: 0, bytes: 0 };
  const [common, frames] = [file.uint32(box.start + 4), file.uint32(box.start + 8)];
  if (common !== 0) return { frames, bytes: common * frames };
  listLength(file, box, box.start + 8, 4);
  let bytes = 0;
  for (let frame = 0; frame < frames; frame += 1) bytes += file.uint32(box.start + 12 + frame * 4);
  return { frames, bytes };
}

/** Adds the frames of a fragment to the track that it belongs to. */
function addFragment(file: ByteReader, traf: Box, tracks: readonly Track[], extended: readonly Box[]): void {
  const header = childOf(file, traf, 'tfhd');
  if (!header) throw unreadable('is damaged: a fragment of it belongs to nothing');
  const flags = file.uint24(header.start + 1);
  const id = file.uint32(header.start + 4);
  const track = tracks.find((one) => one.id === id);
  if (!track) return;
  const trex = extended.find((box) => file.uint32(box.start + 4) === id);
  let at = header.start + 8 + (flags & TFHD.baseOffset ? 8 : 0) + (flags & TFHD.description ? 4 : 0);
  const ownDuration = flags & TFHD.duration ? file.uint32(at) : undefined;
  at += ownDuration === undefined ? 0 : 4;
  const ownSize = flags & TFHD.size ? file.uint32(at) : undefined;
  const usual = {
    duration: ownDuration ?? (trex ? file.uint32(trex.start + 12) : 0),
    size: ownSize ?? (trex ? file.uint32(trex.start + 16) : 0),
  };
  for (const run of boxesIn(file, traf).filter(isBox('trun'))) addRun(file, run, track, usual);
}

function addRun(file: ByteReader, run: Box, track: Track, usual: { readonly duration: number; readonly size: number }): void {
  const flags = file.uint24(run.start + 1);
  const frames = file.uint32(run.start + 4);
  const has = (flag: number) => (flags & flag ? 4 : 0);
  const entryBytes = has(TRUN.duration) + has(TRUN.size) + has(TRUN.flags) + has(TRUN.offset);
  const first = run.start + 8 + has(TRUN.dataOffset) + has(TRUN.firstFlags);
  track.frames += frames;
  if (entryBytes === 0) {
    track.duration += frames * usual.duration;
    track.bytes += frames * usual.size;
    return;
  }
  if (first + frames * entryBytes > run.end) throw unreadable('is damaged: a table of it ends too early');
  for (let frame = 0; frame < frames; frame += 1) {
    const at = first + frame * entryBytes;
    track.duration += has(TRUN.duration) ? file.uint32(at) : usual.duration;
    track.bytes += has(TRUN.size) ? file.uint32(at + has(TRUN.duration)) : usual.size;
  }
}
