import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readArguments, readOptions, readPort, runCommand, UsageError } from '../../local/cli/command-line.ts';
import { StageInUse, StageLock } from '../../local/stage-lock.ts';

const OPTIONS = { stage: { type: 'string', default: 'dev' }, fresh: { type: 'boolean' } } as const;
const USAGE = 'Usage: something [--stage dev] [--fresh]';

const { argv } = process;
const typed = (...words: string[]) => {
  process.argv = ['node', 'something', ...words];
};

afterEach(() => {
  process.argv = argv;
});

test('options have their values or defaults, words their order', () => {
  typed('upload', '--stage', 'prod', 'a file');
  expect(readArguments(OPTIONS, USAGE)).toMatchObject({ values: { stage: 'prod' }, positionals: ['upload', 'a file'] });
  typed('--fresh');
  expect(readOptions(OPTIONS, USAGE)).toMatchObject({ stage: 'dev', fresh: true });
});

test.each([
  [['--stag', 'prod'], "Unknown option '--stag'"],
  [['--stage'], "Option '--stage <value>' argument missing"],
  [['prod', 'now'], '"prod now" is not understood.'],
])('what is typed wrongly is said together with how it is right: %j', (words, sentence) => {
  typed(...words);
  const reading = () => readOptions(OPTIONS, USAGE);
  expect(reading).toThrow(UsageError);
  expect(reading).toThrow(sentence);
  expect(reading).toThrow(USAGE);
});

test.each(['0', '3000', '65535'])('%s is a port', (text) => expect(readPort(text)).toBe(Number(text)));
test.each(['', '-1', '65536', '80.5', '0x50', 'http'])('%j is no port', (text) => expect(() => readPort(text)).toThrow(UsageError));

describe('a command that fails', () => {
  /** What it prints where errors go, and the code that it would end with. */
  async function failingWith(error: unknown): Promise<{ readonly printed: string; readonly code: typeof process.exitCode }> {
    const { exitCode } = process;
    let printed = '';
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      printed += text;
      return true;
    });
    try {
      await runCommand(() => Promise.reject(error));
      return { printed, code: process.exitCode };
    } finally {
      write.mockRestore();
      process.exitCode = exitCode;
    }
  }

  test.each([
    ['a mistake', new UsageError('Not so.'), 'Not so.\n'],
    ['a stage that runs already', new StageInUse('It runs.'), 'It runs.\n'],
    [
      'a taken port',
      Object.assign(new Error('listen'), { code: 'EADDRINUSE', port: 3000 }),
      'Port 3000 is taken. Choose another with --port, or 0 for any that is free.\n',
    ],
    ['a full disk', Object.assign(new Error('write'), { code: 'ENOSPC' }), 'The disk is full: write\n'],
    ['anything else', new Error('Something.'), 'Something.\n'],
    ['what is no error', 'nothing', 'nothing\n'],
  ])('ends with 1 and a sentence: %s', async (_what, error, sentence) => {
    await expect(failingWith(error)).resolves.toEqual({ printed: sentence, code: 1 });
  });

  test('shows to who asks for it where that was', async () => {
    vi.stubEnv('MANUEL_DEBUG', '1');
    expect((await failingWith(new Error('Something.'))).printed).toMatch(/^Error: Something\.\n {4}at /);
  });
});

describe('the lock of a stage', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'manuel-lock-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const file = () => path.join(directory, 'lock');

  test('is held by one at a time', () => {
    const lock = StageLock.acquire(directory, 'dev');
    expect(readFileSync(file(), 'utf8')).toBe(String(process.pid));
    expect(() => StageLock.acquire(directory, 'dev')).toThrow(StageInUse);
    lock.release();
    StageLock.acquire(directory, 'dev').release();
  });

  test('is another’s as long as that process lives', () => {
    writeFileSync(file(), String(process.ppid));
    expect(() => StageLock.acquire(directory, 'dev')).toThrow(`Stage "dev" is running already, as process ${process.ppid}.`);
  });

  test.each([
    ['of a process that is gone', () => '4194305'],
    ['of an earlier process of the same number', () => String(process.pid)],
    ['that names nobody', () => 'x'],
  ])('%s is nobody’s', (_what, holder) => {
    writeFileSync(file(), holder());
    StageLock.acquire(directory, 'dev').release();
  });
});
