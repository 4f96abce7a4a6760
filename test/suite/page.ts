import { countResults, type Report, type Row } from './results.ts';
import { countSentence, seconds } from './table.ts';

/** Nothing is fetched from anywhere, and nothing runs: what a stage has answered stands in it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";
const WORDS: Readonly<Record<Row['result'], string>> = { passed: 'passed', failed: 'failed', 'not run': 'not run' };

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --quiet: #57606a; --line: #d0d7de; --good: #116329; --bad: #b3151f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --quiet: #9198a1; --line: #30363d; --good: #56d364; --bad: #ff8b85; }
}
body { margin: 0 auto; max-width: 70rem; padding: 1rem; color: var(--ink); background: var(--paper); font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .25rem; }
p { margin: .25rem 0; color: var(--quiet); overflow-wrap: anywhere; }
p.count { color: var(--ink); font-weight: 600; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
thead th:first-child { width: 34%; }
thead th:nth-child(2), thead th:nth-child(3) { width: 5.5rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-weight: 600; }
thead th { border-top: 0; color: var(--quiet); font-weight: 400; }
td.result, td.duration { white-space: nowrap; }
td.duration { font-variant-numeric: tabular-nums; }
.passed .result { color: var(--good); }
.failed .result { color: var(--bad); font-weight: 600; }
.not-run { color: var(--quiet); }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  tr { display: flex; flex-wrap: wrap; column-gap: .75rem; border-top: 1px solid var(--line); padding: .35rem 0; }
  th, td { border: 0; padding: 0; }
  th, td.detail { flex: 1 0 100%; }
  td.detail { color: var(--quiet); }
  td:empty { display: none; }
}
`.trim();

/** The report as one page that needs nothing else. */
export function renderPage(report: Report): string {
  const { url, startedAt, durationMs, rows } = report;
  const suites = [...new Set(rows.map(({ suite }) => suite))];
  const title = `${suites.join(', ')}: ${countResults(rows).failed === 0 ? 'nothing failed' : 'failed'}`;
  const started = `${startedAt.slice(0, 16).replace('T', ' ')} UTC, ${(durationMs / 1000).toFixed(0)} s`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escaped(title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<h1>Manuel: ${escaped(title)}</h1>
<p class="count">${countSentence(rows)}</p>
<p>${escaped(url)}</p>
<p>${escaped(started)}</p>
${suites.map((suite) => renderSuite(suite, rows)).join('\n')}
</body>
</html>
`;
}

function renderSuite(name: string, rows: readonly Row[]): string {
  const head = ['name', 'result', 'duration', 'detail'].map((column) => `<th scope="col">${column}</th>`).join('');
  const body = rows.filter(({ suite }) => suite === name).map(renderRow);
  return `<h2>${escaped(name)}</h2>\n<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>`;
}

function renderRow(row: Row): string {
  const cells = [
    `<th scope="row">${escaped(row.name)}</th>`,
    `<td class="result">${WORDS[row.result]}</td>`,
    `<td class="duration">${seconds(row)}</td>`,
    `<td class="detail">${escaped(row.detail)}</td>`,
  ];
  return `<tr class="${row.result.replace(' ', '-')}">${cells.join('')}</tr>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
