import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { refuseOutOfRange } from '../../lib/stage-config.ts';
import { readStageFile, STAGE_FILE_MEMBERS } from '../../lib/stage-file.ts';
import { stageConfig } from '../../lib/stages.ts';
import { PROJECT } from '../support/runtime.ts';
import { type Fence, PAGES } from './pages.ts';
import { commandsIn } from './shell-commands.ts';

const fences = PAGES.flatMap((page) => page.fences);
const placeOf = ({ file, line }: Fence) => `${file}:${line}`;

/** What a fence may say. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  sh: ['', 'run'],
  ts: ['', 'run'],
  json: ['', 'answer', 'stage-file', 'trust-policy'],
  text: [''],
  swift: [''],
};

test('there are pages, and blocks in them', () => {
  expect(PAGES.map(({ file }) => file)).toEqual(
    expect.arrayContaining([
      'README.md',
      ...['app-developer', 'contribute', 'decisions', 'deploy', 'local-runtime'].map((name) => `docs/${name}.md`),
    ]),
  );
  expect(fences.length).toBeGreaterThan(40);
});

test('the README is short, and leads to every other page', () => {
  const [readme, ...others] = PAGES;
  expect(readme?.source.split('\n').length).toBeLessThanOrEqual(160);
  expect(readme?.links).toEqual(expect.arrayContaining(others.map(({ file }) => file)));
});

test('every block says what it is, in a word that is known', () => {
  for (const fence of fences) {
    expect([placeOf(fence), Object.keys(KINDS)]).toEqual([placeOf(fence), expect.arrayContaining([fence.language])]);
    expect([placeOf(fence), KINDS[fence.language]]).toEqual([placeOf(fence), expect.arrayContaining([fence.kind])]);
  }
});

test('every sample of output shows its command, or stands where one is', () => {
  for (const fence of fences.filter(({ language }) => language === 'text')) {
    const page = PAGES.find(({ file }) => file === fence.file);
    const isNear = page?.fences.some(({ language, section, line }) => language === 'sh' && section === fence.section && line < fence.line);
    const said = /^\$ /m.test(fence.text) || isNear || commandsNear(page?.source ?? '', fence.line).length > 0;
    expect([placeOf(fence), said]).toEqual([placeOf(fence), true]);
  }
});

/** Those in the sentence right above a line. */
function commandsNear(source: string, line: number) {
  const above = source.split('\n').slice(0, line - 2);
  const paragraph = above.slice(above.lastIndexOf('', above.length - 2) + 1).join(' ');
  return [...paragraph.matchAll(/`(npm [^`]+)`/g)].flatMap(([, code = '']) => commandsIn(code));
}

test('every link within the repository leads somewhere', () => {
  for (const { file, links } of PAGES) {
    for (const link of links.filter((one) => !/^[a-z]+:/.test(one))) {
      const [target = '', anchor] = link.split('#');
      const found = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
      expect([file, link, existsSync(path.join(PROJECT, found))]).toEqual([file, link, true]);
      if (anchor === undefined) continue;
      const anchors = PAGES.find((page) => page.file === found)?.anchors ?? [];
      expect([file, link, anchors]).toEqual([file, link, expect.arrayContaining([anchor])]);
    }
  }
});

/** What is made, or a team writes, and is not in the repository. */
const MADE = /^(?:\.manuel\/|cdk\.out\b|stages\/|models\/|runtime\.json$|outputs\.json$|answers\.json$|smoke\.|wink-embeddings)/;
const FOLDERS = ['bin', 'lib', 'lambdas', 'local', 'test', 'docs', '.github', '.githooks', '.ci'];
const ENDING = /\.(?:[cm]?[jt]s|json|md|ya?ml|pdf|wav|bin)$/;

/** A word in backticks that stands for a file, a folder or a pattern of files of the repository. */
function isPath(code: string): boolean {
  if (/[\s"'`$(){}<>=:]/.test(code) || code.startsWith('/') || MADE.test(code)) return false;
  const isBelow = FOLDERS.some((folder) => code.startsWith(`${folder}/`));
  // A mere ending, such as `.stack.ts`, is none.
  return isBelow || (ENDING.test(code) && !/^\.[\w.]+$/.test(code));
}

test('every file that is named is there', () => {
  const named = PAGES.flatMap(({ file, codes }) => codes.filter(isPath).map((code) => ({ file, code })));
  expect(named.length).toBeGreaterThan(60);
  for (const { file, code } of named) {
    const pattern = code.includes('/') ? code : `{${code},{lib,lambdas,local,test}/**/${code}}`;
    expect([file, code, globSync(pattern, { cwd: PROJECT }).length > 0]).toEqual([file, code, true]);
  }
  const given = fences
    .filter(({ language }) => language === 'sh')
    .flatMap((fence) =>
      [...fence.text.matchAll(/(?<![\w/.-])(?:test|lib|lambdas|local)\/[\w./-]+/g)].map(([file]) => [placeOf(fence), file] as const),
    );
  for (const [where, file] of given) expect([where, file, existsSync(path.join(PROJECT, file))]).toEqual([where, file, true]);
});

describe('blocks of JSON', () => {
  const blocks = fences.filter(({ language }) => language === 'json');

  test('are JSON', () => {
    for (const fence of blocks) expect([placeOf(fence), () => JSON.parse(fence.text)]).toEqual([placeOf(fence), expect.any(Function)]);
    for (const fence of blocks) expect(() => JSON.parse(fence.text)).not.toThrow();
  });

  test('that are a stage’s file are taken, and have every member', async () => {
    const files = blocks.filter(({ kind }) => kind === 'stage-file');
    expect(files).toHaveLength(1);
    const folder = await mkdtemp(path.join(tmpdir(), 'manuel-docs-'));
    for (const { text } of files) {
      await writeFile(path.join(folder, 'prod.json'), text);
      const values = readStageFile('prod', folder);
      expect(Object.keys(values).sort()).toEqual([...STAGE_FILE_MEMBERS].sort());
      expect(() => refuseOutOfRange({ ...stageConfig('prod'), ...values } as ReturnType<typeof stageConfig>)).not.toThrow();
    }
    await rm(folder, { recursive: true });
  });

  test('that are a trust policy let in an environment that the workflows deploy to', () => {
    const [policy, ...others] = blocks.filter(({ kind }) => kind === 'trust-policy').map(({ text }) => JSON.parse(text));
    expect(others).toEqual([]);
    const { Action, Condition } = policy.Statement[0];
    const { 'token.actions.githubusercontent.com:sub': subject, 'token.actions.githubusercontent.com:aud': audience } =
      Condition.StringEquals;
    const workflow = parse(readFileSync(path.join(PROJECT, '.github/workflows/deploy.yml'), 'utf8'));
    const environments = Object.values(workflow.jobs as Record<string, { with?: { environment?: string } }>).flatMap(
      (job) => job.with?.environment ?? [],
    );
    expect(environments).toContain(/^repo:[\w-]+\/[\w-]+:environment:(\w+)$/.exec(subject)?.[1]);
    expect([Action, audience]).toEqual(['sts:AssumeRoleWithWebIdentity', 'sts.amazonaws.com']);
  });
});
