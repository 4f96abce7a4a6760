/** A text model as we call it: through its inference profile, which keeps requests within the European Union. */
export interface TextModel {
  /** The inference profile's id, as Converse takes it. */
  readonly profileId: string;
  /** The foundation model behind it, which the profile's caller must be allowed to invoke as well. */
  readonly foundationModel: string;
  /** How much to reason before answering. */
  readonly effort: 'low' | 'medium' | 'high';
  /** What a million tokens cost, in dollars: what the model reads, and what it writes or reasons. A model without a price cannot be metered. */
  readonly dollarsPerMillionTokens: { readonly input: number; readonly output: number };
}

/**
 * The models that a stage may name. Claude 5.5 refuses `temperature`, `topP` and a prefilled answer
 * (https://platform.claude.com/docs/en/models/haiku-5-5/migration-guide).
 *
 * Prices are those of prompts up to 100,000 tokens, as of 2026-11-20 (https://platform.claude.com/docs/en/models/haiku-5-5/overview, and
 * 10 % more for the European profile): ours have at most 20 passages of about 300 tokens.
 */
export const TEXT_MODELS = {
  'claude-haiku-5-5': {
    profileId: 'eu.anthropic.claude-haiku-5-5',
    foundationModel: 'anthropic.claude-haiku-5-5',
    effort: 'low',
    dollarsPerMillionTokens: { input: 0.11, output: 0.55 },
  },
  'claude-opus-5-5': {
    profileId: 'eu.anthropic.claude-opus-5-5',
    foundationModel: 'anthropic.claude-opus-5-5',
    effort: 'low',
    dollarsPerMillionTokens: { input: 4.4, output: 22 },
  },
} as const satisfies Readonly<Record<string, TextModel>>;

export type TextModelName = keyof typeof TEXT_MODELS;

/** The model behind an inference profile. Throws a sentence when it is none of ours. */
export function textModelOf(profileId: string): TextModel {
  const model = Object.values<TextModel>(TEXT_MODELS).find((candidate) => candidate.profileId === profileId);
  if (!model) throw new Error(`There is no model with the profile ${profileId}.`);
  return model;
}
