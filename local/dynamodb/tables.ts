import type { Level, Table } from 'dynalite/types';
import { AwsError, notEmulated } from '../platform/call.ts';
import type { Engine } from './engine.ts';

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** What a table is besides dynalite's record of it. */
export interface TableSettings {
  readonly deletionProtection: boolean;
  readonly pointInTimeRecovery: boolean;
  readonly tags: readonly Tag[];
  /** Items expire at the epoch second that this attribute holds; none expire when absent. */
  readonly timeToLiveAttribute?: string;
}

export interface CreateTableInput {
  readonly TableName: string;
  readonly DeletionProtectionEnabled?: boolean;
  readonly Tags?: readonly Tag[];
  readonly StreamSpecification?: { readonly StreamEnabled: boolean };
  readonly [member: string]: unknown;
}

const DEFAULT_SETTINGS: TableSettings = { deletionProtection: false, pointInTimeRecovery: false, tags: [] };

/** The tables and their settings. */
export class Tables {
  readonly #engine: Engine;
  readonly #level: Level;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#level = engine.level;
  }

  /** Resolves once the tables of an earlier run are there. Throws StateUnusable when they cannot be read. */
  opened(): Promise<void> {
    return this.#engine.opened();
  }

  async create(input: CreateTableInput): Promise<{ TableDescription: object }> {
    const { DeletionProtectionEnabled, Tags, StreamSpecification, SSESpecification: _atRest, TableClass: _price, ...schema } = input;
    if (StreamSpecification?.StreamEnabled) throw notEmulated('DynamoDB Streams (StreamSpecification)');
    const request = this.#engine.prepare('CreateTable', schema);
    const output = await this.#engine.read('CreateTable', request);
    const settings = { ...DEFAULT_SETTINGS, deletionProtection: DeletionProtectionEnabled ?? false, tags: Tags ?? [] };
    await this.#level.put(settingsKey(input.TableName), settings);
    return { TableDescription: describe(output['TableDescription'] as Table, settings) };
  }

  /** Takes a table away that an earlier run had not finished creating: nothing was ever written to it. */
  async forgetUnfinished(name: string): Promise<void> {
    await this.#level.del(`table~${name}`);
  }

  async describe(input: { TableName: string }): Promise<{ Table: Record<string, unknown> }> {
    const table = await this.#engine.table(input.TableName);
    return { Table: describe(table, await this.settings(input.TableName)) };
  }

  async delete(input: { TableName: string }): Promise<object> {
    const { TableName: name } = input;
    const table = await this.#engine.table(name);
    if ((await this.settings(name)).deletionProtection) {
      throw new AwsError(
        'ValidationException',
        `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. Table: ${table.TableArn}`,
      );
    }
    const output = await this.#engine.read('DeleteTable', this.#engine.prepare('DeleteTable', { ...input }));
    await this.#level.del(settingsKey(name));
    return output;
  }

  async list(input: Record<string, unknown>): Promise<{ TableNames: string[] }> {
    return (await this.#engine.read('ListTables', this.#engine.prepare('ListTables', input))) as { TableNames: string[] };
  }

  async listTags({ ResourceArn: arn }: { ResourceArn: string }): Promise<{ Tags: readonly Tag[] }> {
    const table = await this.#engine.table(arn.split('/').at(-1) ?? '');
    return { Tags: (await this.settings(table.TableName)).tags };
  }

  async describeContinuousBackups({ TableName: name }: { TableName: string }): Promise<object> {
    await this.#engine.table(name);
    const { pointInTimeRecovery } = await this.settings(name);
    const status = pointInTimeRecovery ? 'ENABLED' : 'DISABLED';
    return {
      ContinuousBackupsDescription: {
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: status },
      },
    };
  }

  async settings(name: string): Promise<TableSettings> {
    return ((await this.#level.get(settingsKey(name))) as TableSettings | undefined) ?? DEFAULT_SETTINGS;
  }

  async changeSettings(name: string, change: (settings: TableSettings) => TableSettings): Promise<void> {
    await this.#level.put(settingsKey(name), change(await this.settings(name)));
  }
}

function settingsKey(tableName: string): string {
  return `settings~${tableName}`;
}

function describe(table: Table, settings: TableSettings): Record<string, unknown> {
  return { ...table, DeletionProtectionEnabled: settings.deletionProtection };
}
