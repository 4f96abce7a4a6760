import { extractPages } from '../../lambdas/manuals/extraction/extract-pages.ts';
import { EXTRACTION_LIMITS } from '../../lambdas/manuals/extraction/limits.ts';
import { type PlacedText, pdfOf, pdfOfContents, pdfOfPlaced, pdfStream } from '../support/pdf.ts';

const rejected = (failure: string) => expect.objectContaining({ name: 'ManualRejected', failure });

async function textsOf(pages: readonly (readonly PlacedText[])[]): Promise<string[]> {
  const extracted = await extractPages('application/pdf', pdfOfPlaced(pages));
  return extracted.pages.map(({ text }) => text);
}

/** Lines below each other, from that height on. */
const lines = (texts: readonly string[], { x = 72, y = 700, leading = 14 } = {}): PlacedText[] =>
  texts.map((text, index) => ({ text, x, y: y - index * leading }));

test('pages keep their physical number when others are empty', async () => {
  await expect(extractPages('application/pdf', pdfOf(['First page', '', 'Third page']))).resolves.toEqual({
    pageCount: 3,
    pages: [
      { number: 1, text: 'First page', section: null },
      { number: 3, text: 'Third page', section: null },
    ],
  });
});

test('lines are lines, and an empty one is where the next stands apart', async () => {
  const page = [...lines(['One', 'two', 'three']), ...lines(['four', 'five'], { y: 640 }), ...lines(['six'], { y: 300 })];
  await expect(textsOf([page])).resolves.toEqual(['One\ntwo\nthree\n\nfour\nfive\n\nsix']);
});

describe('words that are divided at the end of a line', () => {
  test.each([
    ['are joined between small letters', ['the moni-', 'tor and the kett-', 'le'], 'the monitor and the kettle'],
    ['are joined when the hyphen is seen only there', ['the moni\u00ad', 'tor'], 'the monitor'],
    ['keep a hyphen behind a capital', ['the UPS-', 'monitor'], 'the UPS-\nmonitor'],
    ['keep a hyphen before a capital', ['the north-', 'South'], 'the north-\nSouth'],
    ['keep a hyphen among figures', ['1-', 'a', 'pages 3-', '4'], '1-\na\npages 3-\n4'],
    ['keep a hyphen that they have elsewhere', ['a well-', 'known and well-known', 'thing'], 'a well-known and well-known\nthing'],
    ['keep a dash', ['the lamp -', 'here'], 'the lamp -\nhere'],
  ])('%s', async (_what, texts, text) => {
    await expect(textsOf([lines(texts)])).resolves.toEqual([text]);
  });
});

describe('headers and footers', () => {
  const COUNT = 8;
  /** Much of which is the same on every page, but not its first and last line. */
  const words = (letter = '') => [`Text ${letter}`, 'More words', 'And more', `End ${letter}`];
  const body = (letter: string) => words(letter).join('\n');
  /** Pages with a header, a footer and a text of their own. */
  const pages = (header: (page: number) => string, footer: (page: number) => string, size?: number): PlacedText[][] =>
    Array.from({ length: COUNT }, (_, index) => [
      { text: header(index + 1), x: 72, y: 760, ...(size && { size }) },
      ...lines(words('abcdefgh'[index])),
      { text: footer(index + 1), x: 300, y: 30 },
    ]);

  test.each([
    ['the same on every page', () => 'Kettle K1', () => 'Copyright'],
    ['with the number of the page', () => 'Kettle K1', (page: number) => `Page ${page} of 8`],
    ['with a number that counts from another', () => 'Kettle K1', (page: number) => `- ${page + 92} -`],
  ])('%s are left out, but for the first', async (_what, header, footer) => {
    const [first, ...others] = await textsOf(pages(header, footer));
    expect(others).toEqual([...'bcdefgh'].map(body));
    expect(first).toContain(`Kettle K1\n\n${body('a')}`);
  });

  test('a number alone is left out on the first page, too', async () => {
    const [first] = await textsOf(pages(() => 'Kettle K1', String));
    expect(first).toBe(`Kettle K1\n\n${body('a')}`);
  });

  test('those of left and right pages differ', async () => {
    const texts = await textsOf(
      pages(
        (page) => (page % 2 ? 'Kettle K1' : 'Safety first'),
        (page) => (page % 2 ? `${page} right` : `left ${page}`),
      ),
    );
    expect(texts.slice(2)).toEqual([...'cdefgh'].map(body));
    expect(texts[1]).toContain('Safety first');
  });

  test.each([
    ['change from page to page', (page: number) => `Chapter ${'abcdefgh'[page - 1]}`, undefined],
    ['count otherwise than the pages', (page: number) => `Chapter ${Math.ceil(page / 2) * 3}`, undefined],
    ['stand on half of the pages', (page: number) => ([1, 2, 5, 6].includes(page) ? 'Warning' : `Note ${'abcdefgh'[page - 1]}`), undefined],
    ['are larger than the text', (page: number) => `Lesson ${page}`, 20],
  ])('lines that %s are none', async (_what, header, size) => {
    const texts = await textsOf(pages(header, () => 'Copyright', size));
    for (const [index, text] of texts.entries()) expect(text).toContain(header(index + 1));
  });

  test('three pages do not show what repeats, and no page loses its only line', async () => {
    await expect(
      textsOf(
        pages(
          () => 'Kettle',
          () => 'End',
        ).slice(0, 3),
      ),
    ).resolves.toEqual([...'abc'].map((letter) => expect.stringMatching(`Kettle\n\nText ${letter}[^]*End`)));
    const same = await extractPages('application/pdf', pdfOf(Array.from({ length: 10 }, () => 'The only line')));
    expect(same.pages).toHaveLength(10);
  });
});

