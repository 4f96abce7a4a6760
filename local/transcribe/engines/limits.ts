import { SpeechFailure } from '../speech.ts';

/** A model has to be read first. */
const LOADING_MS = 60_000;
/** A laptop listens in half of a recording's length or less; what takes four times it hangs. */
const SLOWEST_PACE = 4;
/** The product's longest. */
const ASSUMED_SECONDS = 900;

/** How long an engine may take for a recording. */
export function listeningTimeoutMs(durationSeconds: number | undefined): number {
  return LOADING_MS + Math.ceil((durationSeconds ?? ASSUMED_SECONDS) * SLOWEST_PACE) * 1000;
}

/** Throws a SpeechFailure for a recording in another language. */
export function refuseOtherThanEnglish(language: string, engine: string): void {
  if (language.startsWith('en-')) return;
  throw new SpeechFailure(
    `${engine} knows English only, and the recording is in ${language}. Set MANUEL_SPEECH_URL to a server, or MANUEL_SPEECH_MODEL to the folder of a multilingual Whisper model, for other languages.`,
  );
}
