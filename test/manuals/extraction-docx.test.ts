import { extractPages } from '../../lambdas/manuals/extraction/extract-pages.ts';
import { EXTRACTION_LIMITS } from '../../lambdas/manuals/extraction/limits.ts';
import { DOCX_TYPE, type DocxParts, docxFiles, docxOf, paragraph, relations, styled, zipOf } from '../support/docx.ts';

async function textOf(body: string, parts: DocxParts = {}): Promise<string> {
  const { pages } = await extractPages(DOCX_TYPE, docxOf(body, parts));
  return pages.map(({ text }) => text).join('\n\n');
}

const STYLES = `
  <w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
  <w:style w:styleId="H2"><w:name w:val="Heading 2"/></w:style>
  <w:style w:styleId="Mine"><w:basedOn w:val="H2"/></w:style>
  <w:style w:styleId="Title"><w:name w:val="Title"/></w:style>
  <w:style w:styleId="Outlined"><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
  <w:style w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>
  <w:style w:styleId="Shown"><w:basedOn w:val="Secret"/><w:rPr><w:vanish w:val="false"/></w:rPr></w:style>`;

test('headings are known by their style, the style that it is based on, or their level', async () => {
  const body = [
    styled('Kettle', 'Title'),
    styled('Care', 'berschrift1'),
    styled('Cleaning', 'Mine'),
    styled('Often', 'Outlined'),
    paragraph('Rinse it.'),
    paragraph('Terms', '<w:outlineLvl w:val="0"/>'),
    styled('No heading', 'Unknown'),
    paragraph('Ordinary', '<w:pStyle w:val="H2"/><w:outlineLvl w:val="9"/>'),
  ].join('');
  const { pages } = await extractPages(DOCX_TYPE, docxOf(body, { styles: STYLES }));
  expect(pages).toEqual([
    { number: 1, text: 'Kettle\n\nCare\n\nCleaning\n\nOften\n\nRinse it.', section: 'Care > Cleaning > Often' },
    { number: 2, text: 'Terms\n\nNo heading\n\nOrdinary', section: 'Terms' },
  ]);
});

test('runs are joined, and tabs, breaks and hyphens are what they look like', async () => {
  const body =
    '<w:p><w:r><w:t>Ket</w:t></w:r><w:r><w:t>tle</w:t><w:tab/><w:t>1&amp;2</w:t><w:br/><w:t>UPS</w:t><w:noBreakHyphen/><w:t>A</w:t></w:r></w:p>';
  await expect(textOf(body)).resolves.toBe('Kettle 1&2\nUPS-A');
});

test('links, fields, boxes and pictures are their text', async () => {
  const box =
    '<mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:t>Old box</w:t></mc:Fallback></mc:AlternateContent>';
  const body = `<w:p><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink><w:r><w:instrText> PAGE </w:instrText></w:r><w:fldSimple><w:r><w:t> 7</w:t></w:r></w:fldSimple>
    <w:r><w:drawing><wp:docPr id="1" name="Picture 1" descr="The lamp"/></w:drawing></w:r></w:p><w:p><w:r>${box}</w:r></w:p>`;
  await expect(textOf(body)).resolves.toBe('link 7 The lamp\n\nIn a box');
});

test.each([
  ['deleted', '<w:del><w:r><w:t>old</w:t><w:delText>old</w:delText></w:r></w:del>'],
  ['moved away', '<w:moveFrom><w:r><w:t>old</w:t></w:r></w:moveFrom>'],
  ['hidden', '<w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t><w:tab/></w:r>'],
])('what is %s is not text, and what follows is', async (_what, run) => {
  await expect(textOf(`<w:p>${run}<w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>`)).resolves.toBe('new');
});

test('a style can hide its paragraphs, and one that is based on it show them', async () => {
  const body = styled('secret', 'Secret') + styled('shown', 'Shown') + paragraph('also shown', '<w:rPr><w:vanish/></w:rPr>');
  await expect(textOf(body, { styles: STYLES })).resolves.toBe('shown\n\nalso shown');
});

