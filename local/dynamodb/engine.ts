import { mkdirSync } from 'node:fs';
import batchGetItem from 'dynalite/actions/batchGetItem.js';
import batchWriteItem from 'dynalite/actions/batchWriteItem.js';
import createTable from 'dynalite/actions/createTable.js';
import deleteItem from 'dynalite/actions/deleteItem.js';
import deleteTable from 'dynalite/actions/deleteTable.js';
import getItem from 'dynalite/actions/getItem.js';
import listTables from 'dynalite/actions/listTables.js';
import putItem from 'dynalite/actions/putItem.js';
import query from 'dynalite/actions/query.js';
import scan from 'dynalite/actions/scan.js';
import updateItem from 'dynalite/actions/updateItem.js';
import db from 'dynalite/db/index.js';
import type { ExpressionNode, Item, Level, Request, Store, Table } from 'dynalite/types';
import batchGetItemRules from 'dynalite/validations/batchGetItem.js';
import batchWriteItemRules from 'dynalite/validations/batchWriteItem.js';
import createTableRules from 'dynalite/validations/createTable.js';
import deleteItemRules from 'dynalite/validations/deleteItem.js';
import deleteTableRules from 'dynalite/validations/deleteTable.js';
import getItemRules from 'dynalite/validations/getItem.js';
import validations from 'dynalite/validations/index.js';
import listTablesRules from 'dynalite/validations/listTables.js';
import putItemRules from 'dynalite/validations/putItem.js';
import queryRules from 'dynalite/validations/query.js';
import scanRules from 'dynalite/validations/scan.js';
import updateItemRules from 'dynalite/validations/updateItem.js';
import { AwsError, notEmulated } from '../platform/call.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import { StateUnusable } from '../platform/state.ts';
import { fulfils } from './condition.ts';
import { settleOrder } from './update-order.ts';
import { WriteBatch } from './write-batch.ts';

const OPERATIONS = {
  BatchGetItem: { action: batchGetItem, rules: batchGetItemRules },
  BatchWriteItem: { action: batchWriteItem, rules: batchWriteItemRules },
  CreateTable: { action: createTable, rules: createTableRules },
  DeleteItem: { action: deleteItem, rules: deleteItemRules },
  DeleteTable: { action: deleteTable, rules: deleteTableRules },
  GetItem: { action: getItem, rules: getItemRules },
  ListTables: { action: listTables, rules: listTablesRules },
  PutItem: { action: putItem, rules: putItemRules },
  Query: { action: query, rules: queryRules },
  Scan: { action: scan, rules: scanRules },
  UpdateItem: { action: updateItem, rules: updateItemRules },
} as const;

export type EngineOperation = keyof typeof OPERATIONS;
export type WriteOperation = 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'BatchWriteItem';

/** What any item fulfils: that it lacks an attribute whose name no expression can spell. */
const ALWAYS: ExpressionNode = { type: 'function', name: 'attribute_not_exists', args: [['\0']] };

/** dynalite's validation and actions, in process and without its HTTP server. Refusals are AwsErrors. */
export class Engine {
  readonly #store: Store;
  readonly #directory: string | undefined;

  /** Keeps tables in memory, or in `directory` when there is one. */
  constructor(region: string, directory?: string) {
    this.#directory = directory;
    if (directory !== undefined) mkdirSync(directory, { recursive: true });
    this.#store = db.create({ ...(directory !== undefined && { path: directory }), createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    this.#store.tableDb.awsRegion = region;
    this.#store.tableDb.awsAccountId = LOCAL_ACCOUNT;
  }

