import { createRequire } from 'node:module';
import path from 'node:path';
import * as z from 'zod';
import { type Recording, type Speech, type SpeechEngine, SpeechFailure } from '../speech.ts';
import { type Decoder, decodeInto } from './decode.ts';
import { listeningTimeoutMs, refuseOtherThanEnglish } from './limits.ts';
import type { SherpaModel } from './sherpa-model.ts';
import type { SherpaTask } from './sherpa-program.ts';

/** Not among the dependencies: 32 MB that only those need who have a model. */
const PACKAGE = 'sherpa-onnx-node';
export const SHERPA_INSTALLATION = `npm install --no-save ${PACKAGE}@1.13.8`;
const PROGRAM = path.join(import.meta.dirname, 'sherpa-program.ts');
/** Address space, of which Node and a memory-mapped model take far more than they fill. */
const MEMORY_MB = 8192;

const answerSchema = z.object({ text: z.string() });

/** Where the package is; undefined where it is not installed. */
export function findSherpaPackage(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(PACKAGE);
  } catch {
    return undefined;
  }
}

/** A model that the user has brought, run by sherpa-onnx (https://k2-fsa.github.io/sherpa/onnx/). */
export class Sherpa implements SpeechEngine {
  readonly description: string;
  readonly #model: SherpaModel;
  readonly #packagePath: string;
  readonly #decoder: Decoder;

  constructor({ model, packagePath, decoder }: { model: SherpaModel; packagePath: string; decoder: Decoder }) {
    this.#model = model;
    this.#packagePath = packagePath;
    this.#decoder = decoder;
    this.description = `sherpa-onnx, ${model.kind}${model.englishOnly ? ', English only' : ''} (${path.dirname(model.tokens)})`;
  }

  async transcribe(recording: Recording, signal: AbortSignal): Promise<Speech> {
    if (this.#model.englishOnly) refuseOtherThanEnglish(recording.language, 'The model of MANUEL_SPEECH_MODEL');
    const { programs } = this.#decoder;
    const limits = { timeoutMs: listeningTimeoutMs(recording.durationSeconds), signal };
    const output = await programs.inFolder(signal, async (folder) => {
      const wav = await decodeInto(folder, recording, this.#decoder, limits);
      const language = recording.language.split('-')[0] ?? '';
      const task: SherpaTask = { packagePath: this.#packagePath, model: this.#model, wav, language };
      return programs.run(process.execPath, [PROGRAM, JSON.stringify(task)], { ...limits, memoryMb: MEMORY_MB });
    });
    // The library may say something of its own before.
    const answer = /\{"text":.*\}$/s.exec(output.trim())?.[0];
    if (answer === undefined) throw new SpeechFailure('sherpa-onnx wrote no transcript.');
    return { text: answerSchema.parse(JSON.parse(answer)).text };
  }

  close(): Promise<void> {
    return this.#decoder.programs.close();
  }
}
