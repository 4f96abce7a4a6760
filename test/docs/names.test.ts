import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MANUAL_FAILURES } from '../../lambdas/manuals/manuals.contract.ts';
import { PROBLEMS } from '../../lambdas/shared/problems.contract.ts';
import { TRANSCRIPTION_FAILURES } from '../../lambdas/transcribe/transcribe.contract.ts';
import { STAGE_NAMES, type StageName } from '../../lib/stage-config.ts';
import { stageConfig } from '../../lib/stages.ts';
import { ROUTES } from '../support/routes.ts';
import { PROJECT } from '../support/runtime.ts';
import { appOf } from '../support/templates.ts';
import { inBackticks, PAGES, pageOf, tableOf } from './pages.ts';
import { commandsIn } from './shell-commands.ts';

const apps = pageOf('docs/app-developer.md');
const deploy = pageOf('docs/deploy.md');
const everything = PAGES.map(({ source }) => source).join('\n');

describe('problems', () => {
  test('each has a row with its status and what to do, and there is no other', () => {
    const rows = tableOf(apps, 'code').map(([code = '', status, when, remedy]) => {
      expect([code, when, remedy]).toEqual([code, expect.stringMatching(/\w/), expect.stringMatching(/\w/)]);
      return [inBackticks(code), Number(status)];
    });
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status])));
    expect(rows).toHaveLength(Object.keys(PROBLEMS).length);
  });

  test('wherever one is named with a status, it is its own', () => {
    const named = [...everything.matchAll(/\b([45]\d\d)(?: \w+)? `(\w+)`/g)].map(([, status, code]) => [code, Number(status)]);
    expect(named.length).toBeGreaterThan(10);
    const known = Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]);
    for (const one of named) expect(known).toContainEqual(one);
  });

  test.each([
    ['code of a failed manual', MANUAL_FAILURES],
    ['code of a failed recording', TRANSCRIPTION_FAILURES],
  ])('so has each %s', (title, failures) => {
    expect(
      tableOf(apps, title)
        .map(([code = '']) => inBackticks(code))
        .sort(),
    ).toEqual(Object.keys(failures).sort());
  });
});

describe('routes', () => {
  const routes = ROUTES.map(({ method, path: route }) => `${method} ${route}`);

  test('each has a heading of its own, and there is no other', () => {
    const headings = apps.headings.filter((heading) => /^[A-Z]+ \//.test(heading));
    expect(headings.sort()).toEqual([...routes].sort());
  });

  test('wherever one is named, it is there', () => {
    const named = PAGES.flatMap(({ codes }) => codes.filter((code) => /^[A-Z]{3,} \//.test(code)));
    for (const one of named) expect(routes).toContain(one);
  });

  test('each is called by curl, in a block that is run, and no other is', () => {
    const calls = apps.fences
      .filter(({ language, kind }) => language === 'sh' && kind === 'run')
      .flatMap(({ text }) => commandsIn(text))
      .filter(({ program, words }) => program === 'curl' && words.some((word) => word.startsWith('$API')))
      .map(({ words }) => methodAndPath(words));
    expect(new Set(calls.filter((call) => !call.startsWith('OPTIONS')))).toEqual(new Set(routes));
  });

  /** `POST` where there is a body, as curl has it; what a variable stands for is the path's one parameter. */
  function methodAndPath(words: readonly string[]): string {
    const named = words[words.indexOf('-X') + 1];
    const method = words.includes('-X') ? named : words.includes('-d') ? 'POST' : 'GET';
    const url = words.find((word) => word.startsWith('$API')) ?? '';
    const [called = ''] = url.replace(/^\$API/, '').split('?');
    const pattern = called.replace(/\$(?:\w+|\(\))/g, (_, at: number) =>
      called.slice(0, at).includes('transcribe') ? '{job_id}' : '{manual_id}',
    );
    return `${method} ${pattern}`;
  }
});

describe('values of a stage', () => {
  const table = tableOf(deploy, 'value');
  const names = table.map(([name = '']) => inBackticks(name));

  test('each has a row, and there is no other', () => {
    const source = readFileSync(path.join(PROJECT, 'lib/stage-config.ts'), 'utf8');
    const [, members = ''] = /export interface StageConfig \{\n([\s\S]*?)\n\}/.exec(source) ?? [];
    const stated = [...members.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name);
    expect(stated).toContain('retainData');
    expect(new Set(names.map((name) => name.split('.')[0]))).toEqual(new Set(stated.filter((name) => name !== 'name')));
    const leaves = STAGE_NAMES.flatMap((stage) => leavesOf(stageConfig(stage))).filter((name) => name !== 'name');
    expect(names).toEqual(expect.arrayContaining([...new Set(leaves)]));
    expect(new Set(names).size).toBe(names.length);
  });

  test('each is what the stages have', () => {
    const [, ...columns] = deploy.tables.find(([head]) => head?.[0] === 'value')?.[0] ?? [];
    const stages = columns.slice(0, -1).map(inBackticks);
    expect(stages).toEqual(STAGE_NAMES);
    for (const [name = '', ...cells] of table) {
      const shown = stages.map((_, index) => (cells[index] === 'as `dev`' ? cells[0] : cells[index]));
      const real = stages.map((stage) => shownAs(memberOf(stageConfig(stage as StageName), inBackticks(name))));
      expect([name, shown]).toEqual([name, real]);
    }
  });

  function leavesOf(value: object, prefix = ''): string[] {
    return Object.entries(value).flatMap(([name, one]) =>
      typeof one === 'object' && one !== null && !Array.isArray(one) ? leavesOf(one, `${prefix}${name}.`) : [`${prefix}${name}`],
    );
  }

  const memberOf = (config: object, name: string): unknown =>
    name.split('.').reduce<unknown>((part, member) => (part as Record<string, unknown>)[member], config);

  function shownAs(value: unknown): string {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none';
    if (typeof value === 'boolean') return value ? 'on' : 'off';
    if (typeof value === 'number') return value.toLocaleString('en-GB');
    return Array.isArray(value) ? value.map((one) => (one === '*' ? 'any' : one)).join(', ') : String(value);
  }
});

test('every stack that a stage may have is told of, and no other', () => {
  const named = tableOf(deploy, 'stack').map(([name = '']) => inBackticks(name));
  const { stage } = appOf(stageConfig('prod'));
  expect(named.sort()).toEqual(stage.node.children.map(({ node }) => `Manuel-<stage>-${node.id}`).sort());
});

test('each variable of the environment that is ours is told of, and no other', () => {
  const sources = globSync('{bin,lib,lambdas,local,test}/**/*.{ts,js,cjs}', { cwd: PROJECT, exclude: ['test/docs/**'] });
  const read = new Set(sources.flatMap((file) => readFileSync(path.join(PROJECT, file), 'utf8').match(/\bMANUEL_[A-Z_]+\b/g) ?? []));
  expect([...read]).toContain('MANUEL_LLM_URL');
  expect(new Set(everything.match(/\bMANUEL_[A-Z_]+\b/g))).toEqual(read);
});
