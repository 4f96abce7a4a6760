import fc from 'fast-check';
import { parseBuffer } from 'music-metadata';
import { RecordingRejected } from '../../lambdas/transcribe/recording/recording-rejected.ts';
import { recordingSeconds } from '../../lambdas/transcribe/recording/recording-seconds.ts';
import { MEDIA_FORMATS, type RecordingType } from '../../lambdas/transcribe/transcribe.contract.ts';
import {
  amrOf,
  flacOf,
  fragmentedMp4Of,
  id3Of,
  mp3Of,
  mp4Of,
  oggOf,
  patched,
  vorbisOf,
  wavOf,
  webmDuration,
  webmOf,
} from '../support/recordings.ts';

const MEBIBYTE = 1024 * 1024;
const SECONDS = 8;
/** Generous, since the tests of others run at the same time; what grows with the square of its size takes minutes. */
const BOUND_MS = 10_000;
const WRITTEN: readonly (readonly [name: string, type: RecordingType, bytes: Buffer])[] = [
  ['a WAV', 'audio/wav', wavOf(SECONDS)],
  ['a FLAC', 'audio/flac', flacOf(SECONDS)],
  ['Opus in Ogg', 'audio/ogg', oggOf(SECONDS)],
  ['Vorbis in Ogg', 'audio/ogg', vorbisOf(SECONDS, 60_000)],
  ['Opus in WebM, as browsers record it', 'audio/webm', webmOf(SECONDS)],
  ['an MP4', 'audio/mp4', mp4Of(SECONDS)],
  ['an M4A', 'audio/m4a', mp4Of(SECONDS)],
  ['an MP4 in fragments', 'audio/mp4', fragmentedMp4Of(SECONDS)],
  ['an MP3', 'audio/mpeg', mp3Of(SECONDS)],
  ['an MP3 behind a tag', 'audio/mpeg', mp3Of(SECONDS, id3Of(MEBIBYTE))],
  ['an AMR', 'audio/amr', amrOf(SECONDS)],
  ['a wideband AMR', 'audio/amr', amrOf(SECONDS, true)],
];
const rejectionOf = (type: RecordingType, bytes: Uint8Array): RecordingRejected => {
  try {
    throw new Error(`it is ${recordingSeconds(type, bytes)} s long`);
  } catch (error) {
    if (error instanceof RecordingRejected) return error;
    throw error;
  }
};

test.each(WRITTEN)('%s is as long as its frames', (_name, type, bytes) => {
  expect(recordingSeconds(type, bytes)).toBeCloseTo(SECONDS, 0);
  // A view into something larger, as bodies are.
  expect(recordingSeconds(type, Buffer.concat([Buffer.alloc(3), bytes]).subarray(3))).toBeCloseTo(SECONDS, 0);
});

/** It goes by headers, and knows no AMR: of these it has no opinion. */
const SECOND_OPINIONS = WRITTEN.filter(([name, type]) => !/audio.(amr|webm)/.test(type) && !name.includes('fragments'));
test.each(SECOND_OPINIONS)('of %s a library for metadata is of the same opinion', async (_name, type, bytes) => {
  const mimeType = { 'audio/m4a': 'audio/mp4' }[type as string] ?? type;
  const { format } = await parseBuffer(bytes, { mimeType }, { duration: true });
  expect(format.duration).toBeCloseTo(recordingSeconds(type, bytes), 1);
});

test('what a browser leaves out of its header makes no difference when it is there', () => {
  expect(recordingSeconds('audio/webm', webmOf(3, { information: webmDuration(3000) }))).toBeCloseTo(3, 1);
});

describe('bytes are not of a type', () => {
  const types = Object.keys(MEDIA_FORMATS) as RecordingType[];
  const others = WRITTEN.flatMap(([name, own, bytes]) =>
    types
      .filter((type) => MEDIA_FORMATS[type].replace('m4a', 'mp4') !== MEDIA_FORMATS[own].replace('m4a', 'mp4'))
      .map((type) => [name, type, bytes] as const),
  );
  test.each(others)('%s as %s', (_name, type, bytes) => {
    expect(rejectionOf(type, bytes)).toMatchObject({
      failure: 'wrong_type',
      message: 'The recording is not of the type that was announced.',
    });
  });

  test.each(types)('no bytes, few bytes or text as %s', (type) => {
    for (const bytes of ['', 'R', 'RIFF', '{"audio": "of a kind that there is not"}']) {
      expect(rejectionOf(type, Buffer.from(bytes)).failure).toBe('wrong_type');
    }
  });
});

describe('a header that claims a second for what lasts longer is not believed:', () => {
  const LONG = 100;
  test.each([
    ['a WebM', 'audio/webm', webmOf(LONG, { information: webmDuration(1000) })],
    ['Opus in Ogg', 'audio/ogg', oggOf(LONG, 48_000)],
    ['a FLAC', 'audio/flac', flacOf(LONG, 16_000)],
    ['an MP4', 'audio/mp4', mp4Of(LONG, 1)],
  ] as const)('%s', (_name, type, bytes) => {
    expect(recordingSeconds(type, bytes)).toBeGreaterThan(LONG - 1);
  });

  test('Vorbis, which is only plausible or not', () => {
    expect(rejectionOf('audio/ogg', vorbisOf(1, 63_000)).message).toBe(
      'The recording claims to be 1.0 s long, and holds too much for that.',
    );
  });

  test('another codec in WebM likewise', () => {
    const dense = webmOf(1, { codec: 'A_VORBIS' });
    expect(recordingSeconds('audio/webm', dense)).toBeCloseTo(1, 0);
    const still = Buffer.from(dense.toString('latin1').replaceAll(/\xa3([\s\S]{4})\x81[\s\S]{2}/g, '\xa3$1\x81\0\0'), 'latin1');
    expect(rejectionOf('audio/webm', Buffer.concat([still, ...Array<Buffer>(9).fill(still)])).failure).toBe('unreadable');
  });
});

