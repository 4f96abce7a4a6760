import type { SpeechOptions } from '../transcribe/engines/find-engine.ts';
import { UsageError } from './command-line.ts';

/**
 * Reads from the environment what listens to recordings: `MANUEL_SPEECH_URL`, the address of a transcription server, and
 * `MANUEL_SPEECH_MODEL`, the name of its model or, without a server, the folder of one. Throws UsageError.
 */
export function readSpeechOptions({ MANUEL_SPEECH_URL: url, MANUEL_SPEECH_MODEL: model, PATH }: NodeJS.ProcessEnv): SpeechOptions {
  if (url && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new UsageError(`MANUEL_SPEECH_URL is no address of a server: "${url}". Give one such as http://127.0.0.1:8080.`);
  }
  return { url, model, searchPath: PATH ?? '' };
}
