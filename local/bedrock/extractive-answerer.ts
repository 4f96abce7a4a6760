import { marker, NO_ANSWER, type Prompt } from '../../lambdas/query/prompt.contract.ts';
import { type Quotation, quotationsFrom } from './quotation.ts';
import { rarity } from './rarity.ts';
import { isErrorCode, isModelNumber, termsOf } from './terms.ts';

const MAX_SENTENCES = 3;
/**
 * The least that a sentence in its context must hold of a question to answer it: of its terms weighted by rarity, so that
 * everyday words do not make an answer, and of its terms as such, so that one rare word does not either.
 */
const MIN_WEIGHTED_SHARE = { atMost: 0.55, atLeast: 0.3, lessPerTerm: 0.05 };
const MIN_TERM_SHARE = { short: 0.6, long: 0.5 };
/** From so many terms on a question tells more than it asks: what the owner did, saw or owns. */
const LONG_QUESTION_TERMS = 6;
/** Up to so many terms each one counts fully. */
const TERSE_QUESTION_TERMS = 4;
/** What a term counts that the sentence itself does not hold, but its heading or the sentence before. */
const CONTEXT_SHARE = 0.7;
/** What a term counts that its passage holds somewhere else. */
const PASSAGE_SHARE = 0.4;
/** An error code is what the question is about, whatever else it says; a model number says more than a word. */
const ERROR_CODE_WEIGHT = 10;
const MODEL_NUMBER_WEIGHT = 2;
/** What a figure is worth where one is asked for. */
const FIGURE_BONUS = 0.1;
/** A sentence from elsewhere joins the answer when it holds so much of the question by itself, and no less than the best one. */
const MIN_FURTHER_SHARE = 0.7;
/** A question whose answer is a procedure, so that the sentences after the best one belong to it. */
const ASKS_FOR_STEPS = /\b(how (do|can|could|should|would|to)|what (should|do|can|must) (i|we|you)|what to do|steps?)\b/i;
const STEP = /^(\d{1,2}[.)]|[-*•–])\s/;
const ASKS_FOR_FIGURE = /\bhow (long|many|much|often|far|big|large|heavy|high|tall|wide|deep|hot|old|fast)\b/i;
const FIGURE =
  /\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|once|twice|hourly|daily|weekly|monthly|yearly)\b/i;

interface Judged {
  readonly quotation: Quotation;
  /** The share of the question, weighted by rarity, that it holds itself: 0 to 1. */
  readonly own: number;
  /** The same with its context, which counts less. */
  readonly inContext: number;
  /** The share of the question's terms that its passage holds, whatever their rarity. */
  readonly termShare: number;
  /** What the best sentence is chosen by. */
  readonly rank: number;
}

/**
 * Answers a question by quoting one to three sentences of the passages, each with its marker, or with NO_ANSWER when the
 * passages do not hold what is asked. It understands no meaning: a question has to be put in roughly the manual's
 * words. The same prompt always gets the same answer.
 */
export function answerExtractively({ question, passages }: Prompt): string {
  const terms = [...new Set(termsOf(question))];
  const judged = judge(terms, quotationsFrom(passages), ASKS_FOR_FIGURE.test(question));
  const least = leastShares(terms.length);
  const answering = judged.filter(({ inContext, termShare }) => inContext >= least.weighted && termShare >= least.terms);
  const [best] = [...answering].sort((a, b) => b.rank - a.rank);
  if (!best) return NO_ANSWER;
  const related = whatBelongsTo(best, judged, { code: terms.some(isErrorCode), steps: ASKS_FOR_STEPS.test(question) });
  const similar = answering
    .filter((other) => other !== best && !related.includes(other) && other.own >= Math.max(best.own, MIN_FURTHER_SHARE))
    .sort((a, b) => b.rank - a.rank);
  return readingOrder([best, ...related, ...similar].slice(0, MAX_SENTENCES).map(({ quotation }) => quotation))
    .map(({ text, passageNumber }) => `${text} ${marker(passageNumber)}`)
    .join(' ');
}