describe('a header that claims more', () => {
  test.each([0, 0xffffffff])('of a WAV, %i bytes, is cut to what is there', (dataSize) => {
    expect(recordingSeconds('audio/wav', wavOf(SECONDS, { dataSize }))).toBe(SECONDS);
  });
});

describe('what cannot be transcribed is named:', () => {
  test.each([
    ['a sample rate', 'audio/wav', wavOf(1, { sampleRate: 96_000 }), 'has 96000 samples a second; it may have 8000 to 48000'],
    ['a compressed WAV', 'audio/wav', patched(wavOf(1), 'fmt \x10\0\0\0\x01', 'fmt \x10\0\0\0\x02'), 'holds compressed samples'],
    ['a WAV without samples', 'audio/wav', wavOf(0).subarray(0, 36), 'holds no samples'],
    ['an encrypted MP4', 'audio/mp4', patched(mp4Of(1), 'mp4a', 'enca'), 'is encrypted'],
    ['an MP4 without audio', 'audio/mp4', patched(mp4Of(1), 'soun', 'vide'), 'holds no audio'],
    ['an MP4 without its table', 'audio/mp4', patched(mp4Of(1), 'moov', 'free'), 'has no table of its contents'],
    ['Speex in Ogg', 'audio/ogg', patched(oggOf(1), 'OpusHead', 'Speex   '), 'holds neither Opus nor Vorbis'],
    ['a WebM without audio', 'audio/webm', webmOf(1, { codec: 'V_VP9' }), 'holds no audio'],
    ['a gap in Ogg', 'audio/ogg', Buffer.concat([oggOf(1), Buffer.alloc(40), oggOf(1)]), 'is damaged'],
    ['a frame that there is not', 'audio/amr', Buffer.concat([amrOf(1), Buffer.from([0xff])]), 'is damaged'],
    ['an AMR without frames', 'audio/amr', Buffer.from('#!AMR\n'), 'holds no audio'],
  ] as const)('%s', (_name, type, bytes, message) => {
    expect(rejectionOf(type, bytes)).toMatchObject({ failure: 'unreadable', message: expect.stringContaining(message) });
  });
});

describe('a damaged recording', () => {
  const damaged = fc
    .record({
      which: fc.nat(WRITTEN.length - 1),
      length: fc.double({ min: 0, max: 1, noNaN: true }),
      flips: fc.array(
        fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), early: fc.boolean(), by: fc.integer({ min: 1, max: 255 }) }),
        {
          maxLength: 8,
        },
      ),
    })
    .map(({ which, length, flips }) => {
      const [, type, whole] = WRITTEN[which] ?? ['', 'audio/wav', wavOf(1)];
      const bytes = Buffer.from(whole.subarray(0, Math.ceil(whole.length * length)));
      for (const { at, early, by } of flips) {
        const place = Math.floor(at * (early ? Math.min(bytes.length, 600) : bytes.length));
        if (place < bytes.length) bytes[place] = (bytes[place] ?? 0) ^ by;
      }
      return { type, bytes };
    });

  test('has a length, or is rejected, soon; and nothing else', () => {
    fc.assert(
      fc.property(damaged, ({ type, bytes }) => {
        const startedAt = performance.now();
        try {
          expect(recordingSeconds(type, bytes)).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(RecordingRejected);
        }
        expect(performance.now() - startedAt).toBeLessThan(BOUND_MS);
      }),
      { numRuns: 1500 },
    );
  });

  test('that is made to keep a reader busy does not', () => {
    const most = 3 * MEBIBYTE;
    const repeated = (pattern: Uint8Array) => Buffer.alloc(most, pattern);
    const hostile: readonly (readonly [RecordingType, Uint8Array])[] = [
      ['audio/mp4', Buffer.concat([mp4Of(1), repeated(Buffer.from('\0\0\0\x08free', 'latin1'))])],
      ['audio/mp4', Buffer.concat([mp4Of(1).subarray(0, 20), repeated(Buffer.from('\0\0\0\x10moof\0\0\0\x08traf', 'latin1'))])],
      ['audio/webm', Buffer.concat([webmOf(1), repeated(Buffer.from([0xae, 0x81, 0x00]))])],
      ['audio/webm', Buffer.concat([webmOf(1), repeated(Buffer.from([0xa3, 0x85, 0x81, 0, 0, 0, 8]))])],
      ['audio/ogg', Buffer.concat([oggOf(1), repeated(oggOf(1).subarray(0, 47))])],
      ['audio/mpeg', Buffer.concat([mp3Of(1), repeated(Buffer.from([0xff, 0xfb, 0x54]))])],
      ['audio/flac', Buffer.concat([flacOf(1), repeated(Buffer.from([0xff, 0xf8, 0xc5, 0x08, 0x00]))])],
      ['audio/amr', Buffer.concat([amrOf(1), repeated(Buffer.from([15 << 3]))])],
      ['audio/wav', Buffer.concat([wavOf(1).subarray(0, 36), repeated(Buffer.from('junk\0\0\0\0', 'latin1'))])],
    ];
    for (const [type, bytes] of hostile) {
      const startedAt = performance.now();
      try {
        recordingSeconds(type, bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RecordingRejected);
      }
      expect(performance.now() - startedAt).toBeLessThan(BOUND_MS);
    }
  });
});
