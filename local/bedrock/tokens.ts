/**
 * English text has 4.7 characters per token on average, as AWS says of the Titan embedding models
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html). With five letters and a space to
 * an average word that is about 0.8 words per token.
 */
export const CHARACTERS_PER_TOKEN = 4.7;

/** How many tokens a text has, estimated from its length. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}
