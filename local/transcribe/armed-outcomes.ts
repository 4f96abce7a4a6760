import { createHash } from 'node:crypto';
import { type Recording, type Speech, type SpeechEngine, SpeechFailure } from './speech.ts';

/** What is said in recordings that nobody listens to: a transcript by the SHA-256 of a recording's bytes, and failures. */
export class ArmedOutcomes {
  #transcripts: ReadonlyMap<string, string> = new Map();
  #failing: { readonly media: RegExp; readonly reason: string } | undefined;

  /** These instead of those that were there. */
  setTranscripts(transcripts: Readonly<Record<string, string>>): void {
    this.#transcripts = new Map(Object.entries(transcripts).map(([sha256, text]) => [sha256.toLowerCase(), text]));
  }

  setFailure(media: RegExp | undefined, reason: string): void {
    this.#failing = media && { media, reason };
  }

  /** Throws the SpeechFailure that is armed for this recording, if one is. */
  refuse(mediaUri: string): void {
    if (this.#failing?.media.test(mediaUri)) throw new SpeechFailure(this.#failing.reason);
  }

  /** The transcript that is set for a recording; the engine's where none is. */
  async transcribe(engine: SpeechEngine, recording: Recording, signal: AbortSignal): Promise<Speech> {
    const text = this.#transcripts.get(createHash('sha256').update(recording.bytes).digest('hex'));
    return text === undefined ? engine.transcribe(recording, signal) : { text };
  }
}
