import type { Block } from './block.ts';
import { decodeText } from './decode-text.ts';
import type { ExtractionLimits } from './limits.ts';
import { tidy } from './page.ts';
import { refuseEndless } from './sections.ts';

const MAX_HEADING_CHARACTERS = 80;
/** A number as chapters have it, such as `16.1`, `2.` or `3)`, and words that do not end as a sentence does. */
const NUMBERED_HEADING = /^(\d{1,3}(?:\.\d{1,3}){0,5})(?:(?<=\.\d+)|[.)]) (?=.*\p{L})\S.*[^.,;:!?]$/u;
/** A line under a line. */
const UNDERLINED_HEADING = /^(.*\S.*)\n([=\-~^*#])\2{2,}$/;

/**
 * The paragraphs of a plain text. A paragraph of one line with a chapter's number is a heading, as is one that is underlined; one
 * numbered line after the other is a list. Throws ManualRejected.
 */
export function plainTextBlocks(bytes: Uint8Array, limits: ExtractionLimits): Block[] {
  const decoded = decodeText(bytes);
  refuseEndless(decoded, limits);
  const paragraphs = tidy(decoded).split('\n\n');
  const blocks = paragraphs.filter((text) => text !== '').map((text) => headingOf(text) ?? { text });
  return blocks.map(({ text, heading }, index) => {
    const isListed = [blocks[index - 1], blocks[index + 1]].some((next) => next?.heading === heading);
    return heading === undefined || isListed ? { text } : { text, heading };
  });
}

function headingOf(paragraph: string): Block | undefined {
  if (paragraph.length > 2 * MAX_HEADING_CHARACTERS) return undefined;
  const [, title, mark] = UNDERLINED_HEADING.exec(paragraph) ?? [];
  if (title !== undefined) return { text: title, heading: mark === '=' ? 1 : 2 };
  if (paragraph.includes('\n') || paragraph.length > MAX_HEADING_CHARACTERS) return undefined;
  const [, number] = NUMBERED_HEADING.exec(paragraph) ?? [];
  return number === undefined ? undefined : { text: paragraph, heading: number.split('.').length };
}
