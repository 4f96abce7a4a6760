import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type AssembledStack, readCloudAssembly } from './assembly/cloud-assembly.ts';
import { readGivenAssembly } from './assembly/given-assembly.ts';
import { type KeptResource, KeptResources } from './assembly/kept-resources.ts';
import { type Provisioned, provision } from './assembly/provision.ts';
import { Registry } from './assembly/registry.ts';
import { synthesize } from './assembly/synthesize.ts';
import { EmbeddingsServer, type EmbeddingsServerOptions } from './bedrock/embeddings.ts';
import { type LanguageModelOptions, LanguageModelServer } from './bedrock/language-model-server.ts';
import { createDemoUsers } from './demo-users.ts';
import { AccessKeys } from './front-door/access-keys.ts';
import { FrontDoor } from './front-door/front-door.ts';
import { Authorizer } from './iam/authorizer.ts';
import { IamService } from './iam/iam.service.ts';
import { AdjustableClock } from './platform/clock.ts';
import { OPERATOR } from './platform/principal.ts';
import { State, type StoredMap } from './platform/state.ts';
import { type RuntimeFile, type RuntimeFunction, removeRuntimeFile, writeRuntimeFile } from './runtime-file.ts';
import { createServices } from './services.ts';
import { StageLock } from './stage-lock.ts';
import { findSpeechEngine, type SpeechOptions } from './transcribe/engines/find-engine.ts';
import { NO_ENGINE } from './transcribe/speech.ts';

export interface RuntimeOptions {
  readonly stage: string;
  /** Of the API; 0 takes a free one. */
  readonly port: number;
  /** Where the synthesized assembly, the state and `runtime.json` of this stage go. */
  readonly directory: string;
  /** Deletes the state of earlier runs first. */
  readonly fresh?: boolean;
  /** The model that embeds passages and questions; without one they are compared by their words. */
  readonly embeddings: EmbeddingsServerOptions | undefined;
  /** What listens to recordings, if it is there. */
  readonly speech: SpeechOptions;
  /** The model that writes the answers; without one passages are quoted. */
  readonly languageModel: LanguageModelOptions | undefined;
  /** An assembly to run in place of one that is synthesized; it is only read. */
  readonly assembly?: string | undefined;
  /** Told each step while it boots. */
  readonly onStep: (step: string) => void;
  /** Told what a person should know while it runs. */
  readonly onReport: (line: string) => void;
}

/** A stage that runs on this machine, from its synthesized templates. */
export class Runtime {
  readonly file: RuntimeFile;
  readonly provisioned: Provisioned;
  readonly #undo: AsyncDisposableStack;

  private constructor(file: RuntimeFile, provisioned: Provisioned, undo: AsyncDisposableStack) {
    this.file = file;
    this.provisioned = provisioned;
    this.#undo = undo;
  }

  /**
   * Synthesizes, unless an assembly is given, creates every resource, takes up what an earlier run has left under way, and serves the API.
   * What was begun is undone when a step fails; the state of earlier runs stays.
   */
  static async start(options: RuntimeOptions): Promise<Runtime> {
    const { stage, port, directory, fresh = false, embeddings, languageModel, speech, assembly, onStep, onReport } = options;
    await using undo = new AsyncDisposableStack();
    const lock = StageLock.acquire(directory, stage);
    undo.defer(() => lock.release());

    const stateDirectory = path.join(directory, 'state');
    let began = false;
    if (fresh) await rm(stateDirectory, { recursive: true, force: true });
    const state = openState(stateDirectory, undo, () => began);

    const embedder = embeddings && new EmbeddingsServer(embeddings);
    const answerer = languageModel && new LanguageModelServer(languageModel, { report: onReport });
    // Now rather than when the first manual or question fails.
    await embedder?.embed(['Is there anybody?']);
    const speechEngine = findSpeechEngine(speech);
    undo.defer(() => speechEngine.close());
    await answerer?.greet();

    onStep(assembly === undefined ? 'synthesize the templates' : 'read the templates');
    const stacks =
      assembly === undefined
        ? await synthesizedIn(await freshDirectory(path.join(directory, 'cdk.out'), undo), stage)
        : readGivenAssembly(stage, assembly);
    const region = regionOf(stacks);
    if (!stacks.some(hasApi)) throw new Error(`There is nothing to run in "${stage}": its templates have no API.`);

    onStep('create the resources');
    const settings = state.map<number>('runtime');
    const keys = new AccessKeys(state.map('access-keys'));
    const clock = new AdjustableClock(settings.get('clock-offset-ms'), (offsetMs) => settings.set('clock-offset-ms', offsetMs));
    const iam = new IamService();
    const access = new Authorizer({ region, clock, iam, report: onReport });
    const frontDoor = new FrontDoor({
      keys,
      access,
      clock,
      region,
      onInternalError: (error) => onReport(`an emulated service failed: ${describe(error)}`),
    });
    const letIn = frontDoor.hold();
    const endpoint = await listenAsBefore(frontDoor, settings);
    undo.defer(() => frontDoor.close());
    const parts = {
      frontDoor,
      access,
      keys,
      clock,
      region,
      state,
      directory: stateDirectory,
      embedder,
      answerer,
      speechEngine,
      report: onReport,
    };
    const services = createServices(parts);
    for (const service of services.all) undo.defer(() => service.stop?.());
    frontDoor.register(iam, ...services.all);
    const kept = new KeptResources(state.map<KeptResource>('resources'));
    const provisioned = await provision(stacks, new Registry([iam, ...services.all]), kept);
    await access.review();
    for (const { path: gone, type } of kept.gone()) {
      onReport(`${gone} (${type}) is no longer in the templates. What it held stays in the state until a start with --fresh.`);
    }
    for (const service of services.all) await service.resume?.();
    letIn();

    onStep('create the demo users');
    const operator = keys.issue(OPERATOR);
    const users = await createDemoUsers(
      { endpoint, region, credentials: operator },
      outputOf(provisioned, 'UserPoolId'),
      state.map('demo-users'),
    );

    onStep('serve the API');
    const file: RuntimeFile = {
      pid: process.pid,
      stage,
      api_url: await services.api.listen(port),
      aws_endpoint: endpoint,
      region,
      user_pool_id: outputOf(provisioned, 'UserPoolId'),
      client_id: outputOf(provisioned, 'UserPoolClientId'),
      users,
      functions: describeFunctions(provisioned, keys),
      speech_engine: speechEngine === NO_ENGINE ? null : speechEngine.description,
      operator: { access_key_id: operator.accessKeyId, secret_access_key: operator.secretAccessKey },
    };
    writeRuntimeFile(directory, file);
    undo.defer(() => removeRuntimeFile(directory));
    began = true;
    return new Runtime(file, provisioned, undo.move());
  }

