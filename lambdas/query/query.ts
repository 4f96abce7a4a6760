import type { Caller } from '../shared/caller.ts';
import type { Passage, Search } from '../shared/manual-retriever.ts';
import { Problem } from '../shared/problem.ts';
import type { Reservation } from '../usage/reservation.ts';
import type { GeneratedAnswer } from './answer-generator.ts';
import { checkCitations } from './citations.ts';
import { chooseModels, type ModelChain } from './model-choice.ts';
import type { StageModels } from './models.contract.ts';
import { NO_ANSWER, type Prompt, withoutMarkers } from './prompt.contract.ts';
import { DEFAULT_MAX_RESULTS, type QueryDocument, type QueryRequest } from './query.contract.ts';

/** What answering needs of the world. */
export interface QueryPorts {
  readonly ledger: {
    reserve(caller: Caller, kind: 'query', units: number): Promise<Reservation>;
    settle(reservation: Reservation): Promise<void>;
    refund(reservation: Reservation): Promise<void>;
  };
  readonly retriever: { retrieve(caller: Caller, search: Search): Promise<Passage[]> };
  readonly models: StageModels;
  readonly generator: { generate(prompt: Prompt, chain: ModelChain, signal: AbortSignal): Promise<GeneratedAnswer> };
  readonly spend: {
    /** Throws when the stage's daily spend cap is known to be reached. */
    check(): void;
  };
  /** Told when a reservation could not be closed. It stays open and counted, and costs nobody the answer. */
  readonly onLedgerFailure: (error: unknown) => void;
}

const UNITS_PER_QUERY = 1;

/** What is said when the manuals do not hold the answer. */
export const REFUSAL = 'Your manuals do not answer this question.';

/**
 * Answers a question from the caller's own manuals: choose the model, reserve a unit, retrieve, generate, check the citations,
 * settle. Whatever fails before the model has answered gives the unit back.
 */
export async function answerQuestion(
  ports: QueryPorts,
  caller: Caller,
  request: QueryRequest,
  deadline: AbortSignal,
): Promise<QueryDocument> {
  const chain = chooseModels(ports.models, request.model_id);
  const reservation = await ports.ledger.reserve(caller, 'query', UNITS_PER_QUERY);
  let passages: Passage[];
  let generated: GeneratedAnswer;
  try {
    passages = await ports.retriever.retrieve(caller, {
      question: request.question,
      maxResults: request.max_results ?? DEFAULT_MAX_RESULTS,
      ...(request.manual_ids && { manualIds: request.manual_ids }),
      hiddenManualIds: reservation.hiddenManualIds,
      signal: deadline,
    });
    // By now the flag is known even to an environment that is answering its first question.
    ports.spend.check();
    generated = passages.length === 0 ? nothingFound(chain) : await ports.generator.generate(toPrompt(request, passages), chain, deadline);
  } catch (error) {
    await ports.ledger.refund(reservation).catch(ports.onLedgerFailure);
    throw error;
  }
  await ports.ledger.settle(reservation).catch(ports.onLedgerFailure);
  return { ...answerDocument(generated, passages), model_id: generated.modelId, usage: reservation.usage };
}

function toPrompt(request: QueryRequest, passages: readonly Passage[]): Prompt {
  return { question: request.question, passages: passages.map(({ text }, index) => ({ number: index + 1, text: withoutMarkers(text) })) };
}

/** What is said without asking the model that would have answered. */
function nothingFound([modelId]: ModelChain): GeneratedAnswer {
  return { text: NO_ANSWER, modelId, end: 'complete' };
}

/**
 * An answer that cites nothing it was given is not drawn from the manuals, and is replaced by the refusal; so is what a model said before
 * it refused.
 */
function answerDocument(
  generated: GeneratedAnswer,
  passages: readonly Passage[],
): Pick<QueryDocument, 'answer' | 'context_used' | 'citations'> {
  if (generated.end === 'cut_off' && generated.text === '') {
    throw new Problem('bad_upstream', 'The model came to no answer within its limit. Put the question more simply.');
  }
  if (generated.end === 'malformed') throw new Problem('bad_upstream', 'The model answered nonsense. Ask again.');
  const { text, citations } = checkCitations(generated.text, passages);
  const unanswered = generated.end === 'refused' || generated.text.includes(NO_ANSWER);
  if (unanswered || citations.length === 0) return { answer: REFUSAL, context_used: 0, citations: [] };
  return { answer: text, context_used: citations.length, citations };
}
