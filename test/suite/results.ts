import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** What came of one check. */
export interface Row {
  readonly suite: string;
  readonly name: string;
  readonly result: 'passed' | 'failed' | 'not run';
  readonly durationMs: number;
  readonly detail: string;
}

export interface Report {
  readonly url: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly rows: readonly Row[];
}

/** As much of Vitest's own report as is read. */
export interface SuiteReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly fullName: string;
      readonly status: string;
      readonly duration?: number | null;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const LONGEST_DETAIL = 400;
const TOKEN = /eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/**
 * The rows of a run, in its order.
 * @param notes what checks have noted, a line of JSON each
 * @param secrets what no report may hold
 */
export function readRows({ testResults }: SuiteReport, notes: string, secrets: readonly string[]): Row[] {
  const noted = new Map<string, string[]>();
  for (const line of notes.split('\n').filter((text) => text !== '')) {
    const { test, detail } = JSON.parse(line) as { test: string; detail: string };
    noted.set(test, [...(noted.get(test) ?? []), detail]);
  }
  const rows = testResults.flatMap(({ name: file, message, assertionResults }): Row[] => {
    const suite = path.basename(file).replace(/\..*$/, '');
    if (assertionResults.length === 0)
      return [{ suite, name: 'the suite itself', result: 'failed', durationMs: 0, detail: explain(message) }];
    return assertionResults.map(({ ancestorTitles, title, fullName, status, duration, failureMessages }) => {
      const common = { suite, durationMs: duration ?? 0 };
      if (status === 'todo') return { ...common, name: ancestorTitles.join(', '), result: 'not run', detail: `not run: ${title}` };
      const name = [...ancestorTitles, title].join(', ');
      const [failure] = failureMessages;
      if (failure !== undefined) return { ...common, name, result: 'failed', detail: explain(failure) };
      if (status !== 'passed') return { ...common, name, result: 'not run', detail: `not run: ${status}` };
      return { ...common, name, result: 'passed', detail: (noted.get(fullName) ?? []).join('; ') };
    });
  });
  return rows.map((row) => ({ ...row, detail: withoutSecrets(row.detail, secrets) }));
}

/** How many rows have each result. */
export function countResults(rows: readonly Row[]): Record<Row['result'], number> {
  const count = (result: Row['result']) => rows.filter((row) => row.result === result).length;
  return { passed: count('passed'), failed: count('failed'), 'not run': count('not run') };
}

/** What a failure says, without where it was thrown. */
function explain(failure: string): string {
  const [what = ''] = stripVTControlCharacters(failure).split(/\n\s+at /);
  const text = what.replace(/\s+/g, ' ').trim();
  return text.length > LONGEST_DETAIL ? `${text.slice(0, LONGEST_DETAIL)}…` : text;
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '<password>'), text.replace(TOKEN, '<token>'));
}
