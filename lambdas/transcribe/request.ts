import { Problem } from '../shared/problem.ts';
import { isRecordingType, MAX_BODY_RECORDING_BYTES, MEDIA_FORMATS, type RecordingType } from './transcribe.contract.ts';

/** The language of a request, or the usual one. Throws a 400 Problem that names those there are. */
export function readLanguage(language: string | undefined, { usual, allowed }: { usual: string; allowed: readonly string[] }): string {
  if (language === undefined) return usual;
  if (allowed.includes(language)) return language;
  const detail = `is none of ${allowed.join(', ')}`;
  throw new Problem('invalid_request', `/language: ${detail}`, { errors: [{ pointer: '/language', detail }] });
}

/** The type of a recording. Throws a 415 Problem that names those there are. */
export function readType(type: string): RecordingType {
  if (isRecordingType(type)) return type;
  throw new Problem('unsupported_type', `"${type}" is not accepted; accepted are ${Object.keys(MEDIA_FORMATS).join(', ')}.`, {
    errors: [{ pointer: '/content_type', detail: 'is not an accepted type' }],
  });
}

/** Looked for, rather than matching the whole: a search ends at the first such character, and needs no memory of those before it. */
const NO_DIGIT = /[^A-Za-z0-9+/]/;

/** The bytes of a recording in a body. Throws a 413 Problem before it makes them when they are too many, and a 400 when they are none. */
export function readAudio(base64: string): Uint8Array {
  const pointer = '/audio_data';
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  if (base64.length % 4 !== 0 || base64 === '' || NO_DIGIT.test(base64.slice(0, base64.length - padding))) {
    throw new Problem('invalid_request', `${pointer}: is not base64`, { errors: [{ pointer, detail: 'is not base64' }] });
  }
  const size = (base64.length / 4) * 3 - padding;
  if (size > MAX_BODY_RECORDING_BYTES) {
    throw new Problem(
      'too_large',
      `A recording in the body has at most ${MAX_BODY_RECORDING_BYTES} bytes; this one has ${size}. Upload it through a form.`,
      { errors: [{ pointer, detail: `is more than ${MAX_BODY_RECORDING_BYTES} bytes` }] },
    );
  }
  return Buffer.from(base64, 'base64');
}
