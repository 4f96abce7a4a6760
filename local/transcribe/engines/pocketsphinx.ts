import path from 'node:path';
import * as z from 'zod';
import type { Recording, Speech, SpeechEngine, SpokenWord } from '../speech.ts';
import { type Decoder, decodeInto } from './decode.ts';
import { listeningTimeoutMs, refuseOtherThanEnglish } from './limits.ts';

/** The program's name since its version 5; before it was `pocketsphinx_continuous`. */
const POCKETSPHINX_5 = 'pocketsphinx';
export const POCKETSPHINX_PROGRAMS = [POCKETSPHINX_5, 'pocketsphinx_continuous'];
/** Address space; it takes some 300 MB with its English model. */
const MEMORY_MB = 2048;

/** One line of what version 5 writes: a stretch of speech with its words. */
const stretchSchema = z.object({
  t: z.string(),
  w: z.array(z.object({ t: z.string(), b: z.number(), d: z.number(), p: z.number() })),
});

/** CMU PocketSphinx with the American English model that its package brings. */
export class PocketSphinx implements SpeechEngine {
  readonly description: string;
  readonly #program: string;
  readonly #decoder: Decoder;

  constructor(program: string, decoder: Decoder) {
    this.#program = program;
    this.#decoder = decoder;
    this.description = `pocketsphinx, English only (${program})`;
  }

  async transcribe(recording: Recording, signal: AbortSignal): Promise<Speech> {
    refuseOtherThanEnglish(recording.language, 'pocketsphinx');
    const { programs } = this.#decoder;
    const limits = { timeoutMs: listeningTimeoutMs(recording.durationSeconds), signal };
    const output = await programs.inFolder(signal, async (folder) => {
      const wav = await decodeInto(folder, recording, this.#decoder, limits);
      const isVersion5 = path.basename(this.#program) === POCKETSPHINX_5;
      const parameters = isVersion5 ? ['single', wav] : ['-infile', wav, '-time', 'yes', '-logfn', '/dev/null'];
      return programs.run(this.#program, parameters, { ...limits, memoryMb: MEMORY_MB });
    });
    const words = output.trimStart().startsWith('{') ? readStretches(output) : readTimes(output);
    return { text: words.map(({ content }) => content).join(' '), words };
  }

  close(): Promise<void> {
    return this.#decoder.programs.close();
  }
}

/** Lines such as `for(2) 1.760 1.900 0.546692`, a word, its times and how sure it is; the text that precedes them has no numbers. */
function readTimes(output: string): SpokenWord[] {
  return output.split('\n').flatMap((line) => {
    const [, word = '', start, end, confidence] = /^(\S+) (\d+\.\d+) (\d+\.\d+) (\d+\.\d+)$/.exec(line.trim()) ?? [];
    return spoken(word, Number(start), Number(end), Number(confidence));
  });
}

function readStretches(output: string): SpokenWord[] {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => stretchSchema.parse(JSON.parse(line)).w.flatMap(({ t, b, d, p }) => spoken(t, b, b + d, p)));
}

/** None for silence and noise, which are between brackets; of several ways to say a word the number goes. */
function spoken(word: string, startSeconds: number, endSeconds: number, confidence: number): SpokenWord[] {
  const content = word.replace(/\(\d+\)$/, '');
  if (content === '' || /^(<.*>|\[.*\]|\+\+.*\+\+)$/.test(content)) return [];
  return [{ content, startSeconds, endSeconds, confidence: Math.min(1, confidence) }];
}
