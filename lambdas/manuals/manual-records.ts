import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Caller } from '../shared/caller.ts';
import type { Manual } from './manual.ts';
import type { ManualState } from './manuals.contract.ts';

export interface ManualList {
  readonly manuals: readonly Manual[];
  /** The id of the last manual, when there are more. */
  readonly lastManualId?: string;
}

/** The table of manuals. Owner first in every key: what is not the caller's cannot be addressed. */
export class ManualRecords {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async create(manual: Manual): Promise<void> {
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#table,
        Item: marshall(manual, { removeUndefinedValues: true }),
        ConditionExpression: 'attribute_not_exists(manual_id)',
      }),
    );
  }

  /** The caller's manual, as last written; undefined when the caller has none of that id. */
  async get(caller: Caller, manualId: string): Promise<Manual | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: keyOf(caller, manualId), ConsistentRead: true }),
    );
    return Item && (unmarshall(Item) as Manual);
  }

  /** The caller's manuals, newest first, after the one named by `afterManualId`. */
  async list(caller: Caller, limit: number, afterManualId?: string): Promise<ManualList> {
    const { Items = [], LastEvaluatedKey } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'user_id = :user',
        ExpressionAttributeValues: marshall({ ':user': caller.userId }),
        ScanIndexForward: false,
        Limit: limit,
        ...(afterManualId !== undefined && { ExclusiveStartKey: keyOf(caller, afterManualId) }),
      }),
    );
    const last = LastEvaluatedKey && (unmarshall(LastEvaluatedKey) as Pick<Manual, 'manual_id'>);
    return { manuals: Items.map((item) => unmarshall(item) as Manual), ...(last && { lastManualId: last.manual_id }) };
  }

  /**
   * Moves a manual on, provided that it is in one of the states `from`. Says whether it was; a manual that is not, or
   * that is gone, stays as it is.
   */
  async advance(
    caller: Caller,
    manualId: string,
    from: readonly ManualState[],
    change: Partial<Omit<Manual, 'user_id' | 'manual_id'>>,
  ): Promise<boolean> {
    const assignments = Object.entries({ ...change, updated_at: new Date().toISOString() });
    const states = from.map((state, index) => [`:from${index}`, state] as const);
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: keyOf(caller, manualId),
      UpdateExpression: `SET ${assignments.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      ConditionExpression: `#status IN (${states.map(([placeholder]) => placeholder).join(', ')})`,
      ExpressionAttributeNames: { '#status': 'status', ...Object.fromEntries(assignments.map(([name]) => [`#${name}`, name])) },
      ExpressionAttributeValues: marshall(Object.fromEntries([...assignments.map(([name, value]) => [`:${name}`, value]), ...states])),
    });
    try {
      await this.#client.send(command);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

const keyOf = (caller: Caller, manualId: string) => marshall({ user_id: caller.userId, manual_id: manualId });
