import { docxFiles, docxOf, paragraph, relations, type ZipFile, zipOf } from './docx.ts';

const LETTERS = 10_000_000;
const XML = '<?xml version="1.0"?>';
const WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const COMPOUND_FILE = Buffer.from('d0cf11e0a1b11ae1', 'hex');

/** Word documents that are made to exhaust, confuse or crash their reader, by what is wrong with them. Each is built when it is asked for. */
export const HOSTILE_DOCX: Readonly<Record<string, () => Uint8Array>> = {
  'a billion laughs': () => docxWith(`${laughs()}<w:document ${WORD}><w:body>${paragraph('&lol9;')}</w:body></w:document>`),
  'a note of a megabyte that is referred to a thousand times': () =>
    docxOf('<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>'.repeat(1000), {
      footnotes: `<w:footnote w:id="1">${paragraph('a'.repeat(1_000_000))}</w:footnote>`,
    }),
  'a body of two hundred megabytes of spaces': () => docxWith(Buffer.alloc(200_000_000, ' ')),
  'a body of twenty million letters in one paragraph': () => docxOf(paragraph('a'.repeat(20_000_000))),
  'a body that says it has four gigabytes': () =>
    zipOf(docxFiles(document(paragraph('harmless'))).map(declare({ declaredSize: 0xfffffffe }))),
  'a body that says it has no bytes': () => zipOf(docxFiles(document(paragraph('harmless'))).map(declare({ declaredSize: 0 }))),
  'a body that goes on beyond the file': () =>
    zipOf(docxFiles(document(paragraph('harmless'))).map(declare({ declaredPackedSize: 0xfffffffe }))),
  'an archive within an archive within an archive': () =>
    zipOf(docxFiles(zipOf([{ name: 'word/document.xml', data: zipOf([{ name: 'a', data: Buffer.alloc(1000) }]) }]))),
  'ten thousand files that share one megabyte': () => {
    const shared = Array.from({ length: 10_000 }, (_, index): ZipFile => ({ name: `word/media/${index}`, data: '', sharesDataOf: 'bomb' }));
    return zipOf([{ name: 'bomb', data: Buffer.alloc(1_000_000) }, ...shared, ...docxFiles(document(paragraph('harmless')))]);
  },
  'two bodies of one name': () => zipOf([...docxFiles(document(paragraph('one'))), ...docxFiles(document(paragraph('other'))).slice(2)]),
  'sixty-five thousand files': () => zipOf(Array.from({ length: 65_000 }, (_, index) => ({ name: String(index), data: '', method: 0 }))),
  'a file packed in a way that nobody knows': () => zipOf(docxFiles(document('')).map((file) => ({ ...file, method: 99 }))),
  'an archive without its directory': () => docxOf(paragraph('harmless')).subarray(0, 300),
  'a directory that begins within itself': () => {
    const bytes = Buffer.from(docxOf(paragraph('harmless')));
    bytes.writeUInt32LE(bytes.length - 22, bytes.length - 6);
    return bytes;
  },
  'a directory beyond the end': () => {
    const bytes = Buffer.from(docxOf(paragraph('harmless')));
    bytes.writeUInt32LE(0xfffffff0, bytes.length - 6);
    return bytes;
  },
  'relations that lead out of the archive': () =>
    zipOf([{ name: '_rels/.rels', data: relations([['officeDocument', '../../../../etc/passwd']]) }]),
  'a main part that is its own list of relations': () =>
    zipOf([{ name: '_rels/.rels', data: relations([['officeDocument', '_rels/.rels']]) }]),
  'an entity that is a file of the system': () =>
    docxWith(`${XML}<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:document ${WORD}>${paragraph('&x;')}</w:document>`),
  'an entity that is a page of the network': () =>
    docxWith(`${XML}<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><w:document ${WORD}>${paragraph('&x;')}</w:document>`),
  'a million elements in elements': () => docxWith(document('<w:p>'.repeat(1_000_000))),
  'three hundred thousand attributes': () =>
    docxWith(document(`<w:p ${Array.from({ length: 300_000 }, (_, index) => `a${index}=""`).join(' ')}/>`)),
  'a cell that spans a billion columns': () =>
    docxOf(
      `<w:tbl>${'<w:tr><w:tc><w:tcPr><w:gridSpan w:val="999999999"/></w:tcPr><w:p/></w:tc></w:tr>'.repeat(9)}</w:tbl>${paragraph('harmless')}`,
    ),
  'tables in tables, five hundred deep': () =>
    docxOf(`${'<w:tbl><w:tr><w:tc>'.repeat(500)}${paragraph('harmless')}${'</w:tc></w:tr></w:tbl>'.repeat(500)}`),
  'a style that is based on itself': () =>
    docxOf(paragraph('harmless', '<w:pStyle w:val="A"/>'), { styles: '<w:style w:styleId="A"><w:basedOn w:val="A"/></w:style>' }),
  'lists that count from the largest number': () =>
    docxOf(paragraph('harmless', '<w:numPr><w:ilvl w:val="99999999"/><w:numId w:val="1"/></w:numPr>').repeat(3), {
      numbering: `<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1e308"/><w:lvlText w:val="${'%1'.repeat(100_000)}"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`,
    }),
};