describe('columns', () => {
  const words = (side: string) => Array.from({ length: 10 }, (_, index) => `${side} column, line ${index}, of ordinary text`);
  const [left, right] = [lines(words('Left')), lines(words('Right'), { x: 330 })];
  const inTurn = left.flatMap((line, index) => [line, ...right.slice(index, index + 1)]);
  const heading = { text: 'A heading that stands across the whole width of both columns of this page', x: 72, y: 740 };
  const end = { text: 'And a last line that stands below both of the columns, as wide as they are', x: 72, y: 500 };

  test('whose lines the file has in turn are read one after the other', async () => {
    const [text] = await textsOf([[heading, ...inTurn, end]]);
    expect(text?.split(/\n+/)).toEqual([heading.text, ...words('Left'), ...words('Right'), end.text]);
  });

  test('that the file has one after the other stay so', async () => {
    const [text] = await textsOf([[heading, ...left, ...right, end]]);
    expect(text?.split(/\n+/)).toEqual([heading.text, ...words('Left'), ...words('Right'), end.text]);
  });

  test('of a table stay in their rows', async () => {
    const rows = Array.from({ length: 10 }, (_, index) => [
      { text: `Key ${index}`, x: 72, y: 700 - 14 * index },
      { text: `What key number ${index} of this device does when it is pressed`, x: 200, y: 700 - 14 * index },
    ]);
    const [text] = await textsOf([rows.flat()]);
    expect(text?.split('\n')[3]).toBe('Key 3 What key number 3 of this device does when it is pressed');
  });
});

describe('limits', () => {
  test('a scan without text is unreadable', async () => {
    await expect(extractPages('application/pdf', pdfOf(['', '']))).rejects.toEqual(rejected('unreadable'));
  });

  test('more than a thousand pages are refused', async () => {
    const pages = (count: number) => extractPages('application/pdf', pdfOf(Array.from({ length: count }, (_, index) => `Page ${index}`)));
    await expect(pages(1001)).rejects.toEqual(rejected('too_many_pages'));
    await expect(pages(1000)).resolves.toMatchObject({ pageCount: 1000 });
  });

  test('so are more characters than there may be, of one page or of all', async () => {
    const read = (characters: number) =>
      extractPages('application/pdf', pdfOf(['a'.repeat(60), 'b'.repeat(60)]), { ...EXTRACTION_LIMITS, characters });
    await expect(read(119)).rejects.toEqual(rejected('unreadable'));
    await expect(read(120)).resolves.toMatchObject({ pageCount: 2 });
    const { pages } = await extractPages(
      'application/pdf',
      pdfOfContents([pdfStream(`BT /F1 1 Tf 1 TL 9 790 Td ${`(${'a'.repeat(1000)}) ' `.repeat(150)} ET`)]),
    );
    expect(pages[0]?.text).toHaveLength(100_000);
  });
});

describe('damaged files', () => {
  const whole = pdfOf(['one', 'two', 'three']);

  test('one that breaks off is unreadable', async () => {
    await expect(extractPages('application/pdf', whole.subarray(0, 200))).rejects.toEqual(rejected('unreadable'));
    await expect(extractPages('application/pdf', Buffer.from('%PDF-1.7\nbroken'))).rejects.toEqual(rejected('unreadable'));
  });

  test('one whose table of objects is wrong is read all the same', async () => {
    const cut = Buffer.from(whole)
      .toString('latin1')
      .replace(/\d{10} 00000 n/g, '0000000009 00000 n');
    await expect(extractPages('application/pdf', Buffer.from(cut, 'latin1'))).resolves.toMatchObject({ pageCount: 3 });
  });

  test('a missing page makes a PDF unreadable', async () => {
    const text = Buffer.from(pdfOf(['one', 'two']))
      .toString('latin1')
      .replace('6 0 R', '9 0 R');
    await expect(extractPages('application/pdf', Buffer.from(text, 'latin1'))).rejects.toEqual(rejected('unreadable'));
  });
});
