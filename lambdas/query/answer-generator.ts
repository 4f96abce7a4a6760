import {
  type BedrockRuntimeClient,
  ConverseStreamCommand,
  type ConverseStreamMetadataEvent,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime';
import { emit, logger } from '../shared/observability.ts';
import { Problem } from '../shared/problem.ts';
import { reportCost } from '../spend/estimated-cost.ts';
import { converseInput } from './converse-input.ts';
import { askFirstAvailable, isThrottled, type ModelChain } from './model-choice.ts';
import { dollarsFor, type TextModelName, textModel } from './models.contract.ts';
import type { Prompt } from './prompt.contract.ts';
import { QUERY_METRICS } from './query.contract.ts';
import { type AnswerEnd, answerEnd } from './stop-reason.ts';

/** The operation that tokens and costs are metered for. */
const ANSWER = 'Answer';

/** How an answer ended, besides its text. */
export interface AnswerEnding {
  /** The model that answered: its name in the catalogue, or what answers in its place on a laptop. */
  readonly modelId: string;
  readonly end: AnswerEnd;
}

/** An answer of which the first token is there. */
interface BegunAnswer {
  readonly name: TextModelName;
  /** When the question left, in milliseconds of `performance`. */
  readonly askedAt: number;
  readonly first: ConverseStreamOutput;
  readonly rest: AsyncIterable<ConverseStreamOutput>;
}

/** Puts a question and its passages to a model. */
export class AnswerGenerator {
  readonly #client: BedrockRuntimeClient;
  readonly #maxAnswerTokens: number;

  constructor(client: BedrockRuntimeClient, maxAnswerTokens: number) {
    this.#client = client;
    this.#maxAnswerTokens = maxAnswerTokens;
  }

  /**
   * The answer of the first of these models that is available, piece by piece. A piece is empty where the model only reasons, which comes
   * first and is paid for as well: so what fails before the first piece has cost nothing.
   */
  async *generate(prompt: Prompt, chain: ModelChain, signal: AbortSignal): AsyncGenerator<string, AnswerEnding> {
    const { name, askedAt, first, rest } = await askFirstAvailable(chain, (model) => this.#ask(model, prompt, signal), {
      signal,
      onUnavailable: (model, error) => {
        logger.warn('a model was passed over', { model, error: error as Error });
        if (isThrottled(error)) emit({}, [QUERY_METRICS.throttled, 1]);
      },
    });
    let stopReason: string | undefined;
    let metadata: ConverseStreamMetadataEvent | undefined;
    for await (const event of concat(first, rest)) {
      if (event.contentBlockDelta) yield event.contentBlockDelta.delta?.text ?? '';
      stopReason = event.messageStop?.stopReason ?? stopReason;
      metadata = event.metadata ?? metadata;
    }
    if (stopReason === undefined) throw brokenOff();
    const modelId = metadata?.trace?.promptRouter?.invokedModelId ?? name;
    const { inputTokens = 0, outputTokens = 0 } = metadata?.usage ?? {};
    emit(
      { Model: modelId, Operation: ANSWER },
      [QUERY_METRICS.callDuration, performance.now() - askedAt],
      [QUERY_METRICS.tokens, inputTokens + outputTokens],
    );
    // The vector of the question is left out: at a thousand characters it costs a hundredth of the answer.
    reportCost(ANSWER, modelId, dollarsFor(textModel(name), { inputTokens, outputTokens }));
    return { modelId, end: answerEnd(stopReason) };
  }

  /** Resolves once the model has begun. */
  async #ask(name: TextModelName, prompt: Prompt, signal: AbortSignal): Promise<BegunAnswer> {
    const command = new ConverseStreamCommand(converseInput(textModel(name), prompt, this.#maxAnswerTokens));
    const askedAt = performance.now();
    const { stream } = await this.#client.send(command, { abortSignal: signal });
    if (!stream) throw brokenOff();
    const rest = read(stream, signal);
    for (;;) {
      const { done, value: first } = await rest.next();
      if (done) throw brokenOff();
      if (first.contentBlockDelta || first.messageStop) return { name, askedAt, first, rest };
    }
  }
}

/** A stream's events, for no longer than the signal allows. What the connection fails with is told as what it means to the client. */
async function* read(stream: AsyncIterable<ConverseStreamOutput>, signal: AbortSignal): AsyncGenerator<ConverseStreamOutput, void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  aborted.catch(() => undefined);
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const events = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([events.next(), aborted]);
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // What Bedrock itself says in the stream has a fault, and is told by its kind.
    throw (error as { $fault?: unknown }).$fault === undefined ? brokenOff(error) : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function* concat<Item>(first: Item, rest: AsyncIterable<Item>): AsyncGenerator<Item> {
  yield first;
  yield* rest;
}

function brokenOff(cause?: unknown): Problem {
  return new Problem('unavailable', 'The model broke off. Try again in a moment.', { cause, retryAfterSeconds: 5 });
}
