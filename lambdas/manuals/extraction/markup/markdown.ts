import MarkdownIt from 'markdown-it';
import { ManualRejected } from '../../manual.ts';
import type { Block } from '../block.ts';
import { decodeText } from '../decode-text.ts';
import type { ExtractionLimits } from '../limits.ts';
import { refuseEndless } from '../sections.ts';
import { renderedBlocks } from './html.ts';

/** What site generators read, at the top of a file; its last line would make a heading of it. */
const FRONT_MATTER = /^\ufeff?---[ \t]*\r?\n([\s\S]{0,10000}?)\r?\n---[ \t]*(?:\r?\n|$)/;

/** Pictures that lie in the text itself. */
const EMBEDDED_DATA = /(?<=data:[\w.+/-]{1,100};base64,)[A-Za-z0-9+/=]+/g;
/** Of its letters, one in so many at least is text; the others are addresses of links. */
const MARKUP = 4;

/** The blocks of a Markdown text (CommonMark and GitHub's tables), with the HTML that it may hold. Throws ManualRejected. */
export function markdownBlocks(bytes: Uint8Array, limits: ExtractionLimits): Block[] {
  const text = decodeText(bytes).replace(FRONT_MATTER, '$1\n\n').replace(EMBEDDED_DATA, '');
  refuseEndless(text, limits, MARKUP);
  return renderedBlocks(render(text), limits);
}

function render(text: string): string {
  try {
    return new MarkdownIt({ html: true }).render(text);
  } catch (error) {
    // It has an answer to every text; what it cannot do is one that is made to exhaust it.
    throw new ManualRejected('unreadable', { cause: error });
  }
}
