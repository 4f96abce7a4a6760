import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Caller } from '../shared/caller.ts';
import type { Manual } from './manual.ts';
import type { ManualState } from './manuals.contract.ts';
import { BESIDE_MANUALS, recordKey } from './record-keys.ts';
import { despiteConflicts } from './write-at-once.ts';

export interface ManualList {
  readonly manuals: readonly Manual[];
  /** The id of the last manual, when there are more. */
  readonly lastManualId?: string;
}

/** What may change of a manual: never whose it is. */
export type ManualChange = Partial<Omit<Manual, 'user_id' | 'manual_id'>>;

/** The table of manuals. Owner first in every key: what is not the caller's cannot be addressed. */
export class ManualRecords {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /** The caller's manual, as last written; undefined when the caller has none of that id. */
  async get(caller: Caller, manualId: string): Promise<Manual | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: recordKey(caller, manualId), ConsistentRead: true }),
    );
    return Item && (unmarshall(Item) as Manual);
  }

  /** The caller's manuals, newest first, after the one named by `afterManualId`. */
  async list(caller: Caller, limit: number, afterManualId?: string): Promise<ManualList> {
    const { Items = [], LastEvaluatedKey } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'user_id = :user AND manual_id < :beside',
        ExpressionAttributeValues: marshall({ ':user': caller.userId, ':beside': BESIDE_MANUALS }),
        ScanIndexForward: false,
        Limit: limit,
        ...(afterManualId !== undefined && { ExclusiveStartKey: recordKey(caller, afterManualId) }),
      }),
    );
    const last = LastEvaluatedKey && (unmarshall(LastEvaluatedKey) as Pick<Manual, 'manual_id'>);
    return { manuals: Items.map((item) => unmarshall(item) as Manual), ...(last && { lastManualId: last.manual_id }) };
  }

  /**
   * Takes a manual up for ingesting one version of its object. Only one version ever is: the first that comes. A manual that
   * was given up may be taken up again. Says whether it was taken.
   */
  claim(caller: Caller, manualId: string, version: string): Promise<boolean> {
    return this.#update(
      caller,
      manualId,
      { status: 'validating', object_version: version },
      {
        condition:
          '(#status IN (:awaiting, :importing, :validating) OR (#status = :failed AND #failure = :givenUp)) AND ' +
          '(attribute_not_exists(#object_version) OR #object_version = :object_version)',
        names: { '#failure': 'failure' },
        values: {
          ':awaiting': 'awaiting_upload',
          ':importing': 'importing',
          ':validating': 'validating',
          ':failed': 'failed',
          ':givenUp': 'indexing_failed',
        },
      },
    );
  }

  /**
   * Moves a manual on, provided that it is in one of the states `from`. Says whether it was; a manual that is not, or
   * that is gone, stays as it is.
   */
  advance(caller: Caller, manualId: string, from: readonly ManualState[], change: ManualChange): Promise<boolean> {
    const states = from.map((state, index) => [`:from${index}`, state] as const);
    return this.#update(caller, manualId, change, {
      condition: `#status IN (${states.map(([placeholder]) => placeholder).join(', ')})`,
      names: { '#status': 'status' },
      values: Object.fromEntries(states),
    });
  }

  /** Notes that what was noted by `startWriting` is over. Changes nothing when the manual is gone. */
  async endWriting(caller: Caller, manualId: string, writer: string): Promise<void> {
    await this.#change(caller, manualId, {
      UpdateExpression: 'DELETE writers :writers',
      ConditionExpression: 'attribute_exists(manual_id)',
      ExpressionAttributeValues: marshall({ ':writers': new Set([writer]) }),
    });
  }

  /** Marks a manual as being deleted, whatever its state, to which it never comes back. Says whether there is such a manual. */
  beginDeletion(caller: Caller, manualId: string): Promise<boolean> {
    const condition = 'attribute_exists(manual_id)';
    return this.#update(caller, manualId, { status: 'deleting' }, { condition, names: {}, values: {} });
  }

  #update(caller: Caller, manualId: string, change: ManualChange, { condition, names, values }: Condition): Promise<boolean> {
    const assignments = Object.entries({ ...change, updated_at: new Date().toISOString() });
    return this.#change(caller, manualId, {
      UpdateExpression: `SET ${assignments.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      ConditionExpression: condition,
      ExpressionAttributeNames: { ...Object.fromEntries(assignments.map(([name]) => [`#${name}`, name])), ...names },
      ExpressionAttributeValues: marshall({ ...Object.fromEntries(assignments.map(([name, value]) => [`:${name}`, value])), ...values }),
    });
  }

  /** Says whether the condition was met; otherwise nothing has changed. */
  async #change(caller: Caller, manualId: string, change: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>): Promise<boolean> {
    try {
      const command = new UpdateItemCommand({ TableName: this.#table, Key: recordKey(caller, manualId), ...change });
      await despiteConflicts(() => this.#client.send(command));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

interface Condition {
  readonly condition: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string>>;
}
