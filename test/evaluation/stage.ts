import type { QueryDocument } from '../../lambdas/query/query.contract.ts';
import type { EvaluationManual, PoisonedManual } from '../fixtures/fixtures.ts';
import type { Place } from './judgement.ts';

/** What the hit rates count: the passages that are found, or only those that an answer cites. */
export type HitSource = 'passages' | 'citations';

/** Somebody who owns one manual. */
export interface Asker {
  ask(question: string): Promise<QueryDocument>;
  /** The passages that an answer is drawn from, best first. Absent where they cannot be seen. */
  find?(question: string): Promise<readonly Place[]>;
}

/** Where questions are asked. */
export interface Stage {
  readonly hits: HitSource;
  /** Makes somebody own this manual, and no other one be asked. Resolves once it is searchable. */
  own(manual: EvaluationManual | PoisonedManual): Promise<Asker>;
  close(): Promise<void>;
}
