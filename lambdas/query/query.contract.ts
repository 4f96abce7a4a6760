import * as z from 'zod/mini';
import { type FunctionContract, positiveInteger } from '../shared/function.contract.ts';
import { guardedApiEnvironment } from '../shared/guard/guard.contract.ts';
import type { MetricsContract } from '../shared/metrics.contract.ts';
import { isQuestion, MAX_QUESTION_CHARACTERS, retrievalEnvironment } from '../shared/retrieval.contract.ts';
import { spendGateEnvironment } from '../spend/spend.contract.ts';
import { meterEnvironment, type UsageDocument } from '../usage/usage.contract.ts';
import { TEXT_MODEL_NAMES } from './models.contract.ts';

export const QueryRequest = z.strictObject({
  question: z.string().check(z.trim(), z.refine(isQuestion, `must have 1 to ${MAX_QUESTION_CHARACTERS} characters`)),
  manual_ids: z.optional(z.array(z.string().check(z.minLength(1), z.maxLength(64))).check(z.minLength(1), z.maxLength(50))),
  max_results: z.optional(z.int().check(z.minimum(1), z.maximum(20))),
  /** One of the stage's allowed models, by its name in the catalogue. The stage's fallback chain answers when it cannot. */
  model_id: z.optional(z.string()),
});
export type QueryRequest = z.output<typeof QueryRequest>;

export const DEFAULT_MAX_RESULTS = 5;

export const QUERY_METRICS = {
  /** Emitted once per answer, as are its tokens: from the question's leaving to the answer's last word, however slowly it is read. */
  callDuration: {
    name: 'BedrockCallDuration',
    unit: 'Milliseconds',
    dimensions: ['Model', 'Operation'],
    meaning: 'How long a model took for an answer',
  },
  tokens: { name: 'BedrockTokens', unit: 'Count', dimensions: ['Model', 'Operation'], meaning: 'Tokens read and written by a model' },
  /** Emitted for each time that a model is passed over since the account has asked too much of it. */
  throttled: { name: 'BedrockThrottled', unit: 'Count', dimensions: [], meaning: 'Models passed over since Bedrock throttled them' },
} as const satisfies MetricsContract;

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
  /** The model that answered, which need not be the one that was asked for. */
  readonly model_id: string;
  readonly usage: UsageDocument;
}

/** More of the answer's text. */
export interface TokenEvent {
  readonly event: 'token';
  readonly data: { readonly text: string };
}

/** Whom the text that came last cites, and nobody was cited by before: the first is `[1]` in the text. */
export interface CitationEvent {
  readonly event: 'citation';
  readonly data: CitationDocument;
}

/** The end of an answer that came in events, and all that they have not told. */
interface DoneEvent {
  readonly event: 'done';
  readonly data: Omit<QueryDocument, 'answer' | 'citations'>;
}

export type QueryEvent = TokenEvent | CitationEvent | DoneEvent;

/** Names of the catalogue, joined by commas; none is an empty text. */
const modelNames = () =>
  z.pipe(
    z.pipe(
      z.string(),
      z.transform((names: string) => (names === '' ? [] : names.split(','))),
    ),
    z.array(z.enum(TEXT_MODEL_NAMES)),
  );

export const queryContract = {
  name: 'query',
  entry: 'query/query',
  environment: {
    ...guardedApiEnvironment,
    ...meterEnvironment,
    ...retrievalEnvironment,
    ...spendGateEnvironment,
    DEFAULT_MODEL: z.enum(TEXT_MODEL_NAMES),
    ALLOWED_MODELS: modelNames(),
    FALLBACK_MODELS: modelNames(),
    MAX_ANSWER_TOKENS: positiveInteger(),
  },
  routes: {
    ask: { method: 'POST', path: '/api/query', access: 'user', body: QueryRequest, metered: true, streams: true },
  },
} as const satisfies FunctionContract;
