import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { type Fence, PAGES, type Page } from '../docs/pages.ts';
import { differences } from '../docs/shape.ts';
import { moduleFolder, moduleNameOf, TYPESCRIPT_PAGES } from '../docs/typescript.ts';
import { loadRecordings } from '../fixtures/recordings.ts';
import { PROJECT, SHARED_ASSEMBLY, type StartedRuntime, startRuntime } from '../support/runtime.ts';

const run = promisify(execFile);
const PAGE_TIMEOUT_MS = 120_000;

const isRun = ({ kind }: Fence) => kind === 'run';
const pages = PAGES.filter(({ fences }) => fences.some((fence) => fence.language === 'sh' && isRun(fence)));

let runtime: StartedRuntime;
let folder: Awaited<ReturnType<typeof moduleFolder>>;

/** A folder that looks like the project to a block, with this runtime as that of `npm start`. */
beforeAll(async () => {
  [runtime, folder] = await Promise.all([startRuntime(), moduleFolder()]);
  await mkdir(path.join(folder.path, '.manuel/dev'), { recursive: true });
  const assembly = process.env[SHARED_ASSEMBLY] ?? path.join(runtime.directory, 'cdk.out');
  for (const [there, here] of [
    [path.join(runtime.directory, 'runtime.json'), '.manuel/dev/runtime.json'],
    [path.join(PROJECT, 'test'), 'test'],
    [assembly, 'cdk.out'],
  ] as const) {
    await symlink(there, path.join(folder.path, here));
  }
  // Not every machine has an engine that listens; what it would hear is not what the pages are about.
  const said = loadRecordings().map(async ({ path: file, said: words }) => [sha256(await readFile(file)), words]);
  await new RuntimeControl(runtime.file).setTranscripts(Object.fromEntries(await Promise.all(said)));
});

afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  expect(await runtime.stop()).toBe(0);
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('there are pages to run', () => {
  expect(pages.map(({ file }) => file)).toEqual(expect.arrayContaining(['README.md', 'docs/app-developer.md']));
});

describe.each(pages)('$file', (page) => {
  let printed: ReadonlyMap<Fence, string>;

  beforeAll(async () => {
    printed = await runBlocks(page);
  }, PAGE_TIMEOUT_MS);

  /** What was printed by the block right before one. */
  function printedBefore(fence: Fence): string {
    const before = page.fences[page.fences.indexOf(fence) - 1];
    return (before && printed.get(before)) ?? '';
  }

  test('every answer has the form that is shown', () => {
    for (const fence of page.fences.filter(({ kind }) => kind === 'answer')) {
      const found = differences(parsed(printedBefore(fence)), JSON.parse(fence.text));
      expect([`${fence.file}:${fence.line}`, found]).toEqual([`${fence.file}:${fence.line}`, []]);
    }
  });

  test('every line of a sample was printed, as far as it does not tell of one time only', () => {
    for (const fence of page.fences.filter((one) => one.language === 'text' && printedBefore(one) !== '')) {
      const lines = printedBefore(fence).split(/\r?\n/);
      for (const shown of fence.text.trim().split('\n')) {
        const [beginning = ''] = shown.split(/[{…]/);
        expect([`${fence.file}:${fence.line}`, shown, lines.some((line) => line.startsWith(beginning))]).toEqual([
          `${fence.file}:${fence.line}`,
          shown,
          true,
        ]);
      }
    }
  });
});

test.each(TYPESCRIPT_PAGES.filter(({ fences }) => fences.some((fence) => fence.language === 'ts' && isRun(fence))))(
  'the module of $file runs',
  async (page) => {
    const { stdout } = await run(process.execPath, [...FASTER_SIGN_IN, moduleNameOf(page)], { cwd: folder.path });
    expect(stdout).toMatch(/^done \{/m);
  },
  PAGE_TIMEOUT_MS,
);

/** A sign-in's arithmetic by the engine; it is the library's own otherwise. */
const FASTER_SIGN_IN = ['--import', pathToFileURL(path.join(PROJECT, 'test/support/srp-arithmetic.ts')).href];

/** One shell for a page, as its reader has one; what each block prints. */
async function runBlocks({ file, fences }: Page): Promise<ReadonlyMap<Fence, string>> {
  const blocks = fences.filter((fence) => fence.language === 'sh' && isRun(fence));
  const name = path.basename(file, '.md');
  const outputOf = (index: number) => path.join(folder.path, `${name}-${index}.out`);
  const script = [
    'set -euo pipefail',
    manuelHere(),
    ...blocks.flatMap(({ line, text }, index) => [`exec > '${outputOf(index)}'`, `trap 'echo "${file}:${line} failed" >&2' ERR`, text]),
  ].join('\n');
  const scriptFile = path.join(folder.path, `${name}.sh`);
  await writeFile(scriptFile, script);
  await run('bash', [scriptFile], { cwd: folder.path }).catch(async (error: { stderr: string }) => {
    const texts = await Promise.all(blocks.map((_, index) => (existsSync(outputOf(index)) ? readFile(outputOf(index), 'utf8') : '')));
    throw new Error(`${error.stderr}\n${texts.filter(Boolean).at(-1)}`);
  });
  const texts = await Promise.all(blocks.map((_, index) => readFile(outputOf(index), 'utf8')));
  return new Map(blocks.map((block, index) => [block, texts[index] ?? '']));
}

/** `npm run -s manuel` with this runtime in place of the one in the project's folder; nothing else of npm is run here. */
function manuelHere(): string {
  const command = [process.execPath, ...FASTER_SIGN_IN, path.join(PROJECT, 'local/cli/manuel.ts')].map((word) => `'${word}'`).join(' ');
  return [
    'npm() {',
    '  if [ "$1 $2 $3 $4" != "run -s manuel --" ]; then echo "npm $* is not run here" >&2; return 1; fi',
    `  ${command} "\${@:5}" --directory '${runtime.directory}'`,
    '}',
  ].join('\n');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
