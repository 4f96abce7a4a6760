import { ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Caller } from '../shared/caller.ts';
import { HIDDEN_MANUALS } from './reservation.ts';

/**
 * The manuals of a user that must not answer any more. They stand on the item that every question reads as it reserves its
 * unit, so a manual that is hidden is out of the very next answer, and it costs no read.
 */
export class HiddenManuals {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /** Hides a manual from every question that comes from now on. Hiding it again changes nothing. */
  async hide(caller: Caller, manualId: string): Promise<void> {
    await this.#update(caller, manualId, 'ADD #hidden :ids');
  }

  /** Takes a manual off the list, once nothing is left of it that could answer. Changes nothing when it is not there. */
  async forget(caller: Caller, manualId: string): Promise<void> {
    try {
      await this.#update(caller, manualId, 'DELETE #hidden :ids', 'attribute_exists(#hidden)');
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async #update(caller: Caller, manualId: string, update: string, condition?: string): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: { user_id: { S: caller.userId } },
        UpdateExpression: update,
        ExpressionAttributeNames: { '#hidden': HIDDEN_MANUALS },
        ExpressionAttributeValues: { ':ids': { SS: [manualId] } },
        ...(condition && { ConditionExpression: condition }),
      }),
    );
  }
}
