import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import type { SignedInUser } from '../support/users.ts';

export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the command of the suites to its end. */
export async function runSuites(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['test/suite/run.ts', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output, errors };
}

/** The options by which a runtime on this machine is reached as a deployed stage is. */
export const reaching = ({ api_url, user_pool_id, client_id, aws_endpoint }: RuntimeFile): string[] => [
  ...['--url', api_url, '--user-pool', user_pool_id, '--client', client_id],
  ...['--cognito-endpoint', aws_endpoint],
];

/** What lets a run in as these two. */
export function signedInAs([first, second]: readonly [SignedInUser, SignedInUser]) {
  return {
    words: ['--email', first.name, '--other-email', second.name],
    environment: { MANUEL_PASSWORD: first.password, MANUEL_OTHER_PASSWORD: second.password },
  };
}
