import type { ManualFailure } from '../../lambdas/manuals/manuals.contract.ts';
import { DOCX_TYPE } from '../support/docx.ts';
import { bundledWorker, outcomeOf, TEST_LIMITS } from '../support/extraction.ts';
import { HOSTILE_DOCX, HOSTILE_HTML, HOSTILE_MARKDOWN, HOSTILE_TEXT } from '../support/hostile-documents.ts';
import { HOSTILE_PDFS } from '../support/hostile-pdfs.ts';

/** The slowest of those that come to an end take a quarter of it, on an idle machine. */
const LIMITS = { ...TEST_LIMITS, timeoutMs: 6000 };
/** In which a process that has been ended is noticed, on a busy machine. */
const MARGIN_MS = 8000;

const FILES = [
  ...Object.entries(HOSTILE_PDFS).map(([name, make]) => ['application/pdf', name, make] as const),
  ...Object.entries(HOSTILE_DOCX).map(([name, make]) => [DOCX_TYPE, name, make] as const),
  ...Object.entries(HOSTILE_HTML).map(([name, make]) => ['text/html', name, make] as const),
  ...Object.entries(HOSTILE_MARKDOWN).map(([name, make]) => ['text/markdown', name, make] as const),
  ...Object.entries(HOSTILE_TEXT).map(([name, make]) => ['text/plain', name, make] as const),
];

/** What becomes of those that are not unreadable: another failure, or the text that is read. */
const OUTCOMES: Readonly<Record<string, ManualFailure | RegExp>> = {
  'one page a thousand times in each of a thousand nodes': 'too_many_pages',
  'a cross-reference table that names itself as the one before': /^one\ntwo$/,
  'a cross-reference table that points into itself': /^one$/,
  'three hundred thousand texts on a page': /^ab/,
  'a font program of noise': /^aaaa bbbb$/,
  'a font with two billion widths': /^aaaa bbbb$/,
  'a character map with all of four billion characters': /./,
  'a font of drawings that use the font': /./,
  'a program that runs when it is opened': /^harmless text$/,
  'a body of twenty million letters in one paragraph': 'too_many_pages',
  'a body that says it has four gigabytes': /^harmless$/,
  'a body that says it has no bytes': /^harmless$/,
  'a body that goes on beyond the file': /^harmless$/,
  'an archive within an archive within an archive': 'empty',
  'ten thousand files that share one megabyte': /^harmless$/,
  'a main part that is its own list of relations': 'wrong_type',
  'a cell that spans a billion columns': /^harmless$/,
  'tables in tables, five hundred deep': /^harmless$/,
  'a style that is based on itself': /^harmless$/,
  'lists that count from the largest number': /^harmless/,
  'a note of a megabyte that is referred to a thousand times': 'too_many_pages',
  'two hundred thousand times <p>': /^harmless$/,
  'two hundred thousand times <td>': /^harmless$/,
  'two hundred thousand times <a>': /^harmless$/,
  'two hundred thousand times <li>': /^harmless$/,
  'two hundred thousand times <h1>': /^harmless$/,
  'a million times <!doctype>': /^harmless$/,
  'a million times </p>': /^harmless$/,
  'a hundred thousand ends of elements that did not begin': /^harmless$/,
  'tables in tables, a thousand deep': /^a(\n\na)+$/,
  'one line of ten million letters': 'too_many_pages',
  'one line of ten million spaces': /^a b$/,
  'ten million spaces that stay': 'too_many_pages',
  'five million line ends that stay': 'too_many_pages',
  'ten million ampersands': 'too_many_pages',
  'fifty thousand characters that are none': /^harmless\ufffd/,
  'a comment without an end': /^harmless$/,
  'an attribute without an end': /^harmless$/,
  'two hundred thousand attributes of a paragraph': /^harmless$/,
  'a style of ten million letters': /^harmless$/,
  'cells that span a billion columns and rows': /^a(\s+a)+$/,
  'a list that counts from the largest number': /^9007199254740991\. harmless\n-9\. harmless$/,
  'three hundred thousand attributes': 'empty',
  'a header that a hundred thousand cells repeat': 'too_many_pages',
  'quotes in quotes': 'empty',
  'items on one line': 'empty',
  'backticks of every length': 'too_many_pages',
  'comments without an end': 'empty',
  tildes: 'empty',
  'forty million letters in words': 'too_many_pages',
  'a picture of forty million letters': /^harmless$/,
  'ten million spaces': /^a b$/,
  'ten million line ends': /^a\n\nb$/,
  'ten million dashes under a line': 'too_many_pages',
  'half a million numbered lines': 'too_many_pages',
};
/** Markdown has no text that cannot be read. */
const READ_MARKDOWN = new Set(Object.keys(HOSTILE_MARKDOWN).filter((name) => OUTCOMES[name] === undefined && name !== 'elements of HTML'));

const worker = bundledWorker();
afterAll(() => worker.remove());

test.concurrent.each(FILES)('%s with %s has its outcome within the limits', async (contentType, name, make) => {
  const { text, failure, elapsedMs } = await outcomeOf(contentType, make(), LIMITS, worker);
  const expected = OUTCOMES[name] ?? (contentType === 'text/markdown' && READ_MARKDOWN.has(name) ? /./ : 'unreadable');
  if (typeof expected === 'string') expect(failure).toBe(expected);
  else expect({ failure, text }).toEqual({ failure: undefined, text: expect.stringMatching(expected) });
  expect(elapsedMs).toBeLessThan(LIMITS.timeoutMs + MARGIN_MS);
});

test('every outcome is that of a file', () => {
  expect(Object.keys(OUTCOMES).filter((name) => !FILES.some(([, file]) => file === name))).toEqual([]);
});
