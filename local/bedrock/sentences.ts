/** A sentence, heading or list item, as a part of the text that it comes from: `text.slice(start, end)`, trimmed. */
export interface Sentence {
  readonly start: number;
  readonly end: number;
  /** Whether it begins on a line of its own: after a blank line, a heading, or as a list item. */
  readonly startsBlock: boolean;
  readonly isListItem: boolean;
}

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'sentence' });
/** A bullet, a number, or the error code that begins a row of a table. */
const LIST_ITEM = /^\s*([-*•–]|\d{1,2}[.)]|(?=\S*\d)(?=\S*[A-Za-z])[\w-]{2,8}:?)\s/;
/** Ends that are no ends: a list number, or an abbreviation before a capital or a number. */
const INCOMPLETE = /^\s*\d{1,2}[.)]\s*$|\b(e\.g|i\.e|approx|no|fig|max|min|vs|ca|incl)\.\s*$/i;
/** A shorter line before a capital is a heading or a list item rather than a line that was wrapped. */
const SHORTEST_WRAPPED_LINE = 50;

/** Splits a text at sentence ends and where lines end on purpose, not where a line was merely wrapped. */
export function splitSentences(text: string): Sentence[] {
  const unwrapped = unwrapLines(text);
  const sentences: Sentence[] = [];
  let pending: number | undefined;
  for (const { index, segment } of SEGMENTER.segment(unwrapped)) {
    const start = pending ?? index;
    const end = index + segment.length;
    if (INCOMPLETE.test(unwrapped.slice(start, end)) && end < text.length) {
      pending = start;
      continue;
    }
    pending = undefined;
    const trimmed = trim(text, start, end);
    if (!trimmed) continue;
    const before = sentences.at(-1);
    const startsBlock = !before || unwrapped.slice(before.end, trimmed.start).includes('\n');
    sentences.push({ ...trimmed, startsBlock, isListItem: startsBlock && LIST_ITEM.test(text.slice(trimmed.start)) });
  }
  return sentences;
}

/** The text on one line. */
export function collapseWhitespace(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Turns the line ends inside a paragraph into spaces; every character keeps its place. */
function unwrapLines(text: string): string {
  const lines = text.replace(/\r/g, ' ').split('\n');
  return lines.reduce((joined, line, index) => {
    if (index === 0) return line;
    return joined + (continues(lines[index - 1] ?? '', line) ? ' ' : '\n') + line;
  }, '');
}

function continues(line: string, next: string): boolean {
  const head = line.trim();
  const tail = next.trim();
  if (head === '' || tail === '' || LIST_ITEM.test(next) || /[.!?:;]$/.test(head)) return false;
  return head.length >= SHORTEST_WRAPPED_LINE || /^\p{Ll}/u.test(tail);
}

function trim(text: string, start: number, end: number): { start: number; end: number } | undefined {
  const segment = text.slice(start, end);
  const content = segment.trim();
  if (content === '') return undefined;
  const first = start + segment.indexOf(content);
  return { start: first, end: first + content.length };
}
