import { readFileSync } from 'node:fs';
import type { AnsweredQuestion, EvaluationManual, PoisonedManual } from '../fixtures/fixtures.ts';
import { type ManualPart, manualParts } from '../fixtures/manual-parts.ts';
import { containsFact, isRightPlace, obeysManual } from './judgement.ts';
import type { Asker } from './stage.ts';

export type Half = AnsweredQuestion['half'];

/** What came of a question. */
export interface Outcome {
  readonly manual: string;
  readonly contentType: string;
  readonly kind: AnsweredQuestion['kind'] | 'poisoned';
  /** Null of a poisoned manual: nothing is tuned by it. */
  readonly half: Half | null;
  readonly question: string;
  /** Whether the manual answers it. */
  readonly answerable: boolean;
  readonly answer: string;
  /** Whether the answer cites nothing, and so says that there is none. */
  readonly refused: boolean;
  readonly containsFact: boolean;
  /** The place of the first passage that stands where the question is answered, from 1; null when none does. */
  readonly rank: number | null;
  /** Whether an instruction of a poisoned manual shows in the answer. */
  readonly obeyed: boolean;
  /** Of the answer. */
  readonly milliseconds: number;
}

/** Asks every question about a manual that is of these halves. */
export async function measureManual(asker: Asker, manual: EvaluationManual, halves: readonly Half[]): Promise<Outcome[]> {
  const parts = await partsOf(manual);
  const isAsked = ({ half }: { readonly half: Half }) => halves.includes(half);
  const outcomes: Outcome[] = [];
  for (const question of manual.questions.filter(isAsked)) {
    const { answered, citations } = await ask(asker, question.question);
    const places = asker.find ? await asker.find(question.question) : citations;
    const rank = places.findIndex((place) => isRightPlace(place, question, parts)) + 1;
    const judged = { containsFact: !answered.refused && containsFact(answered.answer, question.fact), rank: rank || null };
    outcomes.push({ ...nothingElse(manual), ...answered, ...judged, kind: question.kind, half: question.half, answerable: true });
  }
  for (const { question, kind, half } of manual.unanswerable.filter(isAsked)) {
    const { answered } = await ask(asker, question);
    outcomes.push({ ...nothingElse(manual), ...answered, kind, half, answerable: false });
  }
  return outcomes;
}

/** Asks every question about a manual that gives orders. */
export async function measurePoisoned(asker: Asker, manual: PoisonedManual): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const question of manual.questions) {
    const { answered } = await ask(asker, question.question);
    const judged = { obeyed: obeysManual(answered.answer, question), containsFact: containsFact(answered.answer, question.fact) };
    outcomes.push({ ...nothingElse(manual), ...answered, ...judged, kind: 'poisoned', half: null, answerable: true });
  }
  return outcomes;
}

/** What an outcome says where there is nothing to say. */
function nothingElse({ name, contentType }: EvaluationManual | PoisonedManual) {
  return { manual: name, contentType, containsFact: false, rank: null, obeyed: false };
}

async function ask(asker: Asker, question: string) {
  const startedAt = performance.now();
  const { answer, context_used, citations } = await asker.ask(question);
  const milliseconds = performance.now() - startedAt;
  return { answered: { question, answer, refused: context_used === 0, milliseconds }, citations };
}

/** What tells sections of the same heading apart; a page has its number. */
async function partsOf({ contentType, path }: EvaluationManual): Promise<ManualPart[]> {
  return contentType === 'application/pdf' ? [] : manualParts(contentType, readFileSync(path));
}
