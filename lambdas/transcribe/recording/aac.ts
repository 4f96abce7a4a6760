import type { ByteReader } from './byte-reader.ts';
import type { Box } from './mp4-boxes.ts';
import { boxesIn, isBox } from './mp4-boxes.ts';
import { unreadable } from './recording-rejected.ts';

/** ISO/IEC 14496-3, table 1.18: hertz by index. */
const SAMPLE_RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];
/** In place of an index, the rate itself follows. */
const WRITTEN_OUT = 15;
/** Of ISO/IEC 14496-1, section 7.2.2: descriptors by their tags, with the bytes that they have before the next. */
const ELEMENTARY_STREAM = 3;
const DECODER_CONFIGURATION = 4;
const DECODER_SPECIFIC = 5;
const MPEG4_AUDIO = 0x40;
/** Where the boxes of a description of version 0 begin: after its header and the members of every audio entry. */
const ENTRY_BYTES = 8 + 8 + 20;

/** The rate of the core of an AAC track by its description, in hertz; undefined of other codecs that go by the same name. */
export function aacSampleRate(file: ByteReader, description: Box): number | undefined {
  const entryAt = description.start + 8;
  const end = Math.min(entryAt + file.uint32(entryAt), description.end);
  // QuickTime's versions 1 and 2 have more members.
  const version = file.uint16(entryAt + 16);
  const boxesAt = entryAt + ENTRY_BYTES + (version === 1 ? 16 : version === 2 ? 36 : 0);
  const inner = boxesIn(file, { start: boxesAt, end });
  const stream = [...inner, ...inner.filter(isBox('wave')).flatMap((box) => boxesIn(file, box))].find(isBox('esds'));
  if (!stream) throw unreadable('does not say how its samples are written');
  const elementary = descriptorAt(file, stream.start + 4, ELEMENTARY_STREAM);
  const flags = file.uint8(elementary + 2);
  const url = flags & 0x40 ? 1 + file.uint8(elementary + 3) : 0;
  const decoder = descriptorAt(file, elementary + 3 + (flags & 0x80 ? 2 : 0) + url + (flags & 0x20 ? 2 : 0), DECODER_CONFIGURATION);
  if (file.uint8(decoder) !== MPEG4_AUDIO) return undefined;
  return coreRate(file, descriptorAt(file, decoder + 13, DECODER_SPECIFIC));
}

/** Five bits say the kind of audio, the next four the rate (ISO/IEC 14496-3, section 1.6.2.1). */
function coreRate(file: ByteReader, at: number): number {
  const bits = file.uint32(at) * 2 ** 8 + file.uint8(at + 4);
  const bitsFrom = (first: number, count: number) => Math.floor(bits / 2 ** (40 - first - count)) % 2 ** count;
  const rateAt = bitsFrom(0, 5) === 31 ? 11 : 5;
  const index = bitsFrom(rateAt, 4);
  const rate = index === WRITTEN_OUT ? bitsFrom(rateAt + 4, 24) : SAMPLE_RATES[index];
  if (!rate) throw unreadable('contradicts itself in its header');
  return rate;
}

/** Where the contents of a descriptor begin, after its tag and a length of up to four bytes. */
function descriptorAt(file: ByteReader, at: number, tag: number): number {
  if (file.uint8(at) !== tag) throw unreadable('does not say how its samples are written');
  let start = at + 1;
  while (start < at + 4 && file.uint8(start) >= 0x80) start += 1;
  return start + 1;
}
