import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { SherpaModel } from './sherpa-model.ts';
import { decodeWav } from './wav.ts';

/** Whisper hears no more than half a minute at a time. */
const MAX_WHISPER_SECONDS = 29;
const THREADS = 2;

/** What a run is given, as JSON in its only argument. */
export interface SherpaTask {
  /** Where the package `sherpa-onnx-node` is. */
  readonly packagePath: string;
  readonly model: SherpaModel;
  readonly wav: string;
  /** Such as `en`. */
  readonly language: string;
}

/** As much as is used of the package, which brings no types. */
interface SherpaOnnx {
  readonly OfflineRecognizer: new (
    config: object,
  ) => {
    createStream(): { acceptWaveform(wave: { sampleRate: number; samples: Float32Array }): void };
    decode(stream: object): void;
    getResult(stream: object): { readonly text: string };
  };
}

/** A program of its own, so that the model's memory and time can be bounded: listens to one recording and writes `{"text": …}`. */
try {
  process.stdout.write(JSON.stringify({ text: listen(JSON.parse(process.argv[2] ?? '')) }));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function listen({ packagePath, model, wav, language }: SherpaTask): string {
  const { OfflineRecognizer } = createRequire(import.meta.url)(packagePath) as SherpaOnnx;
  const sound = decodeWav(readFileSync(wav));
  if (!sound) throw new Error(`${wav} is not a WAV file of linear samples`);
  const { samples, sampleRateHz: sampleRate } = sound;
  const { kind, parts, tokens, englishOnly } = model;
  const settings = kind === 'whisper' ? { ...parts, language: englishOnly ? 'en' : language, task: 'transcribe' } : parts;
  const recognizer = new OfflineRecognizer({
    featConfig: { sampleRate, featureDim: 80 },
    modelConfig: { [kind]: settings, tokens, numThreads: THREADS, provider: 'cpu', debug: 0 },
  });
  const stretch = kind === 'whisper' ? MAX_WHISPER_SECONDS * sampleRate : samples.length;
  const texts: string[] = [];
  for (let start = 0; start < samples.length; start += stretch) {
    const stream = recognizer.createStream();
    stream.acceptWaveform({ sampleRate, samples: samples.slice(start, start + stretch) });
    recognizer.decode(stream);
    texts.push(recognizer.getResult(stream).text.trim());
  }
  return texts.filter(Boolean).join(' ');
}
