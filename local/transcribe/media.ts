import { parseBuffer } from 'music-metadata';
import { MEDIA_FORMATS, type MediaFormat, SpeechFailure } from './speech.ts';

/** Transcribe's bounds of `MediaSampleRateHertz` (https://docs.aws.amazon.com/transcribe/latest/APIReference/API_StartTranscriptionJob.html). */
export const MIN_SAMPLE_RATE_HZ = 8_000;
export const MAX_SAMPLE_RATE_HZ = 48_000;
/** Transcribe's shortest recording, and the unit that its refusal gives it. */
const MIN_SECONDS = 0.5;
const MAX_CHANNELS = 2;
const INVALID = "The data in your input media file isn't valid. Check the media file and try your request again.";

/** What a recording is, by its own bytes. */
export interface Media {
  readonly format: MediaFormat;
  readonly sampleRateHz: number;
  /** Undefined where the container does not say. */
  readonly durationSeconds: number | undefined;
}

/** What the request said that the recording is. */
export interface DeclaredMedia {
  readonly format?: string | undefined;
  readonly sampleRateHz?: number | undefined;
}

/**
 * Reads what a recording is and holds it against what was declared. Throws a SpeechFailure with Transcribe's reason
 * (https://docs.aws.amazon.com/transcribe/latest/APIReference/API_TranscriptionJob.html).
 */
export async function inspectMedia(bytes: Buffer, declared: DeclaredMedia): Promise<Media> {
  const container = detectFormat(bytes);
  if (declared.format !== undefined && !MEDIA_FORMATS.some((format) => format === declared.format)) {
    throw new SpeechFailure('Unsupported media format.');
  }
  if (!container)
    throw new SpeechFailure(`The data in your input media file isn't valid. Check the media file and try your request again.`);
  // The two names of one container.
  const format = container === 'mp4' && declared.format === 'm4a' ? 'm4a' : container;
  if (declared.format !== undefined && declared.format !== format) {
    throw new SpeechFailure('The media format provided does not match the detected media format.');
  }
  const { sampleRateHz, durationSeconds, channels } = await describe(bytes, container);
  if (sampleRateHz < MIN_SAMPLE_RATE_HZ || sampleRateHz > MAX_SAMPLE_RATE_HZ) {
    throw new SpeechFailure('Invalid sample rate for audio file.');
  }
  if (declared.sampleRateHz !== undefined && declared.sampleRateHz !== sampleRateHz) {
    throw new SpeechFailure('The sample rate provided does not match the detected sample rate.');
  }
  if (channels > MAX_CHANNELS) throw new SpeechFailure('Invalid number of channels: number of channels too large.');
  if (durationSeconds !== undefined && durationSeconds < MIN_SECONDS) {
    throw new SpeechFailure(
      'The input media file length is too small. Minimum audio duration is 0.500000 milliseconds. Check the length of the file and try your request again.',
    );
  }
  return { format, sampleRateHz, durationSeconds };
}

/** By the first bytes; undefined for what Transcribe does not take. */
function detectFormat(bytes: Buffer): MediaFormat | undefined {
  const ascii = (start: number, end: number) => bytes.toString('latin1', start, end);
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WAVE') return 'wav';
  if (ascii(0, 4) === 'fLaC') return 'flac';
  if (ascii(0, 4) === 'OggS') return 'ogg';
  if (ascii(0, 5) === '#!AMR') return 'amr';
  if (ascii(4, 8) === 'ftyp') return 'mp4';
  if (ascii(0, 4) === '\x1a\x45\xdf\xa3') return 'webm';
  if (ascii(0, 3) === 'ID3' || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe6) === 0xe2)) return 'mp3';
  return undefined;
}

async function describe(bytes: Buffer, format: MediaFormat) {
  // The reader below does not know this one, whose rate its first line tells.
  if (format === 'amr') {
    const sampleRateHz = bytes.toString('latin1', 0, 9) === '#!AMR-WB\n' ? 16_000 : 8_000;
    return { sampleRateHz, durationSeconds: undefined, channels: 1 };
  }
  const {
    sampleRate,
    duration,
    numberOfChannels = 1,
  } = await parseBuffer(bytes).then(
    (metadata) => metadata.format,
    () => ({ sampleRate: undefined, duration: undefined, numberOfChannels: undefined }),
  );
  if (sampleRate === undefined) throw new SpeechFailure(INVALID);
  return { sampleRateHz: sampleRate, durationSeconds: duration, channels: numberOfChannels };
}
