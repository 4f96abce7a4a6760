import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../local/cli/command-line.ts';
import { ManuelClient } from '../../local/cli/manuel-client.ts';
import { signIn } from '../../local/cli/sign-in.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import { startRuntime } from '../support/runtime.ts';
import '../support/srp-arithmetic.ts';
import type { ReachedStage, SuiteOptions } from './options.ts';
import { plannedQuestions } from './plan.ts';
import type { Target } from './target.ts';

const REACH_TIMEOUT_MS = 10_000;

/** That there is nobody to check. Its message is one sentence. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

export interface OpenTarget {
  readonly target: Omit<Target, 'notesFile'>;
  /** How many questions are planned at most, of each user. */
  readonly questions: number;
  close(): Promise<void>;
}

/** Finds what the options name, or starts a runtime for the run. Throws UsageError or Unreachable. */
export async function openTarget(options: SuiteOptions): Promise<OpenTarget> {
  const { suites, reached, directory } = options;
  const questions = suites.map((suite) => plannedQuestions(suite, options)).reduce((sum, count) => sum + count, 0);
  if (reached) return { target: await describeStage(options, reached, { questions, hearsSpeech: true }), questions, close: async () => {} };
  const running = directory === undefined ? await startRuntime() : { file: readRuntimeFile(directory), stop: async () => {} };
  const { file } = running;
  const stage = { url: file.api_url, userPool: userPoolOf(file), users: file.users };
  const described = await describeStage(options, stage, { questions, hearsSpeech: file.speech_engine !== null });
  return {
    // A question costs nothing here.
    target: { ...described, ask: true, ...('directory' in running && { ownRuntime: running.directory }) },
    questions,
    close: async () => void (await running.stop()),
  };
}

async function describeStage(
  { ask, load }: SuiteOptions,
  { url, userPool, users }: ReachedStage,
  { questions, hearsSpeech }: { readonly questions: number; readonly hearsSpeech: boolean },
): Promise<Omit<Target, 'notesFile'>> {
  await reach(url);
  const left = userPool ? await Promise.all(users.map(async (user) => questionsLeft(url, await tokenOf(userPool, user)))) : [];
  const questionsExceedQuota = left.some((count) => count < questions);
  return { url, ...(userPool && { userPool }), users, ask, load, hearsSpeech, questionsExceedQuota };
}

async function reach(url: string): Promise<void> {
  try {
    await fetch(`${url}/health`, { signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
  } catch (error) {
    const { message = '', cause } = error as Error;
    throw new Unreachable(`${url} cannot be reached: ${cause instanceof Error && cause.message ? cause.message : message}.`);
  }
}

/** Undefined where nobody is let in, which a check is to say. */
function tokenOf({ endpoint, userPoolId, clientId }: NonNullable<Target['userPool']>, user: Target['users'][number]) {
  return signIn({ ...(endpoint && { endpoint }), userPoolId, clientId, ...user }).catch(() => undefined);
}

async function questionsLeft(url: string, token: string | undefined): Promise<number> {
  if (token === undefined) return Number.POSITIVE_INFINITY;
  try {
    const { daily_remaining, monthly_remaining } = await new ManuelClient(url, token).quota();
    return Math.min(daily_remaining, monthly_remaining);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function readRuntimeFile(directory: string): RuntimeFile {
  try {
    return JSON.parse(readFileSync(path.join(directory, 'runtime.json'), 'utf8'));
  } catch {
    throw new UsageError(`No runtime is running in ${directory}: start one with npm start.`);
  }
}

function userPoolOf({ aws_endpoint, region, user_pool_id, client_id }: RuntimeFile): NonNullable<Target['userPool']> {
  return { endpoint: aws_endpoint, region, userPoolId: user_pool_id, clientId: client_id };
}
