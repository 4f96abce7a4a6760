import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { SPEND_FLAG_KEY } from './spend.contract.ts';

/** How much of its cap a stage has spent on a day. */
export interface SpendFlag {
  /** In UTC, such as `20261120`. */
  readonly day: string;
  readonly dollars: number;
  readonly cap: number;
  readonly reached: boolean;
}

type Item = Record<string, AttributeValue>;

/** The one flag of a stage, which stands in the usage table under a key that is no user's. */
export class SpendFlags {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /** The flag as it was written last, or a moment before: it need not be consistent. Undefined before the first. */
  async read(signal: AbortSignal): Promise<SpendFlag | undefined> {
    const { Item: item } = await this.#client.send(new GetItemCommand({ TableName: this.#table, Key: KEY }), { abortSignal: signal });
    return item && toFlag(item);
  }

  /** Replaces the flag and gives the one that it replaces. One of a later day stands: a sum that was late does not undo it. */
  async replace({ day, dollars, cap, reached }: SpendFlag): Promise<SpendFlag | undefined> {
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: KEY,
      UpdateExpression: 'SET #day = :day, #dollars = :dollars, #cap = :cap, #reached = :reached',
      ConditionExpression: 'attribute_not_exists(#day) OR #day <= :day',
      ExpressionAttributeNames: { '#day': 'day', '#dollars': 'dollars', '#cap': 'cap', '#reached': 'reached' },
      ExpressionAttributeValues: {
        ':day': { S: day },
        ':dollars': { N: String(dollars) },
        ':cap': { N: String(cap) },
        ':reached': { BOOL: reached },
      },
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const before = await this.#client.send(command).then(
      ({ Attributes }) => Attributes,
      (error: unknown) => {
        if (error instanceof ConditionalCheckFailedException) return error.Item;
        throw error;
      },
    );
    return before && toFlag(before);
  }
}

const KEY: Item = { user_id: { S: SPEND_FLAG_KEY } };

function toFlag({ day, dollars, cap, reached }: Item): SpendFlag {
  return { day: day?.S ?? '', dollars: Number(dollars?.N), cap: Number(cap?.N), reached: reached?.BOOL ?? false };
}
