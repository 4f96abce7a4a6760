import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { type BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { logger, metrics } from '../shared/observability.ts';
import { reportCost } from '../spend/estimated-cost.ts';
import { converseInput } from './converse-input.ts';
import { askFirstAvailable, type ModelChain } from './model-choice.ts';
import { dollarsFor, type TextModelName, textModel } from './models.contract.ts';
import type { Prompt } from './prompt.contract.ts';
import { BEDROCK_TOKENS } from './query.contract.ts';
import { type AnswerEnd, answerEnd } from './stop-reason.ts';

/** The operation that tokens and costs are metered for. */
const ANSWER = 'Answer';

export interface GeneratedAnswer {
  /** Empty when the model said nothing, as when it refuses. */
  readonly text: string;
  /** The model that answered: its name in the catalogue, or what answers in its place on a laptop. */
  readonly modelId: string;
  readonly end: AnswerEnd;
}

/** Puts a question and its passages to a model. */
export class AnswerGenerator {
  readonly #client: BedrockRuntimeClient;
  readonly #maxAnswerTokens: number;

  constructor(client: BedrockRuntimeClient, maxAnswerTokens: number) {
    this.#client = client;
    this.#maxAnswerTokens = maxAnswerTokens;
  }

  /** The answer of the first of these models that is available. */
  generate(prompt: Prompt, chain: ModelChain, signal: AbortSignal): Promise<GeneratedAnswer> {
    return askFirstAvailable(chain, (name) => this.#ask(name, prompt, signal), {
      signal,
      onUnavailable: (name, error) => logger.warn('a model was passed over', { model: name, error: error as Error }),
    });
  }

  async #ask(name: TextModelName, prompt: Prompt, signal: AbortSignal): Promise<GeneratedAnswer> {
    const model = textModel(name);
    const { output, stopReason, trace, usage } = await this.#client.send(
      new ConverseCommand(converseInput(model, prompt, this.#maxAnswerTokens)),
      { abortSignal: signal },
    );
    const modelId = trace?.promptRouter?.invokedModelId ?? name;
    const { inputTokens = 0, outputTokens = 0 } = usage ?? {};
    reportTokens(modelId, inputTokens + outputTokens);
    // The vector of the question is left out: at a thousand characters it costs a hundredth of the answer.
    reportCost(ANSWER, modelId, dollarsFor(model, { inputTokens, outputTokens }));
    // Reasoning may come first, so blocks are chosen by type.
    const text = (output?.message?.content ?? []).flatMap((block) => block.text ?? []).join('');
    return { text: text.trim(), modelId, end: answerEnd(stopReason) };
  }
}

function reportTokens(modelId: string, tokens: number): void {
  metrics
    .singleMetric()
    .addDimension('Model', modelId)
    .addDimension('Operation', ANSWER)
    .addMetric(BEDROCK_TOKENS, MetricUnit.Count, tokens);
}
