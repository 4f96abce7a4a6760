import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { extractPages } from '../../lambdas/manuals/extraction/extract-pages.ts';
import { loadManualFixtures } from '../fixtures/fixtures.ts';
import { pdfOf } from '../support/pdf.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const rejected = (failure: string) => expect.objectContaining({ name: 'ManualRejected', failure });

test.each(loadManualFixtures().map((manual) => [manual.name, manual] as const))('%s is read page by page', async (_name, manual) => {
  const { pageCount, pages } = await extractPages(manual.contentType, readFileSync(manual.path));
  expect(pageCount).toBe(manual.pages);
  for (const { pages: numbers, fact } of manual.questions) {
    const text = pages.filter(({ number }) => numbers.includes(number)).map((page) => page.text.replace(/\s+/g, ' '));
    expect(text.join(' ')).toContain(fact);
  }
});

test('pages keep their physical number when others are empty', async () => {
  await expect(extractPages('application/pdf', pdfOf(['First page', '', 'Third page']))).resolves.toEqual({
    pageCount: 3,
    pages: [
      { number: 1, text: 'First page' },
      { number: 3, text: 'Third page' },
    ],
  });
});

test.each([
  ['application/pdf', bytes('not a PDF'), 'wrong_type'],
  ['application/pdf', bytes('%PDF-1.7\nbroken'), 'unreadable'],
  ['application/pdf', pdfOf(['', '']), 'unreadable'],
  ['application/pdf', pdfOf(Array.from({ length: 1001 }, () => 'x')), 'too_many_pages'],
  ['application/pdf', new Uint8Array(), 'empty'],
  ['text/plain', bytes(' \n\t\n'), 'empty'],
  ['text/plain', bytes('a\u0000b'), 'wrong_type'],
  ['text/plain', new Uint8Array([0xff, 0xfe, 0x41]), 'wrong_type'],
  ['text/plain', bytes('%PDF-1.7 as text is text').subarray(0, 0), 'empty'],
  ['image/png', bytes('x'), 'wrong_type'],
])('%s %# is rejected as %s', async (contentType, content, failure) => {
  await expect(extractPages(contentType, content)).rejects.toEqual(rejected(failure));
});

test('a PDF that breaks off is unreadable', async () => {
  const whole = pdfOf(['one', 'two', 'three']);
  await expect(extractPages('application/pdf', whole.subarray(0, 200))).rejects.toEqual(rejected('unreadable'));
});

test('a missing page makes a PDF unreadable', async () => {
  const text = Buffer.from(pdfOf(['one', 'two']))
    .toString('latin1')
    .replace('6 0 R', '9 0 R');
  await expect(extractPages('application/pdf', Buffer.from(text, 'latin1'))).rejects.toEqual(rejected('unreadable'));
});

test('what has no meaning in text is dropped: control characters, noncharacters, halves of characters', async () => {
  const { pages } = await extractPages('text/plain', bytes('a\u0007b\uffffc😀d'));
  expect(pages).toEqual([{ number: 1, text: 'a b c😀d' }]);
});

test('an encrypted PDF says so', async () => {
  const encrypted = readFileSync(new URL('../fixtures/encrypted.pdf', import.meta.url));
  await expect(extractPages('application/pdf', encrypted)).rejects.toEqual(rejected('encrypted'));
});

test('text is cut at paragraphs into parts of at most 3,000 characters, and nothing is lost', async () => {
  const paragraph = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '漢', '😀'), maxLength: 4000 });
  await fc.assert(
    fc.asyncProperty(fc.array(paragraph, { minLength: 1, maxLength: 8 }), async (paragraphs) => {
      const text = paragraphs.join('\n\n');
      fc.pre(text.trim() !== '');
      const { pages } = await extractPages('text/plain', bytes(text));
      for (const page of pages) expect(page.text.isWellFormed()).toBe(true);
      for (const page of pages) expect(page.text.length).toBeLessThanOrEqual(3000);
      const squeezed = (part: string) => part.replace(/\s+/g, '');
      expect(squeezed(pages.map((page) => page.text).join(''))).toBe(squeezed(text));
      expect(pages.map(({ number }) => number)).toEqual(pages.map((_, index) => index + 1));
    }),
    { numRuns: 50 },
  );
});
