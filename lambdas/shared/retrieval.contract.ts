import { text } from './function.contract.ts';
import type { MetricsContract } from './metrics.contract.ts';

/** What a function needs to retrieve; `KnowledgeBase.grantRetrieve` provides it together with the permission. */
export const retrievalEnvironment = { KNOWLEDGE_BASE_ID: text() } as const;

/** The longest question that Retrieve takes, in characters (a service quota: https://docs.aws.amazon.com/general/latest/gr/bedrock.html). */
export const MAX_QUESTION_CHARACTERS = 1000;

/** Two UTF-16 units that make up one character. */
const SURROGATE_PAIR = /[\uD800-\uDBFF][\uDC00-\uDFFF]/g;

/**
 * Whether a text has the length of a question. AWS's models count a string's length in Unicode scalar values
 * (https://smithy.io/2.0/spec/constraint-traits.html#length-trait): an emoji is one character or several, as many as it is composed of,
 * and so is a letter with combining marks. A lone surrogate counts too, since it is sent as a replacement character.
 */
export function isQuestion(text: string): boolean {
  if (text.length > 2 * MAX_QUESTION_CHARACTERS) return false;
  const characters = text.length - (text.match(SURROGATE_PAIR)?.length ?? 0);
  return characters >= 1 && characters <= MAX_QUESTION_CHARACTERS;
}

/** Emitted once per search. */
export const RETRIEVAL_METRICS = {
  results: { name: 'KnowledgeBaseResults', unit: 'Count', dimensions: [], meaning: 'Passages that a search returned' },
} as const satisfies MetricsContract;

/** The kind of security event that a passage of another owner is, which came back all the same and was dropped. */
export const FOREIGN_PASSAGE = 'ForeignPassage';
