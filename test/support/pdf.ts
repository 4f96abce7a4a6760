/** Text at a place of a page, in points from its left and its bottom edge; the page is 612 wide and 792 high. */
export interface PlacedText {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** In points; 12 when absent. */
  readonly size?: number;
}

/** An object of a PDF: its text, or bytes, without number. */
export type PdfObject = string | Uint8Array;

/** A small, valid PDF with one line of text on each page; an empty text makes an empty page. */
export function pdfOf(pageTexts: readonly string[]): Uint8Array {
  return pdfOfPlaced(pageTexts.map((text) => (text === '' ? [] : [{ text, x: 72, y: 700 }])));
}

/** A small, valid PDF with these texts on its pages, in their order. */
export function pdfOfPlaced(pages: readonly (readonly PlacedText[])[]): Uint8Array {
  return pdfOfContents(pages.map((texts) => pdfStream(texts.map(placed).join('\n'))));
}

/** A PDF whose pages have these content streams. They may name a font `F1`, and `X1`, if there are further objects: the first of these. */
export function pdfOfContents(contents: readonly PdfObject[], further: readonly PdfObject[] = []): Uint8Array {
  const pageIds = contents.map((_, index) => 4 + 2 * index);
  const resources = `<< /Font << /F1 3 0 R >> /XObject << /X1 ${4 + 2 * contents.length} 0 R >> >>`;
  return pdfFrom([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${pageIds.map((id) => `${id} 0 R`).join(' ')}] /Count ${pageIds.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    ...contents.flatMap((content, index) => {
      const page = `/Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources ${resources}`;
      return [`<< ${page} /Contents ${5 + 2 * index} 0 R >>`, content];
    }),
    ...further,
  ]);
}

/** A PDF of these objects, numbered from 1, of which the first is the catalogue. */
export function pdfFrom(objects: readonly PdfObject[], trailer = ''): Uint8Array {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')];
  let length = parts[0]?.length ?? 0;
  const add = (part: Buffer) => {
    parts.push(part);
    length += part.length;
  };
  const offsets = objects.map((body, index) => {
    const offset = length;
    add(Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), Buffer.from(body), Buffer.from('\nendobj\n')]));
    return offset;
  });
  const start = length;
  add(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`));
  add(Buffer.from(offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')));
  add(Buffer.from(`trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${start}\n%%EOF\n`));
  return Buffer.concat(parts);
}

/** A stream with these entries in its dictionary. */
export function pdfStream(data: string | Uint8Array, entries = ''): Uint8Array {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : Buffer.from(data);
  return Buffer.concat([Buffer.from(`<< /Length ${bytes.length} ${entries} >>\nstream\n`), bytes, Buffer.from('\nendstream')]);
}

function placed({ text, x, y, size = 12 }: PlacedText): string {
  return `BT /F1 ${size} Tf ${x} ${y} Td (${text.replace(/[()\\]/g, '\\$&')}) Tj ET`;
}
