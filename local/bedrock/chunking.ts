import { splitSentences } from './sentences.ts';
import { CHARACTERS_PER_TOKEN, estimateTokens } from './tokens.ts';

/** How a data source splits its documents. */
export type Chunking =
  /** The whole document is one chunk. */
  | { readonly strategy: 'NONE' }
  | {
      readonly strategy: 'FIXED_SIZE';
      readonly maxTokens: number;
      /** The share of a chunk, in percent, that the next one repeats; whole sentences only. */
      readonly overlapPercentage: number;
    };

/**
 * What AWS does without a chunking configuration: about 300 tokens, whole sentences
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/kb-chunking.html).
 */
export const DEFAULT_CHUNKING: Chunking = { strategy: 'FIXED_SIZE', maxTokens: 300, overlapPercentage: 0 };

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Splits a document into chunks, each a verbatim part of it. A chunk ends at a sentence's end; only a sentence that is
 * longer than a whole chunk is split, between words.
 */
export function chunk(text: string, chunking: Chunking): string[] {
  if (chunking.strategy === 'NONE') return text.trim() === '' ? [] : [text.trim()];
  const { maxTokens, overlapPercentage } = chunking;
  const units = splitSentences(text).flatMap((sentence) => splitLong(text, sentence, maxTokens));
  const tokensOf = (from: number, to: number) => estimateTokens(text.slice(units[from]?.start, units[to]?.end));
  const chunks: string[] = [];
  let first = 0;
  while (first < units.length) {
    let last = first;
    while (last + 1 < units.length && tokensOf(first, last + 1) <= maxTokens) last += 1;
    chunks.push(text.slice(units[first]?.start, units[last]?.end));
    const next = last + 1;
    first = next;
    while (
      next < units.length &&
      first > 0 &&
      tokensOf(first - 1, last) <= (maxTokens * overlapPercentage) / 100 &&
      tokensOf(first - 1, next) <= maxTokens
    ) {
      first -= 1;
    }
  }
  return chunks;
}

/** The pieces of a sentence that fit into a chunk each. */
function splitLong(text: string, { start, end }: Span, maxTokens: number): Span[] {
  const maxCharacters = Math.max(1, Math.floor(maxTokens * CHARACTERS_PER_TOKEN));
  const pieces: Span[] = [];
  let from = start;
  while (end - from > maxCharacters) {
    const lastSpace = text.slice(from, from + maxCharacters + 1).search(/\s\S*$/);
    const to = lastSpace > 0 ? from + lastSpace : from + maxCharacters;
    pieces.push({ start: from, end: to });
    from = to + (/^\s+/.exec(text.slice(to, end))?.[0].length ?? 0);
  }
  return [...pieces, { start: from, end }];
}
