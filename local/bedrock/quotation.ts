import { MARKER, type NumberedPassage } from '../../lambdas/query/prompt.contract.ts';
import { collapseWhitespace, splitSentences } from './sentences.ts';
import { termsOf } from './terms.ts';

/** A sentence of a passage that an answer may quote. */
export interface Quotation {
  readonly passageNumber: number;
  /** Its place among the sentences of its passage, headings included. */
  readonly position: number;
  /** Verbatim, on one line. */
  readonly text: string;
  readonly terms: ReadonlySet<string>;
  /** What the heading above and the sentence before say: it tells what the sentence is about. */
  readonly context: ReadonlySet<string>;
  /** What its whole passage says: it often names the product, where the sentence speaks of a part. */
  readonly passageTerms: ReadonlySet<string>;
  /** Whether it goes on in the paragraph of the sentence before. */
  readonly continuesParagraph: boolean;
}

const MAX_HEADING_WORDS = 10;
/** Scripts whose sentences end without a stop, so that none can be told from a heading. */
const WITHOUT_STOPS = /[\p{Script=Thai}\p{Script=Lao}]/u;
const PARAGRAPH = /[^\n]+(?:\n[^\n]+)*/g;
/** By these a paragraph speaks to a model that reads the manual, not to the owner: nobody asked for it, and it is no answer. */
const SPEAKS_TO_A_MODEL =
  /\bignore\s+(all\s+|the\s+)*(previous|prior|above|earlier)\s+instructions\b|\bsystem\s+prompt\b|^\W*(system|assistant)\s*[:,]|\bassistants?:|\b(AI|the)\s+assistants?\b|\bassistants\s+(must|should)\b|<\/?passage\b/im;

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The sentences of the passages that can stand in an answer, in order, each once: chunks overlap. Headings and questions
 * are only context, what speaks to a model is none of the manual's business, and a sentence that holds something like a
 * citation marker cannot be quoted without being taken for one.
 */
export function quotationsFrom(passages: readonly NumberedPassage[]): Quotation[] {
  const seen = new Set<string>();
  return passages.flatMap(quotationsOf).filter(({ text }) => {
    const repeated = seen.has(text);
    seen.add(text);
    return !repeated;
  });
}

function quotationsOf({ number, text: passageText }: NumberedPassage): Quotation[] {
  const quotations: Quotation[] = [];
  const passageTerms = new Set(termsOf(passageText));
  const orders = ordersIn(passageText);
  let heading: readonly string[] = [];
  let previous: readonly string[] = [];
  let isAnnounced = false;
  splitSentences(passageText).forEach(({ start, end, startsBlock, isListItem }, position) => {
    const text = collapseWhitespace(passageText.slice(start, end));
    const terms = termsOf(text);
    const standsAlone = startsBlock && !isListItem && !isAnnounced;
    isAnnounced = text.endsWith(':');
    if (standsAlone && isHeading(text)) {
      heading = terms;
      previous = [];
      return;
    }
    if (!/\p{L}/u.test(text) || text.search(MARKER) >= 0 || orders.some((order) => order.start <= start && end <= order.end)) return;
    if (!/[?？؟]$/u.test(text)) {
      const context = new Set([...heading, ...previous]);
      const place = { passageNumber: number, position, continuesParagraph: !startsBlock };
      quotations.push({ ...place, text, terms: new Set(terms), context, passageTerms });
    }
    previous = terms;
  });
  return quotations;
}

/** A short line without punctuation or figures, but for a number in front: "3.2 Descaling". */
function isHeading(text: string): boolean {
  const title = text.replace(/^\d+(\.\d+)*\s+/, '');
  return !WITHOUT_STOPS.test(title) && !/[.!?:;,。．！？：；、،؛؟۔।]$|: |\d/u.test(title) && title.split(' ').length <= MAX_HEADING_WORDS;
}

/** The paragraphs that speak to a model. */
function ordersIn(text: string): Span[] {
  const paragraphs = [...text.matchAll(PARAGRAPH)].filter(([paragraph]) => SPEAKS_TO_A_MODEL.test(paragraph));
  return paragraphs.map(({ 0: paragraph, index }) => ({ start: index, end: index + paragraph.length }));
}
