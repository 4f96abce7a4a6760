/**
 * How a question and its numbered passages are put to a model, and how the model points back at them. The local
 * runtime's extractive answerer reads the same grammar that the function writes.
 */

/** What the model answers, and nothing else, when the passages do not hold the answer. */
export const NO_ANSWER = 'NO_ANSWER';

/**
 * A citation marker between the model and us, such as `[[2]]`; the group is the passage's number. Manuals are full of
 * `[2]`, which names a button or a footnote, so the client's markers are written only once ours are checked.
 */
export const MARKER = /\[\[(\d{1,2})\]\]/g;

/** The marker of a passage. */
export const marker = (passageNumber: number): string => `[[${passageNumber}]]`;

/** A text without anything that could pass for a marker. */
export function withoutMarkers(text: string): string {
  return text.replace(/\[{2,}(\d{1,2})\]{2,}/g, '[$1]');
}

export interface NumberedPassage {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
}

export interface Prompt {
  readonly question: string;
  readonly passages: readonly NumberedPassage[];
}

/** The user message: every passage in its own element, then the question. Text is escaped, so that none can end its element. */
export function renderPrompt({ question, passages }: Prompt): string {
  const elements = passages.map(({ number, text }) => `<passage number="${number}">\n${escapeText(text)}\n</passage>`);
  return [...elements, `<question>\n${escapeText(question)}\n</question>`].join('\n');
}

/** Reads what `renderPrompt` wrote; undefined when the text is not of that form. */
export function parsePrompt(text: string): Prompt | undefined {
  const question = /<question>\n([\s\S]*?)\n<\/question>/.exec(text)?.[1];
  if (question === undefined) return undefined;
  const passages = [...text.matchAll(/<passage number="(\d+)">\n([\s\S]*?)\n<\/passage>/g)].map(([, number, passage]) => ({
    number: Number(number),
    text: unescapeText(passage ?? ''),
  }));
  return { question: unescapeText(question), passages };
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescapeText(text: string): string {
  return text.replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&');
}
