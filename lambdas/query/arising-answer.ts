import type { Passage } from '../shared/manual-retriever.ts';
import { type CheckedPiece, CitationChecker } from './citations.ts';
import { NO_ANSWER } from './prompt.contract.ts';
import type { CitationDocument, CitationEvent, TokenEvent } from './query.contract.ts';

/**
 * An answer as a client may see it while it arises. Nothing is shown before the first passage is cited: until then it may still be no
 * answer from the manuals at all, and what was shown cannot be taken back. A model that cites behind each statement, as it is told to, is
 * held back for one sentence. Then text is shown as it comes.
 */
export class ArisingAnswer {
  readonly #checker: CitationChecker;
  /** Text that is not shown yet. */
  #held = '';
  #text = '';
  #withdrawn = false;
  #saidNothing = true;
  readonly #citations: CitationDocument[] = [];

  constructor(passages: readonly Passage[]) {
    this.#checker = new CitationChecker(passages);
  }

  /** All that was shown. */
  get text(): string {
    return this.#text;
  }

  get citations(): readonly CitationDocument[] {
    return this.#citations;
  }

  /** Whether the model has said nothing at all, not even that it has no answer. */
  get saidNothing(): boolean {
    return this.#saidNothing;
  }

  /** Whether the model has said that the passages hold no answer, wherever it did. That is never shown, nor is what comes after it. */
  get withdrawn(): boolean {
    return this.#withdrawn;
  }

  /** Takes more of what the model says, and gives what can be shown now. */
  *take(piece: string): Generator<TokenEvent | CitationEvent> {
    if (piece.trim() !== '') this.#saidNothing = false;
    for (const checked of this.#checker.take(piece)) yield* this.#show(checked);
  }

  /** Gives what is left once the model has ended. */
  *end(): Generator<TokenEvent | CitationEvent> {
    for (const checked of this.#checker.end()) yield* this.#show(checked);
    const isWithdrawalBegun = NO_ANSWER.startsWith(this.#held) && this.#held.includes('_');
    if (this.#citations.length > 0 && !this.#withdrawn && !isWithdrawalBegun) yield* this.#release(this.#held.length);
  }

  *#show(piece: CheckedPiece): Generator<TokenEvent | CitationEvent> {
    if (this.#withdrawn) return;
    if ('citation' in piece) {
      this.#citations.push(piece.citation);
      yield* this.#release(this.#held.length);
      yield { event: 'citation', data: piece.citation };
      return;
    }
    this.#held += piece.text;
    const withdrawal = this.#held.indexOf(NO_ANSWER);
    this.#withdrawn = withdrawal >= 0;
    const end = this.#withdrawn ? withdrawal : this.#held.length - withdrawalBegun(this.#held);
    if (this.#citations.length > 0) yield* this.#release(end);
  }

  *#release(characters: number): Generator<TokenEvent> {
    const text = this.#held.slice(0, characters);
    if (text === '') return;
    this.#held = this.#held.slice(characters);
    this.#text += text;
    yield { event: 'token', data: { text } };
  }
}

/** How many characters at a text's end may still become NO_ANSWER. */
function withdrawalBegun(text: string): number {
  for (let length = NO_ANSWER.length - 1; length > 0; length -= 1) if (text.endsWith(NO_ANSWER.slice(0, length))) return length;
  return 0;
}
