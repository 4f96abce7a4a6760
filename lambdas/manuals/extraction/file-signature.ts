import { ManualRejected } from '../manual.ts';
import type { ManualContentType } from '../manuals.contract.ts';

/** A PDF's header stands within its first kilobyte (ISO 32000-2, annex on implementation notes). */
const PDF_HEADER_WINDOW_BYTES = 1024;
const PDF_HEADER = '%PDF-';
const ZIP_ENTRY = 'PK\u0003\u0004';
/** Of Microsoft's compound files: what Word wrote before DOCX, and what it wraps a DOCX in that has a password ([MS-OFFCRYPTO], 2.3). */
const COMPOUND_FILE = '\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1';
const ENCRYPTED_PACKAGE = Buffer.from('EncryptedPackage', 'utf16le');

/** How files begin that are no text, though some of them hold nothing but letters: pictures, archives, programs, fonts, sound and film. */
const NO_TEXT = [
  PDF_HEADER,
  ZIP_ENTRY,
  'PK\u0005\u0006',
  COMPOUND_FILE,
  '{\\rtf',
  '%!PS',
  '\u0089PNG',
  '\u00ff\u00d8\u00ff',
  'GIF8',
  'RIFF',
  'II*\0',
  'MM\0*',
  'BZh',
  '\u001f\u008b',
  '7z\u00bc\u00af',
  'Rar!',
  '\u007fELF',
  'MZ\u0090',
  '\u00ca\u00fe\u00ba\u00be',
  '\0asm',
  'OggS',
  'ID3',
  'wOFF',
];

/** Throws ManualRejected when the first bytes say that the file is not of the type. */
export function checkSignature(contentType: ManualContentType, bytes: Uint8Array): void {
  const beginning = Buffer.from(bytes.subarray(0, PDF_HEADER_WINDOW_BYTES)).toString('latin1');
  switch (contentType) {
    case 'application/pdf':
      if (!beginning.includes(PDF_HEADER)) throw new ManualRejected('wrong_type');
      return;
    case 'application/vnd.openxmlformats-officedocument.wordprocessingml.document':
      if (beginning.startsWith(COMPOUND_FILE) && Buffer.from(bytes).includes(ENCRYPTED_PACKAGE)) throw new ManualRejected('encrypted');
      if (!beginning.startsWith(ZIP_ENTRY)) throw new ManualRejected('wrong_type');
      return;
    default:
      if (NO_TEXT.some((signature) => beginning.startsWith(signature))) throw new ManualRejected('wrong_type');
  }
}
