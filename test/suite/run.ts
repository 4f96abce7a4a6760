import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { print, UsageError } from '../../local/cli/command-line.ts';
import { run } from '../support/run.ts';
import { type OpenTarget, openTarget, Unreachable } from './open-target.ts';
import { readSuiteOptions, type SuiteOptions } from './options.ts';
import { renderPage } from './page.ts';
import { costSentence, type Suite } from './plan.ts';
import { type JestReport, type Report, type Row, readRows } from './results.ts';
import { renderTable } from './table.ts';
import { TARGET_VARIABLE, type Target } from './target.ts';

/**
 * `npm run test:smoke`, `test:auth`, `test:api`, `test:security`, `test:e2e`, `test:performance`: what a stage promises, checked from outside
 * as its users see it. Without options against a runtime that is started for it; with `--directory` against one that is running; with `--url` or
 * `--outputs` against any stage. Ends with 0 where something passed and nothing failed, with 1 otherwise, and with 2 for a mistake in the options.
 */
process.exitCode = await main().catch((error: unknown) => {
  if (!(error instanceof UsageError || error instanceof Unreachable)) throw error;
  process.stderr.write(`${error.message}\n`);
  return error instanceof UsageError ? 2 : 1;
});

async function main(): Promise<number> {
  const options = readSuiteOptions(process.argv.slice(2), process.env);
  // Jest and the runtime get the interrupt as well; what they have begun is still to be cleared away.
  process.on('SIGINT', () => undefined);
  if (!options.reached && !options.directory) print('Starting a runtime for this …');
  const open = await openTarget(options);
  try {
    announce(options, open);
    const report = await check(options.suites, open.target);
    print(renderTable(report));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
    if (options.html !== undefined) writeFileSync(options.html, renderPage(report));
    return exitCode(report.rows);
  } finally {
    await open.close();
  }
}

/** What it is about to do, and what that may cost. */
function announce({ suites, reached }: SuiteOptions, { target, questions }: OpenTarget): void {
  print(`${suites.join(', ')} of ${target.url}`);
  const asks = questions > 0 && target.users.length > 0 && !target.questionsExceedQuota;
  if (reached && asks) print(`It asks at most ${questions} questions as each user: ${costSentence(questions * target.users.length)}.`);
  print();
}

/** Has Jest run the suites, and reads what came of it. */
async function check(suites: readonly Suite[], target: OpenTarget['target']): Promise<Report> {
  const startedAt = new Date();
  const directory = mkdtempSync(path.join(tmpdir(), 'manuel-suite-'));
  try {
    const [notesFile, jestFile] = [path.join(directory, 'notes'), path.join(directory, 'jest.json')];
    writeFileSync(notesFile, '');
    const told: Target = { ...target, notesFile };
    const files = suites.flatMap((suite) => ['--testMatch', `**/test/suite/${suite}.suite.ts`]);
    const { output } = await run(['jest', ...files, '--runInBand', '--json', `--outputFile=${jestFile}`], {
      environment: { [TARGET_VARIABLE]: JSON.stringify(told) },
    });
    const secrets = target.users.map(({ password }) => password);
    const rows = readRows(readJestReport(jestFile, output), readFileSync(notesFile, 'utf8'), secrets);
    return {
      url: target.url,
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      rows: inOrder(rows, suites),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readJestReport(file: string, output: string): JestReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Error(`Jest has left no report:\n${output}`);
  }
}

/** In the order in which the suites were named: Jest runs first what failed or took long the last time. */
function inOrder(rows: readonly Row[], suites: readonly string[]): Row[] {
  return suites.flatMap((suite) => rows.filter((row) => row.suite === suite));
}

/** What ran nothing has shown nothing. */
function exitCode(rows: readonly Row[]): number {
  const results = new Set(rows.map(({ result }) => result));
  return results.has('failed') || !results.has('passed') ? 1 : 0;
}
