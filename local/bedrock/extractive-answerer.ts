import { marker, NO_ANSWER, type Prompt } from '../../lambdas/query/prompt.contract.ts';
import { isOfKind, kindOf, type QuestionKind } from './question-kind.ts';
import { closeness, isHeld, type QuestionTerm, questionTerms } from './question-terms.ts';
import { type Quotation, quotationsFrom } from './quotation.ts';
import { rarity } from './rarity.ts';
import { type Judged, surroundingsOf } from './surroundings.ts';
import { isErrorCode, isModelNumber } from './terms.ts';
import { specificity } from './word-vectors/word-vectors.ts';

const MAX_SENTENCES = 3;
/**
 * The least share of a question that one passage must say to answer it; less of a long one, which tells more than it asks: what the
 * owner did, saw or owns.
 */
const MIN_SHARE = { short: 0.46, long: 0.32 };
const LONG_QUESTION_TERMS = 6;
/** One word in common is a coincidence. */
const MIN_TERMS = 2;
/** What is taken off that share for the term that the passages are furthest from: whoever asks for a torque wants to read of a torque. */
const FURTHEST_WEIGHT = 0.4;
/** How much a word says is known of English; of another script's words it is not, nor which are the small ones, such as "when". */
const LATIN = /[\p{Script=Latin}\p{N}]/u;
/** What a term counts that the sentence itself does not hold, but its heading or the sentence before. */
const CONTEXT_SHARE = 0.7;
/** What a term counts that its passage holds somewhere else. */
const PASSAGE_SHARE = 0.4;
/** An error code is what the question is about, whatever else it says; a model number says more than a word. */
const ERROR_CODE_WEIGHT = 10;
const MODEL_NUMBER_WEIGHT = 2;
/** What it is worth to have the form of what is asked for, such as a figure. */
const KIND_BONUS = 0.1;
/** What the passage that fits best is worth, the second half as much, and so on: whoever searched knew more than these passages. */
const FIRST_PASSAGE_BONUS = 0.1;
/** A sentence from elsewhere joins the answer when it holds so much of the question by itself, and no less than the best one. */
const MIN_FURTHER_SHARE = 0.7;
/** A term of the question with what it weighs among the others. */
interface WeighedTerm extends QuestionTerm {
  /** As how many terms it counts. */
  readonly importance: number;
  /** The share of the question that it is: by how much it says among the sentences of the passages. */
  readonly weight: number;
  /** The same by how much it says in English. */
  readonly meaning: number;
}

/**
 * Answers a question by quoting one to three sentences of the passages, each with its marker, or with NO_ANSWER when the
 * passages do not hold what is asked. It understands no meaning: a question has to be put in roughly the manual's
 * words. The same prompt always gets the same answer.
 */
export function answerExtractively({ question, passages }: Prompt): string {
  const quotations = quotationsFrom(passages);
  const kind = kindOf(question);
  const importanceOf = ({ term }: QuestionTerm) =>
    kind.code && isErrorCode(term) ? ERROR_CODE_WEIGHT : isModelNumber(term) ? MODEL_NUMBER_WEIGHT : 1;
  const held = new Set(quotations.flatMap(({ passageTerms }) => [...passageTerms]));
  const asked = questionTerms(question, (term) => held.has(term));
  const terms = weigh(asked, importanceOf, quotations);
  const judged = judge(terms, quotations, kind);
  const [best] = [...judged].sort((a, b) => b.rank - a.rank);
  if (!best || !isAnswered(terms, quotations, held)) return NO_ANSWER;
  const related = surroundingsOf(best, judged, kind);
  const similar = judged
    .filter((other) => other !== best && !related.includes(other) && other.own >= Math.max(best.own, MIN_FURTHER_SHARE))
    .sort((a, b) => b.rank - a.rank);
  return readingOrder([best, ...related, ...similar].slice(0, MAX_SENTENCES).map(({ quotation }) => quotation))
    .map(({ text, passageNumber }) => `${text} ${marker(passageNumber)}`)
    .join(' ');
}

/** Whether a passage says what is asked. */
function isAnswered(terms: readonly WeighedTerm[], quotations: readonly Quotation[], held: ReadonlySet<string>): boolean {
  const leastTerms = Math.min(MIN_TERMS, terms.length);
  const shares = [...new Set(quotations.map(({ passageTerms }) => passageTerms))]
    .filter((passage) => sum(terms, (term) => (isHeld(term, passage) ? term.importance : 0)) >= leastTerms)
    .map((passage) => sum(terms, (term) => term.meaning * closeness(term, passage)));
  const known = terms.filter(({ word }) => LATIN.test(word));
  const furthest = Math.max(0, ...known.map((term) => (1 - closeness(term, held)) * specificity(term.word)));
  const least = terms.length < LONG_QUESTION_TERMS ? MIN_SHARE.short : MIN_SHARE.long;
  return Math.max(0, ...shares) - FURTHEST_WEIGHT * furthest >= least;
}

function weigh(
  terms: readonly QuestionTerm[],
  importanceOf: (term: QuestionTerm) => number,
  quotations: readonly Quotation[],
): WeighedTerm[] {
  const holding = (term: QuestionTerm) => quotations.filter((quotation) => isHeld(term, quotation.terms)).length;
  const weightOf = (term: QuestionTerm) => importanceOf(term) * rarity(quotations.length, holding(term));
  const meaningOf = (term: QuestionTerm) => importanceOf(term) * specificity(term.word);
  const [totalWeight, totalMeaning] = [sum(terms, weightOf), sum(terms, meaningOf)];
  return terms.map((term) => ({
    ...term,
    importance: importanceOf(term),
    weight: weightOf(term) / totalWeight,
    meaning: meaningOf(term) / totalMeaning,
  }));
}

function judge(terms: readonly WeighedTerm[], quotations: readonly Quotation[], kind: QuestionKind): Judged[] {
  const asked = new Set(terms.map(({ term }) => term));
  return quotations.map((quotation) => {
    const own = sum(terms, (term) => (isHeld(term, quotation.terms) ? term.weight : 0));
    const inContext = sum(terms, (term) => term.weight * shareIn(quotation, term));
    const ofKind = isOfKind(quotation.text, kind, asked) ? KIND_BONUS : 0;
    return { quotation, own, rank: inContext + ofKind + FIRST_PASSAGE_BONUS / quotation.passageNumber };
  });
}

/** What a term counts for a sentence, by where it stands. */
function shareIn({ terms, context, passageTerms }: Quotation, term: QuestionTerm): number {
  if (isHeld(term, terms)) return 1;
  if (isHeld(term, context)) return CONTEXT_SHARE;
  return isHeld(term, passageTerms) ? PASSAGE_SHARE : 0;
}

function sum<Item>(items: readonly Item[], worth: (item: Item) => number): number {
  return items.reduce((total, item) => total + worth(item), 0);
}

/** The passage of the best sentence first; within a passage as it is written. */
function readingOrder(chosen: readonly Quotation[]): Quotation[] {
  const passageOrder = [...new Set(chosen.map(({ passageNumber }) => passageNumber))];
  return [...chosen].sort(
    (a, b) => passageOrder.indexOf(a.passageNumber) - passageOrder.indexOf(b.passageNumber) || a.position - b.position,
  );
}
