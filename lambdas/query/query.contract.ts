import * as z from 'zod/mini';
import { apiEnvironment, type FunctionContract, positiveInteger, text } from '../shared/function.contract.ts';
import { MAX_QUESTION_CHARACTERS, retrievalEnvironment } from '../shared/retrieval.contract.ts';
import { spendGateEnvironment } from '../spend/spend.contract.ts';
import { meterEnvironment, type UsageDocument } from '../usage/usage.contract.ts';

export const QueryRequest = z.strictObject({
  question: z.string().check(z.trim(), z.minLength(1), z.maxLength(MAX_QUESTION_CHARACTERS)),
  manual_ids: z.optional(z.array(z.string().check(z.minLength(1), z.maxLength(64))).check(z.minLength(1), z.maxLength(50))),
  max_results: z.optional(z.int().check(z.minimum(1), z.maximum(20))),
});
export type QueryRequest = z.output<typeof QueryRequest>;

export const DEFAULT_MAX_RESULTS = 5;

/** Emitted once per answer, with the dimensions `service`, `Model` and `Operation`. */
export const BEDROCK_TOKENS = 'BedrockTokens';

/** Where an answer comes from. `excerpt` is a verbatim part of a page that the caller owns. */
export interface CitationDocument {
  readonly manual_id: string;
  readonly filename: string;
  readonly page: number | null;
  readonly section: string | null;
  readonly excerpt: string;
  readonly score: number;
}

export interface QueryDocument {
  readonly answer: string;
  /** Distinct passages that the answer cites. */
  readonly context_used: number;
  readonly citations: readonly CitationDocument[];
  readonly model_id: string;
  readonly usage: UsageDocument;
}

export const queryContract = {
  name: 'query',
  entry: 'query/query',
  environment: {
    ...apiEnvironment,
    ...meterEnvironment,
    ...retrievalEnvironment,
    ...spendGateEnvironment,
    MODEL_ID: text(),
    MODEL_EFFORT: z.enum(['low', 'medium', 'high']),
    MAX_ANSWER_TOKENS: positiveInteger(),
  },
  routes: {
    ask: { method: 'POST', path: '/api/query', access: 'user', body: QueryRequest },
  },
} as const satisfies FunctionContract;