/** The same of pages of HTML. */
export const HOSTILE_HTML: Readonly<Record<string, () => Uint8Array>> = {
  ...Object.fromEntries(
    ['div', 'b', 'ul', 'table', 'svg', 'pre', 'template', '!doctype', '/p'].map((tag) => [
      `a million times <${tag}>`,
      () => Buffer.from(`<p>harmless</p>${`<${tag}>`.repeat(1_000_000)}`),
    ]),
  ),
  // Each of these ends the one before.
  ...Object.fromEntries(
    ['p', 'td', 'a', 'li', 'h1'].map((tag) => [
      `two hundred thousand times <${tag}>`,
      () => Buffer.from(`<p>harmless</p>${`<${tag}>`.repeat(200_000)}`),
    ]),
  ),
  'a hundred thousand ends of elements that did not begin': () => Buffer.from(`${'<i>'.repeat(4000)}harmless${'</b>'.repeat(100_000)}`),
  'tables in tables, a thousand deep': () => Buffer.from('<table><tr><td>a'.repeat(1000)),
  'one line of ten million letters': () => Buffer.from(`<p>${'a'.repeat(LETTERS)}`),
  'one line of ten million spaces': () => Buffer.from(`<p>a${' '.repeat(LETTERS)}b`),
  'ten million spaces that stay': () => Buffer.from(`<pre>a${' '.repeat(LETTERS)}b</pre>`),
  'five million line ends that stay': () => Buffer.from(`<pre>a${'\n '.repeat(LETTERS / 2)}b</pre>`),
  'ten million ampersands': () => Buffer.from(`<p>${'&'.repeat(LETTERS)}`),
  'fifty thousand characters that are none': () => Buffer.from(`<p>harmless${'&#xd800;&#x110000;&#0;'.repeat(50_000)}`),
  'a comment without an end': () => Buffer.from(`<p>harmless<!--${'<!--'.repeat(LETTERS / 4)}`),
  'an attribute without an end': () => Buffer.from(`<p>harmless<a href="${'a'.repeat(LETTERS)}`),
  'two hundred thousand attributes of a paragraph': () =>
    Buffer.from(`<p ${Array.from({ length: 200_000 }, (_, index) => `a${index}`).join(' ')}>harmless`),
  'a style of ten million letters': () => Buffer.from(`<p style="${'display '.repeat(LETTERS / 8)}">harmless`),
  'cells that span a billion columns and rows': () =>
    Buffer.from(`<table>${`<tr>${'<td colspan=999999999 rowspan=999999999>a'.repeat(100)}`.repeat(100)}</table>`),
  'a header that a hundred thousand cells repeat': () =>
    Buffer.from(`<table><tr><th>${'a'.repeat(50)}<th>${'<tr><td>b<td>'.repeat(100_000)}</table>`),
  'a list that counts from the largest number': () =>
    Buffer.from('<ol start=9007199254740991 type=i><li>harmless<li value=-9e99>harmless</ol>'),
};

