import { decodeWav, encodeWav, resample } from '../../local/transcribe/engines/wav.ts';
import { tone } from './speech-support.ts';
import { silence } from './transcribe-support.ts';

/** How loud a tone is in some samples: 0 to 1, as loud as it can be. */
function loudness(samples: Float32Array, hertz: number, sampleRateHz: number): number {
  let [sine, cosine] = [0, 0];
  samples.forEach((sample, index) => {
    sine += sample * Math.sin((2 * Math.PI * hertz * index) / sampleRateHz);
    cosine += sample * Math.cos((2 * Math.PI * hertz * index) / sampleRateHz);
  });
  return (2 * Math.hypot(sine, cosine)) / samples.length;
}

const decode = (file: Buffer) => decodeWav(file) ?? { samples: new Float32Array(), sampleRateHz: 0 };
const LOUD = 16_000 / 32_768;

/** A WAV file with these samples in another form. */
function wav(tag: number, bits: number, samples: Buffer, channels = 1): Buffer {
  const header = silence({ seconds: 0, channels });
  header.writeUInt16LE(tag, 20);
  header.writeUInt16LE(bits, 34);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);

test.each([
  ['8 bits', wav(1, 8, Buffer.from([0, 128, 192])), [-1, 0, 0.5]],
  ['16 bits', wav(1, 16, Buffer.from([0, 0x80, 0, 0, 0, 0x40])), [-1, 0, 0.5]],
  ['24 bits', wav(1, 24, Buffer.from([0, 0, 0x80, 0, 0, 0x40])), [-1, 0.5]],
  ['32 bits', wav(1, 32, Buffer.from([0, 0, 0, 0x80, 0, 0, 0, 0x40])), [-1, 0.5]],
  ['floating point', wav(3, 32, floats(-1, 0.25)), [-1, 0.25]],
  ['two channels, which are mixed', wav(3, 32, floats(1, 0, 0.5, -0.5), 2), [0.5, 0]],
])('a WAV file of %s is read', (_form, file, samples) => {
  expect([...decode(file).samples]).toEqual(samples);
});

test('a WAV file is read past what else it holds, whose length may be odd', () => {
  const plain = tone({ seconds: 0.1 });
  const note = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
  const noted = Buffer.concat([plain.subarray(0, 36), note, plain.subarray(36)]);
  expect(decode(noted)).toEqual(decode(plain));
});

test('a WAV file whose format stands in an extension is read', () => {
  const plain = tone({ seconds: 0.1 });
  const extension = Buffer.alloc(24);
  extension.writeUInt16LE(1, 8);
  const extended = Buffer.concat([plain.subarray(0, 36), extension, plain.subarray(36)]);
  extended.writeUInt16LE(0xfffe, 20);
  extended.writeUInt32LE(40, 16);
  expect(decode(extended)).toEqual(decode(plain));
});

test.each([
  ['compressed samples', wav(7, 8, Buffer.alloc(8))],
  ['no samples', silence().subarray(0, 30)],
  ['no rate', Buffer.from(silence().fill(0, 24, 28))],
  ['nothing', Buffer.alloc(0)],
])('a file with %s is not read', (_what, file) => {
  expect(decodeWav(file)).toBeUndefined();
});

test('what is written is what was read', () => {
  const file = tone({ seconds: 0.1 });
  const { samples } = decode(encodeWav(decode(file)));
  decode(file).samples.forEach((sample, index) => {
    expect(Math.abs(sample - (samples[index] ?? 2))).toBeLessThan(1 / 16_000);
  });
});

test.each([8_000, 11_025, 22_050, 44_100, 48_000])(
  'a tone of %i samples a second keeps its pitch, its length and its loudness',
  (sampleRateHz) => {
    const { samples } = resample(decode(tone({ sampleRateHz })), 16_000);
    expect(samples.length).toBe(16_000);
    expect(loudness(samples, 440, 16_000)).toBeCloseTo(LOUD, 2);
  },
);

test.each([22_050, 44_100, 48_000])('a tone that is too high for the new rate is gone from %i samples a second', (sampleRateHz) => {
  const { samples } = resample(decode(tone({ hertz: 10_500, sampleRateHz })), 16_000);
  expect(loudness(samples, 16_000 - 10_500, 16_000)).toBeLessThan(LOUD / 100);
});
