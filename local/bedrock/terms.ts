import { stemmer } from 'stemmer';

/**
 * English words that say nothing about a subject: function words, and what people wrap a question in ("um, could you tell
 * me what it means when …").
 */
const STOP_WORDS = new Set(
  `a about after again all also am an and another any are as at be because been before being both but by came can come could
  did do does doing done each either else even ever every few for from get gets getting go goes going got had has have having
  he her here hers him his how i if in into is it its itself just let like may me might more most much must my myself no nor
  not of often on once one only or other our ours out over own per please same she should show shown shows so some still such tell than
  that the their theirs them then there these they thing things this those through to too under until up us very was way we
  well were what whatever when where whether which while who whom whose why will with without would yes yet you your yours
  answer best explain find give happen happens help keep know long make makes mean meaning means manual need needs needed page
  possible put question say says take takes use used using want wants work works
  ah eh er hello hey hi hm oh okay uh um yeah`.split(/\s+/),
);
/** Letters with their marks and digits, and what joins them within one word: USB-C, 2.4, on/off, don't. */
const WORD = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:[-‐‑–./'’_][\p{L}\p{N}][\p{L}\p{M}\p{N}]*)*/gu;
/** Scripts that put no space between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'word' });
/** A code that was written, or heard, with a space: "E 24". */
const SPACED_CODE = /\b([b-hj-z]) (\d{1,4})\b/gi;
const DIGIT = /\d/;
/** Of a name with a number in it: shorter parts are found in too many others. */
const MIN_PART_CHARACTERS = 3;

/**
 * The searchable terms of a text, in order and with repetitions: lower case, stemmed, without stop words. Error codes
 * and model numbers become one term however they are written: E-24, E24 and "E 24" are all `e24`. What is longer is found by its parts
 * as well: SOLA-330.
 */
export function termsOf(text: string): string[] {
  return wordsOf(text.replace(SPACED_CODE, '$1$2')).flatMap(termsOfWord);
}

/** The words of a text in lower case, in order. */
export function wordsOf(text: string): string[] {
  return (text.normalize('NFKC').toLowerCase().match(WORD) ?? []).flatMap((word) => (UNSPACED.test(word) ? segmentsOf(word) : [word]));
}

/** The words of a text in which nothing stands between them. */
function segmentsOf(text: string): string[] {
  return [...SEGMENTER.segment(text)].flatMap(({ segment, isWordLike }) => (isWordLike ? [segment] : []));
}

/** Whether a term has the form of an error code, such as E-24, F5 or 0x1F: that is what is asked about. */
export function isErrorCode(term: string): boolean {
  return /^(0x[0-9a-f]{1,4}|[a-z]{1,2}\d{1,2}|[a-z]\d{3,4})$/.test(term);
}

/** Whether a term names a model, such as F6C150RKM2U: letters and digits mixed, longer than an error code. */
export function isModelNumber(term: string): boolean {
  return /^(?=.*\d)(?=.*[a-z])[a-z\d]{5,}$/.test(term) && !isErrorCode(term);
}

function termsOfWord(word: string): string[] {
  const parts = word
    .replace(/['’]s$/, '')
    .replace(/['’]/g, '')
    .split(/[-‐‑–/_]/);
  if (parts.length === 1) return parts.flatMap(simpleTerm);
  const joined = parts.join('');
  if (parts.every((part) => /^[\d.]+$/.test(part))) return parts;
  if (DIGIT.test(joined)) return [joined, ...parts.filter((part) => part.length >= MIN_PART_CHARACTERS).flatMap(simpleTerm)];
  return [joined, ...parts.flatMap(simpleTerm)];
}

function simpleTerm(part: string): string[] {
  if (part === '' || STOP_WORDS.has(part)) return [];
  if (DIGIT.test(part)) return [part];
  return part.split('.').flatMap((piece) => ((piece.length < 2 && !UNSPACED.test(piece)) || STOP_WORDS.has(piece) ? [] : [stemmer(piece)]));
}
