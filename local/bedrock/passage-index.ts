import { cosine, type Embedding } from './embeddings.ts';
import type { Metadata } from './metadata.ts';
import { LEAST_LIKENESS, questionTerms } from './question-terms.ts';
import { fuseRankings } from './rank-fusion.ts';
import { rarity } from './rarity.ts';
import { termsOf } from './terms.ts';

/** A chunk of a document, as it is searched and returned. */
export interface Passage {
  readonly id: string;
  readonly documentId: string;
  readonly text: string;
  readonly metadata: Metadata;
  /** Where there is a model that embeds. */
  readonly embedding?: Embedding;
}

export interface ScoredPassage {
  readonly passage: Passage;
  /** 0 to 1. */
  readonly score: number;
}

/** What is searched for. */
interface Query {
  readonly question: string;
  /** The question's, where passages have theirs. */
  readonly embedding?: Embedding | undefined;
}

/** Whether a search may find a passage. */
type PassagePredicate = (passage: Passage) => boolean;

interface Entry {
  readonly passage: Passage;
  readonly termCount: number;
}

/** The places of the passages that hold a term, and how often each does. */
interface Posting {
  readonly places: number[];
  readonly counts: number[];
}

const NO_POSTING: Posting = { places: [], counts: [] };
/** BM25's usual parameters (https://en.wikipedia.org/wiki/Okapi_BM25). */
const TERM_SATURATION = 1.2;
const LENGTH_NORMALIZATION = 0.75;
/** A word that is used like one of the question never counts much. */
const RELATIVE_WEIGHT = 0.6;

/**
 * The searchable passages of one knowledge base. Words are indexed instead of vectors, so that the local runtime needs no
 * model: a passage is found by what it says, and by words that are used like those of the question. With a model that
 * embeds, it is found by what it means as well.
 *
 * It counts by itself rather than with a search library, since rarity and length must be judged among the passages that
 * pass the filter: a library's statistics are those of all owners, and it scores everyone's passages to filter them later.
 */
export class PassageIndex {
  /** By place; that of a passage that was removed is free. */
  readonly #entries: (Entry | undefined)[] = [];
  readonly #places = new Map<string, number>();
  readonly #freePlaces: number[] = [];
  readonly #postings = new Map<string, Posting>();

  add(passages: readonly Passage[]): void {
    for (const passage of passages) {
      const place = this.#freePlaces.pop() ?? this.#entries.length;
      const terms = termsOf(passage.text);
      this.#entries[place] = { passage, termCount: terms.length };
      this.#places.set(passage.id, place);
      for (const [term, { length }] of Map.groupBy(terms, (one) => one)) {
        const posting = this.#postings.get(term) ?? { places: [], counts: [] };
        posting.places.push(place);
        posting.counts.push(length);
        this.#postings.set(term, posting);
      }
    }
  }

  remove(passages: readonly Passage[]): void {
    for (const { id, text } of passages) {
      const place = this.#places.get(id);
      if (place === undefined) continue;
      this.#places.delete(id);
      this.#entries[place] = undefined;
      this.#freePlaces.push(place);
      for (const term of new Set(termsOf(text))) this.#removePosting(term, place);
    }
  }