  /** Stops everything that was started, last begun first, and leaves nothing behind but the state. */
  async stop(): Promise<void> {
    await this.#undo.disposeAsync();
  }
}

async function synthesizedIn(directory: string, stage: string): Promise<AssembledStack[]> {
  await synthesize(stage, directory);
  return readCloudAssembly(directory);
}

/** The state of earlier runs, closed in the end. A start that fails leaves none where there was none. */
function openState(directory: string, undo: AsyncDisposableStack, began: () => boolean): State {
  const isNew = !existsSync(directory);
  const state = State.open(directory);
  undo.defer(async () => {
    state.close();
    if (isNew && !began()) await rm(directory, { recursive: true, force: true });
  });
  return state;
}

/** Where the endpoint was in earlier runs, since users have pointed their tools at it; elsewhere if that port is taken. */
async function listenAsBefore(frontDoor: FrontDoor, settings: StoredMap<number>): Promise<string> {
  const endpoint = await frontDoor.listen(settings.get('aws-endpoint-port')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return frontDoor.listen();
  });
  settings.set('aws-endpoint-port', Number(new URL(endpoint).port));
  return endpoint;
}

/** Empties a folder, which a runtime that was killed may have left; it goes when the runtime stops. */
async function freshDirectory(directory: string, undo: AsyncDisposableStack): Promise<string> {
  const remove = () => rm(directory, { recursive: true, force: true });
  await remove();
  undo.defer(remove);
  await mkdir(directory, { recursive: true });
  return directory;
}

function describeFunctions({ resources }: Provisioned, keys: AccessKeys): RuntimeFunction[] {
  const paths = new Map(resources.filter(({ type }) => type === 'AWS::Lambda::Function').map(({ ref, path }) => [ref, path]));
  return keys.issued().flatMap(({ principal, accessKeyId, secretAccessKey, sessionToken }) => {
    if (principal.kind !== 'role') return [];
    return {
      path: (paths.get(principal.sessionName) ?? '').replace(/\/Resource$/, ''),
      name: principal.sessionName,
      role: principal.arn,
      access_key: { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: sessionToken ?? '' },
    };
  });
}

/** An output by its name, whichever stack has it. */
function outputOf({ outputs }: Provisioned, name: string): string {
  for (const stack of outputs.values()) if (stack.has(name)) return String(stack.get(name));
  throw new Error(`no stack has an output ${name}`);
}

function hasApi({ resources }: AssembledStack): boolean {
  return Object.values(resources).some(({ Type }) => Type === 'AWS::ApiGateway::RestApi');
}

function regionOf(stacks: readonly AssembledStack[]): string {
  const regions = [...new Set(stacks.map(({ region }) => region))];
  if (regions.length !== 1 || !regions[0]) throw new Error(`the stacks must be in one region, and are in ${regions.join(', ') || 'none'}`);
  return regions[0];
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
