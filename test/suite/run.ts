import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { print, UsageError } from '../../local/cli/command-line.ts';
import { run } from '../support/run.ts';
import { type OpenTarget, openTarget, Unreachable } from './open-target.ts';
import { readSuiteOptions, type SuiteOptions } from './options.ts';
import { renderPage } from './page.ts';
import { costSentence, type Suite } from './plan.ts';
import { type Report, type Row, readRows, type SuiteReport } from './results.ts';
import { renderTable } from './table.ts';
import { TARGET_VARIABLE, type Target } from './target.ts';

const REPORTER = path.join(import.meta.dirname, 'difference-reporter.ts');

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
  // Vitest and the runtime get the interrupt as well; what they have begun is still to be cleared away.
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

/** Has Vitest run the suites, one after the other. */
async function check(suites: readonly Suite[], target: OpenTarget['target']): Promise<Report> {
  const startedAt = new Date();
  const rows: Row[] = [];
  for (const suite of inOrder(suites)) rows.push(...(await checkSuite(suite, target)));
  return { url: target.url, startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime(), rows };
}

async function checkSuite(suite: Suite, target: OpenTarget['target']): Promise<Row[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'manuel-suite-'));
  try {
    const [notesFile, reportFile] = [path.join(directory, 'notes'), path.join(directory, 'report.json')];
    writeFileSync(notesFile, '');
    const told: Target = { ...target, notesFile };
    const { output } = await run(
      ['vitest', 'run', '--project', 'suite', `test/suite/${suite}.suite.ts`, `--reporter=${REPORTER}`, `--outputFile=${reportFile}`],
      { environment: { [TARGET_VARIABLE]: JSON.stringify(told) } },
    );
    const secrets = target.users.map(({ password }) => password);
    return readRows(readReport(reportFile, output), readFileSync(notesFile, 'utf8'), secrets);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Each once, and the one last that advances the time of a runtime of its own: the functions there go by the machine's clock. */
function inOrder(suites: readonly Suite[]): Suite[] {
  return [...new Set(suites)].sort((one, other) => Number(one === 'auth') - Number(other === 'auth'));
}

function readReport(file: string, output: string): SuiteReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Error(`Vitest has left no report:\n${output}`);
  }
}

/** What ran nothing has shown nothing. */
function exitCode(rows: readonly Row[]): number {
  const results = new Set(rows.map(({ result }) => result));
  return results.has('failed') || !results.has('passed') ? 1 : 0;
}