  /**
   * The passages that fit a question best among those that pass the filter, best first; at first one of each document, since
   * the chunks of a page say much the same. As in a vector search there are `limit` results as long as so many pass, however
   * little they have to do with the question: one that holds all of its words scores about 1, one that holds nothing like
   * them 0. Only passages that pass have any influence on a score.
   */
  search({ question, embedding }: Query, limit: number, matches: PassagePredicate): ScoredPassage[] {
    const passing = new PassingEntries(this.#entries, matches);
    const byWords = this.#scoresByWords(question, passing);
    const scores = embedding ? fuseRankings([byWords, passing.likenessTo(embedding)], passing.places) : byWords;
    const bestOfDocuments = new Map<string, number>();
    for (const place of passing.places) {
      const { documentId } = passing.at(place).passage;
      const best = bestOfDocuments.get(documentId);
      if (best === undefined || (scores[place] ?? 0) > (scores[best] ?? 0)) bestOfDocuments.set(documentId, place);
    }
    const found = highest([...bestOfDocuments.values()], scores, limit);
    const others = passing.places.filter((place) => !found.includes(place));
    if (found.length < limit) found.push(...highest(others, scores, limit - found.length));
    return found.map((place) => ({ passage: passing.at(place).passage, score: Math.min(1, scores[place] ?? 0) }));
  }

  /** By place: BM25, as the share of what a passage of average length has that holds each term of the question once. */
  #scoresByWords(question: string, passing: PassingEntries): Float64Array {
    const scores = new Float64Array(this.#entries.length);
    const frequencies = new Float64Array(this.#entries.length);
    const holdingOf = (term: string) => passing.count(this.#postings.get(term)?.places ?? []);
    let totalWeight = 0;
    for (const { term, spellings, relatives } of questionTerms(question, (candidate) => holdingOf(candidate) > 0)) {
      frequencies.fill(0);
      const count = (held: string, weight: number) => {
        const { places, counts } = this.#postings.get(held) ?? NO_POSTING;
        places.forEach((place, index) => {
          frequencies[place] = (frequencies[place] ?? 0) + weight * (counts[index] ?? 0);
        });
      };
      for (const spelling of spellings) count(spelling, 1);
      for (const [relative, likeness] of relatives) {
        if (!spellings.includes(relative)) count(relative, RELATIVE_WEIGHT * (likeness - LEAST_LIKENESS));
      }
      const held = passing.places.filter((place) => (frequencies[place] ?? 0) > 0);
      const weight = rarity(passing.places.length, holdingOf(term) || held.length);
      totalWeight += weight;
      for (const place of held) {
        const frequency = frequencies[place] ?? 0;
        const saturated = (frequency * (TERM_SATURATION + 1)) / (frequency + TERM_SATURATION * passing.lengthOf(place));
        scores[place] = (scores[place] ?? 0) + weight * saturated;
      }
    }
    return totalWeight === 0 ? scores : scores.map((score) => score / totalWeight);
  }

  #removePosting(term: string, place: number): void {
    const { places, counts } = this.#postings.get(term) ?? NO_POSTING;
    const index = places.indexOf(place);
    if (index < 0) return;
    places.splice(index, 1);
    counts.splice(index, 1);
    if (places.length === 0) this.#postings.delete(term);
  }
}

/** The entries of an index that pass a filter. */
class PassingEntries {
  readonly places: number[] = [];
  readonly #entries: readonly (Entry | undefined)[];
  /** By place, 1 for those that pass. */
  readonly #passes: Uint8Array;
  readonly #averageTermCount: number;

  constructor(entries: readonly (Entry | undefined)[], matches: PassagePredicate) {
    this.#entries = entries;
    this.#passes = new Uint8Array(entries.length);
    let termCount = 0;
    entries.forEach((entry, place) => {
      if (!entry || !matches(entry.passage)) return;
      this.places.push(place);
      this.#passes[place] = 1;
      termCount += entry.termCount;
    });
    this.#averageTermCount = termCount / this.places.length;
  }

  at(place: number): Entry {
    const entry = this.#entries[place];
    if (!entry) throw new Error(`there is no passage at ${place}`);
    return entry;
  }

  /** How many of these places pass. */
  count(places: readonly number[]): number {
    let count = 0;
    for (const place of places) count += this.#passes[place] ?? 0;
    return count;
  }

  /** A passage's length as BM25 counts it: 1 for that of average length. */
  lengthOf(place: number): number {
    return 1 - LENGTH_NORMALIZATION + (LENGTH_NORMALIZATION * this.at(place).termCount) / this.#averageTermCount;
  }

  /** By place, how alike a passage's embedding is to another. */
  likenessTo(embedding: Embedding): Float64Array {
    const likeness = new Float64Array(this.#entries.length);
    for (const place of this.places) {
      const own = this.at(place).passage.embedding;
      if (own) likeness[place] = cosine(own, embedding);
    }
    return likeness;
  }
}

/** The places with the highest scores, at most `limit`; of equal ones those that come first. */
function highest(places: readonly number[], scores: Float64Array, limit: number): number[] {
  const best: number[] = [];
  const scoreOf = (place: number | undefined) => (place === undefined ? 0 : (scores[place] ?? 0));
  for (const place of places) {
    const score = scoreOf(place);
    if (best.length === limit && score <= scoreOf(best.at(-1))) continue;
    const index = best.findIndex((other) => score > scoreOf(other));
    best.splice(index < 0 ? best.length : index, 0, place);
    if (best.length > limit) best.pop();
  }
  return best;
}
