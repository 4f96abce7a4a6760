import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { State, StateUnusable } from '../../local/platform/state.ts';

let parent: string;
let directory: string;

beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'manuel-state-'));
  directory = path.join(parent, 'state');
});

afterEach(() => rmSync(parent, { recursive: true }));

/** Does something with the state of the folder, as one run does. */
function run<Result>(work: (state: State) => Result): Result {
  const state = State.open(directory);
  try {
    return work(state);
  } finally {
    state.close();
  }
}

test('what is set is there after a restart, in the order in which the keys came', () => {
  run((state) => {
    const users = state.map<{ name: string }>('users');
    users.set('b', { name: 'Bob' });
    users.set('a', { name: 'Ann' });
    users.set('c', { name: 'Cleo' });
    users.set('b', { name: 'Bea' });
    expect([users.delete('a'), users.delete('a')]).toEqual([true, false]);
    state.map<number>('others').set('a', 1);
  });
  run((state) => {
    const users = state.map<{ name: string }>('users');
    const found = [...users.entries()];
    expect(found).toEqual([
      ['b', { name: 'Bea' }],
      ['c', { name: 'Cleo' }],
    ]);
    expect([...users.keys(), users.size, users.has('a'), users.get('a')]).toEqual(['b', 'c', 2, false, undefined]);
    expect(state.map('users')).toBe(users);
    expect([...state.map('others').values()]).toEqual([1]);
  });
});

test('a state in memory behaves alike, and each is its own', () => {
  const state = State.inMemory();
  state.map<number>('numbers').set('one', 1);
  expect(state.map('numbers').get('one')).toBe(1);
  expect(State.inMemory().map('numbers').size).toBe(0);
});

test('only its owner may look into the folder', () => {
  run(() => expect(statSync(directory).mode & 0o777).toBe(0o700));
});

describe('several writes at once', () => {
  test('happen together', () => {
    run((state) => state.atOnce(() => state.atOnce(() => state.map('one').set('k', 1)) ?? state.map('two').set('k', 2)));
    run((state) => expect([state.map('one').get('k'), state.map('two').get('k')]).toEqual([1, 2]));
  });

  test('or not at all, in memory as on disk', () => {
    run((state) => {
      const numbers = state.map<number>('numbers');
      numbers.set('kept', 1);
      numbers.set('changed', 1);
      const attempt = () =>
        state.atOnce(() => {
          numbers.set('new', 1);
          numbers.set('changed', 2);
          numbers.delete('kept');
          numbers.set('kept', 3);
          throw new Error('no');
        });
      expect(attempt).toThrow('no');
      expect(Object.fromEntries(numbers.entries())).toEqual({ kept: 1, changed: 1 });
    });
    run((state) => expect(Object.fromEntries(state.map('numbers').entries())).toEqual({ kept: 1, changed: 1 }));
  });
});

test('what cannot be stored is refused, and is not there', () => {
  const state = State.open(directory);
  const numbers = state.map<number>('numbers');
  numbers.set('one', 1);
  state.close();
  expect(() => numbers.set('two', 2)).toThrow();
  expect(() => numbers.set('one', 3)).toThrow();
  expect(() => numbers.delete('one')).toThrow();
  expect([...numbers.entries()]).toEqual([['one', 1]]);
});

test('each write that has returned survives the end of the process, however sudden', async () => {
  const script = `
    import { State } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../local/platform/state.ts'))};
    const state = State.open(process.argv[1]);
    const [singles, pairs] = [state.map('singles'), state.map('pairs')];
    for (let n = 0; ; n += 1) {
      singles.set(String(n), n);
      state.atOnce(() => { pairs.set('a' + n, n); pairs.set('b' + n, n); });
      process.stdout.write(n + '\\n');
    }`;
  const writer = spawn(process.execPath, ['--input-type=module', '-e', script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = -1;
  for await (const line of createInterface({ input: writer.stdout })) {
    last = Number(line);
    if (last === 300) writer.kill('SIGKILL');
  }
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
  expect(last).toBeGreaterThanOrEqual(300);
  run((state) => {
    const [singles, pairs] = [state.map<number>('singles'), state.map<number>('pairs')];
    for (let n = 0; n <= last; n += 1) expect([singles.get(String(n)), pairs.get(`a${n}`), pairs.get(`b${n}`)]).toEqual([n, n, n]);
    expect(pairs.size % 2).toBe(0);
  });
});

describe('is refused with a sentence', () => {
  const refusal = () => {
    try {
      run(() => undefined);
      return 'opened';
    } catch (error) {
      expect(error).toBeInstanceOf(StateUnusable);
      return (error as Error).message;
    }
  };

  test('when it is of another format', () => {
    run(() => undefined);
    const database = new DatabaseSync(path.join(directory, 'state.db'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(refusal()).toBe(
      `The state in ${directory} is of format 99, and this runtime reads format 1. Start with --fresh: that deletes it and begins anew.`,
    );
  });

  test('when it is damaged', () => {
    run((state) => {
      for (let n = 0; n < 500; n += 1) state.map('numbers').set(String(n), 'x'.repeat(100));
    });
    const file = path.join(directory, 'state.db');
    const bytes = readFileSync(file);
    writeFileSync(file, Buffer.concat([bytes.subarray(0, 8192), Buffer.alloc(bytes.length - 8192, 7)]));
    expect(refusal()).toMatch(/ is damaged \(.+\)\. Start with --fresh/);
    writeFileSync(file, 'no database at all, but text, that somebody has put there for whatever reason it may be');
    expect(refusal()).toMatch(/ is damaged \(file is not a database\)\. Start with --fresh/);
  });

  test('when something else is in its place', () => {
    run(() => undefined);
    for (const name of readdirSync(directory)) rmSync(path.join(directory, name));
    writeFileSync(path.join(directory, 'notes.txt'), 'mine');
    expect(refusal()).toMatch(/ was not written by this program, or lacks state\.db\. Start with --fresh/);
    expect(readdirSync(directory)).toEqual(['notes.txt']);
  });
});
