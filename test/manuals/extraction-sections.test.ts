import fc from 'fast-check';
import type { Block } from '../../lambdas/manuals/extraction/block.ts';
import { extractPages } from '../../lambdas/manuals/extraction/extract-pages.ts';
import { pagesOf } from '../../lambdas/manuals/extraction/sections.ts';

const LIMITS = { pages: 1000 };
const heading = (text: string, level: number): Block => ({ text, heading: level });
const bytes = (text: string) => new TextEncoder().encode(text);
const squeezed = (text: string) => text.replace(/\s+/g, '');

test('a page is a section with its heading, and stands under the headings above it', () => {
  const blocks = [
    { text: 'Thank you.' },
    heading('Care', 1),
    { text: 'Be careful.' },
    heading('Cleaning', 2),
    { text: 'Rinse it.' },
    { text: 'Dry it.', tight: true },
    heading('Repair', 2),
    { text: 'Call us.' },
    heading('Terms', 1),
    { text: 'None.' },
  ];
  expect(pagesOf(blocks, LIMITS)).toEqual({
    pageCount: 5,
    pages: [
      { number: 1, text: 'Thank you.', section: null },
      { number: 2, text: 'Care\n\nBe careful.', section: 'Care' },
      { number: 3, text: 'Cleaning\n\nRinse it.\nDry it.', section: 'Care > Cleaning' },
      { number: 4, text: 'Repair\n\nCall us.', section: 'Care > Repair' },
      { number: 5, text: 'Terms\n\nNone.', section: 'Terms' },
    ],
  });
});

test('headings without text of their own stand on the page of what follows, and are not lost at the end', () => {
  const { pages } = pagesOf([heading('Part', 1), heading('Chapter', 2), { text: 'Words.' }, heading('Index', 1)], LIMITS);
  expect(pages).toEqual([
    { number: 1, text: 'Part\n\nChapter\n\nWords.', section: 'Part > Chapter' },
    { number: 2, text: 'Index', section: 'Index' },
  ]);
});

test('the name of a section has at most 100 bytes, of which the innermost heading comes first', () => {
  const outer = 'Ü'.repeat(30);
  const { pages } = pagesOf(
    [heading(outer, 1), heading('漢'.repeat(20), 2), { text: 'a' }, heading('😀'.repeat(40), 3), { text: 'b' }],
    LIMITS,
  );
  expect(pages.map(({ section }) => section)).toEqual(['漢'.repeat(20), '😀'.repeat(25)]);
});

test('text is cut at paragraphs into pages of at most 3,000 characters, and nothing is lost', async () => {
  const paragraph = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '漢', '😀'), maxLength: 4000 });
  await fc.assert(
    fc.asyncProperty(fc.array(paragraph, { minLength: 1, maxLength: 8 }), async (paragraphs) => {
      const text = paragraphs.join('\n\n');
      fc.pre(text.trim() !== '');
      const { pages } = await extractPages('text/plain', bytes(text));
      for (const page of pages) expect(page.text.isWellFormed()).toBe(true);
      for (const page of pages) expect(page.text.length).toBeLessThanOrEqual(3000);
      expect(squeezed(pages.map((page) => page.text).join(''))).toBe(squeezed(text));
      expect(pages.map(({ number }) => number)).toEqual(pages.map((_, index) => index + 1));
    }),
    { numRuns: 50 },
  );
});

test('a section is split where a paragraph ends, and every part knows its heading', () => {
  const paragraphs = Array.from({ length: 5 }, (_, index) => ({ text: `${index}`.repeat(1200) }));
  const { pages } = pagesOf([heading('Long', 1), ...paragraphs], LIMITS);
  expect(pages.map(({ text, section }) => [text.length, section])).toEqual([
    ['Long\n\n'.length + 2402, 'Long'],
    [2402, 'Long'],
    [1200, 'Long'],
  ]);
});

test('a paragraph that is longer than a page is cut at a line, or a space, or between two characters', () => {
  const line = `${'a'.repeat(1700)}\n${'b'.repeat(1000)} ${'c'.repeat(1000)}`;
  expect(pagesOf([{ text: line }], LIMITS).pages.map(({ text }) => text.length)).toEqual([1700, 2001]);
  const { pages } = pagesOf([{ text: `a${'😀'.repeat(2000)}` }], LIMITS);
  expect(pages.map(({ text }) => [text.length, text.isWellFormed()])).toEqual([
    [2999, true],
    [1002, true],
  ]);
});

