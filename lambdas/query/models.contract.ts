/** A text model as we call it: through its inference profile, which keeps requests within the European Union. */
export interface TextModel {
  /** The inference profile's id, as Converse takes it. */
  readonly profileId: string;
  /** The foundation model behind it, which the profile's caller must be allowed to invoke as well. */
  readonly foundationModel: string;
  /** How much to reason before answering. */
  readonly effort: 'low' | 'medium' | 'high';
}

/**
 * The models that a stage may name. Claude 5.5 refuses `temperature`, `topP` and a prefilled answer
 * (https://platform.claude.com/docs/en/models/haiku-5-5/migration-guide).
 */
export const TEXT_MODELS = {
  'claude-haiku-5-5': {
    profileId: 'eu.anthropic.claude-haiku-5-5',
    foundationModel: 'anthropic.claude-haiku-5-5',
    effort: 'low',
  },
  'claude-opus-5-5': {
    profileId: 'eu.anthropic.claude-opus-5-5',
    foundationModel: 'anthropic.claude-opus-5-5',
    effort: 'low',
  },
} as const satisfies Readonly<Record<string, TextModel>>;

export type TextModelName = keyof typeof TEXT_MODELS;
