import { Problem } from '../shared/problem.ts';
import type { StageModels, TextModelName } from './models.contract.ts';

/** One model or more, in the order in which they are asked. */
export type ModelChain = readonly [TextModelName, ...TextModelName[]];

/**
 * Whom a question is put to, in this order: the model that the request names, or else the stage's own, and then the stage's fallback chain.
 * Who names a model prefers it, and prefers an answer to none: which model gave it, the answer tells. Throws a 400 Problem when the model
 * is not one of the stage's allowed ones.
 */
export function chooseModels(models: StageModels, requested: string | undefined): ModelChain {
  const first = requested === undefined ? models.default : models.allowed.find((name) => name === requested);
  if (first === undefined) {
    const detail = `must be one of ${models.allowed.join(', ')}`;
    throw new Problem('invalid_request', `/model_id: ${detail}`, { errors: [{ pointer: '/model_id', detail }] });
  }
  return [first, ...models.fallback.filter((name) => name !== first)];
}

/** An error of the AWS SDK, as far as we read it. */
interface ServiceError {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * What Converse refuses with when another model may answer (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html). A model past its end of life, or one that the
 * account has not used for long, is a ResourceNotFoundException.
 */
const UNAVAILABLE: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'ServiceQuotaExceededException',
  'ServiceUnavailableException',
  'InternalServerException',
  'ModelNotReadyException',
  'ModelErrorException',
  'ModelStreamErrorException',
  'ModelTimeoutException',
  'ResourceNotFoundException',
]);

/**
 * In which words other errors say the same: that a profile is gone, or was never there in this region, and that the account has no access
 * to the model. A role without the permission is refused in other words, and is nothing to pass over.
 */
const UNAVAILABLE_IN_WORDS: Readonly<Record<string, RegExp>> = {
  ValidationException: /end of (its |their )?life|model identifier is invalid|on-demand throughput isn.t supported/i,
  AccessDeniedException: /(don.t|do not) have access to the model/i,
};

/** Whether an error says that this model cannot answer now, while another one may. */
function isUnavailable(error: unknown): boolean {
  const { name = '', message = '', $metadata } = (error ?? {}) as ServiceError;
  return UNAVAILABLE.has(name) || ($metadata?.httpStatusCode ?? 0) >= 500 || UNAVAILABLE_IN_WORDS[name]?.test(message) === true;
}

/** Whether a model cannot answer since the account has asked too much of it, or of all models. */
export function isThrottled(error: unknown): boolean {
  return ['ThrottlingException', 'ServiceQuotaExceededException'].includes(((error ?? {}) as ServiceError).name ?? '');
}

interface FallbackOptions {
  /** Whoever is not asked by then is not asked any more. */
  readonly signal: AbortSignal;
  /** Told why a model was passed over. */
  readonly onUnavailable: (name: TextModelName, error: unknown) => void;
}

/**
 * What the first model returns that is available. `ask` must reject before it has passed on anything of an answer, or not at all. When
 * none is available, throws what the first one refused with, since the client asked for that one.
 */
export async function askFirstAvailable<Result>(
  chain: ModelChain,
  ask: (name: TextModelName) => Promise<Result>,
  { signal, onUnavailable }: FallbackOptions,
): Promise<Result> {
  const refusals: unknown[] = [];
  for (const name of chain) {
    try {
      return await ask(name);
    } catch (error) {
      // A call that the deadline cut off is not the model's fault, and leaves no time for another.
      if (signal.aborted || !isUnavailable(error)) throw error;
      onUnavailable(name, error);
      refusals.push(error);
    }
  }
  throw refusals[0];
}