/** The same of Markdown; most are of cmark's tests for inputs that take quadratic time. */
export const HOSTILE_MARKDOWN: Readonly<Record<string, () => Uint8Array>> = Object.fromEntries(
  Object.entries({
    'quotes in quotes': `${'>'.repeat(50_000)}a`,
    'lists in lists': Array.from({ length: 3000 }, (_, index) => `${'  '.repeat(index)}- a`).join('\n'),
    'items on one line': `${'- '.repeat(50_000)}a`,
    'open brackets': '['.repeat(50_000),
    'open brackets and links': `${'['.repeat(20_000)}a${'](b)'.repeat(20_000)}`,
    'pictures in pictures': '!['.repeat(50_000),
    'stars and underscores': '*a_ '.repeat(50_000),
    'open emphasis': 'a**b'.repeat(50_000) + 'c* '.repeat(50_000),
    'backticks of every length': Array.from({ length: 3000 }, (_, index) => `e${'`'.repeat(index)}`).join(' '),
    'links without an end': '[a](<b'.repeat(50_000),
    ampersands: '&'.repeat(500_000),
    'comments without an end': '<!--'.repeat(50_000),
    'instructions without an end': `a ${'<?'.repeat(50_000)}`,
    'a table of twenty thousand columns': `${'|a'.repeat(20_000)}|\n${'|-'.repeat(20_000)}|\n${'|b\n'.repeat(2000)}`,
    'a hundred thousand references': `${Array.from({ length: 50_000 }, (_, index) => `[r${index}]: /u`).join('\n')}\n\n${'[r1] '.repeat(50_000)}`,
    underlines: `${'a\n'.repeat(100_000)}==`,
    backslashes: '\\'.repeat(300_000),
    addresses: '<http://'.repeat(50_000),
    tildes: `${'~'.repeat(100_000)}${'a '.repeat(1000)}`,
    'one line of ten million letters': 'word '.repeat(LETTERS / 5),
    'forty million letters in words': 'words '.repeat(8_000_000),
    'a picture of forty million letters': `![harmless](data:image/png;base64,${'QUJD'.repeat(10_000_000)})`,
    'front matter without an end': `---\n${'a: b\n'.repeat(100_000)}`,
    'elements of HTML': '<div>\n\n'.repeat(100_000),
  }).map(([name, text]) => [name, () => Buffer.from(text)]),
);

/** The same of plain text. */
export const HOSTILE_TEXT: Readonly<Record<string, () => Uint8Array>> = {
  'one line of ten million letters': () => Buffer.from('a'.repeat(LETTERS)),
  'forty million letters in words': () => Buffer.from('words '.repeat(8_000_000)),
  'ten million spaces': () => Buffer.from(`a${' '.repeat(LETTERS)}b`),
  'ten million line ends': () => Buffer.from(`a${'\n'.repeat(LETTERS)}b`),
  'ten million dashes under a line': () => Buffer.from(`a\n${'-'.repeat(LETTERS)}`),
  'half a million numbered lines': () => Buffer.from('1.1 a\n\n'.repeat(500_000)),
};

/** Files of one type that come as another, or as none, by what they are. */
export const WRONG_FILES: Readonly<Record<string, Uint8Array>> = {
  'an old Word document': Buffer.concat([COMPOUND_FILE, Buffer.from('WordDocument', 'utf16le')]),
  'a spreadsheet': zipOf([
    { name: '_rels/.rels', data: relations([['officeDocument', 'xl/workbook.xml']]) },
    { name: 'xl/workbook.xml', data: '<workbook/>' },
  ]),
  'an archive of something': zipOf([{ name: 'readme.txt', data: 'hello' }]),
  'a picture (PNG)': Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'),
  'a picture (JPEG)': Buffer.from('\u00ff\u00d8\u00ff\u00e0', 'latin1'),
  'a program': Buffer.from('\u007fELF\u0002\u0001\u0001', 'latin1'),
  'rich text': Buffer.from('{\\rtf1 hello}'),
  PostScript: Buffer.from('%!PS-Adobe-3.0\nshowpage'),
  'a gzip': Buffer.from('1f8b0800', 'hex'),
  'text with a NUL': Buffer.from('hello\0world'),
  'text in no encoding': Buffer.from([0x68, 0xc3, 0x28, 0xff]),
};

/** A Word document with a password: it lies encrypted in a compound file ([MS-OFFCRYPTO], 2.3). */
export const ENCRYPTED_DOCX = Buffer.concat([
  COMPOUND_FILE,
  Buffer.alloc(504),
  Buffer.from('EncryptionInfo\0EncryptedPackage', 'utf16le'),
  Buffer.alloc(100),
]);

const document = (body: string): string => `${XML}<w:document ${WORD}><w:body>${body}</w:body></w:document>`;
const docxWith = (main: string | Uint8Array): Uint8Array => zipOf(docxFiles(main));

/** What a file of the archive says of itself, when it is the main part. */
function declare(changes: Partial<ZipFile>): (file: ZipFile) => ZipFile {
  return (file) => (file.name === 'word/document.xml' ? { ...file, ...changes } : file);
}

/** Ten of ten of ten … of `lol`. */
function laughs(): string {
  const entities = Array.from({ length: 9 }, (_, index) => `<!ENTITY lol${index + 1} "${`&lol${index};`.repeat(10)}">`);
  return `${XML}<!DOCTYPE lolz [<!ENTITY lol0 "lol">${entities.join('')}]>`;
}
