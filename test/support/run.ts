import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What runtimes and synths that the tests start load again and again. */
const COMPILE_CACHE = path.resolve(import.meta.dirname, '../../node_modules/.cache/compile');

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
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
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
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

/** Runs Jest with these options, and counts what passed and failed. */
export async function runTests(options: readonly string[]): Promise<{ readonly passed: number; readonly failed: number }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'manuel-jest-'));
  const file = path.join(directory, 'jest.json');
  const { code } = await run(['jest', ...options, '--json', `--outputFile=${file}`], { live: true });
  const report = readReport(file);
  rmSync(directory, { recursive: true });
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  // Jest may fail without a failed test: a threshold that is not reached, a suite that does not load.
  return { passed: report.numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed };
}

function readReport(file: string): JestReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 };
  }
}
