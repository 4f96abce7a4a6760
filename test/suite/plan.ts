import { dollarsFor, TEXT_MODELS, type TextModelName } from '../../lambdas/query/models.contract.ts';
import { stageConfig } from '../../lib/stages.ts';
import type { Load } from './target.ts';

export const SUITES = ['smoke', 'auth', 'api', 'security', 'e2e', 'performance'] as const;
export type Suite = (typeof SUITES)[number];

/** Tokens of five passages with the words around them, and of a long answer. */
const TOKENS_PER_QUESTION = { inputTokens: 2500, outputTokens: 800 };

/** How many questions a suite asks at most as any one user. A test holds the suites to it. */
export function plannedQuestions(suite: Suite, { ask, load }: { readonly ask: boolean; readonly load: Load }): number {
  const { questions, parallel } = load;
  return { smoke: ask ? 1 : 0, auth: 0, api: 5, security: 14, e2e: 4, performance: 2 * questions + parallel * questions }[suite];
}

/** About what so many answers cost, by who gives them: the models that the stages name as theirs. */
export function costSentence(questions: number): string {
  const names = new Set<TextModelName>([stageConfig('prod').models.default, stageConfig('preview').models.default]);
  const costs = [...names].map((name) => `$${(questions * dollarsFor(TEXT_MODELS[name], TOKENS_PER_QUESTION)).toFixed(3)} by ${name}`);
  return `about ${costs.join(', ')}`;
}
