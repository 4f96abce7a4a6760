import type { Passage } from '../shared/manual-retriever.ts';
import { excerptOf } from './excerpt.ts';
import { MARKER } from './prompt.contract.ts';
import type { CitationDocument } from './query.contract.ts';

/** What of an answer has been checked: more of its text, or whom it has just cited for the first time. */
export type CheckedPiece = { readonly text: string } | { readonly citation: CitationDocument };

/** The end of a text that may still become a marker. */
const MARKER_BEGUN = /\[(?:\[(?:\d{1,2}\]?)?)?$/;

/**
 * Checks every marker of an answer against the passages that it was drawn from, while the answer arises. Markers become `[1]`, `[2]`, …
 * in the order in which they appear; those that name no passage are gone. Text is passed on as it comes, but no piece of a marker is
 * before it is checked. In whatever pieces an answer comes, what is passed on is the same when put together.
 */
export class CitationChecker {
  readonly #passages: readonly Passage[];
  readonly #cited: Passage[] = [];
  #answer = '';
  /** How much of the answer has been checked, in characters. */
  #checked = 0;
  /** White space that waits for what comes behind it, since none is left before punctuation and at the end. */
  #space = '';
  #begun = false;

  constructor(passages: readonly Passage[]) {
    this.#passages = passages;
  }

  /** Takes more of the answer, and gives what can be passed on now. */
  take(piece: string): Generator<CheckedPiece> {
    this.#answer += piece;
    const held = MARKER_BEGUN.exec(this.#answer.slice(this.#checked))?.[0] ?? '';
    return this.#check(this.#answer.length - held.length);
  }

  /** Gives what is left once the answer has ended. A marker that was broken off is gone. */
  end(): Generator<CheckedPiece> {
    const isMarkerBegun = this.#answer.startsWith('[[', this.#checked);
    return this.#check(isMarkerBegun ? this.#checked : this.#answer.length);
  }

  *#check(end: number): Generator<CheckedPiece> {
    const start = this.#checked;
    this.#checked = end;
    const unchecked = this.#answer.slice(start, end);
    let text = '';
    let position = 0;
    for (const { 0: marker, 1: digits, index } of unchecked.matchAll(MARKER)) {
      text += this.#tidy(unchecked.slice(position, index));
      position = index + marker.length;
      const passage = this.#passages[Number(digits) - 1];
      if (!passage) continue;
      const isNew = !this.#cited.includes(passage);
      if (isNew) this.#cited.push(passage);
      text += this.#tidy(`[${this.#cited.indexOf(passage) + 1}]`);
      if (!isNew) continue;
      yield { text };
      text = '';
      yield { citation: toCitation(passage, claimBefore(this.#answer, start + index)) };
    }
    text += this.#tidy(unchecked.slice(position));
    if (text !== '') yield { text };
  }

  /** Takes out the gaps that markers leave, and keeps the space at the end for later. */
  #tidy(text: string): string {
    const all = this.#space + text;
    const body = all.trimEnd();
    this.#space = all.slice(body.length);
    if (body === '') return '';
    const begun = this.#begun;
    this.#begun = true;
    return (begun ? body : body.trimStart()).replace(/[ \t]+([.,;:!?])/g, '$1').replace(/[ \t]{2,}/g, ' ');
  }
}

export interface CheckedAnswer {
  readonly text: string;
  /** One per distinct passage cited, in the order of the markers. */
  readonly citations: readonly CitationDocument[];
}

/** Checks an answer that is there as a whole. */
export function checkCitations(answer: string, passages: readonly Passage[]): CheckedAnswer {
  const checker = new CitationChecker(passages);
  const pieces = [...checker.take(answer), ...checker.end()];
  return {
    text: pieces.map((piece) => ('text' in piece ? piece.text : '')).join(''),
    citations: pieces.flatMap((piece) => ('citation' in piece ? piece.citation : [])),
  };
}

/** The excerpt is what supports the claim that cites a passage first. */
function toCitation(passage: Passage, claim: string): CitationDocument {
  return {
    manual_id: passage.manualId,
    filename: passage.filename,
    page: passage.page,
    section: passage.section,
    excerpt: excerptOf(passage.text, claim),
    score: passage.score,
  };
}

/** The sentence that a marker at `offset` stands behind. */
function claimBefore(answer: string, offset: number): string {
  const before = answer.slice(0, offset).replace(MARKER, ' ').trimEnd();
  const body = before.replace(/[.!?]+$/, '');
  const start = Math.max(body.lastIndexOf('. '), body.lastIndexOf('! '), body.lastIndexOf('? '), body.lastIndexOf('\n'));
  return before.slice(start + 1).trim();
}
