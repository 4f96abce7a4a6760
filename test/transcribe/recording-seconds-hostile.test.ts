import { RecordingRejected } from '../../lambdas/transcribe/recording/recording-rejected.ts';
import { recordingSeconds } from '../../lambdas/transcribe/recording/recording-seconds.ts';
import type { RecordingType } from '../../lambdas/transcribe/transcribe.contract.ts';
import { flacOf, fragmentedMp4Of, mp3Of, mp4Of, oggOf, patched, wavOf, webmOf } from '../support/recordings.ts';

const SECONDS = 8;
const uint32 = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]).toString('latin1');
/** What becomes of it: its seconds, or why it is rejected. */
function outcomeOf(type: RecordingType, bytes: Uint8Array): number | string {
  try {
    return recordingSeconds(type, bytes);
  } catch (error) {
    if (error instanceof RecordingRejected) return error.message;
    throw error;
  }
}
const times = (count: number, bytes: Uint8Array) => Buffer.concat(Array<Uint8Array>(count).fill(bytes));

describe('what is left out, or said otherwise, is measured all the same:', () => {
  test.each([
    ['Opus without its silences, in Ogg', 'audio/ogg', oggOf(SECONDS, 48_000 * 31), 30],
    ['Opus without its silences, in WebM', 'audio/webm', patched(webmOf(SECONDS), uint32(1_000_000), uint32(4_000_000)), 32],
    ['Opus in WebM whose blocks are all of one time', 'audio/webm', patched(webmOf(SECONDS), uint32(1_000_000), uint32(1)), SECONDS],
    ['an MP4 as QuickTime describes it', 'audio/mp4', mp4Of(SECONDS, SECONDS, { quickTime: true }), SECONDS],
    // A checksum of 0, where it is another.
    ['a FLAC in whose samples a header is seen', 'audio/flac', patched(flacOf(8), '\x11'.repeat(6), '\xff\xf8\xc5\x08\x00\x00'), SECONDS],
    [
      'an MP3 in whose frames another is seen',
      'audio/mpeg',
      patched(mp3Of(SECONDS), `${'\0'.repeat(92)}\0\0\0\0`, `${'\0'.repeat(92)}\xff\xfb\x54\xc4`),
      SECONDS,
    ],
  ] as const)('%s', (_name, type, bytes, seconds) => {
    expect(outcomeOf(type, bytes)).toBeCloseTo(seconds, 0);
  });

  test('a run of as many frames as can be counted, at once', () => {
    const startedAt = performance.now();
    const frames = Math.round(16_000 / 1024);
    const run = (count: number) => `trun\0\0\0\0${uint32(count)}`;
    expect(outcomeOf('audio/mp4', patched(fragmentedMp4Of(1), run(frames), run(0xffffffff)))).toBeGreaterThan(1e8);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});

describe('what is made to mislead or to busy a reader is refused by name:', () => {
  const moovOf = (bytes: Buffer) => bytes.indexOf('moov') - 4;
  const trakOf = (bytes: Buffer) => bytes.subarray(bytes.indexOf('trak') - 4);
  /** The same movie with its one track so many times. */
  const withTracks = (count: number) => {
    const bytes = mp4Of(1);
    const head = bytes.subarray(0, moovOf(bytes));
    const tracks = times(count, trakOf(bytes));
    return Buffer.concat([head, Buffer.from(`${uint32(8 + tracks.length)}moov`, 'latin1'), tracks]);
  };
  const stream = (serial: number) => patched(oggOf(1), uint32(0x07000000), String.fromCharCode(serial, 0, 0, 0));
  test.each([
    ['more tracks than any recorder writes', 'audio/mp4', withTracks(17), 'has too many parts'],
    [
      'a table that is longer than its place',
      'audio/mp4',
      patched(mp4Of(1), 'stts\0\0\0\0\0\0\0\x01', 'stts\0\0\0\0\0\0\0\x02'),
      'a table of it ends too early',
    ],
    [
      'countless boxes',
      'audio/mp4',
      Buffer.concat([mp4Of(1), times(100_001, Buffer.from('\0\0\0\x08free', 'latin1'))]),
      'has too many parts',
    ],
    [
      'a box smaller than its header',
      'audio/mp4',
      Buffer.concat([mp4Of(1), Buffer.from('\0\0\0\x04free', 'latin1')]),
      'smaller than what it begins with',
    ],
    [
      'more streams than any recorder writes',
      'audio/ogg',
      Buffer.concat(Array.from({ length: 17 }, (_, serial) => stream(serial))),
      'has too many parts',
    ],
    ['more tracks of WebM', 'audio/webm', Buffer.concat([webmOf(1), times(17, Buffer.from([0xae, 0x80]))]), 'has too many parts'],
    [
      'a part of WebM without an end',
      'audio/webm',
      Buffer.concat([webmOf(1), Buffer.from([0xec, 0xff]), webmOf(9)]),
      'a part of it has no end',
    ],
    ['laced blocks', 'audio/webm', patched(webmOf(1), '\x80\x08\x11', '\x82\x08\x11'), 'holds several packets in one block'],
    ['a packet of 3.78 s', 'audio/ogg', patched(oggOf(1), '\x08\x11', '\x1b\x3f'), 'a packet of it is not Opus'],
    [
      'countless chunks of a WAV',
      'audio/wav',
      Buffer.concat([wavOf(1).subarray(0, 36), times(1001, Buffer.from('junk\0\0\0\0', 'latin1'))]),
      'holds no samples',
    ],
  ] as const)('%s', (_name, type, bytes, message) => {
    expect(outcomeOf(type, bytes)).toContain(message);
  });
});
