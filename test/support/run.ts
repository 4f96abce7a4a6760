import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What runtimes and synths that the tests start load again and again. */
const COMPILE_CACHE = path.resolve(import.meta.dirname, '../../node_modules/.cache/compile');

interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

interface RunOptions {
  readonly live?: boolean;
  /** Besides what there is. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a command to its end; what a live one prints is seen at once, and not returned. */
export function run(
  command: readonly string[],
  { live = false, environment = {} }: RunOptions = {},
): Promise<{ code: number | null; output: string }> {
  const [program = '', ...parameters] = command;
  const child = spawn(program, parameters, {
    stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
    env: {
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...process.env,
      ...environment,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve({ code, output })));
}

/** Runs the tests of a project of `vitest.config.ts` with these options, and counts what passed and failed. */
export async function runTests(
  project: 'unit' | 'journeys' | 'long',
  options: readonly string[] = [],
): Promise<{ readonly passed: number; readonly failed: number }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'manuel-vitest-'));
  const file = path.join(directory, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { code } = await run(['vitest', 'run', '--project', project, ...options, ...reporters], { live: true });
  const { numPassedTests, numFailedTests } = readReport(file);
  rmSync(directory, { recursive: true });
  // Without a failed test, too: a threshold that is not reached, a file that does not load, an error that nobody handles.
  return { passed: numPassedTests, failed: code !== 0 && numFailedTests === 0 ? 1 : numFailedTests };
}

function readReport(file: string): TestReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0 };
  }
}
