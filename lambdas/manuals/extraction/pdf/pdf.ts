import { getDocumentProxy } from 'unpdf';
import { ManualRejected } from '../../manual.ts';
import type { ExtractionLimits } from '../limits.ts';
import { type ExtractedText, limitPage, type Page, tidy } from '../page.ts';
import { inReadingOrder } from './columns.ts';
import { joinHyphenated } from './hyphens.ts';
import { type Line, linesOf, type PdfItem, textOf } from './lines.ts';
import { withoutRunningLines } from './running-lines.ts';

/**
 * The text of each physical page that has any: in lines and paragraphs as they lie on the page, without the headers and footers that
 * are the same on most, and words that were divided at a line's end in one piece. Throws ManualRejected, whatever it is that cannot be read.
 */
export async function extractPdfPages(bytes: Uint8Array, limits: ExtractionLimits): Promise<ExtractedText> {
  const texts = joinHyphenated(withoutRunningLines(await readLines(bytes, limits)).map(textOf)).map((text) => limitPage(tidy(text)));
  const pages = texts.flatMap((text, index): Page[] => (text === '' ? [] : [{ number: index + 1, text, section: null }]));
  if (pages.length === 0) throw new ManualRejected('unreadable');
  return { pageCount: texts.length, pages };
}

/** The lines of each page. */
async function readLines(bytes: Uint8Array, limits: ExtractionLimits): Promise<(readonly Line[])[]> {
  try {
    // A plain array: PDF.js refuses Node.js's buffers.
    const document = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
    if (document.numPages > limits.pages) throw new ManualRejected('too_many_pages');
    const pages: (readonly Line[])[] = [];
    let characters = 0;
    for (let number = 1; number <= document.numPages; number += 1) {
      const lines = await pageLines(document, number);
      characters += lines.reduce((sum, { text }) => sum + text.length, 0);
      if (characters > limits.characters) throw new ManualRejected('unreadable');
      pages.push(lines);
    }
    await document.loadingTask.destroy();
    return pages;
  } catch (error) {
    if (error instanceof ManualRejected) throw error;
    // Whatever else the reader throws is what it says of the file.
    const encrypted = error instanceof Error && error.name === 'PasswordException';
    throw new ManualRejected(encrypted ? 'encrypted' : 'unreadable', { cause: error });
  }
}

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;

async function pageLines(document: PdfDocument, number: number): Promise<readonly Line[]> {
  const page = await document.getPage(number);
  const { items } = await page.getTextContent();
  page.cleanup();
  const texts = items.filter((item): item is PdfItem & typeof item => 'str' in item);
  return inReadingOrder(linesOf(texts));
}
