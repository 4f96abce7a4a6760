import { cutText } from '../../shared/cut-text.ts';
import { cutToBytes } from '../cut-to-bytes.ts';
import { ManualRejected } from '../manual.ts';
import type { Block } from './block.ts';
import type { ExtractionLimits } from './limits.ts';
import type { ExtractedText, Page } from './page.ts';

/** About what a printed page holds; longer sections are split where a paragraph ends. */
export const MAX_SECTION_CHARACTERS = 3000;
/** A tenth of what the store keeps of our own with each vector (product.md, "Manuals"). */
const MAX_SECTION_NAME_BYTES = 100;
const PATH_SEPARATOR = ' > ';
/** And all that is not seen is below it, in ASCII. */
const SPACE = 0x20;

/**
 * The text of a document without pages of its own: a page for each section between two headings, several for a long one. Where that makes
 * too many, the deepest headings begin no page, as long as that helps. Throws ManualRejected.
 */
export function pagesOf(blocks: readonly Block[], limits: Pick<ExtractionLimits, 'pages'>): ExtractedText {
  if (blocks.length === 0) throw new ManualRejected('empty');
  const depths = new Set(blocks.map(({ heading }) => heading ?? 0)).add(0);
  for (const depth of [...depths].toSorted((a, b) => b - a)) {
    const pages = pagesByHeadings(blocks, depth);
    if (pages.length <= limits.pages) return { pageCount: pages.length, pages };
  }
  throw new ManualRejected('too_many_pages');
}

function pagesByHeadings(blocks: readonly Block[], depth: number): Page[] {
  const pages = new SectionPages();
  for (const block of blocks) {
    if (block.heading !== undefined && block.heading <= depth) pages.enter(block.heading, block.text);
    else pages.add(block);
  }
  return pages.end();
}

/**
 * Throws ManualRejected when a text cannot fit on the pages even if only one in `markup` of its letters is to be read: before it is worked
 * on, which takes many times its memory.
 */
export function refuseEndless(text: string, limits: Pick<ExtractionLimits, 'pages'>, markup = 1): void {
  let letters = 0;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > SPACE) letters += 1;
  if (letters > limits.pages * MAX_SECTION_CHARACTERS * markup) throw new ManualRejected('too_many_pages');
}

class SectionPages {
  readonly #pages: Page[] = [];
  /** The headings that the text stands under. */
  readonly #open: { readonly level: number; readonly text: string }[] = [];
  #text = '';
  /** Whether the page has more than headings yet. A heading that is followed by another one stands on that one's page. */
  #hasBody = false;

  enter(level: number, text: string): void {
    if (this.#hasBody) this.#turn();
    while ((this.#open.at(-1)?.level ?? 0) >= level) this.#open.pop();
    this.#open.push({ level, text: text.replace(/\s+/g, ' ') });
    this.#append(text, '\n\n');
  }

  add({ text, tight }: Block): void {
    this.#append(text, tight ? '\n' : '\n\n');
    this.#hasBody = true;
  }

  end(): Page[] {
    this.#turn();
    return this.#pages;
  }

  #append(text: string, separator: string): void {
    for (const piece of piecesOf(text)) {
      if (this.#text !== '' && this.#text.length + separator.length + piece.length > MAX_SECTION_CHARACTERS) this.#turn();
      this.#text = this.#text === '' ? piece : this.#text + separator + piece;
    }
  }

  /** Ends the page. */
  #turn(): void {
    if (this.#text !== '') this.#pages.push({ number: this.#pages.length + 1, text: this.#text, section: this.#section() });
    this.#text = '';
    this.#hasBody = false;
  }

  /** The path of headings, without as many of the outermost as make it too long. */
  #section(): string | null {
    const headings = this.#open.map(({ text }) => text);
    while (headings.length > 1 && Buffer.byteLength(headings.join(PATH_SEPARATOR)) > MAX_SECTION_NAME_BYTES) headings.shift();
    return headings.length === 0 ? null : cutToBytes(headings.join(PATH_SEPARATOR), MAX_SECTION_NAME_BYTES);
  }
}

/**
 * A block that is longer than a page is cut at the last line end or space of the second half, which then goes, or else between two
 * characters.
 */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  while (text.length - start > MAX_SECTION_CHARACTERS) {
    const head = cutText(text.slice(start, start + MAX_SECTION_CHARACTERS + 1), MAX_SECTION_CHARACTERS);
    const space = [head.lastIndexOf('\n'), head.lastIndexOf(' ')].find((index) => index > head.length / 2);
    pieces.push(head.slice(0, space));
    start += space === undefined ? head.length : space + 1;
  }
  return [...pieces, text.slice(start)].filter((piece) => piece.trim() !== '');
}
