import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from '../support/runtime.ts';
import { PAGES } from './pages.ts';
import { commandsIn, functionsIn, type ShellCommand } from './shell-commands.ts';

const run = promisify(execFile);

/** Of what CDK's CLI makes its parser: what each command and option is called. */
const CDK_COMMANDS = path.join(PROJECT, 'node_modules/aws-cdk/lib/cli/cli-type-registry.json');
/** What a shell has of its own. */
const BUILTINS = ['[[', 'cd', 'echo', 'export', 'printf', 'set'];
/** What a reader has, and a machine that tests need not. */
const FOREIGN = ['aws'];
/** Commands of npm's own. */
const NPM = ['ci', 'install', 'run', 'start', 'test'];

const { scripts } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

interface Place {
  readonly where: string;
  readonly command: ShellCommand;
}

const fences = PAGES.flatMap((page) => page.fences).filter(({ language }) => language === 'sh');
/** Commands of blocks, those that a sample of output shows behind a `$`, and those within a sentence. */
const places: Place[] = PAGES.flatMap(({ file, fences: blocks, codes }) => [
  ...blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ line, text }) => commandsIn(text).map((command) => ({ where: `${file}:${line}`, command }))),
  ...blocks
    .filter(({ language }) => language === 'text')
    .flatMap(({ line, text }) =>
      [...text.matchAll(/^\$ (.*)$/gm)].flatMap(([, shown = '']) =>
        commandsIn(shown).map((command) => ({ where: `${file}:${line}`, command })),
      ),
    ),
  ...codes
    .filter((code) => /^(?:[A-Z_]+=\S+ )*(?:npm|npx) /.test(code))
    .flatMap((code) => commandsIn(code).map((command) => ({ where: `${file}: ${code}`, command }))),
]);

/** The script of package.json that a command of npm runs, and what it is given; undefined for npm's own business. */
function scriptOf({ program, words }: ShellCommand): { readonly name: string; readonly given: readonly string[] } | undefined {
  if (program !== 'npm') return undefined;
  const [verb = '', ...rest] = words;
  if (verb === 'start' || verb === 'test') return { name: verb, given: rest.filter((word) => word !== '--') };
  if (verb !== 'run') return undefined;
  const [name = '', separator, ...given] = rest.filter((word) => word !== '-s');
  return { name, given: separator === undefined ? [] : given };
}

/** What a command asks of the CLI of CDK, be it by npx or by a script. */
function cdkOf(command: ShellCommand): string[] {
  if (command.program === 'npx' && command.words[0] === 'cdk') return command.words.slice(1);
  const { name, given } = scriptOf(command) ?? { name: '', given: [] };
  return scripts[name]?.startsWith('cdk ') ? [...(scripts[name] ?? '').split(' ').slice(1), ...given] : [];
}

const optionsOf = (words: readonly string[]) => words.filter((word) => /^-/.test(word)).map((word) => word.split('=')[0] ?? '');
const isOnPath = (program: string) =>
  (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

test('commands are found at all', () => {
  expect(places.length).toBeGreaterThan(50);
  expect(places.map(({ command }) => command)).toContainEqual({ program: 'npx', words: ['cdk', 'deploy', '--all', '-c', 'stage=dev'] });
});

test('every block is a script that a shell can read', async () => {
  for (const { file, line, text } of fences) {
    const child = run('bash', ['-n']);
    child.child.stdin?.end(text);
    await child.catch((error: { stderr: string }) => {
      throw new Error(`${file}:${line}: ${error.stderr}`);
    });
  }
});

test('every command is there', () => {
  const functions = new Set(fences.flatMap(({ text }) => functionsIn(text)));
  for (const { where, command } of places) {
    const { program, words } = command;
    const isThere = functions.has(program) || [...BUILTINS, ...FOREIGN].includes(program) || isOnPath(program);
    expect([where, program, isThere]).toEqual([where, program, true]);
    if (program === 'npm') expect(NPM).toContain(words[0]);
    if (program === 'npx') expect([where, existsSync(path.join(PROJECT, 'node_modules/.bin', words[0] ?? ''))]).toEqual([where, true]);
    const script = scriptOf(command);
    if (script) expect([where, Object.keys(scripts)]).toEqual([where, expect.arrayContaining([script.name])]);
  }
});

test('every script of package.json is told of', () => {
  const told = new Set(places.flatMap(({ command }) => scriptOf(command)?.name ?? []));
  expect([...told].sort()).toEqual(expect.arrayContaining(Object.keys(scripts).sort()));
});

/** Processes of programs that load much, on a machine that may be busy. */
const PROCESSES_TIMEOUT_MS = 180_000;

/** Nobody has it, so that a program that knows all the others stops there, and does nothing. */
const UNKNOWN = '--no-such-option';

test(
  'our programs know every option that they are given',
  async () => {
    const given = new Map<string, string[]>();
    for (const { command } of places) {
      const { name, given: words } = scriptOf(command) ?? { name: '', given: [] };
      const [program = '', file = ''] = (scripts[name] ?? '').split(' ');
      if (program === 'node' && optionsOf(words).length > 0) given.set(file, [...(given.get(file) ?? []), ...words]);
    }
    expect([...given.keys()]).toContain('local/cli/manuel.ts');
    await Promise.all(
      [...given].map(async ([file, words]) => {
        const { stderr } = await run('node', [file, ...words, UNKNOWN], { cwd: PROJECT }).catch((error: { stderr: string }) => error);
        expect([file, stderr]).toEqual([file, expect.stringContaining(`Unknown option '${UNKNOWN}'`)]);
      }),
    );
  },
  PROCESSES_TIMEOUT_MS,
);

interface CdkNames {
  readonly globalOptions: CdkOptions;
  readonly commands: Readonly<Record<string, { readonly aliases?: readonly string[]; readonly options?: CdkOptions }>>;
}
type CdkOptions = Readonly<Record<string, { readonly alias?: string | readonly string[] }>>;

test('CDK’s CLI knows every command and option that it is given', () => {
  const { globalOptions, commands } = JSON.parse(readFileSync(CDK_COMMANDS, 'utf8')) as CdkNames;
  const namesOf = (options: CdkOptions) =>
    Object.entries(options).flatMap(([name, { alias = [] }]) => [`--${name}`, ...[alias].flat().map((letter) => `-${letter}`)]);
  const asked = places.map(({ where, command }) => ({ where, words: cdkOf(command) })).filter(({ words }) => words.length > 0);
  expect(asked.length).toBeGreaterThan(10);
  for (const { where, words } of asked) {
    const [verb = ''] = words;
    const [, command] = Object.entries(commands).find(([name, { aliases = [] }]) => [name, ...aliases].includes(verb)) ?? [];
    expect([where, verb, command]).toEqual([where, verb, expect.anything()]);
    const known = [...namesOf(globalOptions), ...namesOf(command?.options ?? {})];
    for (const option of optionsOf(words)) expect([where, verb, known]).toEqual([where, verb, expect.arrayContaining([option])]);
  }
});
