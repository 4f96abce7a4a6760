/**
 * The parts of dynalite 4.0.0 that are used in process. They are its internals, not a published interface: the version is
 * pinned exactly.
 */

declare module 'dynalite/db/index.js' {
  import type { AttributePath, Item, Store, Table } from 'dynalite/types';

  const db: {
    create(options: { path?: string; createTableMs: number; deleteTableMs: number; updateTableMs: number }): Store;
    /** Sorts as the value does, within one scalar type. */
    toLexiStr(value: string, type: string): string;
    itemSize(item: Item): number;
    mapPath(path: AttributePath, item: Item): Item[string] | null | undefined;
    mapPaths(paths: readonly (AttributePath | string)[], item: Item): Item;
    createKey(item: Item, table: Table): string;
  };
  export default db;
}

declare module 'dynalite/validations/index.js' {
  import type { MemberTypes, Request, Store } from 'dynalite/types';

  const validations: {
    checkTypes(input: object, types: MemberTypes): Request;
    /** Adds the parsed expressions (`_condition`, `_filter`, `_updates`, `_projection`) to the request. */
    checkValidations(request: Request, types: MemberTypes, custom: unknown, store: Store): void;
  };
  export default validations;
}

declare module 'dynalite/validations/*' {
  import type { MemberTypes } from 'dynalite/types';

  const validation: { types: MemberTypes; custom?: unknown };
  export default validation;
}

declare module 'dynalite/actions/*' {
  import type { Request, Store } from 'dynalite/types';

  const action: (store: Pick<Store, 'getTable'>, request: Request, done: (error: unknown, output: object) => void) => void;
  export default action;
}

declare module 'dynalite/types' {
  /** One attribute value in DynamoDB's JSON, such as `{"N": "1"}`. */
  export interface AttributeValue {
    readonly S?: string;
    readonly N?: string;
    readonly B?: string;
    readonly BOOL?: boolean;
    readonly NULL?: boolean;
    readonly SS?: readonly string[];
    readonly NS?: readonly string[];
    readonly BS?: readonly string[];
    readonly L?: readonly AttributeValue[];
    readonly M?: Item;
  }
  export type Item = Readonly<Record<string, AttributeValue>>;
  export type AttributePath = readonly (string | number)[];

  export interface ExpressionNode {
    readonly type: string;
    /** The function's name, where `type` is `function`. */
    readonly name?: string;
    readonly args: readonly ExpressionOperand[];
  }
  /** A path is an array; a node has a `type`; anything else is a value from the request. */
  export type ExpressionOperand = AttributePath | ExpressionNode | AttributeValue;

  export interface UpdateSection {
    readonly type: 'set' | 'remove' | 'add' | 'delete';
    readonly path: AttributePath;
    readonly val?: ExpressionOperand;
  }

  /** A request that passed dynalite's validation, with its expressions parsed. */
  export interface Request {
    [member: string]: unknown;
    TableName: string;
    _condition?: { expression: ExpressionNode };
    _filter?: { expression: ExpressionNode };
    _projection?: { paths: AttributePath[] };
    _updates?: { sections: UpdateSection[] };
  }

  export type MemberTypes = Readonly<Record<string, unknown>>;

  export interface Table {
    readonly [member: string]: unknown;
    readonly TableName: string;
    readonly TableArn: string;
    readonly TableStatus: string;
    readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: string }[];
  }

  /** The LevelDB underneath. */
  export interface Level {
    get(key: string): Promise<unknown>;
    put(key: string, value: unknown): Promise<void>;
    del(key: string): Promise<void>;
    batch(operations: readonly ({ type: 'put'; key: string; value: unknown } | { type: 'del'; key: string })[]): Promise<void>;
    iterator(range: { readonly gte: string; readonly lt: string }): AsyncIterable<[key: string, value: unknown]>;
    open(): Promise<void>;
  }

  export interface Store {
    readonly options: { readonly maxItemSize: number };
    readonly db: Level;
    readonly tableDb: { awsAccountId: string; awsRegion: string };
    getTable(name: string, checkStatus: boolean, done: (error: unknown, table: Table) => void): void;
    readonly lifecycleManager: { gracefulClose(): Promise<void> };
  }
}
