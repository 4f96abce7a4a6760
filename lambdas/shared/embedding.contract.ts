/** The model that turns passages into vectors. */
export const EMBEDDING_MODEL = {
  modelId: 'amazon.titan-embed-text-v2:0',
  dimensions: 1024,
  /** As of 2026-11-20 (https://aws.amazon.com/bedrock/pricing/). */
  dollarsPerMillionTokens: 0.02,
} as const;

/** How pages are cut into passages: the overlap is embedded twice. */
export const CHUNKS = { maxTokens: 300, overlapPercentage: 20 } as const;
