import { readFileSync } from 'node:fs';
import { extractPages } from '../../lambdas/manuals/extraction/extract-pages.ts';
import { type Page, tidy } from '../../lambdas/manuals/extraction/page.ts';
import { FILE_TYPES } from '../../lambdas/manuals/manuals.contract.ts';
import { type AnsweredQuestion, loadEvaluationManuals, loadManualFixtures, plainWords } from '../fixtures/fixtures.ts';
import { DOCX_TYPE, docxOf, paragraph, zipOf } from '../support/docx.ts';
import { extractedManual } from '../support/extracted-manuals.ts';
import { ENCRYPTED_DOCX, WRONG_FILES } from '../support/hostile-documents.ts';
import { pdfOf } from '../support/pdf.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const rejected = (failure: string) => expect.objectContaining({ name: 'ManualRejected', failure });
const encryptedPdf = readFileSync(new URL('../fixtures/encrypted.pdf', import.meta.url));

/** Whether the page is one that the question names, by its number or by a heading that it stands under. */
function isAnswerOf({ pages, sections, fact }: AnsweredQuestion, { number, section, text }: Page): boolean {
  const isPlace = pages.includes(number) || sections.some((heading) => section?.includes(plainWords(heading)));
  return isPlace && plainWords(text).includes(plainWords(fact));
}

test.each(loadEvaluationManuals().map((manual) => [manual.name, manual] as const))(
  'in the manual %s every answer stands on the page or in the section that it is known to be in',
  async (_name, manual) => {
    const { pages } = await extractedManual(manual.contentType, readFileSync(manual.path));
    const lost = manual.questions.filter((question) => !pages.some((page) => isAnswerOf(question, page)));
    expect(lost).toEqual([]);
  },
);

test.each(loadManualFixtures().map((manual) => [manual.name, manual] as const))('%s keeps its physical pages', async (_name, manual) => {
  const { pageCount, pages } = await extractedManual(manual.contentType, readFileSync(manual.path));
  expect(pageCount).toBe(manual.pages);
  for (const { pages: numbers, fact } of manual.questions) {
    const text = pages.filter(({ number }) => numbers.includes(number)).map((page) => page.text.replace(/\s+/g, ' '));
    expect(text.join(' ')).toContain(fact);
  }
});

const ONE_OF_EACH: Readonly<Record<keyof typeof FILE_TYPES, Uint8Array>> = {
  'application/pdf': pdfOf(['hello']),
  'text/plain': bytes('hello'),
  'text/markdown': bytes('*hello*'),
  'text/html': bytes('<p>hello'),
  [DOCX_TYPE]: docxOf(paragraph('hello')),
};

test.each(Object.entries(ONE_OF_EACH))('a file of type %s is read', async (contentType, content) => {
  await expect(extractPages(contentType, content)).resolves.toEqual({ pageCount: 1, pages: [{ number: 1, text: 'hello', section: null }] });
});

const MISTAKEN = Object.entries(ONE_OF_EACH).flatMap(([actual, content]) =>
  Object.keys(FILE_TYPES)
    // Any text is plain text, Markdown and HTML.
    .filter((announced) => announced !== actual && !(announced.startsWith('text/') && actual.startsWith('text/')))
    .map((announced) => [announced, `a file of type ${actual}`, content] as const),
);
const FOREIGN = Object.keys(FILE_TYPES).flatMap((announced) =>
  Object.entries(WRONG_FILES).map(([what, content]) => [announced, what, content] as const),
);

test.each([...MISTAKEN, ...FOREIGN])('for %s, %s is of the wrong type', async (announced, _what, content) => {
  await expect(extractPages(announced, content)).rejects.toEqual(rejected('wrong_type'));
});

test.each(Object.keys(FILE_TYPES))('a file of type %s without a byte, or without a word, is said to be empty', async (contentType) => {
  await expect(extractPages(contentType, new Uint8Array())).rejects.toEqual(rejected('empty'));
  if (contentType === 'application/pdf') return;
  const wordless =
    contentType === DOCX_TYPE ? docxOf('<w:p/>') : bytes('\ufeff \n\t\n<!-- -->'.slice(0, contentType === 'text/plain' ? 5 : undefined));
  await expect(extractPages(contentType, wordless)).rejects.toEqual(rejected('empty'));
});

test('a type that cannot be read is refused, whatever the name says', async () => {
  await expect(extractPages('image/png', bytes('x'))).rejects.toEqual(rejected('wrong_type'));
  await expect(extractPages('constructor', bytes('x'))).rejects.toEqual(rejected('wrong_type'));
});

test.each([
  ['PDF', 'application/pdf', encryptedPdf],
  ['Word document in a compound file', DOCX_TYPE, ENCRYPTED_DOCX],
  ['Word document in an encrypted archive', DOCX_TYPE, zipOf([{ name: '_rels/.rels', data: 'x', flags: 1 }])],
])('an encrypted %s says so', async (_what, contentType, content) => {
  await expect(extractPages(contentType, content)).rejects.toEqual(rejected('encrypted'));
});

test('what has no meaning in text is dropped: control characters, noncharacters, halves of characters, marks of no width', async () => {
  const { pages } = await extractPages('text/plain', bytes('a\u0007b\uffffc😀d\u0085e f\u00adg\u200bh ﬁﬂﬀ ½'));
  expect(pages).toEqual([{ number: 1, text: 'a b c😀d\ne fgh fiflff ½', section: null }]);
  expect(tidy('a\ud800b')).toBe('a\ufffdb');
});
