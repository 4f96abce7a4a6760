import { stemmer } from 'stemmer';
import { spokenNumbersAsDigits } from './spoken-numbers.ts';
import { termsOf, wordsOf } from './terms.ts';
import { relatedStems } from './word-vectors/word-vectors.ts';

/** Something that a question asks for. */
export interface QuestionTerm {
  readonly term: string;
  /** As it stands in the question. */
  readonly word: string;
  /** What says it in a passage, with how alike it is: 1 for the term itself or its other spelling, less for words that are used like it. */
  readonly variants: ReadonlyMap<string, number>;
}

interface JoinedWords {
  readonly parts: readonly string[];
  readonly term: string;
}

/** Whoever speaks spells "G P U" and says "key pad": so many words may be one. */
const MAX_JOINED = 6;
const MIN_JOINED_CHARACTERS = 4;
/** A word that is used like one of the question counts by how much more alike it is than this. */
const LEAST_LIKENESS = 0.4;

/**
 * The terms of a question. Numbers that are spoken count in digits, and words that stand apart may be one: `holds` says whether any
 * passage has a term.
 */
export function questionTerms(question: string, holds: (term: string) => boolean): QuestionTerm[] {
  const text = spokenNumbersAsDigits(question);
  const words = wordsOf(text);
  const wordOf = new Map(words.flatMap((word) => termsOf(word).map((term) => [term, word] as const)));
  const variants = new Map(
    termsOf(text).map((term) => [term, new Map([...relatedStems(wordOf.get(term) ?? term), [term, 1] as const])] as const),
  );
  for (const { parts, term } of joinedWords(words).filter((joined) => holds(joined.term))) {
    const partTerms = parts.flatMap(termsOf);
    for (const partTerm of partTerms) variants.get(partTerm)?.set(term, 1);
    if (partTerms.length === 0) variants.set(term, new Map([[term, 1]]));
  }
  return [...variants].map(([term, ofTerm]) => ({ term, word: wordOf.get(term) ?? term, variants: ofTerm }));
}

/** Whether any of these terms is the question's, in one spelling or the other. */
export function isHeld({ variants }: QuestionTerm, terms: ReadonlySet<string>): boolean {
  return [...variants].some(([variant, likeness]) => likeness === 1 && terms.has(variant));
}

/** How close these terms come to the question's: 1 where it is among them, else by the one that is used most like it, 0 to 0.6. */
export function closeness({ variants }: QuestionTerm, terms: ReadonlySet<string>): number {
  let closest = 0;
  for (const [variant, likeness] of variants) if (likeness > closest && terms.has(variant)) closest = likeness;
  return closest === 1 ? 1 : Math.max(0, closest - LEAST_LIKENESS);
}

/** Words of the question that follow each other, written as one. */
function joinedWords(words: readonly string[]): JoinedWords[] {
  return words.flatMap((_, start) => {
    const longest = words.slice(start, start + MAX_JOINED);
    return longest.slice(1).flatMap((_, index): JoinedWords[] => {
      const parts = longest.slice(0, index + 2);
      const joined = parts.join('');
      const isSpelt = parts.every((part) => part.length === 1);
      if (!isSpelt && joined.length < MIN_JOINED_CHARACTERS) return [];
      return [...new Set([joined, stemmer(joined)])].map((term) => ({ parts, term }));
    });
  });
}
