import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The share of the function's memory that its heap may take. The rest is Node's own, and buffers. */
const HEAP_SHARE = 0.9;
const PRELOAD = fileURLToPath(new URL('./runtime-client/preload.cjs', import.meta.url));
const THAW_FD = 3;

export interface EnvironmentProcessOptions {
  /** The folder with the function's code. */
  readonly taskRoot: string;
  /** AWS's runtime client: the module to run. */
  readonly runtimeClient: string;
  readonly memorySizeMb: number;
  /** What the function finds in its environment, but for the Runtime API's address. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Starts the process of an execution environment. It leads a process group. */
export function spawnEnvironment(options: EnvironmentProcessOptions, runtimeApi: string, endOfOutput: string): ChildProcess {
  const { taskRoot, runtimeClient, memorySizeMb, variables } = options;
  const heapMb = Math.floor(memorySizeMb * HEAP_SHARE);
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMb}`, '--require', PRELOAD, runtimeClient], {
    cwd: taskRoot,
    env: { ...variables, AWS_LAMBDA_RUNTIME_API: runtimeApi, _LOCAL_END_OF_OUTPUT: endOfOutput },
    // After the outputs: what thaws the environment.
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C in the terminal reaches only us, and a kill reaches all that it has started.
    detached: true,
  });
  // Writing to a process that has just died; its end is reported by itself.
  thawPipe(child).on('error', () => undefined);
  // What it has started goes with it; until then its outputs would stay open.
  child.on('exit', () => killGroup(child));
  return child;
}

/** Lets a frozen environment fetch its next invocation. */
export function thaw(child: ChildProcess, requestId: string): void {
  thawPipe(child).write(`${requestId}\n`);
}

/** Ends a process and all that it has started. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

function thawPipe(child: ChildProcess): Writable {
  return child.stdio[THAW_FD] as Writable;
}
