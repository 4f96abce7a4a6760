import { Parser } from 'htmlparser2';
import { describeSpread, spreadOf, Waits } from './measure.ts';
import { renderPage } from './page.ts';
import { costSentence, plannedQuestions, SUITES } from './plan.ts';
import { type Report, readRows, type SuiteReport } from './results.ts';
import { renderTable } from './table.ts';

const PASSWORD = 'Analytical-Engine-1843';
const TOKEN = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.signature`;

const assertion = (title: string, status: string, further: object = {}) => ({
  ancestorTitles: [],
  title,
  fullName: title,
  status,
  duration: 1234,
  failureMessages: [],
  ...further,
});

const VITEST: SuiteReport = {
  testResults: [
    {
      name: '/somewhere/test/suite/smoke.suite.ts',
      message: '',
      assertionResults: [
        assertion('health', 'passed'),
        assertion('usage', 'failed', {
          failureMessages: [`\u001b[31mError: ${PASSWORD} and Bearer ${TOKEN}\u001b[39m\n  <b>&"'\n    at somewhere (/x.ts:1:2)`],
        }),
        { ...assertion('needs a second user', 'todo', { duration: null }), ancestorTitles: ['isolation'] },
      ],
    },
    { name: '/somewhere/test/suite/e2e.suite.ts', message: 'Cannot find module x\n    at y', assertionResults: [] },
  ],
};

const NOTES = '{"test":"health","detail":"version 1.2.3"}\n{"test":"health","detail":"alive"}\n';
const ROWS = readRows(VITEST, NOTES, [PASSWORD]);
const REPORT: Report = { url: 'https://api.example/?<script>', startedAt: '2026-11-21T10:00:00.000Z', durationMs: 61_000, rows: ROWS };

test('a row for each check: passed with what it noted, failed with why, or not run and what it needs', () => {
  expect(ROWS).toEqual([
    { suite: 'smoke', name: 'health', result: 'passed', durationMs: 1234, detail: 'version 1.2.3; alive' },
    { suite: 'smoke', name: 'usage', result: 'failed', durationMs: 1234, detail: 'Error: <password> and Bearer <token> <b>&"\'' },
    { suite: 'smoke', name: 'isolation', result: 'not run', durationMs: 0, detail: 'not run: needs a second user' },
    { suite: 'e2e', name: 'the suite itself', result: 'failed', durationMs: 0, detail: 'Cannot find module x' },
  ]);
});

test('a long failure is cut', () => {
  const [row] = readRows({ testResults: [{ name: 'a.suite.ts', message: 'x'.repeat(1000), assertionResults: [] }] }, '', []);
  expect(row?.detail).toBe(`${'x'.repeat(400)}…`);
});

test('the table has a line for each, and counts them', () => {
  expect(renderTable(REPORT).split('\n')).toEqual([
    'name                   result  duration  detail',
    'smoke: health          PASS    1.2 s     version 1.2.3; alive',
    'smoke: usage           FAIL    1.2 s     Error: <password> and Bearer <token> <b>&"\'',
    'smoke: isolation       -                 not run: needs a second user',
    'e2e: the suite itself  FAIL    0.0 s     Cannot find module x',
    '',
    '1 passed, 2 failed, 1 not run',
  ]);
});

test('the page says the same, needs nothing else, runs nothing, and takes nothing for its own that was answered', () => {
  const page = renderPage(REPORT);
  const elements: { name: string; attributes: Record<string, string> }[] = [];
  let text = '';
  const parser = new Parser({
    onopentag: (name, attributes) => elements.push({ name, attributes }),
    ontext: (part) => {
      text += part;
    },
  });
  parser.end(page);
  const known = ['html', 'head', 'meta', 'title', 'style', 'body', 'h1', 'h2', 'p', 'table', 'thead', 'tbody', 'tr', 'th', 'td'];
  expect([...new Set(elements.map(({ name }) => name))].sort()).toEqual(known.sort());
  const fetching = elements
    .flatMap(({ attributes }) => Object.keys(attributes))
    .filter((name) => /^(src|href|on.*|style|action)$/.test(name));
  expect([fetching, /url\(|@import/.test(page)]).toEqual([[], false]);
  for (const { name, detail } of ROWS) expect([text.includes(name), text.includes(detail)]).toEqual([true, true]);
  expect(text).toContain('https://api.example/?<script>');
  expect(text).toContain('1 passed, 2 failed, 1 not run');
  expect(page).toContain('<tr class="not-run"><th scope="row">isolation</th><td class="result">not run</td>');
  for (const word of ['width=device-width', 'color-scheme: light dark', 'prefers-color-scheme: dark']) expect(page).toContain(word);
});

test('a spread is by nearest rank, and says of how many calls', () => {
  const times = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect(spreadOf(times)).toEqual({ p50: 50, p95: 95, p99: 99 });
  expect(spreadOf([7])).toEqual({ p50: 7, p95: 7, p99: 7 });
  expect(spreadOf([3, 1, 2])).toEqual({ p50: 2, p95: 3, p99: 3 });
  expect(() => spreadOf([])).toThrow('nothing was measured');
  expect(describeSpread(times)).toBe('p50 50 ms, p95 95 ms, p99 99 ms (p95 is 1.9 × p50; 100 calls)');
  const waits = new Waits();
  expect(`${waits}`).toBe('');
  waits.add(30);
  expect(`${waits}`).toBe('; 1 refused for their number, and waited 30 s for, which is not counted');
});

test('smoke asks nothing unless it may, and only performance by how much is wanted', () => {
  const load = { calls: 1, questions: 2, parallel: 5 };
  const planned = (ask: boolean) => SUITES.map((suite) => plannedQuestions(suite, { ask, load }));
  expect(planned(false)).toEqual([0, 0, 5, 14, 4, 14]);
  expect(planned(true)[0]).toBe(1);
  expect(costSentence(1000)).toMatch(/^about \$0\.\d{3} by claude-haiku-5-5, \$\d+\.\d{3} by claude-opus-5-5$/);
});
