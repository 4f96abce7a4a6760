/** What the engines listen to. */
export const ENGINE_SAMPLE_RATE_HZ = 16_000;

/** Sound, each sample from -1 to 1, of one channel. */
export interface Sound {
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
}

const PCM = 1;
const FLOAT = 3;
/** The real format stands in an extension of the header. */
const EXTENSIBLE = 0xfffe;
const HEADER_BYTES = 44;
/** Zero crossings of the resampler's filter to either side; enough that nobody hears what it lets through. */
const FILTER_REACH = 16;

/** Reads a WAV file of linear samples, its channels mixed into one. Undefined where it holds something else. */
export function decodeWav(file: Buffer): Sound | undefined {
  const chunks = new Map<string, Buffer>();
  for (let at = 12; at + 8 <= file.length; ) {
    const length = file.readUInt32LE(at + 4);
    chunks.set(file.toString('latin1', at, at + 4), file.subarray(at + 8, at + 8 + length));
    at += 8 + length + (length % 2);
  }
  const format = chunks.get('fmt ');
  const data = chunks.get('data');
  if (!format || format.length < 16 || !data) return undefined;
  const tag = format.readUInt16LE(0);
  const channels = format.readUInt16LE(2);
  const sampleRateHz = format.readUInt32LE(4);
  const bits = format.readUInt16LE(14);
  const read = readerOf(tag === EXTENSIBLE && format.length >= 26 ? format.readUInt16LE(24) : tag, bits);
  if (!read || channels === 0 || sampleRateHz === 0) return undefined;
  const bytes = bits / 8;
  const samples = new Float32Array(Math.floor(data.length / (bytes * channels)));
  for (let frame = 0; frame < samples.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += read(data, (frame * channels + channel) * bytes);
    samples[frame] = sum / channels;
  }
  return { samples, sampleRateHz };
}

/** The same sound at another rate, through a windowed sinc so that what is too high for the new rate does not come back as noise. */
export function resample({ samples, sampleRateHz }: Sound, targetHz: number): Sound {
  if (sampleRateHz === targetHz) return { samples, sampleRateHz };
  const filters = filtersOf(sampleRateHz, targetHz);
  const resampled = new Float32Array(Math.floor((samples.length * targetHz) / sampleRateHz));
  for (let index = 0; index < resampled.length; index++) {
    const filter = filters[index % filters.length];
    if (!filter) continue;
    const start = Math.floor((index * sampleRateHz) / targetHz) - (filter.length - 1) / 2;
    let sum = 0;
    for (let tap = Math.max(0, -start); tap < filter.length && start + tap < samples.length; tap++) {
      sum += (samples[start + tap] ?? 0) * (filter[tap] ?? 0);
    }
    resampled[index] = sum;
  }
  return { samples: resampled, sampleRateHz: targetHz };
}

/** The weights of the samples around each place that a new sample can have between two old ones; these places repeat. */
function filtersOf(sourceHz: number, targetHz: number): Float32Array[] {
  const cutoff = Math.min(1, targetHz / sourceHz);
  const reach = Math.ceil(FILTER_REACH / cutoff);
  return Array.from({ length: targetHz / greatestCommonDivisor(sourceHz, targetHz) }, (_, phase) => {
    const offset = ((phase * sourceHz) % targetHz) / targetHz;
    return Float32Array.from({ length: 2 * reach + 1 }, (_, tap) => {
      const distance = tap - reach - offset;
      if (Math.abs(distance) >= reach) return 0;
      return cutoff * sinc(distance * cutoff) * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
    });
  });
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}

/** A WAV file of 16-bit samples. */
export function encodeWav({ samples, sampleRateHz }: Sound): Buffer {
  const file = Buffer.alloc(HEADER_BYTES + samples.length * 2);
  file.write('RIFF', 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(PCM, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sampleRateHz, 24);
  file.writeUInt32LE(sampleRateHz * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, index) => {
    file.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), HEADER_BYTES + index * 2);
  });
  return file;
}

function readerOf(tag: number, bits: number): ((data: Buffer, at: number) => number) | undefined {
  if (tag === FLOAT && bits === 32) return (data, at) => data.readFloatLE(at);
  if (tag !== PCM) return undefined;
  // Eight bits have no sign, all others do.
  if (bits === 8) return (data, at) => (data.readUInt8(at) - 128) / 128;
  if (bits === 16 || bits === 24 || bits === 32) return (data, at) => data.readIntLE(at, bits / 8) / 2 ** (bits - 1);
  return undefined;
}

function sinc(value: number): number {
  return value === 0 ? 1 : Math.sin(Math.PI * value) / (Math.PI * value);
}