  /** Resolves once the tables of an earlier run are there. Throws StateUnusable when they cannot be read. */
  async opened(): Promise<void> {
    try {
      await this.level.open();
    } catch (error) {
      const { cause = error } = error as Error;
      throw new StateUnusable(this.#directory ?? 'memory', `is damaged (${(cause as Error).message})`, {
        cause: error,
      });
    }
  }

  /** The key-value store underneath, for what dynalite has no place for. */
  get level(): Level {
    return this.#store.db;
  }

  /** Validates a request and parses its expressions. Throws AWS's refusal. */
  prepare(operation: EngineOperation, input: Readonly<Record<string, unknown>>): Request {
    const { rules } = OPERATIONS[operation];
    // dynalite's Scan knows no ConsistentRead; all reads are consistent here, and its action refuses it on a global index.
    const { ConsistentRead: consistentRead, ...scanned } = input;
    const known = operation === 'Scan' ? scanned : input;
    refuseOtherMembers(operation, known, Object.keys(rules.types));
    if (input['ConditionalOperator'] === 'OR') throw notEmulated(`the member ConditionalOperator of DynamoDB's ${operation}`);
    if (input['ReturnItemCollectionMetrics'] === 'SIZE')
      throw notEmulated(`the member ReturnItemCollectionMetrics of DynamoDB's ${operation}`);
    try {
      const request = validations.checkTypes(structuredClone(known), rules.types);
      if (operation === 'Scan') request['ConsistentRead'] = consistentRead;
      validations.checkValidations(request, rules.types, rules.custom, this.#store);
      if (request._updates) settleOrder(request._updates.sections);
      return request;
    } catch (error) {
      throw asAwsError(error);
    }
  }

  /** Executes a request that changes no item. */
  async read(operation: Exclude<EngineOperation, WriteOperation>, request: Request): Promise<Readonly<Record<string, unknown>>> {
    if (!request._filter) return this.#act(operation, request, this.#store);
    // The filter comes before the projection, so that it sees the attributes that the projection leaves out.
    const { _filter: filter, _projection: projection, Select: select } = request;
    const all: Request = { ...request, _filter: { ...filter, expression: ALWAYS } };
    delete all._projection;
    delete all['Select'];
    const output = await this.#act(operation, all, this.#store);
    const { Items: read, ...rest } = output;
    const matching = (read as Item[]).filter((item) => fulfils(item, filter.expression));
    const counted = { ...rest, Count: matching.length };
    if (select === 'COUNT') return counted;
    return { ...counted, Items: projection ? matching.map((item) => db.mapPaths(projection.paths, item)) : matching };
  }

  /** An empty batch, to be filled with `write` and committed by the caller. */
  batch(): WriteBatch {
    return new WriteBatch(this.#store);
  }

  /** Executes a prepared write into the batch; nothing is stored yet. */
  write(operation: WriteOperation, request: Request, batch: WriteBatch): Promise<Readonly<Record<string, unknown>>> {
    const { _condition: condition, ...unconditional } = request;
    batch.expect(condition?.expression);
    return this.#act(operation, unconditional as Request, batch);
  }

  /** The table's record. Throws ResourceNotFoundException when there is none. */
  table(name: string): Promise<Table> {
    return new Promise((resolve, reject) => {
      this.#store.getTable(name, false, (error, table) => (error ? reject(asAwsError(error)) : resolve(table)));
    });
  }

  close(): Promise<void> {
    return this.#store.lifecycleManager.gracefulClose();
  }

  #act(operation: EngineOperation, request: Request, store: Store | WriteBatch): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      OPERATIONS[operation].action(store, request, (error, output) =>
        error ? reject(asAwsError(error)) : resolve(output as Readonly<Record<string, unknown>>),
      );
    });
  }
}

/** Refuses by name what would otherwise be ignored. `NONE` asks for nothing. */
export function refuseOtherMembers(operation: string, input: object, known: readonly string[]): void {
  for (const [member, value] of Object.entries(input)) {
    if (value !== null && value !== 'NONE' && !known.includes(member)) throw notEmulated(`the member ${member} of DynamoDB's ${operation}`);
  }
}

/** dynalite's refusals carry the error document; anything else is a fault of the emulator and stays as it is. */
function asAwsError(error: unknown): unknown {
  const refusal = error as { statusCode?: number; body?: { __type: string; message?: string; Message?: string } };
  if (refusal.statusCode === undefined || refusal.body === undefined) return error;
  const { __type: type, message, Message } = refusal.body;
  return new AwsError(type.split('#').at(-1) ?? type, message ?? Message ?? '', refusal.statusCode);
}
