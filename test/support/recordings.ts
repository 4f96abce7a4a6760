/** Recordings that are written byte by byte, with contents that mean nothing: of the length that they are said to be. */

const bytesOf = (...parts: readonly (string | Uint8Array | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));

const uint16 = (value: number) => [value >> 8, value & 0xff];
const uint32 = (value: number) => [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
const little16 = (value: number) => uint16(value).reverse();
const little32 = (value: number) => uint32(value).reverse();
const filler = (length: number) => Buffer.alloc(length, 0x11);

/** The same with one text in place of another, wherever it stands. */
export const patched = (bytes: Buffer, find: string, replace: string): Buffer =>
  Buffer.from(bytes.toString('latin1').replaceAll(find, replace), 'latin1');

/** 16 bits, one channel. `dataSize` is what its header claims. */
export function wavOf(
  seconds: number,
  { sampleRate = 16_000, dataSize }: { readonly sampleRate?: number; readonly dataSize?: number } = {},
): Buffer {
  const format = [...little16(1), ...little16(1), ...little32(sampleRate), ...little32(sampleRate * 2), ...little16(2), ...little16(16)];
  const samples = filler(seconds * sampleRate * 2);
  return bytesOf(
    'RIFF',
    little32(36 + samples.length),
    'WAVEfmt ',
    little32(16),
    format,
    'data',
    little32(dataSize ?? seconds * sampleRate * 2),
    samples,
  );
}

/** Narrowband of 12.2 kbit/s, or wideband of 23.85. */
export function amrOf(seconds: number, wideband = false): Buffer {
  const frame = wideband ? bytesOf([8 << 3], filler(60)) : bytesOf([7 << 3], filler(31));
  return bytesOf(wideband ? '#!AMR-WB\n' : '#!AMR\n', ...Array<Buffer>(Math.round(seconds * 50)).fill(frame));
}

/** MPEG 1, 48 kHz, 64 kbit/s, of which a frame takes 192 bytes and 24 ms. */
export function mp3Of(seconds: number, tag: Uint8Array = Buffer.alloc(0)): Buffer {
  const frame = bytesOf([0xff, 0xfb, 0x54, 0xc4], Buffer.alloc(188));
  return bytesOf(tag, ...Array<Buffer>(Math.round(seconds / 0.024)).fill(frame));
}

/** An ID3v2 tag of that many bytes, without frames. */
export const id3Of = (length: number) =>
  bytesOf('ID3', [4, 0, 0, length >> 21, (length >> 14) & 0x7f, (length >> 7) & 0x7f, length & 0x7f], Buffer.alloc(length));

function crc8(bytes: Uint8Array): number {
  return bytes.reduce(
    (crc, byte) => Array.from({ length: 8 }).reduce<number>((rest) => ((rest << 1) ^ (rest & 0x80 ? 7 : 0)) & 0xff, crc ^ byte),
    0,
  );
}

/** 16 kHz, one channel, 16 bits, frames of 4,096 samples. `totalSamples` is what its header claims. */
export function flacOf(seconds: number, totalSamples?: number): Buffer {
  const count = Math.round((seconds * 16_000) / 4096);
  const stream = [
    ...uint16(4096),
    ...uint16(4096),
    0,
    0,
    0,
    0,
    0,
    0,
    ...uint32((16_000 << 12) | (15 << 4)),
    ...uint32(totalSamples ?? count * 4096),
    ...Buffer.alloc(16),
  ];
  const frames = Array.from({ length: count }, (_, number) => {
    const coded = number < 0x80 ? [number] : [0xc0 | (number >> 6), 0x80 | (number & 0x3f)];
    const header = bytesOf([0xff, 0xf8, 0xc5, 0x08, ...coded]);
    return bytesOf(header, [crc8(header)], filler(2000));
  });
  return bytesOf('fLaC', [0x80, 0, 0, 34], stream, ...frames);
}

/** A packet of Opus of 20 ms. */
const OPUS_PACKET = bytesOf([0x08], filler(79));

function oggPage(body: readonly Buffer[], position: number, sequence: number, flags: number): Buffer {
  const segments = body.flatMap(({ length }) => [...Array<number>(Math.floor(length / 255)).fill(255), length % 255]);
  const header = bytesOf(
    'OggS',
    [0, flags],
    little32(position),
    little32(0),
    little32(7),
    little32(sequence),
    little32(0),
    [segments.length],
    segments,
  );
  return bytesOf(header, ...body);
}

/** Opus, 50 packets to a page. `lastPosition` is what the last page claims. */
export function oggOf(seconds: number, lastPosition = seconds * 48_000): Buffer {
  const head = bytesOf('OpusHead', [1, 1, 0, 0], little32(16_000), [0, 0, 0]);
  const tags = bytesOf('OpusTags', little32(0), little32(0));
  const pages = Array.from({ length: seconds }, (_, second) => {
    const isLast = second === seconds - 1;
    return oggPage(Array<Buffer>(50).fill(OPUS_PACKET), isLast ? lastPosition : (second + 1) * 48_000, second + 2, isLast ? 4 : 0);
  });
  return bytesOf(oggPage([head], 0, 0, 2), oggPage([tags], 0, 1, 0), ...pages);
}

/** Vorbis in name: its packets are not read. */
export function vorbisOf(seconds: number, bytes: number): Buffer {
  const head = bytesOf('\u0001vorbis', little32(0), [1], little32(16_000), Buffer.alloc(14));
  const page = oggPage([filler(bytes)], seconds * 16_000, 1, 4);
  return bytesOf(oggPage([head], 0, 0, 2), page);
}

/** The size of an element in four bytes. */
const ebml = (id: readonly number[], ...content: readonly (string | Uint8Array | readonly number[])[]) => {
  const body = bytesOf(...content);
  return bytesOf(id, uint32(0x10000000 + body.length), body);
};
const UNKNOWN_SIZE = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/** As browsers record: no duration, sizes unknown, a cluster for each second. */
export function webmOf(seconds: number, { codec = 'A_OPUS', information = Buffer.alloc(0) as Uint8Array } = {}): Buffer {
  const track = ebml([0xae], ebml([0xd7], [1]), ebml([0x83], [2]), ebml([0x86], codec));
  const clusters = Array.from({ length: seconds }, (_, second) => {
    const blocks = Array.from({ length: 50 }, (_block, index) => ebml([0xa3], [0x81], uint16(index * 20), [0x80], OPUS_PACKET));
    return bytesOf([0x1f, 0x43, 0xb6, 0x75], UNKNOWN_SIZE, ebml([0xe7], uint32(second * 1000)), ...blocks);
  });
  return bytesOf(
    ebml([0x1a, 0x45, 0xdf, 0xa3], ebml([0x42, 0x82], 'webm')),
    [0x18, 0x53, 0x80, 0x67],
    UNKNOWN_SIZE,
    ebml([0x15, 0x49, 0xa9, 0x66], ebml([0x2a, 0xd7, 0xb1], uint32(1_000_000)), information),
    ebml([0x16, 0x54, 0xae, 0x6b], track),
    ...clusters,
  );
}

/** A duration in WebM's header, in milliseconds. */
export function webmDuration(ms: number): Buffer {
  const value = Buffer.alloc(8);
  value.writeDoubleBE(ms);
  return ebml([0x44, 0x89], value);
}

const box = (type: string, ...content: readonly (string | Uint8Array | readonly number[])[]) => {
  const body = bytesOf(...content);
  return bytesOf(uint32(8 + body.length), type, body);
};
const FULL = [0, 0, 0, 0];
const AAC_FRAME = filler(128);
const AAC_RATE = 16_000;
const framesOf = (seconds: number) => Math.round((seconds * AAC_RATE) / 1024);

function aacTrack(table: readonly Buffer[], duration: number, quickTime = false): Buffer {
  // AAC-LC (2), 16 kHz (index 8), one channel.
  const specific = [0x05, 2, 0x14, 0x08];
  const decoder = [0x04, 13 + specific.length, 0x40, 0x15, ...Buffer.alloc(11), ...specific];
  const esds = box('esds', FULL, [0x03, 3 + decoder.length + 3, 0, 1, 0, ...decoder, 0x06, 1, 2]);
  const entry = box(
    'mp4a',
    Buffer.alloc(6),
    uint16(1),
    uint16(quickTime ? 1 : 0),
    Buffer.alloc(6),
    uint16(1),
    uint16(16),
    Buffer.alloc(4),
    uint16(AAC_RATE),
    uint16(0),
    Buffer.alloc(quickTime ? 16 : 0),
    esds,
  );
  return box(
    'trak',
    box('tkhd', FULL, uint32(0), uint32(0), uint32(1), Buffer.alloc(68)),
    box(
      'mdia',
      box('mdhd', FULL, uint32(0), uint32(0), uint32(AAC_RATE), uint32(duration), uint32(0)),
      box('hdlr', FULL, uint32(0), 'soun', Buffer.alloc(13)),
      box('minf', box('stbl', box('stsd', FULL, uint32(1), entry), ...table)),
    ),
  );
}

const movieHeader = box('mvhd', FULL, uint32(0), uint32(0), uint32(1000), uint32(0), Buffer.alloc(80));

/** AAC of 16 kHz. `claimed` are the seconds that its tables and its header speak of. */
export function mp4Of(seconds: number, claimed = seconds, { quickTime = false } = {}): Buffer {
  const frames = framesOf(seconds);
  const each = Math.round((1024 * claimed) / seconds);
  const times = box('stts', FULL, uint32(1), uint32(frames), uint32(each));
  const sizes = box('stsz', FULL, uint32(AAC_FRAME.length), uint32(frames));
  const chunks = box('stsc', FULL, uint32(1), uint32(1), uint32(frames), uint32(1));
  const offsets = box('stco', FULL, uint32(1), uint32(32));
  return bytesOf(
    box('ftyp', 'M4A ', uint32(0), 'M4A '),
    box('mdat', ...Array<Buffer>(frames).fill(AAC_FRAME)),
    box('moov', movieHeader, aacTrack([times, sizes, chunks, offsets], claimed * AAC_RATE, quickTime)),
  );
}

/** The same in fragments of a second, without a duration in its header. */
export function fragmentedMp4Of(seconds: number): Buffer {
  const empty = ['stts', 'stsc', 'stco'].map((type) => box(type, FULL, uint32(0)));
  const trex = box('trex', FULL, uint32(1), uint32(1), uint32(1024), uint32(AAC_FRAME.length), uint32(0));
  const fragments = Array.from({ length: seconds }, () => {
    const frames = framesOf(1);
    const run = box('trun', FULL, uint32(frames));
    const traf = box('traf', box('tfhd', FULL, uint32(1)), run);
    return bytesOf(box('moof', box('mfhd', FULL, uint32(1)), traf), box('mdat', ...Array<Buffer>(frames).fill(AAC_FRAME)));
  });
  const moov = box('moov', movieHeader, aacTrack([...empty, box('stsz', FULL, uint32(0), uint32(0))], 0), box('mvex', trex));
  return bytesOf(box('ftyp', 'isom', uint32(0), 'isom'), moov, ...fragments);
}
