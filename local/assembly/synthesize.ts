import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** What the CDK CLI adds of its own: the construct's path on every resource. Where in the sources each was made, nobody here asks. */
const CLI_CONTEXT = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:disable-creation-stack-traces': true };
const ROOT = path.resolve(import.meta.dirname, '../..');
/** The library is large: compiled once, it loads in about half the time. */
const COMPILE_CACHE = path.join(ROOT, 'node_modules/.cache/compile');

/**
 * Runs the CDK app of `cdk.json` as the CDK CLI would, into `outputDirectory`. Template validation stays with `cdk synth`
 * and the tests: what the runtime cannot serve it refuses by itself. Throws with the app's own words.
 */
export async function synthesize(stage: string, outputDirectory: string): Promise<void> {
  const { app, context } = JSON.parse(await readFile(path.join(ROOT, 'cdk.json'), 'utf8')) as {
    app: string;
    context: Record<string, unknown>;
  };
  const [command = '', ...parameters] = app.split(' ');
  const child = spawn(command === 'node' ? process.execPath : command, parameters, {
    cwd: ROOT,
    env: {
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...process.env,
      CDK_OUTDIR: outputDirectory,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...CLI_CONTEXT, stage }),
      CDK_VALIDATION: 'false',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`The CDK app could not be synthesized:\n${lastErrorOf(errors)}`);
}

/** The message of the error that ended the app, without its stack; all that it printed when there is none. */
function lastErrorOf(output: string): string {
  return /^\w*Error: [\s\S]*?(?=\n\s+at )/m.exec(output)?.[0] ?? output.trim();
}
