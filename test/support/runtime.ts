import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import { GRANTS_DIRECTORY } from './grants.ts';
import { METRICS_DIRECTORY } from './metrics.ts';

/** The folder of the sources that are tested. */
export const PROJECT = path.resolve(import.meta.dirname, '../..');
/** The variable that names an assembly of the sources, which runtimes share; without it each synthesizes its own. */
export const SHARED_ASSEMBLY = 'MANUEL_SHARED_ASSEMBLY';
/** The last line that `npm start` prints when it has finished booting. */
const READY = /Ctrl-C stops it/;

/** A runtime that was started as a user starts it: `npm start`, as a process of its own. */
export interface StartedRuntime {
  readonly file: RuntimeFile;
  readonly directory: string;
  readonly process: ChildProcess;
  /** Everything that it has printed so far. */
  output(): string;
  /** Interrupts it, as Ctrl-C does, and waits for its end; says how it ended. */
  stop(): Promise<number | null>;
}

/** Starts a runtime in a folder of its own, or in `directory`. Throws with its output when it ends before it is ready. */
export function startRuntime(directory?: string): Promise<StartedRuntime> {
  return startRuntimeOf(PROJECT, directory, { notesGrants: true, notesMetrics: true, assembly: process.env[SHARED_ASSEMBLY] });
}

interface StartOptions {
  /** Where its templates are those of the project. */
  readonly notesGrants?: boolean;
  /** Where its functions are those of the project. */
  readonly notesMetrics?: boolean;
  /** What it runs in place of what it would synthesize. */
  readonly assembly?: string | undefined;
  /** Without what an earlier runtime has left in the folder. */
  readonly fresh?: boolean;
}

/** The same of the sources in another folder. */
export async function startRuntimeOf(
  sources: string,
  directory?: string,
  { notesGrants = false, notesMetrics = false, assembly, fresh = false }: StartOptions = {},
): Promise<StartedRuntime> {
  const folder = directory ?? (await mkdtemp(path.join(tmpdir(), 'manuel-runtime-')));
  const child = spawnStart(sources, [
    '--port',
    '0',
    '--directory',
    folder,
    ...(assembly === undefined ? [] : ['--assembly', assembly]),
    ...(fresh ? ['--fresh'] : []),
  ]);
  const ended = once(child.process, 'exit').then(([code]) => code as number | null);
  await Promise.race([
    child.printed(READY),
    ended.then((code) => {
      throw new Error(`the runtime ended with ${code} before it was ready:\n${child.output()}`);
    }),
  ]);
  const file: RuntimeFile = JSON.parse(await readFile(path.join(folder, 'runtime.json'), 'utf8'));
  return {
    file,
    directory: folder,
    process: child.process,
    output: child.output,
    stop: async () => {
      const control = new RuntimeControl(file);
      if (notesGrants) await note(GRANTS_DIRECTORY, () => control.grants());
      if (notesMetrics) await note(METRICS_DIRECTORY, () => control.metrics());
      // Twice, as it arrives under npm.
      child.process.kill('SIGINT');
      child.process.kill('SIGINT');
      const code = await ended;
      if (directory === undefined) await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/**
 * Notes for the checks that follow the tests, where there are any, what came to light in this runtime: which grants were used, which
 * metrics were emitted. The variable names the folder.
 */
async function note(variable: string, find: () => Promise<unknown>): Promise<void> {
  const directory = process.env[variable];
  if (directory !== undefined) await writeFile(path.join(directory, `${randomUUID()}.json`), JSON.stringify(await find()));
}

/** Runs `npm start` with these options to its end, and returns what it printed. */
export async function runStart(options: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawnStart(PROJECT, options);
  const [code] = await once(child.process, 'exit');
  return { code, output: child.output() };
}

function spawnStart(sources: string, options: readonly string[]) {
  const start = path.join(sources, 'local/start.ts');
  const process_ = spawn(process.execPath, [start, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const waiting: { readonly pattern: RegExp; readonly resolve: () => void }[] = [];
  for (const stream of [process_.stdout, process_.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      for (const { pattern, resolve } of waiting) if (pattern.test(output)) resolve();
    });
  }
  return {
    process: process_,
    output: () => output,
    printed: (pattern: RegExp) => new Promise<void>((resolve) => waiting.push({ pattern, resolve })),
  };
}
