import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { programsThatHold } from './program-files.ts';
import { PROJECT, type StartedRuntime, startRuntimeOf } from './runtime.ts';

/** A change to one file: `find`, which it holds exactly once, becomes `replace`. */
export interface Edit {
  /** Relative to the project, such as `lambdas/shared/caller.ts`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const BUNDLES = 'lib/platform/bundles.ts';
/** Saves a third of what such a start costs. What the other runtimes run is minified. */
const NOT_MINIFIED: Edit = { file: BUNDLES, find: 'minify: true,', replace: 'minify: false,' };

/** The variable that names a folder of the sources' bundles, which runtimes share whose functions are unchanged. */
export const SHARED_BUNDLES = 'MANUEL_SHARED_BUNDLES';
const BUNDLING = { file: BUNDLES, find: '  bundlePrograms(programs, OUTPUT);\n' };
/** Leaves the bundles that are there as they are: most of what a synthesis costs. */
export const NOT_BUNDLED: Edit = { ...BUNDLING, replace: '' };

/** Leaves the bundles that are there as they are, but for those that hold one of these files. */
function bundlesOnly(files: readonly string[]): readonly Edit[] {
  if (files.length === 0) return [NOT_BUNDLED];
  const from = pathToFileURL(path.join(import.meta.dirname, 'program-files.ts'));
  const bundler = "import { buildSync } from 'esbuild';\n";
  return [
    NOT_MINIFIED,
    { ...BUNDLING, replace: `  bundlePrograms(${programsThatHold.name}(programs, ROOT, ${JSON.stringify(files)}), OUTPUT);\n` },
    { file: BUNDLES, find: bundler, replace: `${bundler}import { ${programsThatHold.name} } from '${from}';\n` },
  ];
}

/** What a runtime is started from. */
const SOURCES = ['bin', 'lib', 'lambdas', 'local', 'cdk.json', 'package.json', 'tsconfig.json'];

/**
 * Starts a runtime from a copy of the sources with these edits in it; the copy goes when the runtime stops. Throws when an
 * edit no longer applies, since the runtime would then show nothing.
 * @param notesGrants where functions are changed, or it becomes another stage: the grants that are used here count as used
 */
export async function startChanged(edits: readonly Edit[], { notesGrants = false } = {}): Promise<StartedRuntime> {
  const copy = await mkdtemp(path.join(tmpdir(), 'manuel-changed-'));
  const remove = () => rm(copy, { recursive: true, force: true });
  try {
    await Promise.all(SOURCES.map((name) => cp(path.join(PROJECT, name), path.join(copy, name), { recursive: true })));
    await symlink(path.join(PROJECT, 'node_modules'), path.join(copy, 'node_modules'), 'dir');
    const bundles = process.env[SHARED_BUNDLES];
    if (bundles !== undefined) await cp(bundles, path.join(copy, 'dist'), { recursive: true });
    const changed = edits.map(({ file }) => file).filter((file) => file.startsWith('lambdas/'));
    for (const edit of [...(bundles === undefined ? [NOT_MINIFIED] : bundlesOnly(changed)), ...edits]) await apply(copy, edit);
    const notesMetrics = changed.length === 0;
    const runtime = await startRuntimeOf(copy, undefined, { notesGrants, notesMetrics });
    return { ...runtime, stop: () => runtime.stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function apply(copy: string, { file, find, replace }: Edit): Promise<void> {
  const target = path.join(copy, file);
  const [before = '', after, ...more] = (await readFile(target, 'utf8')).split(find);
  if (after === undefined) throw new Error(`${file} no longer holds what the edit replaces: ${find}`);
  if (more.length > 0) throw new Error(`${file} holds more than once what the edit replaces: ${find}`);
  await writeFile(target, before + replace + after);
}
