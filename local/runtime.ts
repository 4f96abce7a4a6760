import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type AssembledStack, readCloudAssembly } from './assembly/cloud-assembly.ts';
import { type Provisioned, provision } from './assembly/provision.ts';
import { Registry } from './assembly/registry.ts';
import { synthesize } from './assembly/synthesize.ts';
import { createDemoUsers, type DemoUser } from './demo-users.ts';
import { AccessKeys } from './front-door/access-keys.ts';
import { FrontDoor } from './front-door/front-door.ts';
import { AdjustableClock } from './platform/clock.ts';
import { OPERATOR } from './platform/principal.ts';
import { type RuntimeFile, type RuntimeFunction, removeRuntimeFile, writeRuntimeFile } from './runtime-file.ts';
import { createServices, type Services } from './services.ts';
import { StageLock } from './stage-lock.ts';

export interface RuntimeOptions {
  readonly stage: string;
  /** Of the API; 0 takes a free one. */
  readonly port: number;
  /** Where the assembly, the state and `runtime.json` of this stage go. */
  readonly directory: string;
  /** Told each step while it boots. */
  readonly onStep: (step: string) => void;
  /** Told what a person should know while it runs. */
  readonly onReport: (line: string) => void;
}

/** A stage that runs on this machine, from its synthesized templates. */
export class Runtime {
  readonly file: RuntimeFile;
  readonly provisioned: Provisioned;
  readonly services: Services;
  readonly #stop: () => Promise<void>;

  private constructor(file: RuntimeFile, provisioned: Provisioned, services: Services, stop: () => Promise<void>) {
    this.file = file;
    this.provisioned = provisioned;
    this.services = services;
    this.#stop = stop;
  }

  /** Synthesizes, creates every resource and serves the API. What was begun is undone when a step fails. */
  static async start(options: RuntimeOptions): Promise<Runtime> {
    const { stage, port, directory, onStep, onReport } = options;
    const cleanUps: (() => unknown)[] = [];
    const stop = async () => {
      for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
    };
    try {
      await mkdir(directory, { recursive: true });
      const lock = StageLock.acquire(directory, stage);
      cleanUps.push(() => lock.release());

      onStep('synthesize the templates');
      const assembly = path.join(directory, 'cdk.out');
      cleanUps.push(await freshDirectory(assembly));
      await synthesize(stage, assembly);
      const stacks = readCloudAssembly(assembly);

      const keys = new AccessKeys();
      const clock = new AdjustableClock();
      const frontDoor = new FrontDoor({
        keys,
        clock,
        onInternalError: (error) => onReport(`an emulated service failed: ${describe(error)}`),
      });
      const endpoint = await frontDoor.listen();
      cleanUps.push(() => frontDoor.close());

      const state = path.join(directory, 'state');
      cleanUps.push(await freshDirectory(state));
      const services = createServices({ frontDoor, keys, clock, region: regionOf(stacks), directory: state, report: onReport });
      frontDoor.register(...services.all);
      for (const service of services.all) cleanUps.push(() => service.stop?.());

      onStep('create the resources');
      const provisioned = await provision(stacks, new Registry(services.all));

      onStep('create the demo users');
      const operator = keys.issue(OPERATOR);
      const userPoolId = outputOf(provisioned, 'UserPoolId');
      const users = await createDemoUsers({ endpoint, region: regionOf(stacks), credentials: operator }, userPoolId);

      onStep('serve the API');
      const apiUrl = await services.api.listen(port);
      const file = describeRuntime({ options, provisioned, keys, endpoint, apiUrl, userPoolId, users, region: regionOf(stacks), operator });
      writeRuntimeFile(directory, file);
      cleanUps.push(() => removeRuntimeFile(directory));
      return new Runtime(file, provisioned, services, stop);
    } catch (error) {
      await stop();
      throw error;
    }
  }

  /** Stops everything that was started, and leaves nothing behind. */
  stop(): Promise<void> {
    return this.#stop();
  }
}

/** Empties a folder, which a runtime that was killed may have left, and returns how to remove it. */
async function freshDirectory(directory: string): Promise<() => Promise<void>> {
  const remove = () => rm(directory, { recursive: true, force: true });
  await remove();
  await mkdir(directory, { recursive: true });
  return remove;
}

interface Description {
  readonly options: RuntimeOptions;
  readonly provisioned: Provisioned;
  readonly keys: AccessKeys;
  readonly endpoint: string;
  readonly apiUrl: string;
  readonly region: string;
  readonly userPoolId: string;
  readonly users: readonly DemoUser[];
  readonly operator: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

function describeRuntime({ options, provisioned, keys, endpoint, apiUrl, region, userPoolId, users, operator }: Description): RuntimeFile {
  return {
    pid: process.pid,
    stage: options.stage,
    api_url: apiUrl,
    aws_endpoint: endpoint,
    region,
    user_pool_id: userPoolId,
    client_id: outputOf(provisioned, 'UserPoolClientId'),
    users,
    functions: describeFunctions(provisioned, keys),
    operator: { access_key_id: operator.accessKeyId, secret_access_key: operator.secretAccessKey },
  };
}

function describeFunctions({ resources }: Provisioned, keys: AccessKeys): RuntimeFunction[] {
  const paths = new Map(resources.filter(({ type }) => type === 'AWS::Lambda::Function').map(({ ref, path }) => [ref, path]));
  return keys.issued().flatMap(({ principal, accessKeyId, secretAccessKey, sessionToken }) => {
    if (principal.kind !== 'role') return [];
    return {
      path: (paths.get(principal.functionName) ?? '').replace(/\/Resource$/, ''),
      name: principal.functionName,
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

function regionOf(stacks: readonly AssembledStack[]): string {
  const regions = [...new Set(stacks.map(({ region }) => region))];
  if (regions.length !== 1 || !regions[0]) throw new Error(`the stacks must be in one region, and are in ${regions.join(', ') || 'none'}`);
  return regions[0];
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
