import type { Item } from 'dynalite/types';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './tables.ts';

/** Our choice; AWS promises only "within a few days". */
const SWEEP_INTERVAL_MS = 60_000;
/** Items whose time is longer ago are kept (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html). */
const OLDEST_EXPIRY_SECONDS = 5 * 365 * 24 * 3600;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TimeToLiveSpecification.html */
const MAX_ATTRIBUTE_NAME_LENGTH = 255;

interface TimeToLiveSpecification {
  readonly Enabled: boolean;
  readonly AttributeName: string;
}

/** Deletes an item, unless it no longer expires as given. */
export type DeleteExpired = (tableName: string, key: Item, attribute: string, expiry: string) => Promise<boolean>;

/** Items that expire at the epoch second in one of their attributes. They stay readable until a sweep, as on AWS. */
export class TimeToLive {
  readonly #clock: Clock;
  readonly #engine: Engine;
  readonly #tables: Tables;
  readonly #deleteExpired: DeleteExpired;
  readonly #stopped = new AbortController();

  constructor(parts: { clock: Clock; engine: Engine; tables: Tables; deleteExpired: DeleteExpired }) {
    this.#clock = parts.clock;
    this.#engine = parts.engine;
    this.#tables = parts.tables;
    this.#deleteExpired = parts.deleteExpired;
  }

  async update(input: { TableName: string; TimeToLiveSpecification: TimeToLiveSpecification }): Promise<object> {
    const { TableName: name, TimeToLiveSpecification: wanted } = input;
    await this.#engine.table(name);
    if (!(wanted.AttributeName.length >= 1 && wanted.AttributeName.length <= MAX_ATTRIBUTE_NAME_LENGTH)) {
      throw new AwsError(
        'ValidationException',
        `TimeToLiveSpecification.AttributeName must have 1 to ${MAX_ATTRIBUTE_NAME_LENGTH} characters`,
      );
    }
    const { timeToLiveAttribute: current } = await this.#tables.settings(name);
    if (wanted.Enabled && current !== undefined) throw new AwsError('ValidationException', 'TimeToLive is already enabled');
    if (!wanted.Enabled && current === undefined) throw new AwsError('ValidationException', 'TimeToLive is already disabled');
    if (!wanted.Enabled && current !== wanted.AttributeName) {
      throw new AwsError('ValidationException', `TimeToLive is active on a different AttributeName: current AttributeName is ${current}`);
    }
    await this.set(name, wanted);
    return { TimeToLiveSpecification: wanted };
  }

  /** Switches without AWS's check that it is a change. */
  set(tableName: string, { Enabled, AttributeName }: TimeToLiveSpecification): Promise<void> {
    return this.#tables.changeSettings(tableName, ({ timeToLiveAttribute: _previous, ...others }) => ({
      ...others,
      ...(Enabled && { timeToLiveAttribute: AttributeName }),
    }));
  }

  async describe({ TableName: name }: { TableName: string }): Promise<object> {
    await this.#engine.table(name);
    const { timeToLiveAttribute: attribute } = await this.#tables.settings(name);
    if (attribute === undefined) return { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } };
    return { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: attribute } };
  }

  /** Deletes what has expired by now, in all tables, and returns how many items that were. */
  async sweep(): Promise<number> {
    let deleted = 0;
    let from: string | undefined;
    do {
      const page = await this.#tables.list(from === undefined ? {} : { ExclusiveStartTableName: from });
      for (const name of page.TableNames) deleted += await this.#sweepTable(name);
      from = (page as { LastEvaluatedTableName?: string }).LastEvaluatedTableName;
    } while (from !== undefined);
    return deleted;
  }

  /** Sweeps again and again until `stop`; `onError` is told of a sweep that failed. */
  async run(onError: (error: unknown) => void): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.#clock.sleep(SWEEP_INTERVAL_MS, this.#stopped.signal);
      if (!this.#stopped.signal.aborted) await this.sweep().catch(onError);
    }
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #sweepTable(tableName: string): Promise<number> {
    const { timeToLiveAttribute: attribute } = await this.#tables.settings(tableName);
    if (attribute === undefined) return 0;
    const { KeySchema: keySchema } = await this.#engine.table(tableName);
    const nowSeconds = Math.floor(this.#clock.now() / 1000);
    const expired = {
      TableName: tableName,
      FilterExpression: '#ttl < :now AND #ttl > :oldest',
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':now': { N: `${nowSeconds}` }, ':oldest': { N: `${nowSeconds - OLDEST_EXPIRY_SECONDS}` } },
    };
    let deleted = 0;
    let from: unknown;
    do {
      const request = this.#engine.prepare('Scan', from === undefined ? expired : { ...expired, ExclusiveStartKey: from });
      const page = await this.#engine.read('Scan', request);
      for (const item of page['Items'] as Item[]) {
        const key = Object.fromEntries(keySchema.map(({ AttributeName: name }) => [name, item[name] ?? {}]));
        if (await this.#deleteExpired(tableName, key, attribute, item[attribute]?.N ?? '')) deleted += 1;
      }
      from = page['LastEvaluatedKey'];
    } while (from !== undefined);
    return deleted;
  }
}
