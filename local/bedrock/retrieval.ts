import * as z from 'zod';
import type { RestJsonRoute } from '../platform/rest-json-protocol.ts';
import type { Embedder } from './embeddings.ts';
import type { KnowledgeBases } from './knowledge-base.ts';
import { compileFilter } from './metadata-filter.ts';
import type { Passage, ScoredPassage } from './passage-index.ts';
import { invalid, parseInput, resourceIdSchema } from './request.ts';

/** A service quota, below what the API's model says (https://docs.aws.amazon.com/general/latest/gr/bedrock.html); counted in Unicode scalar values. */
const MAX_QUESTION_CHARACTERS = 1000;
/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_KnowledgeBaseVectorSearchConfiguration.html */
const MAX_RESULTS = 100;
const DEFAULT_RESULTS = 5;

const labelsSchema = z.strictObject({ knowledgeBaseId: resourceIdSchema });
const questionSchema = z
  .string()
  .min(1)
  .refine(
    (text) => [...text].length <= MAX_QUESTION_CHARACTERS,
    `Member must have length less than or equal to ${MAX_QUESTION_CHARACTERS}`,
  );
const retrieveSchema = z.strictObject({
  retrievalQuery: z.strictObject({ text: questionSchema, type: z.enum(['TEXT']).optional() }),
  retrievalConfiguration: z
    .strictObject({
      vectorSearchConfiguration: z
        .strictObject({
          numberOfResults: z.int().min(1).max(MAX_RESULTS).optional(),
          overrideSearchType: z.enum(['SEMANTIC', 'HYBRID']).optional(),
          filter: z.unknown().optional(),
        })
        .optional(),
    })
    .optional(),
});

/**
 * Retrieve: the passages of a knowledge base that fit a question, of those that pass the filter. Passages of documents whose
 * id matches what `leaking` returns pass every filter and come first, as from a store whose filter has failed.
 */
export function retrievalRoutes(
  knowledgeBases: KnowledgeBases,
  embedder: Embedder | undefined,
  leaking: () => RegExp | undefined,
): readonly RestJsonRoute[] {
  return [
    {
      operation: 'Retrieve',
      method: 'POST',
      path: '/knowledgebases/{knowledgeBaseId}/retrieve',
      handle: async (input, labels) => {
        const { knowledgeBaseId } = parseInput(labelsSchema, labels, 'Retrieve');
        const { retrievalQuery, retrievalConfiguration } = parseInput(retrieveSchema, input, 'Retrieve');
        const { numberOfResults = DEFAULT_RESULTS, overrideSearchType, filter } = retrievalConfiguration?.vectorSearchConfiguration ?? {};
        const matches = filter === undefined ? () => true : compileFilter(filter);
        const { passages } = knowledgeBases.get(knowledgeBaseId);
        if (overrideSearchType === 'HYBRID') {
          throw invalid('HYBRID search type is not supported for the vector store of this knowledge base (S3_VECTORS). Use SEMANTIC.');
        }
        const leak = leaking();
        const isLeaked = ({ documentId }: Passage) => leak !== undefined && documentId.search(leak) >= 0;
        const [embedding] = (await embedder?.embed([retrievalQuery.text])) ?? [];
        const query = { question: retrievalQuery.text, embedding };
        const leaked = leak ? passages.search(query, numberOfResults, isLeaked) : [];
        const fitting = passages.search(query, numberOfResults, (one) => !isLeaked(one) && matches(one.metadata));
        return { retrievalResults: [...leaked, ...fitting].slice(0, numberOfResults).map(toResult) };
      },
    },
  ];
}

function toResult({ passage, score }: ScoredPassage): object {
  return {
    content: { type: 'TEXT', text: passage.text },
    location: { type: 'CUSTOM', customDocumentLocation: { id: passage.documentId } },
    score,
    metadata: Object.fromEntries(passage.metadata),
  };
}
