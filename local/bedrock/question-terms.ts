import { stemmer } from 'stemmer';
import { spokenNumbersAsDigits } from './spoken-numbers.ts';
import { termsOf, wordsOf } from './terms.ts';
import { relatedStems } from './word-vectors/word-vectors.ts';

/** Something that a question asks for. */
export interface QuestionTerm {
  readonly term: string;
  /** As it stands in the question. */
  readonly word: string;
  /** The term itself, and what it is when words that stand apart are written as one. */
  readonly spellings: readonly string[];
  /** The words that are used like it, with how alike they are: above 0.4 and below 1. */
  readonly relatives: ReadonlyMap<string, number>;
}

interface JoinedWords {
  readonly parts: readonly string[];
  readonly term: string;
}

/** Whoever speaks spells "G P U" and says "key pad": so many words may be one. */
const MAX_JOINED = 6;
const MIN_JOINED_CHARACTERS = 4;
/** A word that is used like one of the question counts by how much more alike it is than this. */
export const LEAST_LIKENESS = 0.4;

/**
 * The terms of a question. Numbers that are spoken count in digits, and words that stand apart may be one: `holds` says whether any
 * passage has a term.
 */
export function questionTerms(question: string, holds: (term: string) => boolean): QuestionTerm[] {
  const text = spokenNumbersAsDigits(question);
  const words = wordsOf(text);
  const wordOf = new Map(words.flatMap((word) => termsOf(word).map((term) => [term, word] as const)));
  const spellings = new Map(termsOf(text).map((term) => [term, [term]]));
  for (const { parts, term } of joinedWords(words).filter((joined) => holds(joined.term))) {
    const partTerms = parts.flatMap(termsOf);
    for (const partTerm of partTerms) spellings.get(partTerm)?.push(term);
    if (partTerms.length === 0) spellings.set(term, [term]);
  }
  return [...spellings].map(([term, ofTerm]) => {
    const word = wordOf.get(term) ?? term;
    return { term, word, spellings: [...new Set(ofTerm)], relatives: relatedStems(word) };
  });
}

/** Whether any of these terms is the question's, in one spelling or the other. */
export function isHeld({ spellings }: QuestionTerm, terms: ReadonlySet<string>): boolean {
  return spellings.some((spelling) => terms.has(spelling));
}

/** How close these terms come to the question's: 1 where it is among them, else by the one that is used most like it, 0 to 0.6. */
export function closeness(questionTerm: QuestionTerm, terms: ReadonlySet<string>): number {
  if (isHeld(questionTerm, terms)) return 1;
  let closest = 0;
  for (const [relative, likeness] of questionTerm.relatives) if (likeness > closest && terms.has(relative)) closest = likeness;
  return Math.max(0, closest - LEAST_LIKENESS);
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
