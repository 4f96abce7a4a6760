import { getDocumentProxy } from 'unpdf';
import { ManualRejected } from '../manual.ts';
import { MAX_MANUAL_PAGES } from '../manuals.contract.ts';
import { type ExtractedText, limitPage, type Page, tidy } from './page.ts';

/** A PDF's header stands within its first kilobyte (ISO 32000-2, annex on implementation notes). */
const HEADER_WINDOW_BYTES = 1024;

/** The text of each physical page that has any. Throws ManualRejected, whatever it is that cannot be read. */
export async function extractPdfPages(bytes: Uint8Array): Promise<ExtractedText> {
  if (!Buffer.from(bytes.subarray(0, HEADER_WINDOW_BYTES)).includes('%PDF-')) throw new ManualRejected('wrong_type');
  try {
    return await readPages(bytes);
  } catch (error) {
    if (error instanceof ManualRejected) throw error;
    const encrypted = error instanceof Error && error.name === 'PasswordException';
    throw new ManualRejected(encrypted ? 'encrypted' : 'unreadable', { cause: error });
  }
}

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;

async function readPages(bytes: Uint8Array): Promise<ExtractedText> {
  // The reader takes the buffer over, so it gets a copy.
  const document = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
  try {
    if (document.numPages > MAX_MANUAL_PAGES) throw new ManualRejected('too_many_pages');
    const pages: Page[] = [];
    for (let number = 1; number <= document.numPages; number += 1) {
      const text = await pageText(document, number);
      if (text !== '') pages.push({ number, text });
    }
    if (pages.length === 0) throw new ManualRejected('unreadable');
    return { pageCount: document.numPages, pages };
  } finally {
    await document.loadingTask.destroy();
  }
}

async function pageText(document: PdfDocument, number: number): Promise<string> {
  const page = await document.getPage(number);
  const { items } = await page.getTextContent();
  const text = items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('');
  page.cleanup();
  return limitPage(tidy(text));
}
