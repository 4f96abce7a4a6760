import {
  type BedrockAgentRuntimeClient,
  type KnowledgeBaseRetrievalResult,
  type RetrievalFilter,
  RetrieveCommand,
} from '@aws-sdk/client-bedrock-agent-runtime';
import type { Caller } from './caller.ts';
import { SECURITY_METRICS } from './metrics.contract.ts';
import { emit, logger } from './observability.ts';
import { PASSAGE_METADATA, parseDocumentId } from './passages.contract.ts';
import { FOREIGN_PASSAGE, RETRIEVAL_METRICS } from './retrieval.contract.ts';

/**
 * How many hidden manuals a filter names at most. A number of ours: AWS states none for a list. What is not named here is
 * dropped all the same, and only takes the place of another passage.
 */
const MAX_HIDDEN_IN_FILTER = 100;

/** A piece of one page of a manual that belongs to the caller. */
export interface Passage {
  readonly text: string;
  readonly manualId: string;
  readonly filename: string;
  /** 1-based; null where the format has no pages. */
  readonly page: number | null;
  /** The heading, where the format has no pages. */
  readonly section: string | null;
  /** 0 to 1. */
  readonly score: number;
}

export interface Search {
  readonly question: string;
  readonly maxResults: number;
  /** Only these manuals; all of the caller's when absent. Ids that are not the caller's match nothing. */
  readonly manualIds?: readonly string[];
  /** None of these, though they are the caller's: they are being deleted, and their passages may still be there. */
  readonly hiddenManualIds: readonly string[];
  readonly signal: AbortSignal;
}

/** The only way to the knowledge base. It cannot be asked without a caller, and what it returns is the caller's own. */
export class ManualRetriever {
  readonly #client: BedrockAgentRuntimeClient;
  readonly #knowledgeBaseId: string;

  constructor(client: BedrockAgentRuntimeClient, knowledgeBaseId: string) {
    this.#client = client;
    this.#knowledgeBaseId = knowledgeBaseId;
  }

  /** The caller's passages that fit the question best, best first. */
  async retrieve(caller: Caller, { question, maxResults, manualIds, hiddenManualIds, signal }: Search): Promise<Passage[]> {
    const { retrievalResults = [] } = await this.#client.send(
      new RetrieveCommand({
        knowledgeBaseId: this.#knowledgeBaseId,
        retrievalQuery: { text: question },
        retrievalConfiguration: {
          vectorSearchConfiguration: { numberOfResults: maxResults, filter: ownerFilter(caller, manualIds, hiddenManualIds) },
        },
      }),
      { abortSignal: signal },
    );
    emit({}, [RETRIEVAL_METRICS.results, retrievalResults.length]);
    const owned = retrievalResults.filter((result) => isOwned(result, caller));
    if (owned.length < retrievalResults.length) reportForeignPassages(retrievalResults.length - owned.length);
    const passages = owned.flatMap((result) => toPassage(result) ?? []);
    return passages.filter(({ manualId }) => !hiddenManualIds.includes(manualId));
  }
}

/**
 * `equals` on the owner is always there. What keeps others out are operators that no store ignores, since an ignored one fails
 * open; where `notIn` is ignored, hidden manuals are dropped later.
 */
function ownerFilter(caller: Caller, manualIds: readonly string[] | undefined, hiddenManualIds: readonly string[]): RetrievalFilter {
  const owner: RetrievalFilter = { equals: { key: PASSAGE_METADATA.owner, value: caller.userId } };
  const narrower: RetrievalFilter[] = [];
  if (manualIds !== undefined) narrower.push({ in: { key: PASSAGE_METADATA.manual, value: [...manualIds] } });
  const hidden = hiddenManualIds.slice(0, MAX_HIDDEN_IN_FILTER);
  if (hidden.length > 0) narrower.push({ notIn: { key: PASSAGE_METADATA.manual, value: hidden } });
  return narrower.length === 0 ? owner : { andAll: [owner, ...narrower] };
}

function isOwned(result: KnowledgeBaseRetrievalResult, caller: Caller): boolean {
  return result.metadata?.[PASSAGE_METADATA.owner] === caller.userId;
}

/** A passage whose metadata contradicts its document id is not ours to trust, and is dropped. */
function toPassage({ content, metadata = {}, location, score = 0 }: KnowledgeBaseRetrievalResult): Passage | undefined {
  const document = parseDocumentId(location?.customDocumentLocation?.id ?? '');
  const page = metadata[PASSAGE_METADATA.page];
  const consistent =
    document !== undefined &&
    document.manualId === metadata[PASSAGE_METADATA.manual] &&
    (page === undefined || Number(page) === document.page);
  if (!consistent || !content?.text) {
    logger.warn('a passage was dropped: its metadata does not agree with its document', { document: location?.customDocumentLocation?.id });
    return undefined;
  }
  const section = metadata[PASSAGE_METADATA.section];
  return {
    text: content.text,
    manualId: document.manualId,
    filename: String(metadata[PASSAGE_METADATA.filename] ?? ''),
    page: page === undefined ? null : document.page,
    section: typeof section === 'string' ? section : null,
    score,
  };
}

function reportForeignPassages(count: number): void {
  logger.error('passages of another owner came back and were dropped', { count });
  emit({ Kind: FOREIGN_PASSAGE }, [SECURITY_METRICS.event, count]);
}
