import { cutText } from '../shared/cut-text.ts';

/** The longest excerpt, in characters: two or three sentences, enough to recognise the place in the manual. */
const MAX_EXCERPT_CHARACTERS = 320;

const MIN_WORD_CHARACTERS = 3;
/** Scripts whose words of one or two letters are the small ones. */
const ALPHABETIC = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}]/u;

interface Sentence {
  readonly start: number;
  readonly end: number;
}

/**
 * The part of a passage that supports a claim best: whole sentences around the one that shares most words with it.
 * Always a verbatim part of the passage.
 */
export function excerptOf(passage: string, claim: string): string {
  const sentences = splitSentences(passage);
  const wanted = words(claim);
  let best = 0;
  let bestScore = -1;
  sentences.forEach(({ start, end }, index) => {
    const found = words(passage.slice(start, end));
    const shared = [...wanted].filter((word) => found.has(word)).length;
    const score = shared / Math.sqrt(found.size + 1);
    if (score > bestScore) [best, bestScore] = [index, score];
  });
  return cut(passage, extend(sentences, best)).trim();
}

/** Adds neighbouring sentences, following ones first, as long as there is room. */
function extend(sentences: readonly Sentence[], index: number): Sentence {
  let { start, end } = sentences[index] ?? { start: 0, end: 0 };
  const following = sentences[index + 1];
  if (following && following.end - start <= MAX_EXCERPT_CHARACTERS) end = following.end;
  const preceding = sentences[index - 1];
  if (preceding && end - preceding.start <= MAX_EXCERPT_CHARACTERS) start = preceding.start;
  return { start, end };
}

function cut(passage: string, { start, end }: Sentence): string {
  if (end - start <= MAX_EXCERPT_CHARACTERS) return passage.slice(start, end);
  const piece = cutText(passage.slice(start), MAX_EXCERPT_CHARACTERS);
  const lastSpace = piece.lastIndexOf(' ');
  return lastSpace > 0 ? piece.slice(0, lastSpace) : piece;
}

function splitSentences(passage: string): Sentence[] {
  const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  return [...segmenter.segment(passage)].map(({ index, segment }) => ({ start: index, end: index + segment.length }));
}

/** Without the shortest, which say little where letters spell sounds. Some scripts put no space between words. */
function words(text: string): Set<string> {
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
  const found = [...segmenter.segment(text.toLowerCase())].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment);
  return new Set(found.filter((word) => word.length >= MIN_WORD_CHARACTERS || !ALPHABETIC.test(word)));
}
