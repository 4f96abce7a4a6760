import type { Metadata } from './metadata.ts';
import { rarity } from './rarity.ts';
import { termsOf } from './terms.ts';

/** A chunk of a document, as it is searched and returned. */
export interface Passage {
  readonly id: string;
  readonly documentId: string;
  readonly text: string;
  readonly metadata: Metadata;
}

export interface ScoredPassage {
  readonly passage: Passage;
  /** 0 to 1. */
  readonly score: number;
}

/** Whether a search may find a passage. */
type PassagePredicate = (passage: Passage) => boolean;

interface Entry {
  readonly passage: Passage;
  readonly termCount: number;
}

/** BM25's usual parameters (https://en.wikipedia.org/wiki/Okapi_BM25). */
const TERM_SATURATION = 1.2;
const LENGTH_NORMALIZATION = 0.75;
/** How much of a score is the passage's place in BM25's order; the rest is the share of the question that it holds. */
const BM25_SHARE = 0.2;

/**
 * The searchable passages of one knowledge base. Words are indexed instead of vectors, so that the local runtime needs
 * no model: a passage is found by what it says, not by what it means.
 *
 * It counts by itself rather than with a search library, since rarity and length must be judged among the passages that
 * pass the filter: a library's statistics are those of all owners, and it scores everyone's passages to filter them later.
 */
export class PassageIndex {
  readonly #entries = new Map<string, Entry>();
  /** By term, how often which passage holds it. */
  readonly #postings = new Map<string, Map<Entry, number>>();

  add(passages: readonly Passage[]): void {
    for (const passage of passages) {
      const terms = termsOf(passage.text);
      const entry = { passage, termCount: terms.length };
      this.#entries.set(passage.id, entry);
      for (const term of terms) {
        const posting = this.#postings.get(term) ?? new Map<Entry, number>();
        this.#postings.set(term, posting.set(entry, (posting.get(entry) ?? 0) + 1));
      }
    }
  }

  remove(passages: readonly Passage[]): void {
    for (const { id, text } of passages) {
      const entry = this.#entries.get(id);
      if (!entry) continue;
      this.#entries.delete(id);
      for (const term of new Set(termsOf(text))) {
        const posting = this.#postings.get(term);
        posting?.delete(entry);
        if (posting?.size === 0) this.#postings.delete(term);
      }
    }
  }

  /**
   * The passages that fit a question best among those that pass the filter, best first. As in a vector search there are
   * `limit` results as long as so many pass, however little they have to do with the question: one that holds all of
   * its words scores near 1, one that holds none scores 0. Only passages that pass have any influence on a score.
   */
  search(question: string, limit: number, matches: PassagePredicate): ScoredPassage[] {
    const passing = new Set([...this.#entries.values()].filter(({ passage }) => matches(passage)));
    const best = this.#score(new Set(termsOf(question)), passing)
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
    if (best.length === limit) return best;
    const related = new Set(best.map(({ passage }) => passage));
    const unrelated = [...passing].filter(({ passage }) => !related.has(passage)).slice(0, limit - best.length);
    return [...best, ...unrelated.map(({ passage }) => ({ passage, score: 0 }))];
  }

  /** The passing entries that hold any of the terms. */
  #score(terms: ReadonlySet<string>, passing: ReadonlySet<Entry>): ScoredPassage[] {
    const averageTermCount = [...passing].reduce((sum, { termCount }) => sum + termCount, 0) / passing.size;
    const hits = new Map<Entry, { weight: number; bm25: number }>();
    let totalWeight = 0;
    for (const term of terms) {
      const holding = [...(this.#postings.get(term) ?? [])].filter(([entry]) => passing.has(entry));
      const weight = rarity(passing.size, holding.length);
      totalWeight += weight;
      for (const [entry, count] of holding) {
        const hit = hits.get(entry) ?? { weight: 0, bm25: 0 };
        const length = 1 - LENGTH_NORMALIZATION + (LENGTH_NORMALIZATION * entry.termCount) / averageTermCount;
        hit.weight += weight;
        hit.bm25 += (weight * count * (TERM_SATURATION + 1)) / (count + TERM_SATURATION * length);
        hits.set(entry, hit);
      }
    }
    const highest = [...hits.values()].reduce((max, { bm25 }) => Math.max(max, bm25), 0);
    return [...hits].map(([{ passage }, { weight, bm25 }]) => ({
      passage,
      score: (weight / totalWeight) * (1 - BM25_SHARE + (BM25_SHARE * bm25) / highest),
    }));
  }
}
