import { ManualRejected } from '../manual.ts';
import type { ExtractedText } from './page.ts';
import { extractPdfPages } from './pdf.ts';
import { extractTextPages } from './plain-text.ts';

/** The text of a file by page, according to its type. Throws ManualRejected when the bytes are not of it. */
export async function extractPages(contentType: string, bytes: Uint8Array): Promise<ExtractedText> {
  if (bytes.length === 0) throw new ManualRejected('empty');
  switch (contentType) {
    case 'application/pdf':
      return extractPdfPages(bytes);
    case 'text/plain':
      return extractTextPages(bytes);
    default:
      throw new ManualRejected('wrong_type');
  }
}
