import { deflateSync } from 'node:zlib';
import { type PdfObject, pdfFrom, pdfOf, pdfOfContents, pdfStream } from './pdf.ts';

/** PDFs that are made to exhaust, confuse or crash their reader, by what is wrong with them. Each is built when it is asked for. */
export const HOSTILE_PDFS: Readonly<Record<string, () => Uint8Array>> = {
  'a page tree that leads back to itself': () =>
    pdfFrom([
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2 >>',
      '<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R /Count 1 >>',
    ]),
  'a page tree of twenty thousand levels': () => {
    const levels = 20_000;
    const nodes = Array.from({ length: levels }, (_, index) => `<< /Type /Pages /Kids [${index + 3} 0 R] /Count 1 >>`);
    return pdfFrom(['<< /Type /Catalog /Pages 2 0 R >>', ...nodes, '<< /Type /Page /MediaBox [0 0 9 9] >>']);
  },
  'five million pages that are not there': () =>
    pdfFrom([
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 5000000 >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>',
    ]),
  'a negative number of pages': () => pdfFrom(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [] /Count -7 >>']),
  'one page a thousand times in each of a thousand nodes': () => {
    const kids = (id: number) => `[${Array.from({ length: 1000 }, () => `${id} 0 R`).join(' ')}]`;
    return pdfFrom([
      '<< /Type /Catalog /Pages 2 0 R >>',
      `<< /Type /Pages /Kids ${kids(3)} /Count 1000000 >>`,
      `<< /Type /Pages /Kids ${kids(4)} /Count 1000 >>`,
      '<< /Type /Page /MediaBox [0 0 9 9] >>',
    ]);
  },
  'a cross-reference table that names itself as the one before': () => {
    const file = Buffer.from(pdfOf(['one', 'two'])).toString('latin1');
    const start = /startxref\n(\d+)/.exec(file)?.[1];
    return Buffer.from(file.replace('/Root 1 0 R', `/Root 1 0 R /Prev ${start}`), 'latin1');
  },
  'a cross-reference table that points into itself': () => {
    const file = Buffer.from(pdfOf(['one'])).toString('latin1');
    const start = (/startxref\n(\d+)/.exec(file)?.[1] ?? '').padStart(10, '0');
    return Buffer.from(file.replace(/\d{10} 00000 n/g, `${start} 00000 n`), 'latin1');
  },
  'an object stream that holds itself': () => withObjectStream('5 0 1 20 << /Type /ObjStm >> << /Type /Catalog >>', '/Extends 5 0 R'),
  'an object stream of a million objects that are not there': () => withObjectStream('1 0', '', 1_000_000),
  'an object that refers to itself': () => pdfFrom(['<< /Type /Catalog /Pages 2 0 R >>', '2 0 R']),
  'a stream whose length is itself': () => pdfOfContents(['<< /Length 5 0 R >>\nstream\nBT ET\nendstream']),
  'a million arrays in arrays': () => pdfOfContents([pdfStream('['.repeat(1_000_000))]),
  'a million dictionaries in dictionaries': () => pdfFrom([`<< /Type /Catalog /Pages ${'<< /A '.repeat(1_000_000)}`]),
  'a catalogue with half a million arrays in arrays': () => pdfFrom([`<< /Type /Catalog /Pages ${'['.repeat(500_000)}`]),
  'a stream that inflates to fifty megabytes': () => pdfOfContents([bomb(2)]),
  'a stream that inflates to three hundred megabytes': () => pdfOfContents([bomb(3)]),
  'forms that each draw the next ten times': () => pdfOfContents([pdfStream('/X1 Do')], forms(12)),
  'a form that draws itself': () => pdfOfContents([pdfStream('/X1 Do')], [form('/X1 Do', 6)]),
  'two million operators': () => pdfOfContents([flate(Buffer.from('q Q '.repeat(1_000_000)))]),
  'a text of a hundred million letters': () => pdfOfContents([flate(Buffer.from(`BT /F1 12 Tf (${'a'.repeat(100_000_000)}) Tj ET`))]),
  'three hundred thousand texts on a page': () =>
    pdfOfContents([flate(Buffer.from(`BT /F1 12 Tf ${'(ab) Tj 0 -1 Td '.repeat(300_000)} ET`))]),
  'a font program of noise': () =>
    withFont('/Subtype /TrueType /FontDescriptor 8 0 R', [
      '<< /Type /FontDescriptor /FontName /Noise /Flags 4 /FontFile2 9 0 R >>',
      pdfStream(Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256))),
    ]),
  'a font with two billion widths': () => withFont('/Subtype /TrueType /FirstChar 0 /LastChar 2000000000 /Widths [1]', []),
  'a character map with all of four billion characters': () =>
    withFont('/Subtype /Type0 /Encoding /Identity-H /ToUnicode 8 0 R', [
      pdfStream(
        'begincmap 1 begincodespacerange <00000000> <ffffffff> endcodespacerange 1 beginbfrange <00000000> <ffffffff> <0041> endbfrange endcmap',
      ),
    ]),
  'a character map that uses itself': () =>
    withFont('/Subtype /Type0 /Encoding 8 0 R /ToUnicode 8 0 R', [pdfStream('begincmap endcmap', '/Type /CMap /UseCMap 8 0 R')]),
  'a font of drawings that use the font': () =>
    withFont(
      '/Subtype /Type3 /FontBBox [0 0 1 1] /FontMatrix [1 0 0 1 0 0] /CharProcs << /a 8 0 R >> /Encoding << /Differences [97 /a] >>',
      [pdfStream('BT /F1 12 Tf (aaaa) Tj ET')],
    ),
  'a program that runs when it is opened': () =>
    pdfFrom([
      '<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (while \\(true\\) {}; process.exit\\(0\\)) >> >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R /AA << /O << /S /JavaScript /JS (0) >> >> >>',
      pdfStream('BT /F1 12 Tf 72 700 Td (harmless text) Tj ET'),
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ]),
  'an encryption that asks for endless rounds': () =>
    pdfFrom(
      [
        '<< /Type /Catalog /Pages 2 0 R >>',
        '<< /Type /Pages /Kids [] /Count 0 >>',
        `<< /Filter /Standard /V 5 /R 6 /Length 256 /O <${'00'.repeat(48)}> /U <${'00'.repeat(48)}> /OE <${'00'.repeat(32)}> /UE <${'00'.repeat(32)}> /P -4 >>`,
      ],
      '/Encrypt 3 0 R /ID [<00> <00>]',
    ),
};

