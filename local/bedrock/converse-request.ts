import * as z from 'zod';
import { TEXT_MODELS, type TextModel } from '../../lambdas/query/models.contract.ts';
import { notEmulated } from '../platform/call.ts';
import { invalid, parseInput } from './request.ts';

/** `anthropic.claude-…`, `eu.amazon.nova-micro-v1:0`, or the ARN of a model or inference profile. */
const MODEL_ID =
  /^(?:arn:aws:bedrock:[a-z0-9-]*:\d{0,12}:(?:foundation-model|inference-profile|application-inference-profile)\/)?(?:[a-z]{2,6}\.)?(?<foundationModel>[a-z0-9-]+\.[a-z0-9.:-]+|[a-z0-9]{12})$/;
/** Models that Converse takes by their inference profile only. */
const PROFILE_ONLY = /^anthropic\.claude-[a-z]+-5-5$/;

const textBlocks = z.array(z.strictObject({ text: z.string().min(1) })).min(1);

/** Inert here: whoever answers reasons as it sees fit. */
const inert = {
  outputConfig: z.strictObject({ effort: z.string().optional() }).optional(),
  requestMetadata: z.record(z.string(), z.string()).optional(),
};

const converseSchema = z.strictObject({
  ...inert,
  system: textBlocks.optional(),
  messages: z.array(z.strictObject({ role: z.enum(['user', 'assistant']), content: textBlocks })).min(1),
  inferenceConfig: z
    .strictObject({
      maxTokens: z.int().min(1).optional(),
      temperature: z.number().min(0).max(1).optional(),
      topP: z.number().min(0).max(1).optional(),
    })
    .optional(),
  additionalModelRequestFields: z
    .strictObject({ top_k: z.unknown().optional(), temperature: z.unknown().optional(), top_p: z.unknown().optional() })
    .optional(),
});

export interface ConverseRequest {
  /** Empty when there is none. */
  readonly system: string;
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[];
  /** The text of the last user message. */
  readonly message: string;
  /** All that a model would read. */
  readonly input: string;
  /** Infinite when the request names none. */
  readonly maxTokens: number;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
}

/**
 * Reads and checks what Converse and ConverseStream take, with what the catalogue says that the model refuses. A model that is not in it is
 * taken to accept what Converse does.
 */
export function readConverseRequest(input: unknown, modelId: string, operation: string): ConverseRequest {
  const { foundationModel } = MODEL_ID.exec(modelId)?.groups ?? {};
  if (foundationModel === undefined) throw invalid('The provided model identifier is invalid.');
  if (PROFILE_ONLY.test(modelId)) {
    throw invalid(
      `Invocation of model ID ${modelId} with on-demand throughput isn’t supported. ` +
        'Retry your request with the ID or ARN of an inference profile that contains this model.',
    );
  }
  const request = parseInput(converseSchema, input, operation);
  const { messages, inferenceConfig = {}, additionalModelRequestFields = {} } = request;
  const model = Object.values<TextModel>(TEXT_MODELS).find((candidate) => candidate.foundationModel === foundationModel);
  if (model?.takesSampling === false) {
    refuseSampling({
      temperature: inferenceConfig.temperature ?? additionalModelRequestFields.temperature,
      top_p: inferenceConfig.topP ?? additionalModelRequestFields.top_p,
      top_k: additionalModelRequestFields.top_k,
    });
  }
  if (model && model.effort === undefined && request.outputConfig?.effort !== undefined) {
    throw invalid('The model returned the following errors: `effort` is not supported by this model.');
  }
  refuseTooManyTokens(inferenceConfig.maxTokens, model);
  checkRoles(
    messages.map(({ role }) => role),
    model,
  );
  const textOf = (blocks: readonly { text: string }[]) => blocks.map(({ text }) => text).join('\n');
  const system = textOf(request.system ?? []);
  return {
    system,
    messages: messages.map(({ role, content }) => ({ role, text: textOf(content) })),
    message: textOf(messages.at(-1)?.content ?? []),
    input: [system, ...messages.map(({ content }) => textOf(content))].join('\n'),
    maxTokens: inferenceConfig.maxTokens ?? Number.POSITIVE_INFINITY,
    temperature: inferenceConfig.temperature,
    topP: inferenceConfig.topP,
  };
}

function refuseSampling(parameters: Readonly<Record<string, unknown>>): void {
  const given = Object.entries(parameters).find(([, value]) => value !== undefined);
  if (given) throw invalid(`The model returned the following errors: \`${given[0]}\` is deprecated for this model.`);
}

function refuseTooManyTokens(maxTokens: number | undefined, model: TextModel | undefined): void {
  if (maxTokens === undefined || model === undefined || maxTokens <= model.maxOutputTokens) return;
  throw invalid(
    `The maximum tokens you requested exceeds the model limit of ${model.maxOutputTokens}. ` +
      `Try again with a maximum tokens value that is lower than ${model.maxOutputTokens}.`,
  );
}

function checkRoles(roles: readonly string[], model: TextModel | undefined): void {
  if (roles[0] !== 'user') {
    throw invalid('A conversation must start with a user message. Try again with a conversation that starts with a user message.');
  }
  if (roles.some((role, index) => role === roles[index - 1])) {
    throw invalid(
      'A conversation must alternate between user and assistant roles. ' +
        'Make sure the conversation alternates between user and assistant roles and try again.',
    );
  }
  if (roles.at(-1) === 'user') return;
  if (model?.takesPrefill === false) {
    throw invalid(
      'The model returned the following errors: This model does not support assistant message prefill. ' +
        'The conversation must end with a user message.',
    );
  }
  throw notEmulated('a conversation that ends with the beginning of the answer');
}