/** The longer a question, the more of it is told around what is asked, and the less of it an answer repeats. */
function leastShares(termCount: number): { readonly weighted: number; readonly terms: number } {
  const { atMost, atLeast, lessPerTerm } = MIN_WEIGHTED_SHARE;
  return {
    weighted: Math.max(atLeast, Math.min(atMost, atMost - lessPerTerm * (termCount - TERSE_QUESTION_TERMS))),
    terms: termCount < LONG_QUESTION_TERMS ? MIN_TERM_SHARE.short : MIN_TERM_SHARE.long,
  };
}

function judge(terms: readonly string[], quotations: readonly Quotation[], asksForFigure: boolean): Judged[] {
  const importance = (term: string) => (isErrorCode(term) ? ERROR_CODE_WEIGHT : isModelNumber(term) ? MODEL_NUMBER_WEIGHT : 1);
  const weights = new Map(terms.map((term) => [term, importance(term) * rarityAmong(quotations, term)]));
  const weigh = (some: readonly string[]) => sum(some, (term) => weights.get(term) ?? 0) / sum(terms, (term) => weights.get(term) ?? 0);
  const share = (some: readonly string[]) => sum(some, importance) / sum(terms, importance);
  return quotations.map((quotation) => {
    const held = terms.filter((term) => quotation.terms.has(term));
    const near = terms.filter((term) => !quotation.terms.has(term) && quotation.context.has(term));
    const elsewhere = terms.filter((term) => !held.includes(term) && !near.includes(term) && quotation.passageTerms.has(term));
    const own = weigh(held);
    const inContext = own + CONTEXT_SHARE * weigh(near) + PASSAGE_SHARE * weigh(elsewhere);
    const rank = inContext + (asksForFigure && FIGURE.test(quotation.text) ? FIGURE_BONUS : 0);
    return { quotation, own, inContext, termShare: share([...held, ...near, ...elsewhere]), rank };
  });
}

function rarityAmong(quotations: readonly Quotation[], term: string): number {
  return rarity(quotations.length, quotations.filter(({ terms }) => terms.has(term)).length);
}

function sum(terms: readonly string[], worth: (term: string) => number): number {
  return terms.reduce((total, term) => total + worth(term), 0);
}

/**
 * The sentences after the best one that belong to it: the rest of the paragraph that explains an error code, the steps
 * of a procedure, else what goes on about the question.
 */
function whatBelongsTo(best: Judged, judged: readonly Judged[], asksFor: { readonly code: boolean; readonly steps: boolean }): Judged[] {
  const following = followers(best, judged);
  const steps = following.filter(({ quotation }) => STEP.test(quotation.text));
  if (asksFor.steps && steps.length > 0) return steps;
  const end = following.findIndex(({ own, quotation }) => !quotation.continuesParagraph || (own === 0 && !asksFor.code && !asksFor.steps));
  return end < 0 ? following : following.slice(0, end);
}

/** The sentences right after one in its passage, up to the next heading. */
function followers(judgedOne: Judged, judged: readonly Judged[]): Judged[] {
  const { passageNumber, position } = judgedOne.quotation;
  const rest = judged.slice(judged.indexOf(judgedOne) + 1);
  const end = rest.findIndex(
    ({ quotation }, index) => quotation.passageNumber !== passageNumber || quotation.position !== position + 1 + index,
  );
  return end < 0 ? rest : rest.slice(0, end);
}

/** The passage of the best sentence first; within a passage as it is written. */
function readingOrder(chosen: readonly Quotation[]): Quotation[] {
  const passageOrder = [...new Set(chosen.map(({ passageNumber }) => passageNumber))];
  return [...chosen].sort(
    (a, b) => passageOrder.indexOf(a.passageNumber) - passageOrder.indexOf(b.passageNumber) || a.position - b.position,
  );
}