function withObjectStream(content: string, entries: string, count = 2): Uint8Array {
  return pdfFrom([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R >>',
    '<< >>',
    pdfStream(content, `/Type /ObjStm /N ${count} /First 10 ${entries}`),
  ]);
}

/** A page whose one font is this; the further objects are numbered from 8. */
function withFont(entries: string, further: readonly PdfObject[]): Uint8Array {
  return pdfFrom([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>',
    pdfStream('BT /F1 12 Tf 72 700 Td (aaaa bbbb) Tj ET'),
    `<< /Type /Font /BaseFont /Noise /DescendantFonts [6 0 R] ${entries} >>`,
    '<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Noise /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor 7 0 R >>',
    '<< /Type /FontDescriptor /FontName /Noise /Flags 4 >>',
    ...further,
  ]);
}

const flate = (data: Uint8Array): Uint8Array => pdfStream(deflateSync(data), '/Filter /FlateDecode');

/** 50 or 300 MB of spaces, deflated again and again; the first time makes it a thousand times smaller. */
function bomb(times: number): Uint8Array {
  let data: Uint8Array = Buffer.alloc(50_000_000 * (times > 2 ? 6 : 1), ' ');
  for (let done = 0; done < times; done += 1) data = deflateSync(data);
  return pdfStream(data, `/Filter [${'/FlateDecode '.repeat(times)}]`);
}

function form(content: string, next: number): Uint8Array {
  return pdfStream(
    content,
    `/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F1 3 0 R >> /XObject << /X1 ${next} 0 R >> >>`,
  );
}

/** So many forms, numbered from 6. */
function forms(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => form(`BT /F1 12 Tf (a) Tj ET ${'/X1 Do '.repeat(10)}`, 7 + index));
}
