import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UsageError } from '../../local/cli/command-line.ts';
import { SUITES, type Suite } from './plan.ts';
import { readStackOutputs } from './stack-outputs.ts';
import type { Load, Target, UserPool } from './target.ts';

/** A stage that is reached as its users reach it, wherever it runs. */
export interface ReachedStage {
  readonly url: string;
  readonly userPool?: UserPool;
  readonly users: Target['users'];
}

export interface SuiteOptions {
  readonly suites: readonly Suite[];
  /** Absent for a runtime on this machine. */
  readonly reached?: ReachedStage;
  /** Of a runtime that is running on this machine; absent for one that is started for the run. */
  readonly directory?: string;
  readonly ask: boolean;
  readonly load: Load;
  readonly json?: string;
  readonly html?: string;
}

const OPTIONS = {
  url: { type: 'string' },
  outputs: { type: 'string' },
  'user-pool': { type: 'string' },
  client: { type: 'string' },
  region: { type: 'string' },
  'cognito-endpoint': { type: 'string' },
  email: { type: 'string' },
  'other-email': { type: 'string' },
  directory: { type: 'string' },
  ask: { type: 'boolean', default: false },
  calls: { type: 'string', default: '30' },
  questions: { type: 'string', default: '3' },
  parallel: { type: 'string', default: '3' },
  json: { type: 'string' },
  html: { type: 'string' },
} as const;
/** What only makes sense of a stage that is reached by its address. */
const OF_REACHED = ['user-pool', 'client', 'region', 'cognito-endpoint', 'email', 'other-email'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the command's options and the passwords from the environment. Throws UsageError with one sentence. */
export function readSuiteOptions(words: readonly string[], environment: Environment): SuiteOptions {
  const { values, positionals } = parse(words);
  const suites = positionals.map(suiteNamed);
  if (suites.length === 0) fail(`Name at least one suite: ${SUITES.join(', ')}.`);
  const { directory, json, html, ask } = values;
  const common = { suites, ask, load: readLoad(values), ...(json && { json }), ...(html && { html }) };
  const given: Given = values.outputs === undefined ? {} : readStackOutputs(readFile(values.outputs), values.outputs);
  const url = values.url ?? given.url;
  if (url === undefined) {
    const [alone] = OF_REACHED.filter((name) => values[name] !== undefined);
    if (alone) fail(`--${alone} belongs to a stage: name it with --url or --outputs.`);
    return { ...common, ...(directory && { directory }) };
  }
  if (directory !== undefined) fail('--directory names a runtime on this machine, --url and --outputs name another stage: choose one.');
  return { ...common, reached: readReached({ ...values, url }, given, environment) };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    return fail((error as Error).message.split('\n')[0] ?? '');
  }
}

type Given = Partial<ReturnType<typeof readStackOutputs>>;
type Values = ReturnType<typeof parse>['values'];

function readReached(values: Values & { readonly url: string }, given: Given, environment: Environment): ReachedStage {
  const { email, 'other-email': otherEmail } = values;
  const userPool = readUserPool(values, given, environment);
  if (email === undefined && otherEmail !== undefined) fail('--other-email is the second user: name the first with --email.');
  if (email !== undefined && !userPool) fail('--email needs to know where to sign in: --user-pool and --client, or --outputs.');
  if (email !== undefined && email === otherEmail) fail('--other-email must be somebody else than --email.');
  return {
    url: readUrl('--url', values.url),
    ...(userPool && { userPool }),
    users: [
      ...(email === undefined ? [] : [{ name: email, password: passwordFrom('MANUEL_PASSWORD', '--email', environment) }]),
      ...(otherEmail === undefined
        ? []
        : [{ name: otherEmail, password: passwordFrom('MANUEL_OTHER_PASSWORD', '--other-email', environment) }]),
    ],
  };
}

function readUserPool(values: Values, given: Given, environment: Environment): UserPool | undefined {
  const { 'user-pool': userPoolId = given.userPoolId, client: clientId = given.clientId } = values;
  if (userPoolId === undefined && clientId === undefined) return undefined;
  if (userPoolId === undefined || clientId === undefined) return fail('--user-pool and --client go together.');
  const [, regionOfPool] = /^([\w-]+)_\w+$/.exec(userPoolId) ?? [];
  if (!regionOfPool) fail(`--user-pool is no id of a user pool: "${userPoolId}". It looks like eu-west-1_AbCdEfGhI.`);
  const endpoint = values['cognito-endpoint'] ?? environment['AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER'];
  const region = values.region ?? regionOfPool ?? '';
  return { userPoolId, clientId, region, ...(endpoint && { endpoint: readUrl('--cognito-endpoint', endpoint) }) };
}

/** Never from an option: those are in the list of processes for everybody to read. */
function passwordFrom(variable: string, option: string, environment: Environment): string {
  return environment[variable] || fail(`${option} needs a password: give it in the environment as ${variable}.`);
}

/** Without the slash at its end. A password goes to nobody without TLS, but for this machine. */
function readUrl(option: string, text: string): string {
  const url = URL.parse(text);
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(url?.hostname ?? '');
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isHere)) fail(`${option} must begin with https://, and is "${text}".`);
  return text.replace(/\/+$/, '');
}

function readLoad({ calls, questions, parallel }: Values): Load {
  return {
    calls: readCount('calls', calls, 200),
    questions: readCount('questions', questions, 20),
    parallel: readCount('parallel', parallel, 20),
  };
}

function readCount(option: string, text: string, most: number): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > most) fail(`--${option} is a number from 1 to ${most}, and not "${text}".`);
  return count;
}

function suiteNamed(word: string): Suite {
  return SUITES.find((suite) => suite === word) ?? fail(`There is no suite "${word}"; there are ${SUITES.join(', ')}.`);
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return fail(`--outputs cannot be read: ${(error as Error).message}.`);
  }
}

function fail(message: string): never {
  throw new UsageError(message);
}
