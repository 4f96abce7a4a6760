import db from 'dynalite/db/index.js';
import type { ExpressionNode, Item, Store, Table } from 'dynalite/types';
import { AwsError } from '../platform/call.ts';
import { fulfils } from './condition.ts';

/** An item's largest size (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html). */
const MAX_ITEM_BYTES = 400 * 1024;

type Done<T> = (error: unknown, value: T) => void;
type Finished = (error: unknown) => void;
type Write = { type: 'put'; key: string; value: unknown } | { type: 'del'; key: string };

/**
 * Stands in for dynalite's store while it executes a write, and collects what it would write. So a condition is checked
 * and an expression applied before anything is stored, and several writes, with their index entries, happen in one step or not at all.
 */
export class WriteBatch {
  /** The items that were written or checked, as unique texts. */
  readonly itemKeys: string[] = [];
  /** The size of all items that are written. */
  bytes = 0;
  readonly options: Store['options'];
  readonly #store: Store;
  #condition: ExpressionNode | undefined;
  #writes: Write[] = [];

  constructor(store: Store) {
    this.#store = store;
    this.options = store.options;
  }

  /** The condition that the next write's item must fulfil. */
  expect(condition: ExpressionNode | undefined): void {
    this.#condition = condition;
  }

  /** Forgets the writes so far, as for a condition check that must leave its item alone. */
  discard(): void {
    this.#writes = [];
  }

  takeOver(other: WriteBatch): void {
    this.#writes.push(...other.#writes);
    this.bytes += other.bytes;
  }

  /** Writes something that is no item, under its key in the store. */
  put(key: string, value: unknown): void {
    this.#writes.push({ type: 'put', key, value });
  }

  delete(key: string): void {
    this.#writes.push({ type: 'del', key });
  }

  /** Stores all of it in one step: LevelDB hands a batch to the operating system as one record of its log, before this resolves. */
  async commit(): Promise<void> {
    if (this.#writes.length > 0) await this.#store.db.batch(this.#writes);
  }

  getTable(name: string, checkStatus: boolean, done: Done<Table>): void {
    this.#store.getTable(name, checkStatus, done);
  }

  getItemDb(tableName: string): object {
    const prefix = `item-${tableName}~`;
    return {
      // All writes run one after the other, so that no item needs a lock of its own.
      lock: (_key: string, run: (release: (done: unknown) => unknown) => void) => run((done) => done),
      get: (key: string, done: Done<Item | undefined>) => {
        this.itemKeys.push(prefix + key);
        this.#store.db.get(prefix + key).then(
          (stored) => {
            const item = stored as Item | undefined;
            done(this.#refusal(item), item);
          },
          (error: unknown) => done(error, undefined),
        );
      },
      put: (key: string, item: Item, done: Finished) => {
        const size = sizeInBytes(item);
        if (size > MAX_ITEM_BYTES) {
          done(new AwsError('ValidationException', 'Item size has exceeded the maximum allowed size'));
          return;
        }
        this.bytes += size;
        this.#writes.push({ type: 'put', key: prefix + key, value: item });
        done(null);
      },
      del: (key: string, done: Finished) => {
        this.#writes.push({ type: 'del', key: prefix + key });
        done(null);
      },
    };
  }

  getIndexDb(kind: string, tableName: string, indexName: string): object {
    const prefix = `index-${kind.toLowerCase()}~${tableName}~${indexName}~`;
    return {
      put: (key: string, item: Item, done: Finished) => {
        this.#writes.push({ type: 'put', key: prefix + key, value: item });
        done(null);
      },
      del: (key: string, done: Finished) => {
        this.#writes.push({ type: 'del', key: prefix + key });
        done(null);
      },
    };
  }

  #refusal(item: Item | undefined): AwsError | null {
    if (!this.#condition || fulfils(item ?? {}, this.#condition)) return null;
    return new AwsError('ConditionalCheckFailedException', 'The conditional request failed', 400, item && { Item: item });
  }
}

/** dynalite counts characters where DynamoDB counts bytes of UTF-8. */
function sizeInBytes(item: Item): number {
  const json = JSON.stringify(item);
  const jsonBytes = Buffer.byteLength(json, 'utf8');
  // JSON is never smaller than what it describes, so most items need no closer look.
  if (jsonBytes <= MAX_ITEM_BYTES || jsonBytes === json.length) return db.itemSize(item);
  // One character per byte, so that counting characters counts bytes.
  return db.itemSize(JSON.parse(Buffer.from(json, 'utf8').toString('latin1')));
}
