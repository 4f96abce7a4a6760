import { countResults, type Report, type Row } from './results.ts';

const WORDS: Readonly<Record<Row['result'], string>> = { passed: 'PASS', failed: 'FAIL', 'not run': '-' };
const GAP = '  ';

/** The rows for a terminal: a line each, and a line that counts them. */
export function renderTable({ rows }: Report): string {
  const lines = rows.map((row) => [`${row.suite}: ${row.name}`, WORDS[row.result], seconds(row), row.detail.replaceAll('\n', ' ')]);
  const all = [['name', 'result', 'duration', 'detail'], ...lines];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((cells) => [...(cells[column] ?? '')].length)));
  const pad = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd();
  return [...all.map(pad), '', countSentence(rows)].join('\n');
}

export function countSentence(rows: readonly Row[]): string {
  const { passed, failed, 'not run': notRun } = countResults(rows);
  return `${passed} passed, ${failed} failed, ${notRun} not run`;
}

export function seconds({ durationMs, result }: Pick<Row, 'durationMs' | 'result'>): string {
  return result === 'not run' ? '' : `${(durationMs / 1000).toFixed(1)} s`;
}
