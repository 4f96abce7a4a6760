import * as z from 'zod';
import { type MediaFormat, type Recording, type Speech, type SpeechEngine, SpeechFailure } from '../speech.ts';
import { listeningTimeoutMs } from './limits.ts';

/** What OpenAI calls its own; servers with one model take any name. */
const DEFAULT_MODEL = 'whisper-1';
const PATH = '/v1/audio/transcriptions';
const MAX_ANSWER_CHARACTERS = 4 * 1024 * 1024;

/** Servers go by the file's name. */
const CONTENT_TYPES: Readonly<Record<MediaFormat, string>> = {
  amr: 'audio/amr',
  flac: 'audio/flac',
  m4a: 'audio/mp4',
  mp3: 'audio/mpeg',
  mp4: 'audio/mp4',
  ogg: 'audio/ogg',
  wav: 'audio/wav',
  webm: 'audio/webm',
};

const answerSchema = z.object({ text: z.string() });

export interface SpeechServerOptions {
  /** Up to and without `/v1/audio/transcriptions`. */
  readonly url: string;
  readonly model?: string | undefined;
}

/**
 * A server that speaks OpenAI's transcription API (https://platform.openai.com/docs/api-reference/audio/createTranscription), such as
 * whisper.cpp's, Speaches or vLLM. It decodes recordings itself.
 */
export class SpeechServer implements SpeechEngine {
  readonly description: string;
  readonly #url: string;
  readonly #model: string;

  constructor({ url, model = DEFAULT_MODEL }: SpeechServerOptions) {
    this.#url = url.replace(/\/+$/, '').replace(/\/v1(\/audio\/transcriptions)?$/, '') + PATH;
    this.#model = model;
    this.description = `the server of MANUEL_SPEECH_URL, model ${model} (${this.#url})`;
  }

  async transcribe(recording: Recording, signal: AbortSignal): Promise<Speech> {
    const { bytes, format, language, durationSeconds } = recording;
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(bytes)], { type: CONTENT_TYPES[format] }), `recording.${format}`);
    form.append('model', this.#model);
    form.append('language', language.split('-')[0] ?? '');
    form.append('response_format', 'json');
    const ends = AbortSignal.any([signal, AbortSignal.timeout(listeningTimeoutMs(durationSeconds))]);
    let response: Response;
    let answer: string;
    try {
      response = await fetch(this.#url, { method: 'POST', body: form, signal: ends });
      answer = await response.text();
    } catch (error) {
      throw this.#failure(`cannot be reached: ${reasonOf(error)}`);
    }
    if (!response.ok) throw this.#failure(`answered ${response.status}: ${answer.slice(0, 200)}`);
    const parsed = answer.length > MAX_ANSWER_CHARACTERS ? undefined : answerSchema.safeParse(parseJson(answer));
    if (!parsed?.success) throw this.#failure('answered with something else than a transcript');
    return { text: parsed.data.text.trim() };
  }

  async close(): Promise<void> {}

  #failure(what: string): SpeechFailure {
    return new SpeechFailure(`The speech server of MANUEL_SPEECH_URL, ${this.#url}, ${what}.`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { readonly cause?: NodeJS.ErrnoException };
  return cause?.message || cause?.code || message;
}
