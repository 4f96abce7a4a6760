import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ProcessGuard } from '../../lambda/process-guard.ts';
import { SpeechFailure } from '../speech.ts';

/** A transcript of the longest recording is far smaller. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** As much of what a program complained about as fits into a reason. */
const MAX_COMPLAINT_LENGTH = 300;

/** Limits the memory of a program where the system can (macOS cannot), and becomes it. */
const BOUNDED = 'ulimit -v "$1" 2>/dev/null; shift; exec "$@"';

export interface Bounds {
  readonly timeoutMs: number;
  /** Of address space. */
  readonly memoryMb: number;
  readonly signal: AbortSignal;
}

/**
 * Runs what listens to recordings, one program at a time, since a laptop has few cores. A program is bounded in time and memory, gets no
 * more of the environment than a path, and dies with this process however that ends.
 */
export class Programs {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'manuel-speech-'));
  readonly #guard = new ProcessGuard(this.#folder);
  readonly #searchPath: string;
  #previous: Promise<unknown> = Promise.resolve();

  /** `searchPath` is what the programs get as their PATH. */
  constructor(searchPath: string) {
    this.#searchPath = searchPath;
  }

  /** Gives `use` a folder of its own for as long as it runs, once nobody else has one. */
  async inFolder<Result>(signal: AbortSignal, use: (folder: string) => Promise<Result>): Promise<Result> {
    const turn = this.#previous.then(async () => {
      signal.throwIfAborted();
      const folder = await mkdtemp(path.join(this.#folder, 'recording-'));
      try {
        return await use(folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
    this.#previous = turn.catch(() => undefined);
    return turn;
  }

  /** Gives what a program writes. Throws a SpeechFailure when it fails, takes too long, or says too much. */
  async run(program: string, parameters: readonly string[], { timeoutMs, memoryMb, signal }: Bounds): Promise<string> {
    const name = path.basename(program);
    const bounded = ['-c', BOUNDED, 'bounded', String(memoryMb * 1024), program, ...parameters];
    const child = spawn('/bin/sh', bounded, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: this.#searchPath },
      // A process group of its own: a kill reaches all that it has started.
      detached: true,
    });
    const { pid } = child;
    if (pid !== undefined) this.#guard.watch(pid);
    const ends = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const kill = () => killGroup(child);
    ends.addEventListener('abort', kill, { once: true });
    try {
      const { code, output, complaint } = await outcomeOf(child);
      if (signal.aborted) throw new SpeechFailure(`${name} was stopped.`);
      if (ends.aborted) throw new SpeechFailure(`${name} took longer than ${timeoutMs / 1000} s.`);
      if (output.length > MAX_OUTPUT_BYTES) throw new SpeechFailure(`${name} wrote more than ${MAX_OUTPUT_BYTES} bytes.`);
      if (code !== 0) throw new SpeechFailure(`${name} failed (${code}): ${complaint.trim().slice(-MAX_COMPLAINT_LENGTH)}`);
      return output;
    } finally {
      ends.removeEventListener('abort', kill);
      if (pid !== undefined) this.#guard.forget(pid);
    }
  }

  /** Ends whatever runs, and removes every file. */
  close(): Promise<void> {
    return this.#guard.close();
  }
}

function outcomeOf(child: ChildProcess): Promise<{ code: number | string | null; output: string; complaint: string }> {
  let [output, complaint] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (output.length > MAX_OUTPUT_BYTES) killGroup(child);
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    complaint = (complaint + chunk).slice(-2 * MAX_COMPLAINT_LENGTH);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // What it has started would keep its outputs open.
    child.on('exit', () => killGroup(child));
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output, complaint }));
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
