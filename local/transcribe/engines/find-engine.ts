import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { NO_ENGINE, type SpeechEngine } from '../speech.ts';
import { POCKETSPHINX_PROGRAMS, PocketSphinx } from './pocketsphinx.ts';
import { Programs } from './programs.ts';
import { findSherpaPackage, SHERPA_INSTALLATION, Sherpa } from './sherpa.ts';
import { findSherpaModel } from './sherpa-model.ts';
import { SpeechServer } from './speech-server.ts';

export interface SpeechOptions {
  /** `MANUEL_SPEECH_URL`. */
  readonly url?: string | undefined;
  /** `MANUEL_SPEECH_MODEL`: with an address the name of the server's model, without one the folder of a model. */
  readonly model?: string | undefined;
  /** `PATH`: where programs are looked for. */
  readonly searchPath: string;
  /** Where the package is that runs a model; by default where npm has put it. */
  readonly sherpaPackage?: string | undefined;
}

/** What was asked for and cannot be had; the message says how to get it. */
export class NoSuchEngine extends Error {
  override readonly name = 'NoSuchEngine';
}

/**
 * The engine that there is on this machine: a server if one is named, else a model if one is named, else pocketsphinx if it is installed,
 * else the one that says how to get one. Throws NoSuchEngine when what is named is not there.
 */
export function findSpeechEngine(options: SpeechOptions): SpeechEngine {
  const { url, model, searchPath } = options;
  if (url) return new SpeechServer({ url, model: model || undefined });
  const decoder = () => ({ programs: new Programs(searchPath), ffmpeg: findProgram('ffmpeg', searchPath) });
  if (model) {
    const found = findSherpaModel(model);
    if (!found) {
      throw new NoSuchEngine(
        `MANUEL_SPEECH_MODEL is not the folder of a Whisper, transducer or Moonshine model of sherpa-onnx: "${model}". There are such at https://k2-fsa.github.io/sherpa/onnx/pretrained_models/index.html.`,
      );
    }
    const packagePath = options.sherpaPackage ?? findSherpaPackage();
    if (packagePath === undefined)
      throw new NoSuchEngine(`MANUEL_SPEECH_MODEL needs a package that is not installed: ${SHERPA_INSTALLATION}`);
    return new Sherpa({ model: found, packagePath, decoder: decoder() });
  }
  for (const name of POCKETSPHINX_PROGRAMS) {
    const program = findProgram(name, searchPath);
    if (program !== undefined) return new PocketSphinx(program, decoder());
  }
  return NO_ENGINE;
}

/** The first of that name that can be run, as a shell finds it. */
function findProgram(name: string, searchPath: string): string | undefined {
  const candidates = searchPath.split(path.delimiter).filter(path.isAbsolute);
  return candidates.map((folder) => path.join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
