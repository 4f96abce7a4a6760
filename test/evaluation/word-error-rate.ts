/** How far a transcript is from what was said. */
export interface WordErrors {
  /** Words that were left out, put in, or taken for others. */
  readonly errors: number;
  /** Words that were said. */
  readonly words: number;
}

/** Counts the fewest words that have to change; case, punctuation and how words are divided by a hyphen make no difference. */
export function wordErrors(said: string, heard: string): WordErrors {
  const [expected, actual] = [wordsOf(said), wordsOf(heard)];
  let distances = Array.from({ length: actual.length + 1 }, (_, index) => index);
  for (const [row, word] of expected.entries()) {
    const next = [row + 1];
    for (const [column, other] of actual.entries()) {
      const replaced = (distances[column] ?? 0) + (word === other ? 0 : 1);
      next.push(Math.min(replaced, (distances[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    distances = next;
  }
  return { errors: distances.at(-1) ?? 0, words: expected.length };
}

/** The word error rate of several: errors for each word that was said. */
export function wordErrorRate(counts: readonly WordErrors[]): number {
  const words = counts.reduce((sum, count) => sum + count.words, 0);
  return counts.reduce((sum, { errors }) => sum + errors, 0) / Math.max(1, words);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}
