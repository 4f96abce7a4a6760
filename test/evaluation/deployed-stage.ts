import { ManuelClient } from '../../local/cli/manuel-client.ts';
import type { EvaluationManual, PoisonedManual } from '../fixtures/fixtures.ts';
import type { Asker, Stage } from './stage.ts';

/** A stage that is reached by its API alone, as one user, of whose manuals each question names one. */
export class DeployedStage implements Stage {
  readonly hits = 'citations';
  readonly #client: ManuelClient;
  readonly #manualIds: string[] = [];

  constructor(url: string, token: string) {
    this.#client = new ManuelClient(url, token);
  }

  /** How many questions the user may still ask. */
  async remainingQuestions(): Promise<number> {
    const { daily_remaining, monthly_remaining } = await this.#client.quota();
    return Math.min(daily_remaining, monthly_remaining);
  }

  async own({ path, contentType }: EvaluationManual | PoisonedManual): Promise<Asker> {
    const manualId = await this.#client.upload(path, contentType);
    this.#manualIds.push(manualId);
    await this.#client.untilReady(manualId);
    return { ask: (question) => this.#client.ask(question, { manual_ids: [manualId] }) };
  }

  /** Deletes what was uploaded. */
  async close(): Promise<void> {
    for (const manualId of this.#manualIds) await this.#client.delete(manualId);
  }
}
