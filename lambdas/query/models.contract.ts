/** What a million tokens cost, in dollars: what the model reads, and what it writes or reasons. */
interface TokenPrice {
  readonly input: number;
  readonly output: number;
}

/** A text model as we call it: through its inference profile, which keeps requests within the European Union. */
export interface TextModel {
  /** The inference profile's id, as Converse takes it. */
  readonly profileId: string;
  /** The foundation model behind it, which the profile's caller must be allowed to invoke as well. */
  readonly foundationModel: string;
  /** What a prompt and its answer may have together, in tokens. */
  readonly contextTokens: number;
  /** The most that `maxTokens` may be. */
  readonly maxOutputTokens: number;
  /** How much to reason before answering; absent where the model takes no such word. */
  readonly effort?: 'low' | 'medium' | 'high';
  /** Whether it takes `temperature`, `topP` and `topK`. */
  readonly takesSampling: boolean;
  /** Whether it takes a conversation that ends with the beginning of its answer. */
  readonly takesPrefill: boolean;
  /** Whether blocks of reasoning may come before those of the answer. */
  readonly reasonsFirst: boolean;
  /** Whether it may stop with a refusal. */
  readonly mayRefuse: boolean;
  /** A model without a price cannot be metered. */
  readonly dollarsPerMillionTokens: TokenPrice;
  /** The price of all tokens of a call whose prompt is longer than this, where there is another one. */
  readonly longPrompts?: { readonly moreTokensThan: number; readonly dollarsPerMillionTokens: TokenPrice };
}

/** Claude 5.5 in common (https://platform.claude.com/docs/en/models/haiku-5-5/migration-guide). */
const CLAUDE_5_5 = {
  contextTokens: 1_000_000,
  maxOutputTokens: 128_000,
  effort: 'low',
  takesSampling: false,
  takesPrefill: false,
  reasonsFirst: true,
  mayRefuse: true,
} as const;

/** Amazon Nova in common (https://docs.aws.amazon.com/nova/latest/userguide/using-converse-api.html). Nova 2 reasons only when it is told to. */
const NOVA = { takesSampling: true, takesPrefill: true, reasonsFirst: false, mayRefuse: false } as const;

/** When the prices were looked up, as a date of ISO 8601. */
export const PRICES_AS_OF = '2026-11-20';

/**
 * The models that a stage may name, by the id that the API knows them by: what a request asks for, an answer tells and the metrics count.
 *
 * Prices are those of the European profiles in eu-west-1 as of PRICES_AS_OF. Claude: 10 % above
 * https://platform.claude.com/docs/en/models/haiku-5-5/overview and its neighbours. Nova: https://aws.amazon.com/bedrock/pricing/, as
 * catalogues of prices repeat it; context and longest answer: https://docs.aws.amazon.com/nova/latest/userguide/what-is-nova.html.
 */
export const TEXT_MODELS = {
  'claude-haiku-5-5': {
    ...CLAUDE_5_5,
    profileId: 'eu.anthropic.claude-haiku-5-5',
    foundationModel: 'anthropic.claude-haiku-5-5',
    dollarsPerMillionTokens: { input: 0.11, output: 0.55 },
    longPrompts: { moreTokensThan: 100_000, dollarsPerMillionTokens: { input: 0.55, output: 2.75 } },
  },
  'claude-sonnet-5-5': {
    ...CLAUDE_5_5,
    profileId: 'eu.anthropic.claude-sonnet-5-5',
    foundationModel: 'anthropic.claude-sonnet-5-5',
    dollarsPerMillionTokens: { input: 2.2, output: 11 },
  },
  'claude-opus-5-5': {
    ...CLAUDE_5_5,
    profileId: 'eu.anthropic.claude-opus-5-5',
    foundationModel: 'anthropic.claude-opus-5-5',
    dollarsPerMillionTokens: { input: 4.4, output: 22 },
  },
  'nova-2-lite': {
    ...NOVA,
    profileId: 'eu.amazon.nova-2-lite-v1:0',
    foundationModel: 'amazon.nova-2-lite-v1:0',
    contextTokens: 1_000_000,
    maxOutputTokens: 65_535,
    dollarsPerMillionTokens: { input: 0.374, output: 3.157 },
  },
  'nova-lite': {
    ...NOVA,
    profileId: 'eu.amazon.nova-lite-v1:0',
    foundationModel: 'amazon.nova-lite-v1:0',
    contextTokens: 300_000,
    maxOutputTokens: 10_000,
    dollarsPerMillionTokens: { input: 0.069, output: 0.276 },
  },
  'nova-micro': {
    ...NOVA,
    profileId: 'eu.amazon.nova-micro-v1:0',
    foundationModel: 'amazon.nova-micro-v1:0',
    contextTokens: 128_000,
    maxOutputTokens: 10_000,
    dollarsPerMillionTokens: { input: 0.04, output: 0.16 },
  },
} as const satisfies Readonly<Record<string, TextModel>>;

export type TextModelName = keyof typeof TEXT_MODELS;

export const TEXT_MODEL_NAMES = Object.keys(TEXT_MODELS) as readonly TextModelName[];

/** The models of a stage. All that it may come to ask are allowed ones. */
export interface StageModels {
  /** Who answers when the request names nobody. */
  readonly default: TextModelName;
  /** Whom a request may name. */
  readonly allowed: readonly TextModelName[];
  /** Who is asked instead, in this order, when a model is throttled, retired or unavailable. */
  readonly fallback: readonly TextModelName[];
}

/** The model of a name. */
export const textModel = (name: TextModelName): TextModel => TEXT_MODELS[name];

/** What a call has cost, in dollars. */
export function dollarsFor(model: TextModel, { inputTokens, outputTokens }: { inputTokens: number; outputTokens: number }): number {
  const { longPrompts, dollarsPerMillionTokens } = model;
  const price = longPrompts && inputTokens > longPrompts.moreTokensThan ? longPrompts.dollarsPerMillionTokens : dollarsPerMillionTokens;
  return (inputTokens * price.input + outputTokens * price.output) / 1e6;
}
