import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GRANTS_DIRECTORY } from './support/grants.ts';
import { SHARED_ASSEMBLY } from './support/runtime.ts';

/**
 * `npm test`: everything that CI does. Formatting and lint, types, unused code, synthesis with the library's own
 * validation, then every test with coverage, and whether the tests made use of all that the
 * templates grant. The last line counts what passed and failed.
 */
interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** Whether what it prints is of interest when it passes, too. */
  readonly prints?: boolean;
}

/** What runtimes and synths that the tests start load again and again. */
const COMPILE_CACHE = path.resolve(import.meta.dirname, '../node_modules/.cache/compile');

const directory = mkdtempSync(path.join(tmpdir(), 'manuel-test-'));
/** What is synthesized here is what the journeys run. */
const assembly = path.join(directory, 'cdk.out');

const CHECKS: readonly Check[] = [
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: ['tsc', '--project', '.'] },
  { name: 'unused code', command: ['knip'] },
  {
    name: 'synthesis and template validation',
    command: ['cdk', 'synth', '--quiet', '--strict', '--context', 'stage=dev', '--output', assembly],
  },
];

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numRuntimeErrorTestSuites: number;
}

let passed = 0;
let failed = 0;

for (const check of CHECKS) await verify(check);

// What could not be synthesized the tests try by themselves, and fail with the reason.
if (existsSync(path.join(assembly, 'manifest.json'))) process.env[SHARED_ASSEMBLY] = assembly;
const reportFile = path.join(directory, 'jest.json');
const grants = path.join(directory, 'grants');
mkdirSync(grants);
process.env[GRANTS_DIRECTORY] = grants;
const { code } = await run(['jest', '--coverage', '--json', `--outputFile=${reportFile}`], true);
const report = readReport(reportFile);
await verify({ name: 'least privilege', command: ['node', 'test/least-privilege.ts', grants], prints: true });
rmSync(directory, { recursive: true, force: true });
passed += report.numPassedTests;
failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
// Jest may fail without a failed test: a threshold that is not reached, a suite that does not load.
if (code !== 0 && report.numFailedTests + report.numRuntimeErrorTestSuites === 0) failed += 1;

print(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function verify({ name, command, prints = false }: Check): Promise<void> {
  const startedAt = performance.now();
  const { code, output } = await run(command);
  print(`${code === 0 ? 'PASS' : 'FAIL'} ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  if (code === 0) passed += 1;
  else failed += 1;
  if (code !== 0 || prints) print(output.trimEnd());
}

function run(command: readonly string[], live = false): Promise<{ code: number | null; output: string }> {
  const [program = '', ...parameters] = command;
  const child = spawn(program, parameters, {
    stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
    env: {
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...process.env,
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

function readReport(file: string): JestReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numFailedTestSuites: 0, numRuntimeErrorTestSuites: 1 };
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