test('where headings make too many pages, the deepest begin none', () => {
  const blocks = Array.from({ length: 30 }, (_, index): Block[] => [
    heading(`Chapter ${index}`, index % 10 === 0 ? 1 : 2),
    { text: 'Words.' },
  ]).flat();
  const { pages } = pagesOf(blocks, { pages: 10 });
  expect(pages.map(({ section }) => section)).toEqual(['Chapter 0', 'Chapter 10', 'Chapter 20']);
  expect(pages[0]?.text).toContain('Chapter 9\n\nWords.');
});

test('more text than so many pages hold is refused', () => {
  const blocks = Array.from({ length: 11 }, () => ({ text: 'a'.repeat(2900) }));
  expect(() => pagesOf(blocks, { pages: 10 })).toThrow(expect.objectContaining({ failure: 'too_many_pages' }));
  expect(pagesOf(blocks, { pages: 11 }).pageCount).toBe(11);
  expect(() => pagesOf([{ text: 'a'.repeat(30_001) }], { pages: 10 })).toThrow(expect.objectContaining({ failure: 'too_many_pages' }));
});

describe('plain text', () => {
  const sectionsOf = async (text: string) => (await extractPages('text/plain', bytes(text))).pages.map(({ section }) => section);

  test('has sections where lines that stand alone have the numbers of chapters or a line below', async () => {
    const text =
      'Guide\n=====\n\nHello.\n\n1. Before use\n\nFill it.\n\n1.1  Water\n\nClean.\n\n2) Care\n\nRinse it.\n\nNotes\n-----\n\nNone.';
    await expect(sectionsOf(text)).resolves.toEqual(['Guide', '1. Before use', '1. Before use > 1.1 Water', '2) Care', '2) Care > Notes']);
  });

  test.each([
    ['sentences', '1. Fill the kettle.\n\n2. Switch it on.'],
    ['lists', '1. Screws\n\n2. Nails\n\n3. Glue'],
    ['figures', '230 V\n\nText.'],
    ['paragraphs', '1. Fill the kettle\nup to the mark\n\nText.'],
    ['long lines', `1. ${'word '.repeat(20)}end\n\nText.`],
  ])('takes no %s for headings', async (_what, text) => {
    await expect(sectionsOf(text)).resolves.toEqual([null]);
  });
});

describe('the encoding of a text', () => {
  const utf16 = (text: string, label: 'le' | 'be') => {
    const encoded = Buffer.from(`\ufeff${text}`, 'utf16le');
    return label === 'le' ? encoded : encoded.swap16();
  };
  const latin = (text: string) => Buffer.from(text, 'latin1');

  test.each([
    ['UTF-8', 'text/plain', bytes('Größe')],
    ['UTF-8 with a byte order mark', 'text/plain', bytes('\ufeffGröße')],
    ['UTF-16, little end first', 'text/plain', utf16('Größe', 'le')],
    ['UTF-16, big end first', 'text/markdown', utf16('Größe', 'be')],
    ['UTF-16 in HTML', 'text/html', utf16('<p>Größe', 'le')],
    ['Latin 1 that says so', 'text/html', latin('<meta charset=iso-8859-1><p>Größe')],
    [
      'Latin 1 that says so as a header',
      'text/html',
      latin('<META http-equiv=Content-Type content="text/html; charset=windows-1252">Größe'),
    ],
    ['Latin 1 that says so as XML', 'text/html', latin('<?xml version="1.0" encoding="ISO-8859-1"?><p>Größe')],
    ['UTF-8 that says it is UTF-16', 'text/html', bytes('<meta charset="utf-16"><p>Größe')],
    ['UTF-8 that says it is something unheard of', 'text/html', bytes('<meta charset="x-klingon"><p>Größe')],
  ])('%s is found', async (_what, contentType, content) => {
    const { pages } = await extractPages(contentType, content);
    expect(pages.map(({ text }) => text)).toEqual(['Größe']);
  });

  test.each([
    ['text/plain', latin('Größe')],
    ['text/html', latin('<p>Größe')],
    ['text/html', latin('<meta charset="x-klingon"><p>Größe')],
    ['text/plain', utf16('Größe', 'le').subarray(0, 5)],
  ])('%s in none is of the wrong type', async (contentType, content) => {
    await expect(extractPages(contentType, content)).rejects.toMatchObject({ failure: 'wrong_type' });
  });
});
