import type { Caller } from '../shared/caller.ts';
import { type AnswerInEvents, UNDER_WAY } from '../shared/event-stream.ts';
import type { Admission } from '../shared/guard/admission.ts';
import type { Passage, Search } from '../shared/manual-retriever.ts';
import { Problem } from '../shared/problem.ts';
import type { Reservation, ReserveOptions } from '../usage/reservation.ts';
import type { AnswerEnding } from './answer-generator.ts';
import { ArisingAnswer } from './arising-answer.ts';
import { chooseModels, type ModelChain } from './model-choice.ts';
import type { StageModels } from './models.contract.ts';
import { NO_ANSWER, type Prompt, withoutMarkers } from './prompt.contract.ts';
import { DEFAULT_MAX_RESULTS, type QueryDocument, type QueryEvent, type QueryRequest } from './query.contract.ts';

/** What answering needs of the world. */
export interface QueryPorts {
  readonly ledger: {
    reserve(caller: Caller, kind: 'query', units: number, options: ReserveOptions): Promise<Reservation>;
    settle(reservation: Reservation): Promise<void>;
    refund(reservation: Reservation): Promise<void>;
  };
  readonly retriever: { retrieve(caller: Caller, search: Search): Promise<Passage[]> };
  readonly models: StageModels;
  readonly generator: { generate(prompt: Prompt, chain: ModelChain, signal: AbortSignal): AsyncGenerator<string, AnswerEnding> };
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
 * Answers a question from the caller's own manuals: choose the model, reserve a unit, retrieve, generate while the citations are checked,
 * settle. Tells the answer as it arises, and gives the whole of it in the end. Whatever fails before the model has begun gives the unit
 * back; from its first token on the answer is paid for, and settled beside it, so that a function that dies later has charged it.
 */
export async function* answerQuestion(
  ports: QueryPorts,
  caller: Caller,
  request: QueryRequest,
  { admission, deadline }: { readonly admission: Pick<Admission, 'byReservation' | 'granted'>; readonly deadline: AbortSignal },
): AnswerInEvents<QueryEvent, QueryDocument> {
  const chain = chooseModels(ports.models, request.model_id);
  const reservation = await ports.ledger.reserve(caller, 'query', UNITS_PER_QUERY, admission.byReservation());
  let settled: Promise<void> | undefined;
  try {
    const passages = await ports.retriever.retrieve(caller, {
      question: request.question,
      maxResults: request.max_results ?? DEFAULT_MAX_RESULTS,
      ...(request.manual_ids && { manualIds: request.manual_ids }),
      hiddenManualIds: reservation.hiddenManualIds,
      signal: deadline,
    });
    // Its network was counted meanwhile.
    await admission.granted();
    // By now the flag is known even to an environment that is answering its first question.
    ports.spend.check();
    const answer = new ArisingAnswer(passages);
    const generated = passages.length === 0 ? nothingFound(chain) : ports.generator.generate(toPrompt(request, passages), chain, deadline);
    let next = await generated.next();
    settled = ports.ledger.settle(reservation).catch(ports.onLedgerFailure);
    yield UNDER_WAY;
    for (; !next.done; next = await generated.next()) yield* answer.take(next.value);
    yield* answer.end();
    const { modelId, end } = next.value;
    const said = yield* conclude(answer, end);
    await settled;
    const ending = { context_used: said.citations.length, model_id: modelId, usage: reservation.usage };
    yield { event: 'done', data: ending };
    return { ...said, ...ending };
  } catch (error) {
    if (!settled) await ports.ledger.refund(reservation).catch(ports.onLedgerFailure);
    throw error;
  } finally {
    await settled;
  }
}

function toPrompt(request: QueryRequest, passages: readonly Passage[]): Prompt {
  return { question: request.question, passages: passages.map(({ text }, index) => ({ number: index + 1, text: withoutMarkers(text) })) };
}

/** What is said without asking the model that would have answered. */
async function* nothingFound([modelId]: ModelChain): AsyncGenerator<string, AnswerEnding> {
  yield NO_ANSWER;
  return { modelId, end: 'complete' };
}

/**
 * What the answer came to. One that cites nothing it was given is not drawn from the manuals, and is replaced by the refusal; so is what a
 * model said before it refused. Of the latter some may have been shown, which is then taken back by a Problem.
 */
async function* conclude(
  answer: ArisingAnswer,
  end: AnswerEnding['end'],
): AsyncGenerator<QueryEvent | Problem, Pick<QueryDocument, 'answer' | 'citations'>> {
  if (end === 'cut_off' && answer.saidNothing) {
    throw new Problem('bad_upstream', 'The model came to no answer within its limit. Put the question more simply.');
  }
  if (end === 'malformed') throw new Problem('bad_upstream', 'The model answered nonsense. Ask again.');
  if (answer.citations.length > 0 && end !== 'refused' && !answer.withdrawn) return { answer: answer.text, citations: answer.citations };
  if (answer.citations.length > 0) yield new Problem('bad_upstream', 'The model has taken its answer back. Put the question differently.');
  else yield { event: 'token', data: { text: REFUSAL } };
  return { answer: REFUSAL, citations: [] };
}
