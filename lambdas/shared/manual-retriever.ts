import { MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  type BedrockAgentRuntimeClient,
  type KnowledgeBaseRetrievalResult,
  type RetrievalFilter,
  RetrieveCommand,
} from '@aws-sdk/client-bedrock-agent-runtime';
import type { Caller } from './caller.ts';
import { logger, metrics } from './observability.ts';
import { PASSAGE_METADATA, parseDocumentId } from './passages.contract.ts';
import { RETRIEVAL_METRICS } from './retrieval.contract.ts';

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
  async retrieve(caller: Caller, { question, maxResults, manualIds, signal }: Search): Promise<Passage[]> {
    const { retrievalResults = [] } = await this.#client.send(
      new RetrieveCommand({
        knowledgeBaseId: this.#knowledgeBaseId,
        retrievalQuery: { text: question },
        retrievalConfiguration: {
          vectorSearchConfiguration: { numberOfResults: maxResults, filter: ownerFilter(caller, manualIds) },
        },
      }),
      { abortSignal: signal },
    );
    metrics.singleMetric().addMetric(RETRIEVAL_METRICS.results, MetricUnit.Count, retrievalResults.length);
    const owned = retrievalResults.filter((result) => isOwned(result, caller));
    if (owned.length < retrievalResults.length) reportForeignPassages(retrievalResults.length - owned.length);
    return owned.flatMap((result) => toPassage(result) ?? []);
  }
}

/** `equals` on the owner is always there. Only operators that no store ignores are used, since an ignored one fails open. */
function ownerFilter(caller: Caller, manualIds: readonly string[] | undefined): RetrievalFilter {
  const owner: RetrievalFilter = { equals: { key: PASSAGE_METADATA.owner, value: caller.userId } };
  if (manualIds === undefined) return owner;
  return { andAll: [owner, { in: { key: PASSAGE_METADATA.manual, value: [...manualIds] } }] };
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
  metrics.singleMetric().addDimension('Kind', 'ForeignPassage').addMetric(RETRIEVAL_METRICS.securityEvent, MetricUnit.Count, count);
}
