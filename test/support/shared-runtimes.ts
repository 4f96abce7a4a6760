import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The variable that names the folder in which there is a file for each runtime that has not ended as it should; with the reason, once it is known. */
const DIRECTORY = 'MANUEL_SHARED_RUNTIMES_DIRECTORY';
/** More than a worker gives a runtime for it, and less than `teardownTimeout` in `vitest.config.ts`. */
const STOP_WITHIN_MS = 50_000;
const LOOK_AGAIN_MS = 50;

/** Notes a runtime that a worker has started; what is returned notes how it ended. */
export function noteSharedRuntime(): (code: number | string | null, output: string) => void {
  const directory = process.env[DIRECTORY];
  if (directory === undefined) throw new Error(`${DIRECTORY} is not set: is the global setup of vitest.config.ts missing?`);
  const file = path.join(directory, randomUUID());
  writeFileSync(file, '');
  return (code, output) => {
    if (code === 0) rmSync(file);
    else writeFileSync(file, `A runtime that journeys shared ended not with 0, but ${code}:\n${output}`);
  };
}

/** Vitest's global setup. A worker ends after the run's result is settled, so that it is here that a runtime which ends badly fails the run. */
export default function setup(): () => Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'manuel-shared-runtimes-'));
  process.env[DIRECTORY] = directory;
  const complaints = () => readdirSync(directory).map((file) => readFileSync(path.join(directory, file), 'utf8'));
  return async () => {
    const deadline = Date.now() + STOP_WITHIN_MS;
    while (complaints().includes('') && Date.now() < deadline) await sleep(LOOK_AGAIN_MS);
    const left = complaints().map((complaint) => complaint || 'A runtime that journeys shared did not stop.');
    rmSync(directory, { recursive: true });
    if (left.length > 0) throw new Error(left.join('\n'));
  };
}
