import { crc32, deflateRawSync } from 'node:zlib';

/** A file in a ZIP archive, and what the archive's directory says of it where that is not the truth. */
export interface ZipFile {
  readonly name: string;
  readonly data: string | Uint8Array;
  /** General purpose flags: 1 is encrypted. */
  readonly flags?: number;
  readonly method?: number;
  readonly declaredSize?: number;
  readonly declaredPackedSize?: number;
  /** Lies where the file of that name lies, whose data it shares. */
  readonly sharesDataOf?: string;
}

export const DOCX_TYPE = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';

/** The parts of a Word document but for its body, each the XML within its root. */
export interface DocxParts {
  readonly styles?: string;
  readonly numbering?: string;
  readonly footnotes?: string;
}

/** A Word document whose body is this XML. */
export function docxOf(body: string, parts: DocxParts = {}): Uint8Array {
  return zipOf([...docxFiles(`${XML}<w:document xmlns:w="${WORD}"><w:body>${body}</w:body></w:document>`), ...partFiles(parts)]);
}

/** The files of a Word document whose main part is this. */
export function docxFiles(document: string | Uint8Array): ZipFile[] {
  return [
    { name: '_rels/.rels', data: relations([['officeDocument', 'word/document.xml']]) },
    { name: 'word/_rels/document.xml.rels', data: relations(['styles', 'numbering', 'footnotes'].map((part) => [part, `${part}.xml`])) },
    { name: 'word/document.xml', data: document },
  ];
}

/** A paragraph of one run, with properties. */
export function paragraph(text: string, properties = ''): string {
  return `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

export const styled = (text: string, style: string): string => paragraph(text, `<w:pStyle w:val="${style}"/>`);

function partFiles({ styles = '', numbering = '', footnotes = '' }: DocxParts): ZipFile[] {
  return Object.entries({ styles, numbering, footnotes }).map(([name, content]) => ({
    name: `word/${name}.xml`,
    data: `${XML}<w:${name} xmlns:w="${WORD}">${content}</w:${name}>`,
  }));
}

export function relations(targets: readonly (readonly string[])[]): string {
  const entries = targets.map(([type, target], index) => `<Relationship Id="r${index}" Type="${RELATIONS}/${type}" Target="${target}"/>`);
  return `${XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${entries.join('')}</Relationships>`;
}

/** A ZIP archive of these files. */
export function zipOf(files: readonly ZipFile[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets = new Map<string, number>();
  let length = 0;
  for (const file of files) {
    const data = Buffer.from(file.data);
    const { method = 8, flags = 0 } = file;
    const packed = method === 8 ? deflateRawSync(data) : data;
    const name = Buffer.from(file.name);
    const sizes = { packed: file.declaredPackedSize ?? packed.length, unpacked: file.declaredSize ?? data.length };
    const common = header(method, flags, crc32(data), sizes, name.length);
    const offset = offsets.get(file.sharesDataOf ?? '') ?? length;
    offsets.set(file.name, offset);
    if (offset === length) {
      const local = Buffer.concat([Buffer.from('PK\u0003\u0004\u0014\u0000', 'latin1'), common, name, packed]);
      parts.push(local);
      length += local.length;
    }
    const end = Buffer.alloc(14);
    end.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000\u0014\u0000', 'latin1'), common, end, name]));
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(length, 16);
  return Buffer.concat([...parts, entries, end]);
}

/** What the local header and the directory have in common, from the flags to the lengths of names (APPNOTE 4.3.7 and 4.3.12). */
function header(method: number, flags: number, crc: number, sizes: { packed: number; unpacked: number }, nameLength: number): Buffer {
  const fields = Buffer.alloc(24);
  fields.writeUInt16LE(flags, 0);
  fields.writeUInt16LE(method, 2);
  fields.writeUInt32LE(crc, 8);
  fields.writeUInt32LE(sizes.packed, 12);
  fields.writeUInt32LE(sizes.unpacked, 16);
  fields.writeUInt16LE(nameLength, 20);
  return fields;
}
