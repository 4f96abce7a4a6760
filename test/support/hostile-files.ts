import type { ExtractionWorker } from '../../lambdas/manuals/extraction/isolated-extraction.ts';
import type { ManualFailure } from '../../lambdas/manuals/manuals.contract.ts';
import { DOCX_TYPE } from './docx.ts';
import { outcomeOf, TEST_LIMITS } from './extraction.ts';
import { HOSTILE_DOCX, HOSTILE_HTML, HOSTILE_MARKDOWN, HOSTILE_TEXT } from './hostile-documents.ts';
import { HOSTILE_PDFS } from './hostile-pdfs.ts';

/** For what may never come to an end. */
const LIMITS = { ...TEST_LIMITS, timeoutMs: 6000 };
/** For what does: the slowest takes 2 s on an idle machine, and none is busy enough for this. */
const UNHURRIED = { ...TEST_LIMITS, timeoutMs: 40_000 };
/** In which a process that has been ended is noticed, on a busy machine. */
const MARGIN_MS = 8000;

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

/** A file that is made to do harm. */
export interface HostileFile {
  readonly contentType: string;
  readonly name: string;
  readonly make: () => Uint8Array;
  /** The failure that it has, or the text that is read of it. */
  readonly outcome: ManualFailure | RegExp;
}

const MAKERS = [
  ['application/pdf', HOSTILE_PDFS],
  [DOCX_TYPE, HOSTILE_DOCX],
  ['text/html', HOSTILE_HTML],
  ['text/markdown', HOSTILE_MARKDOWN],
  ['text/plain', HOSTILE_TEXT],
] as const;

export const HOSTILE_FILES: readonly HostileFile[] = MAKERS.flatMap(([contentType, files]) =>
  Object.entries(files).map(([name, make]) => {
    const read = contentType === 'text/markdown' && READ_MARKDOWN.has(name);
    return { contentType, name, make, outcome: OUTCOMES[name] ?? (read ? /./ : 'unreadable') };
  }),
);

/** The first file of each type that has an outcome, for each of them. */
export const FIRST_HOSTILE_FILES = HOSTILE_FILES.filter(
  (file, index) => HOSTILE_FILES.findIndex((other) => kindOf(other) === kindOf(file)) === index,
);

function kindOf({ contentType, outcome }: HostileFile): string {
  return `${contentType} ${typeof outcome === 'string' ? outcome : 'read'}`;
}

/** The names of outcomes that no file has. */
export const IDLE_OUTCOMES = Object.keys(OUTCOMES).filter((name) => !HOSTILE_FILES.some((file) => file.name === name));

/** Has that program read the file, and holds it to its outcome and to the limits. */
export async function expectOutcome({ contentType, make, outcome }: HostileFile, worker: ExtractionWorker): Promise<void> {
  const limits = outcome === 'unreadable' ? LIMITS : UNHURRIED;
  const { text, failure, elapsedMs } = await outcomeOf(contentType, make(), limits, worker);
  if (typeof outcome === 'string') expect(failure).toBe(outcome);
  else expect({ failure, text }).toEqual({ failure: undefined, text: expect.stringMatching(outcome) });
  expect(elapsedMs).toBeLessThan(limits.timeoutMs + MARGIN_MS);
}
