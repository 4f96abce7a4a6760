import { CHUNKS, EMBEDDING_MODEL } from '../shared/embedding.contract.ts';
import { reportCost } from '../spend/estimated-cost.ts';
import type { Page } from './extraction/page.ts';

/**
 * English has 4.7 on average (https://docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html); other languages have
 * fewer, and the estimate is rather too high than too low.
 */
const CHARACTERS_PER_TOKEN = 4;

/** Meters what the knowledge base pays for the vectors of these pages, which it does not tell. */
export function reportEmbedding(pages: readonly Page[]): void {
  const characters = pages.reduce((sum, { text }) => sum + text.length, 0);
  const tokens = (characters / CHARACTERS_PER_TOKEN) * (1 + CHUNKS.overlapPercentage / 100);
  reportCost('Ingest', EMBEDDING_MODEL.modelId, (tokens * EMBEDDING_MODEL.dollarsPerMillionTokens) / 1e6);
}
