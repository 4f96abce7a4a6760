import { readFileSync } from 'node:fs';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import type { AnswerEnding } from '../../lambdas/query/answer-generator.ts';
import { type Prompt, renderPrompt } from '../../lambdas/query/prompt.contract.ts';
import { DEFAULT_MAX_RESULTS } from '../../lambdas/query/query.contract.ts';
import { answerQuestion, type QueryPorts } from '../../lambdas/query/query.ts';
import { wholeOf } from '../../lambdas/shared/event-stream.ts';
import type { Passage } from '../../lambdas/shared/manual-retriever.ts';
import { documentId, PASSAGE_METADATA } from '../../lambdas/shared/passages.contract.ts';
import type { Reservation } from '../../lambdas/usage/reservation.ts';
import { stageConfig } from '../../lib/stages.ts';
import type { EvaluationManual, PoisonedManual } from '../fixtures/fixtures.ts';
import {
  type AttributeValue,
  converseInput,
  openKnowledgeBase,
  type TestDocument,
  type TestKnowledgeBase,
} from '../local/bedrock-support.ts';
import { ADMITTED, callerNamed } from '../support/callers.ts';
import { extractedManual } from '../support/extracted-manuals.ts';
import type { Asker, Stage } from './stage.ts';

const CIRCUMSTANCES = { admission: ADMITTED, deadline: new AbortController().signal };
/** As many as one call takes. */
const DOCUMENTS_PER_CALL = 10;
const UNMETERED: Reservation = {
  id: 'r',
  userId: '',
  kind: 'query',
  units: 1,
  day: 'd20261120',
  month: 'm202611',
  at: 0,
  usage: { daily_used: 0, daily_limit: 0, monthly_used: 0, monthly_limit: 0 },
  expiredCounters: [],
  hiddenManualIds: [],
};

/**
 * What a question meets on its way, without the runtime around it: the text as the product extracts it, all manuals in one
 * knowledge base, each its owner's, the product's prompt, and its checks of the answer.
 */
export class InProcessStage implements Stage {
  readonly hits = 'passages';
  readonly #base: TestKnowledgeBase;
  readonly #models: BedrockRuntimeClient;

  private constructor(base: TestKnowledgeBase) {
    this.#base = base;
    this.#models = new BedrockRuntimeClient(base.door.clientConfig);
  }

  static async open(): Promise<InProcessStage> {
    return new InProcessStage(await openKnowledgeBase());
  }

  async close(): Promise<void> {
    this.#models.destroy();
    await this.#base.close();
  }

  /** The manual's name is its owner's and its own id. */
  async own({ name, path, contentType }: EvaluationManual | PoisonedManual): Promise<Asker> {
    const { pages } = await extractedManual(contentType, readFileSync(path));
    const documents = pages.map(({ number, text, section }): TestDocument => {
      const metadata: Record<string, AttributeValue> = { [PASSAGE_METADATA.owner]: name, [PASSAGE_METADATA.manual]: name };
      if (contentType === 'application/pdf') metadata[PASSAGE_METADATA.page] = number;
      else if (section !== null) metadata[PASSAGE_METADATA.section] = section;
      return { id: documentId(name, number), text, metadata };
    });
    for (let start = 0; start < documents.length; start += DOCUMENTS_PER_CALL) {
      await this.#base.publish(...documents.slice(start, start + DOCUMENTS_PER_CALL));
    }
    return {
      find: (question) => this.#find(name, question),
      ask: (question) => wholeOf(answerQuestion(this.#ports(), callerNamed(name), { question }, CIRCUMSTANCES)),
    };
  }

  #ports(): QueryPorts {
    const nothing = async () => undefined;
    return {
      ledger: { reserve: async () => UNMETERED, settle: nothing, refund: nothing },
      retriever: { retrieve: ({ userId }, { question, maxResults }) => this.#find(userId, question, maxResults) },
      generator: {
        generate: (prompt) => this.#generate(prompt),
      },
      models: stageConfig('dev').models,
      spend: { check: () => undefined },
      onLedgerFailure: (error) => {
        throw error;
      },
    };
  }

  async *#generate(prompt: Prompt): AsyncGenerator<string, AnswerEnding> {
    const { output } = await this.#models.send(new ConverseCommand(converseInput(renderPrompt(prompt))));
    yield output?.message?.content?.[0]?.text ?? '';
    return { modelId: 'local', end: 'complete' };
  }

  async #find(owner: string, question: string, numberOfResults = DEFAULT_MAX_RESULTS): Promise<Passage[]> {
    const filter = { equals: { key: PASSAGE_METADATA.owner, value: owner } };
    const found = await this.#base.retrieve(question, { filter, numberOfResults });
    return found.map(({ text, score, metadata }) => {
      const { [PASSAGE_METADATA.page]: page, [PASSAGE_METADATA.section]: section } = metadata;
      return {
        text,
        score,
        manualId: owner,
        filename: owner,
        page: typeof page === 'number' ? page : null,
        section: typeof section === 'string' ? section : null,
      };
    });
  }
}
