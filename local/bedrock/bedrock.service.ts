import type { AccessControl } from '../platform/access-control.ts';
import type { AwsCall, AwsError, AwsReply, RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Permission } from '../platform/permission.ts';
import { RestJsonProtocol } from '../platform/rest-json-protocol.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import { State } from '../platform/state.ts';
import { PacedAnswerer } from './answer-pace.ts';
import { type Answerer, ExtractiveAnswerer } from './answerer.ts';
import { CallRates } from './call-rates.ts';
import { converseRoutes } from './converse.ts';
import type { Embedder } from './embeddings.ts';
import { ingestionRoutes } from './ingestion.ts';
import { IngestionSettings, type IngestionTimes } from './ingestion-settings.ts';
import { KnowledgeBases } from './knowledge-base.ts';
import { knowledgeBaseResourceTypes } from './knowledge-base-resources.ts';
import { bedrockPermissions } from './permissions.ts';
import { retrievalRoutes } from './retrieval.ts';
import { Timeline } from './timeline.ts';
import { VectorStore } from './vector-store.ts';

export interface BedrockServiceOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly access: AccessControl;
  /** Finds passages by what they mean as well; without it by their words alone. */
  readonly embedder?: Embedder | undefined;
  /** Answers in the place of every model; without it passages are quoted. */
  readonly answerer?: Answerer | undefined;
  readonly state?: State;
}

/**
 * Amazon Bedrock: knowledge bases with direct ingestion on S3 Vectors, Retrieve, and Converse. Passages are found by
 * their words and answers quoted from them, so no model is needed and no call leaves the machine, unless an embedder or an
 * answerer is given.
 */
export class BedrockService implements Service {
  /** The clients of bedrock-agent, bedrock-agent-runtime and bedrock-runtime all sign with this name. */
  readonly signingNames = ['bedrock'];
  readonly resourceTypes: readonly ResourceType[];
  readonly #clock: Clock;
  readonly #region: string;
  readonly #knowledgeBases = new KnowledgeBases();
  readonly #timeline = new Timeline();
  readonly #settings = new IngestionSettings();
  readonly #callRates: CallRates;
  /** Whoever answers, as slow and as long as it is told to. */
  readonly answers: PacedAnswerer;
  #leaking: RegExp | undefined;
  readonly #protocol: RestJsonProtocol;

  constructor({ clock, region, access, embedder, answerer, state = State.inMemory() }: BedrockServiceOptions) {
    this.#clock = clock;
    this.#region = region;
    this.#callRates = new CallRates(clock);
    const knowledgeBases = this.#knowledgeBases;
    const vectorStore = new VectorStore({ clock, region });
    const parts = {
      clock,
      region,
      access,
      knowledgeBases,
      vectorStore,
      timeline: this.#timeline,
      settings: this.#settings,
      embedder,
      state,
    };
    this.resourceTypes = [...vectorStore.resourceTypes, ...knowledgeBaseResourceTypes(parts)];
    this.answers = new PacedAnswerer(answerer ?? new ExtractiveAnswerer(), clock);
    this.#protocol = new RestJsonProtocol('Amazon Bedrock', [
      ...ingestionRoutes(knowledgeBases),
      ...retrievalRoutes(knowledgeBases, embedder, () => this.#leaking),
      ...converseRoutes(clock, this.answers),
    ]);
  }

  /** How long ingestion takes from the next submission on; what is not given stays as it is. */
  set ingestionTimes(times: Partial<IngestionTimes>) {
    this.#settings.times = { ...this.#settings.times, ...times };
  }

  get ingestionTimes(): IngestionTimes {
    return this.#settings.times;
  }

  /** Documents submitted from now on whose id matches end FAILED, for this reason. */
  failDocuments(pattern: RegExp, reason = 'The document could not be ingested (armed failure).'): void {
    this.#settings.armFailure(pattern, reason);
  }

  /** Takes back every `failDocuments`. */
  clearDocumentFailures(): void {
    this.#settings.clearFailures();
  }

  /** Makes Retrieve return what its filter should keep back: passages of documents whose id matches. Undefined ends it. */
  leakPassages(pattern: RegExp | undefined): void {
    this.#leaking = pattern;
  }

  /** Whether AWS's call rates are enforced. Off at first. */
  set callRatesEnforced(enforced: boolean) {
    this.#callRates.armed = enforced;
  }

  permissionsFor(call: AwsCall, operation: string): Permission[] {
    const permissions = bedrockPermissions(operation, call.path, this.#region);
    if (operation !== 'Retrieve') return permissions;
    // The knowledge base searches with rights of its own.
    const knowledgeBase = this.#knowledgeBases.find(call.path.split('/')[2] ?? '');
    return [...permissions, ...(knowledgeBase?.role.permissionsTo('search') ?? [])];
  }

  operationOf(request: RawRequest): string {
    return this.#protocol.operationOf(request);
  }

  async handle(call: AwsCall, operation: string): Promise<AwsReply> {
    this.#callRates.count(operation);
    this.#timeline.catchUp(this.#clock.now());
    return this.#protocol.handle(call);
  }

  readonly renderError = (error: AwsError): AwsReply => this.#protocol.renderError(error);
}
