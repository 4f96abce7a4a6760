/** A recording as it was uploaded. */
export interface Recording {
  readonly bytes: Buffer;
  readonly format: MediaFormat;
  /** Such as `en-GB`. */
  readonly language: string;
  /** In seconds; undefined where the container does not say. */
  readonly durationSeconds: number | undefined;
}

/** https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html */
export const MEDIA_FORMATS = ['amr', 'flac', 'm4a', 'mp3', 'mp4', 'ogg', 'wav', 'webm'] as const;
export type MediaFormat = (typeof MEDIA_FORMATS)[number];

/** What was said. */
export interface Speech {
  /** Empty where nobody spoke. */
  readonly text: string;
  /** Each word with its time, from an engine that tells. */
  readonly words?: readonly SpokenWord[];
}

export interface SpokenWord {
  readonly content: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** 0 to 1. */
  readonly confidence: number;
}

/** Something on this machine that turns recordings into text. */
export interface SpeechEngine {
  /** For a person, such as `pocketsphinx (/usr/bin/pocketsphinx_continuous)`. */
  readonly description: string;
  /** Throws a SpeechFailure; stops early when `signal` aborts. */
  transcribe(recording: Recording, signal: AbortSignal): Promise<Speech>;
  /** Ends what it has started. */
  close(): Promise<void>;
}

/** Why a recording could not be turned into text; its message is the job's `FailureReason`. */
export class SpeechFailure extends Error {
  override readonly name = 'SpeechFailure';
}

/** Stands in where there is no engine. */
export const NO_ENGINE: SpeechEngine = {
  description: 'none',
  transcribe: async () => {
    throw new SpeechFailure(
      'This machine has no speech recognition. Set MANUEL_SPEECH_URL to a transcription server or MANUEL_SPEECH_MODEL to the folder of a sherpa-onnx model, or install pocketsphinx (on Debian: apt-get install pocketsphinx pocketsphinx-en-us).',
    );
  },
  close: async () => undefined,
};
