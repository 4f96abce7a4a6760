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
