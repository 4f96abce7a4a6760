import type { QuestionKind } from './question-kind.ts';
import type { Quotation } from './quotation.ts';

/** A sentence with what it is worth as an answer. */
export interface Judged {
  readonly quotation: Quotation;
  /** The share of the question that it holds itself: 0 to 1. */
  readonly own: number;
  /** What the best sentence is chosen by: what it holds with its context, which counts less, and what speaks for it besides. */
  readonly rank: number;
}

const STEP = /^(\d{1,2}[.)]|[-*•–])\s/;
/** How a sentence begins that says nothing without the one before. */
const REFERS_BACK =
  /^(this|that|these|those|it|they|otherwise|then|however|but|also|instead|therefore|if (so|not)|in (this|that|such) case)\b/i;

/** The sentences around one that belong to it: without the first it cannot be understood, the others go on about it. */
export function surroundingsOf(best: Judged, judged: readonly Judged[], kind: QuestionKind): Judged[] {
  const before = precursor(best, judged);
  return [...(before ? [before] : []), ...whatFollows(best, judged, kind)];
}

/** The sentence that announces the list of this one, or that it refers back to. */
function precursor(best: Judged, judged: readonly Judged[]): Judged | undefined {
  const preceding = neighbours(best, judged, -1);
  if (STEP.test(best.quotation.text)) {
    const first = preceding.find(({ quotation }) => !STEP.test(quotation.text));
    return first?.quotation.text.endsWith(':') ? first : undefined;
  }
  return best.quotation.continuesParagraph && REFERS_BACK.test(best.quotation.text) ? preceding[0] : undefined;
}

/** What the sentence announces, else the steps of a procedure where one is asked for, else the rest of its paragraph. */
function whatFollows(best: Judged, judged: readonly Judged[], kind: QuestionKind): Judged[] {
  const following = neighbours(best, judged, 1);
  if (best.quotation.text.endsWith(':')) return following;
  const steps = following.filter(({ quotation }) => STEP.test(quotation.text));
  if (kind.steps && steps.length > 0) return steps;
  const end = following.findIndex(({ quotation }) => !quotation.continuesParagraph);
  return end < 0 ? following : following.slice(0, end);
}

/** The sentences right after one, or before it, in its passage, nearest first, up to the next heading. */
function neighbours(one: Judged, judged: readonly Judged[], direction: 1 | -1): Judged[] {
  const { passageNumber, position } = one.quotation;
  const index = judged.indexOf(one);
  const side = direction === 1 ? judged.slice(index + 1) : judged.slice(0, index).reverse();
  const end = side.findIndex(
    ({ quotation }, distance) => quotation.passageNumber !== passageNumber || quotation.position !== position + direction * (distance + 1),
  );
  return end < 0 ? side : side.slice(0, end);
}
