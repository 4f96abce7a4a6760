import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Grows whenever a runtime could no longer read what an earlier one has stored, in here or in one of its folders. */
const FORMAT = 1;
const FILE_NAME = 'state.db';

/** The state of an earlier run cannot be used; its message says why and what to do. */
export class StateUnusable extends Error {
  override readonly name = 'StateUnusable';

  constructor(directory: string, reason: string, options?: ErrorOptions) {
    super(`The state in ${directory} ${reason}. Start with --fresh: that deletes it and begins anew.`, options);
  }
}

/** Values by key that survive a restart, in the order in which their keys came. Plain JSON: what a value is besides is not kept. */
export interface StoredMap<Value> {
  readonly size: number;
  get(key: string): Value | undefined;
  has(key: string): boolean;
  /** Once it returns the value is stored. Throws when it cannot be, and then nothing has changed. */
  set(key: string, value: Value): void;
  /** Says whether there was one. */
  delete(key: string): boolean;
  keys(): IterableIterator<string>;
  values(): IterableIterator<Value>;
  entries(): IterableIterator<[key: string, value: Value]>;
}

/**
 * What services keep between runs: named maps, written through to one SQLite file. A write that has returned is with the operating
 * system and so survives the end of this process, however sudden; it is not forced onto the disk, so that the last ones may be lost,
 * but nothing torn, when the machine itself loses power.
 */
export class State {
  readonly #database: DatabaseSync;
  readonly #set: StatementSync;
  readonly #delete: StatementSync;
  readonly #maps = new Map<string, StoredMap<unknown>>();
  /** How to take back in memory what the transaction that is open has written, last write last; undefined when none is. */
  #undo: (() => void)[] | undefined;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.#set = database.prepare(
      'INSERT INTO entries (map, key, value) VALUES (?, ?, ?) ON CONFLICT (map, key) DO UPDATE SET value = excluded.value',
    );
    this.#delete = database.prepare('DELETE FROM entries WHERE map = ? AND key = ?');
  }

  /** Opens what a folder holds of earlier runs; a new or empty folder begins empty. Throws StateUnusable. */
  static open(directory: string): State {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const found = readdirSync(directory);
    if (found.length > 0 && !found.includes(FILE_NAME))
      throw new StateUnusable(directory, `was not written by this program, or lacks ${FILE_NAME}`);
    const database = new DatabaseSync(path.join(directory, FILE_NAME));
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
      const { user_version: format } = database.prepare('PRAGMA user_version').get() as { user_version: number };
      if (format !== 0 && format !== FORMAT) {
        throw new StateUnusable(directory, `is of format ${format}, and this runtime reads format ${FORMAT}`);
      }
      const { quick_check: complaint } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
      if (complaint !== 'ok') throw new Error(complaint.replace(/\s+/g, ' '));
      return State.#on(database);
    } catch (error) {
      database.close();
      if (error instanceof StateUnusable) throw error;
      throw new StateUnusable(directory, `is damaged (${(error as Error).message})`, { cause: error });
    }
  }

  /** Keeps nothing beyond the process. */
  static inMemory(): State {
    return State.#on(new DatabaseSync(':memory:'));
  }

  static #on(database: DatabaseSync): State {
    database.exec(
      'CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, map TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (map, key));' +
        `PRAGMA user_version = ${FORMAT};`,
    );
    return new State(database);
  }

  /** The map of that name, with what it held before; the same one whenever it is asked for. */
  map<Value>(name: string): StoredMap<Value> {
    const known = this.#maps.get(name);
    if (known) return known as StoredMap<Value>;
    const map = this.#load<Value>(name);
    this.#maps.set(name, map as StoredMap<unknown>);
    return map;
  }

  /**
   * Makes all that `write` stores one step, which happens whole or not at all. It must not wait for anything. When it throws, or cannot
   * be stored, the maps are as they were before.
   */
  atOnce<Result>(write: () => Result): Result {
    if (this.#undo) return write();
    const undo: (() => void)[] = [];
    this.#undo = undo;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const result = write();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      for (const takeBack of undo.reverse()) takeBack();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  close(): void {
    this.#database.close();
  }

  #load<Value>(name: string): StoredMap<Value> {
    const rows = this.#database.prepare('SELECT key, value FROM entries WHERE map = ? ORDER BY id').all(name);
    const values = new Map(rows.map(({ key, value }) => [String(key), JSON.parse(String(value)) as Value]));
    const change = (key: string, write: () => void, inMemory: () => void) => {
      const before = values.get(key);
      const existed = values.has(key);
      write();
      inMemory();
      this.#undo?.push(() => (existed ? values.set(key, before as Value) : values.delete(key)));
    };
    return {
      get size() {
        return values.size;
      },
      get: (key) => values.get(key),
      has: (key) => values.has(key),
      set: (key, value) =>
        change(
          key,
          () => this.#set.run(name, key, JSON.stringify(value)),
          () => values.set(key, value),
        ),
      delete: (key) => {
        if (!values.has(key)) return false;
        change(
          key,
          () => this.#delete.run(name, key),
          () => values.delete(key),
        );
        return true;
      },
      keys: () => values.keys(),
      values: () => values.values(),
      entries: () => values.entries(),
    };
  }
}
