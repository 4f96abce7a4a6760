import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SHARED_BUNDLES } from './support/changed-sources.ts';
import { EXTRACTED_DIRECTORY } from './support/extracted-manuals.ts';
import { GRANTS_DIRECTORY } from './support/grants.ts';
import { METRICS_DIRECTORY } from './support/metrics.ts';
import { run, runTests } from './support/run.ts';
import { SHARED_ASSEMBLY } from './support/runtime.ts';

/**
 * `npm test`: everything that CI does. Formatting and lint, types, unused code, secrets, synthesis with the library's own validation, then
 * every test with coverage, and whether the tests made use of all that the templates grant and emitted what is read. The long-running
 * tests have a run of their own, `test/run-long.ts`. The last line counts what passed and failed.
 */
interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** Whether what it prints is of interest when it passes, too. */
  readonly prints?: boolean;
}

const directory = mkdtempSync(path.join(tmpdir(), 'manuel-test-'));
/** What is synthesized here is what the journeys run. */
const assembly = path.join(directory, 'cdk.out');

/** Where the sources' synthesis leaves its bundles. */
const BUNDLES = path.resolve(import.meta.dirname, '../dist');

const CHECKS: readonly Check[] = [
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: ['tsc', '--project', '.'] },
  { name: 'unused code', command: ['knip'] },
  { name: 'no secrets', command: ['secretlint', '--maskSecrets', '**/*'] },
  {
    name: 'synthesis and template validation',
    command: ['cdk', 'synth', '--quiet', '--strict', '--context', 'stage=dev', '--output', assembly],
  },
];

let passed = 0;
let failed = 0;

await Promise.all(CHECKS.map(verify));

// What could not be synthesized the tests try by themselves, and fail with the reason.
if (existsSync(path.join(assembly, 'manifest.json'))) {
  process.env[SHARED_ASSEMBLY] = assembly;
  // A copy, since the tests that synthesize bundle anew.
  const bundles = path.join(directory, 'bundles');
  cpSync(BUNDLES, bundles, { recursive: true });
  process.env[SHARED_BUNDLES] = bundles;
}
const grants = folderFor(GRANTS_DIRECTORY);
const metrics = folderFor(METRICS_DIRECTORY);
folderFor(EXTRACTED_DIRECTORY);
// Side by side: neither loads what only the other needs, and of what journeys run in processes of their own nothing could be counted.
for (const tests of await Promise.all([runTests('journeys'), runTests('unit', ['--coverage'])])) {
  passed += tests.passed;
  failed += tests.failed;
}
await verify({ name: 'least privilege', command: ['node', 'test/least-privilege.ts', grants], prints: true });
await verify({ name: 'metrics are emitted that are read', command: ['node', 'test/metrics-in-use.ts', metrics], prints: true });
rmSync(directory, { recursive: true, force: true });

print('Apart from these: npm run test:long');
print(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** An empty folder, of which the tests are told by a variable. */
function folderFor(variable: string): string {
  const folder = path.join(directory, variable.toLowerCase());
  mkdirSync(folder);
  process.env[variable] = folder;
  return folder;
}

async function verify({ name, command, prints = false }: Check): Promise<void> {
  const startedAt = performance.now();
  const { code, output } = await run(command);
  print(`${code === 0 ? 'PASS' : 'FAIL'} ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  if (code === 0) passed += 1;
  else failed += 1;
  if (code !== 0 || prints) print(output.trimEnd());
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
