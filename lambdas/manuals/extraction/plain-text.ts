import { cutText } from '../../shared/cut-text.ts';
import { ManualRejected } from '../manual.ts';
import { MAX_MANUAL_PAGES } from '../manuals.contract.ts';
import { type ExtractedText, tidy } from './page.ts';

/** About what a printed page holds; longer parts are split where a paragraph ends. */
const MAX_PART_CHARACTERS = 3000;

/** The text in parts of about a page. Throws ManualRejected. */
export function extractTextPages(bytes: Uint8Array): ExtractedText {
  const parts = splitAtParagraphs(tidy(decode(bytes)));
  if (parts.length === 0) throw new ManualRejected('empty');
  if (parts.length > MAX_MANUAL_PAGES) throw new ManualRejected('too_many_pages');
  return { pageCount: parts.length, pages: parts.map((text, index) => ({ number: index + 1, text })) };
}

/** Text is UTF-8; a NUL byte or a broken sequence says that it is something else. */
function decode(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw new ManualRejected('wrong_type');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ManualRejected('wrong_type', { cause: error });
  }
}

function splitAtParagraphs(text: string): string[] {
  const parts: string[] = [];
  let current = '';
  for (const paragraph of text.split('\n\n').flatMap(splitLongParagraph)) {
    if (current !== '' && current.length + paragraph.length + 2 > MAX_PART_CHARACTERS) {
      parts.push(current);
      current = '';
    }
    current = current === '' ? paragraph : `${current}\n\n${paragraph}`;
  }
  if (current !== '') parts.push(current);
  return parts;
}

/** A paragraph that is longer than a part is cut at the last white space that fits. */
function splitLongParagraph(paragraph: string): string[] {
  const pieces: string[] = [];
  let rest = paragraph.trim();
  while (rest.length > MAX_PART_CHARACTERS) {
    const head = cutText(rest, MAX_PART_CHARACTERS);
    const space = Math.max(head.lastIndexOf(' '), head.lastIndexOf('\n'));
    const end = space > 0 ? space : head.length;
    pieces.push(rest.slice(0, end).trim());
    rest = rest.slice(end).trim();
  }
  return rest === '' ? pieces : [...pieces, rest];
}
