import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Recording } from '../../local/transcribe/speech.ts';
import { silence } from './transcribe-support.ts';

/** A folder for stand-ins. */
export function emptyFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'manuel-engines-'));
}

/** Puts a program into a folder that runs this JavaScript, and gives its path. */
export function standIn(folder: string, name: string, script: string): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  writeFileSync(`${file}.cjs`, script);
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${file}.cjs' "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}

export function recording(changes: Partial<Recording> = {}): Recording {
  return { bytes: silence(), format: 'wav', language: 'en-GB', durationSeconds: 2, ...changes };
}

/** A WAV file with a tone of an even loudness, of 16-bit samples. */
export function tone({ hertz = 440, seconds = 1, sampleRateHz = 16_000, channels = 1 } = {}): Buffer {
  const file = silence({ seconds, sampleRateHz, channels });
  for (let at = 44, index = 0; at < file.length; at += 2, index++) {
    const time = Math.floor(index / channels) / sampleRateHz;
    file.writeInt16LE(Math.round(16_000 * Math.sin(2 * Math.PI * hertz * time)), at);
  }
  return file;
}

/** Puts a model of these files into a folder of that name, and gives its path. */
export function modelIn(folder: string, ...files: string[]): string {
  const place = path.join(folder, 'model');
  mkdirSync(place);
  for (const file of files) writeFileSync(path.join(place, file), '');
  return place;
}

/** Multilingual, with a smaller encoder besides. */
export const WHISPER = ['tiny-encoder.onnx', 'tiny-encoder.int8.onnx', 'tiny-decoder.onnx', 'tiny-tokens.txt'];

/** Puts a stand-in for sherpa-onnx into a folder, whose recognizer says what it was given, and gives its path. */
export function sherpaPackageIn(folder: string): string {
  const file = path.join(folder, 'sherpa.cjs');
  writeFileSync(
    file,
    `exports.OfflineRecognizer = class {
      constructor(config) { this.config = config; }
      createStream() { return { acceptWaveform({ sampleRate, samples }) { this.heard = sampleRate + ' Hz, ' + samples.length; } }; }
      decode() {}
      getResult({ heard }) {
        const { tokens, numThreads, provider, debug, ...kind } = this.config.modelConfig;
        return { text: ' ' + heard + ' ' + JSON.stringify(kind) };
      }
    };
    console.log('a word of the library');`,
  );
  return file;
}