describe('lists', () => {
  const level = (ilvl: number, format: string, text: string, further = '') =>
    `<w:lvl w:ilvl="${ilvl}"><w:start w:val="1"/><w:numFmt w:val="${format}"/>${further}<w:lvlText w:val="${text}"/></w:lvl>`;
  const NUMBERING = `
    <w:abstractNum w:abstractNumId="5">${level(0, 'decimal', '%1.')}${level(1, 'lowerLetter', '%1.%2)')}${level(2, 'bullet', '\uf0b7')}</w:abstractNum>
    <w:abstractNum w:abstractNumId="6">${level(0, 'upperRoman', 'Part %1', '<w:pStyle w:val="berschrift1"/>')}${level(1, 'decimal', '%1.%2', '<w:pStyle w:val="H2"/>')}</w:abstractNum>
    <w:num w:numId="1"><w:abstractNumId w:val="5"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="6"/></w:num>`;
  const item = (text: string, ilvl: number, numId = 1) =>
    paragraph(text, `<w:numPr><w:ilvl w:val="${ilvl}"/><w:numId w:val="${numId}"/></w:numPr>`);

  test('keep numbers and bullets, and count deeper items anew', async () => {
    const body = [item('a', 0), item('b', 1), item('c', 1), item('d', 2), item('e', 0), item('f', 1), paragraph('End'), item('g', 0)].join(
      '',
    );
    const text = '1. a\n  1.a) b\n  1.b) c\n    - d\n2. e\n  2.a) f\n\nEnd\n3. g';
    await expect(textOf(body, { numbering: NUMBERING })).resolves.toBe(text);
  });

  test('a heading has the number that its style gives it', async () => {
    const styles = `<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>
      <w:style w:styleId="H2"><w:name w:val="heading 2"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>`;
    const body = styled('Care', 'berschrift1') + styled('Cleaning', 'H2') + styled('Repair', 'H2') + paragraph('x');
    await expect(textOf(body, { styles, numbering: NUMBERING })).resolves.toBe('Part I Care\n\nI.1 Cleaning\n\nI.2 Repair\n\nx');
  });

  test.each([
    ['that is not there', 9],
    ['that is none', 0],
  ])('a list %s has no markers', async (_what, numId) => {
    await expect(textOf(item('a', 0, numId), { numbering: NUMBERING })).resolves.toBe('a');
  });
});

test('a row of a table is a line, after its headers; a cell that goes on below is said again', async () => {
  const cell = (text: string, properties = '') => `<w:tc><w:tcPr>${properties}</w:tcPr>${paragraph(text)}</w:tc>`;
  const row = (cells: string, properties = '') => `<w:tr><w:trPr>${properties}</w:trPr>${cells}</w:tr>`;
  const body = `<w:tbl>${row(cell('Model') + cell('Power') + cell('Mass'), '<w:tblHeader/>')}
    ${row(cell('K1', '<w:vMerge w:val="restart"/>') + cell('900 W') + cell('1 kg'))}
    ${row(cell('', '<w:vMerge/>') + cell('950 W', '<w:gridSpan w:val="2"/>'))}</w:tbl>${paragraph('End')}`;
  await expect(textOf(body)).resolves.toBe('Model\tPower\tMass\nModel: K1\tPower: 900 W\tMass: 1 kg\nModel: K1\tPower: 950 W\n\nEnd');
});

test('a note follows the paragraph that refers to it', async () => {
  const footnotes = `<w:footnote w:id="0" w:type="separator">${paragraph('line')}</w:footnote><w:footnote w:id="1">${paragraph('Cold')}${paragraph('water.')}</w:footnote>`;
  const body = '<w:p><w:r><w:t>Use water</w:t><w:footnoteReference w:id="1"/><w:t>.</w:t></w:r></w:p><w:p><w:r><w:t>End</w:t></w:r></w:p>';
  await expect(textOf(body, { footnotes })).resolves.toBe('Use water.\n\nCold water.\n\nEnd');
});

test('the parts are found by their relations, whatever they are called', async () => {
  const [, , document] = docxFiles(
    `<x:document xmlns:x="y"><x:body><x:p><x:pPr><x:pStyle x:val="A"/></x:pPr><x:r><x:t>hello</x:t></x:r></x:p></x:body></x:document>`,
  );
  const file = zipOf([
    { name: '_rels/.rels', data: relations([['officeDocument', '/deep/main.xml']]) },
    { name: 'deep/main.xml', data: Buffer.from(`\ufeff${document?.data}`, 'utf16le'), method: 0 },
    { name: 'deep/_rels/main.xml.rels', data: relations([['styles', '/styles.xml']]) },
    { name: 'styles.xml', data: '<styles><style styleId="A"><outlineLvl val="0"/></style></styles>' },
  ]);
  await expect(extractPages(DOCX_TYPE, file)).resolves.toMatchObject({ pages: [{ text: 'hello', section: 'hello' }] });
});

test('what is unpacked is limited, all parts together', async () => {
  const styles = `<!--${'a'.repeat(6000)}-->`;
  const file = docxOf(paragraph('b'.repeat(6000)), { styles });
  const read = (unpackedBytes: number) => extractPages(DOCX_TYPE, file, { ...EXTRACTION_LIMITS, unpackedBytes });
  await expect(read(20_000)).resolves.toMatchObject({ pageCount: 2 });
  await expect(read(10_000)).rejects.toMatchObject({ failure: 'unreadable' });
});

test('so is the depth of elements', async () => {
  const read = (nesting: number) => extractPages(DOCX_TYPE, docxOf(paragraph('a')), { ...EXTRACTION_LIMITS, nesting });
  await expect(read(5)).resolves.toMatchObject({ pageCount: 1 });
  await expect(read(4)).rejects.toMatchObject({ failure: 'unreadable' });
});
