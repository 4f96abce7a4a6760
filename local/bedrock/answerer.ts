import { parsePrompt } from '../../lambdas/query/prompt.contract.ts';
import type { ConverseRequest } from './converse-request.ts';
import { answerExtractively } from './extractive-answerer.ts';
import { invalid } from './request.ts';
import { CHARACTERS_PER_TOKEN, estimateTokens } from './tokens.ts';

/** What an answerer says next. The end comes once, and last. */
export type AnswerPart =
  | { readonly kind: 'text' | 'reasoning'; readonly text: string }
  | {
      readonly kind: 'end';
      /** In Converse's words. */
      readonly stopReason: string;
      /** What it says that it has read and written; estimated where it says nothing. */
      readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
    };

/** Whoever answers on this machine, in the place of every model. */
export interface Answerer {
  /** Told where AWS tells which model a prompt router chose. */
  readonly name: string;
  /** Passes on each part as it arises. Throws AwsError when there is no answer to be had. */
  answer(request: ConverseRequest): AsyncIterable<AnswerPart>;
}

/** A part carries about this many words. */
const WORDS_PER_PART = 4;

/** Answers by quoting the passages of the prompt, without a model. */
export class ExtractiveAnswerer implements Answerer {
  readonly name = 'local.extractive';

  async *answer({ message, maxTokens }: ConverseRequest): AsyncGenerator<AnswerPart> {
    const prompt = parsePrompt(message);
    if (!prompt) {
      throw invalid(
        'The local answerer quotes passages, and the last user message holds no question and passages in the form of renderPrompt.',
      );
    }
    const whole = answerExtractively(prompt);
    const said = truncate(whole, maxTokens);
    for (const text of said.match(new RegExp(`(\\S+\\s*){1,${WORDS_PER_PART}}`, 'g')) ?? []) yield { kind: 'text', text };
    yield { kind: 'end', stopReason: said === whole ? 'end_turn' : 'max_tokens' };
  }
}

/** Cuts a text to a number of tokens, in the middle of a sentence as a model would stop. */
function truncate(text: string, maxTokens: number): string {
  return estimateTokens(text) <= maxTokens ? text : text.slice(0, Math.floor(maxTokens * CHARACTERS_PER_TOKEN));
}
