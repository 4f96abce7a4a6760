import { ManualRejected } from '../manual.ts';
import { FILE_TYPES, type ManualContentType } from '../manuals.contract.ts';
import { checkSignature } from './file-signature.ts';
import { EXTRACTION_LIMITS, type ExtractionLimits } from './limits.ts';
import type { ExtractedText } from './page.ts';
import { pagesOf } from './sections.ts';

/**
 * The text of a file by page, according to its type. Throws ManualRejected when the bytes are not of it, or cannot be read within the
 * limits. Those of time and memory are not kept here: a file that somebody else made is read in a process of its own, see
 * `isolated-extraction.ts`.
 */
export async function extractPages(
  contentType: string,
  bytes: Uint8Array,
  limits: ExtractionLimits = EXTRACTION_LIMITS,
): Promise<ExtractedText> {
  if (bytes.length === 0) throw new ManualRejected('empty');
  if (!isKnown(contentType)) throw new ManualRejected('wrong_type');
  checkSignature(contentType, bytes);
  // Only what a file needs is loaded.
  switch (contentType) {
    case 'application/pdf':
      return (await import('./pdf/pdf.ts')).extractPdfPages(bytes, limits);
    case 'text/plain':
      return pagesOf((await import('./plain-text.ts')).plainTextBlocks(bytes, limits), limits);
    case 'text/markdown':
      return pagesOf((await import('./markup/markdown.ts')).markdownBlocks(bytes, limits), limits);
    case 'text/html':
      return pagesOf((await import('./markup/html.ts')).htmlBlocks(bytes, limits), limits);
    case 'application/vnd.openxmlformats-officedocument.wordprocessingml.document':
      return pagesOf((await import('./docx/docx.ts')).docxBlocks(bytes, limits), limits);
  }
}

const isKnown = (contentType: string): contentType is ManualContentType => Object.hasOwn(FILE_TYPES, contentType);
