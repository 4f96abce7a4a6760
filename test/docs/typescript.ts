import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT } from '../support/runtime.ts';
import { PAGES, type Page } from './pages.ts';

/** The pages that have TypeScript in them. */
export const TYPESCRIPT_PAGES: readonly Page[] = PAGES.filter(({ fences }) => fences.some(({ language }) => language === 'ts'));

export const moduleNameOf = ({ file }: Page): string => `${path.basename(file, '.md')}.ts`;

/** The blocks of a page as one module, each at its own lines. */
function moduleOf({ source, fences }: Page): string {
  const lines = source.split('\n').map(() => '');
  for (const { language, line, text } of fences) {
    if (language === 'ts') lines.splice(line - 1, text.trimEnd().split('\n').length, ...text.trimEnd().split('\n'));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** A folder that looks like the project to a module in it: what it imports is there. Goes when it is disposed of. */
export async function moduleFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), 'manuel-docs-'));
  await symlink(path.join(PROJECT, 'node_modules'), path.join(folder, 'node_modules'), 'dir');
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
  for (const page of TYPESCRIPT_PAGES) await writeFile(path.join(folder, moduleNameOf(page)), moduleOf(page));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
