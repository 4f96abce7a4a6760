import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BedrockAgentRuntimeClient, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { DEFAULT_MAX_RESULTS } from '../../lambdas/query/query.contract.ts';
import { PASSAGE_METADATA } from '../../lambdas/shared/passages.contract.ts';
import type { EmbeddingsServerOptions } from '../../local/bedrock/embeddings.ts';
import type { LanguageModelOptions } from '../../local/bedrock/language-model-server.ts';
import { Runtime } from '../../local/runtime.ts';
import type { EvaluationManual, PoisonedManual } from '../fixtures/fixtures.ts';
import { OperatorView } from '../support/operator-view.ts';
import { newUser, operatorConfig } from '../support/users.ts';
import type { Place } from './judgement.ts';
import type { Asker, Stage } from './stage.ts';

interface LocalStageOptions {
  readonly embeddings: EmbeddingsServerOptions | undefined;
  readonly languageModel: LanguageModelOptions | undefined;
  readonly onStep: (step: string) => void;
  readonly onReport: (line: string) => void;
}

/** A stage that runs on this machine for the evaluation alone, with a user for each manual. */
export class LocalStage implements Stage {
  readonly hits = 'passages';
  readonly #runtime: Runtime;
  readonly #directory: string;
  readonly #retrieval: BedrockAgentRuntimeClient;

  private constructor(runtime: Runtime, directory: string) {
    this.#runtime = runtime;
    this.#directory = directory;
    this.#retrieval = new BedrockAgentRuntimeClient(operatorConfig(runtime.file));
  }

  static async start({ embeddings, languageModel, onStep, onReport }: LocalStageOptions): Promise<LocalStage> {
    const directory = await mkdtemp(path.join(tmpdir(), 'manuel-evaluation-'));
    try {
      // It asks in writing.
      const speech = { searchPath: '' };
      return new LocalStage(
        await Runtime.start({ stage: 'dev', port: 0, directory, embeddings, languageModel, speech, onStep, onReport }),
        directory,
      );
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  async own({ path: file, contentType }: EvaluationManual | PoisonedManual): Promise<Asker> {
    const { client, userId } = await newUser(this.#runtime.file);
    await client.untilReady(await client.upload(file, contentType));
    using operator = new OperatorView(this.#runtime.file);
    const knowledgeBaseId = await operator.variable('Query/Function', 'KNOWLEDGE_BASE_ID');
    return { ask: (question) => client.ask(question), find: (question) => this.#find(knowledgeBaseId, userId, question) };
  }

  async close(): Promise<void> {
    this.#retrieval.destroy();
    await this.#runtime.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** What the query function retrieves for this user, as the operator sees it. */
  async #find(knowledgeBaseId: string, userId: string, question: string): Promise<Place[]> {
    const filter = { equals: { key: PASSAGE_METADATA.owner, value: userId } };
    const { retrievalResults = [] } = await this.#retrieval.send(
      new RetrieveCommand({
        knowledgeBaseId,
        retrievalQuery: { text: question },
        retrievalConfiguration: { vectorSearchConfiguration: { numberOfResults: DEFAULT_MAX_RESULTS, filter } },
      }),
    );
    return retrievalResults.map(({ metadata = {} }) => {
      const { [PASSAGE_METADATA.page]: page, [PASSAGE_METADATA.section]: section } = metadata;
      return { page: typeof page === 'number' ? page : null, section: typeof section === 'string' ? section : null };
    });
  }
}
