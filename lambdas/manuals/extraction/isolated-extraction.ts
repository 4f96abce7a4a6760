import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ManualRejected } from '../manual.ts';
import { ExtractionAnswer } from './answer.ts';
import { EXTRACTION_LIMITS, type ExtractionLimits } from './limits.ts';
import type { ExtractedText } from './page.ts';

/** The program that reads a file. Both paths are absolute and free of symbolic links. */
export interface ExtractionWorker {
  readonly file: string;
  /** The folder that holds it and all that it loads: nothing else can it read. */
  readonly folder: string;
}

/** How often the memory of the process is looked at. One that writes as fast as it can takes some 50 MiB in that time. */
const WATCH_INTERVAL_MS = 25;
/** Of what the process complains about, the end. */
const MAX_COMPLAINT_CHARACTERS = 2000;

/**
 * Reads files that somebody else made: each in a process of its own, which is ended when it has answered, or asks for more than
 * the limits. Nothing of one file is left when the next one is read.
 *
 * A process, since a thread cannot be confined: V8 ends the whole process when the heap of one of its threads overflows within one step,
 * as when a map grows, and it has no limit for a thread where the process was started with one, as Lambda does. Besides,
 * the process has nothing of the function's environment, and so no credentials; it can read no file (nor, therefore, the environment of
 * its parent), write none, start nothing, and make no code of strings.
 */
export function isolatedExtraction(worker: ExtractionWorker, limits: ExtractionLimits = EXTRACTION_LIMITS) {
  /** The text of a file by page. Throws ManualRejected when that is due to the file, and any other error when it may not be. */
  return async (contentType: string, bytes: Uint8Array): Promise<ExtractedText> => {
    const answer = await ask(start(worker, contentType, limits), bytes, limits);
    if (answer.kind === 'rejected') throw new ManualRejected(answer.failure, { cause: answer.cause });
    if (answer.kind === 'extracted') return answer;
    throw new Error(`the file was not read: ${answer.cause}`);
  };
}

type FinalAnswer = Exclude<ExtractionAnswer, { kind: 'started' }>;

function start({ file, folder }: ExtractionWorker, contentType: string, limits: ExtractionLimits): ChildProcess {
  const confinement = ['--permission', `--allow-fs-read=${folder}${path.sep}`, '--disallow-code-generation-from-strings'];
  const parameters = [...confinement, `--max-old-space-size=${limits.heapMiB}`, file, contentType, JSON.stringify(limits)];
  // Where Lambda's Node.js finds its libraries.
  const { LD_LIBRARY_PATH } = process.env;
  return spawn(process.execPath, parameters, {
    env: LD_LIBRARY_PATH === undefined ? {} : { LD_LIBRARY_PATH },
    stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
  });
}

/** Its answer, or what its end without one means. */
async function ask(child: ChildProcess, bytes: Uint8Array, limits: ExtractionLimits): Promise<FinalAnswer> {
  let [isStarted, complaint]: [boolean, string] = [false, ''];
  let answer: FinalAnswer | undefined;
  const end = (final: FinalAnswer) => {
    answer ??= final;
    child.kill('SIGKILL');
  };
  child.on('message', (message) => {
    const { data } = ExtractionAnswer.safeParse(message);
    if (data?.kind === 'started') isStarted = true;
    else end(data ?? unreadable('its answer makes no sense'));
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-MAX_COMPLAINT_CHARACTERS);
  });
  // It may end before it has read everything.
  child.stdin?.on('error', () => undefined).end(bytes);
  const timer = setTimeout(() => end(unreadable(`it took longer than ${limits.timeoutMs} ms`)), limits.timeoutMs);
  const watch = setInterval(async () => {
    if ((await residentMiB(child)) > limits.residentMiB) end(unreadable(`it took more than ${limits.residentMiB} MiB`));
  }, WATCH_INTERVAL_MS);
  try {
    const [code, signal] = await once(child, 'close');
    return answer ?? withoutAnswer(isStarted, signal, `it ended with ${signal ?? code}: ${complaint}`);
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
  }
}

/**
 * What it means that the process is gone without an answer. Before it had loaded its program, that the program is broken. By a kill that
 * is not ours, that the system is out of memory, for which others may be to blame. Anything else is due to the file, which was all
 * that it worked on: its heap was exhausted, a library called for its exit, or waited for what never comes.
 */
function withoutAnswer(isStarted: boolean, signal: NodeJS.Signals | null, cause: string): FinalAnswer {
  return isStarted && signal !== 'SIGKILL' && signal !== 'SIGTERM' ? unreadable(cause) : { kind: 'failed', cause };
}

const unreadable = (cause: string): FinalAnswer => ({ kind: 'rejected', failure: 'unreadable', cause });

/** What the system says of the memory of a process; 0 where it says nothing: on a laptop without /proc, the heap's limit has to do. */
async function residentMiB({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}
