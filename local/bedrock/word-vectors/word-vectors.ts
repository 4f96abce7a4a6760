import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stemmer } from 'stemmer';

const DIMENSIONS = 100;
const SEPARATOR = 0;
/** Words that are less alike have nothing to do with each other more often than not. */
const MIN_LIKENESS = 0.4;
/** So many words keep their relatives in memory: those of about a thousand questions. */
const MAX_REMEMBERED = 5000;

interface Vectors {
  /** The most frequent word's first. */
  readonly stems: readonly string[];
  readonly rows: ReadonlyMap<string, number>;
  readonly values: Int8Array;
  readonly lengths: Float64Array;
}

let loaded: Vectors | undefined;
const remembered = new Map<string, ReadonlyMap<string, number>>();

/**
 * The stems of the English words that are used like a word, each with how much: their cosine, above 0.4 and below 1. It is general
 * knowledge of the 20,000 most frequent words, made by `derive.ts`; a word that is not among them has no relatives.
 */
export function relatedStems(word: string): ReadonlyMap<string, number> {
  const known = remembered.get(word);
  if (known) return known;
  const related = findRelatedStems(word);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(word, related);
  return related;
}

/** How little a word says about everything: from 0 for the most frequent English word to 1 for one that is not among the 20,000. */
export function specificity(word: string): number {
  const { rows } = vectors();
  return Math.log(1 + (rows.get(word) ?? rows.size)) / Math.log(1 + rows.size);
}

function findRelatedStems(word: string): ReadonlyMap<string, number> {
  const { stems, rows, values, lengths } = vectors();
  const related = new Map<string, number>();
  const row = rows.get(word);
  if (row === undefined) return related;
  const vector = values.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS);
  stems.forEach((stem, other) => {
    let product = 0;
    const start = other * DIMENSIONS;
    for (let index = 0; index < DIMENSIONS; index += 1) product += (vector[index] ?? 0) * (values[start + index] ?? 0);
    const likeness = product / ((lengths[row] ?? 1) * (lengths[other] ?? 1));
    if (likeness > MIN_LIKENESS && stem !== stems[row]) related.set(stem, Math.max(likeness, related.get(stem) ?? 0));
  });
  return related;
}

function vectors(): Vectors {
  loaded ??= load();
  return loaded;
}

function load(): Vectors {
  const file = readFileSync(path.join(import.meta.dirname, 'word-vectors.bin'));
  const end = file.indexOf(SEPARATOR);
  const words = file.subarray(0, end).toString('latin1').split(' ');
  const values = new Int8Array(file.subarray(end + 1));
  const lengths = Float64Array.from(words, (_, row) => lengthOf(values.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS)));
  return { stems: words.map(stemmer), rows: new Map(words.map((word, row) => [word, row])), values, lengths };
}

function lengthOf(vector: Int8Array): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return Math.sqrt(squares);
}
