import { type DynamoDBClient, GetItemCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Caller } from '../shared/caller.ts';
import type { Manual } from './manual.ts';
import { contentKey, recordKey } from './record-keys.ts';
import { Contended, isUnmet, itemOf, MAX_TRIES, writeAtOnce } from './write-at-once.ts';

/** What came of the claim that a content is a manual's own. */
export type ContentOutcome =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'duplicate'; readonly of: string }
  | { readonly kind: 'closed' };

/** Which content is which manual's, so that a user who uploads the same bytes twice has one manual. Users share nothing. */
export class ManualContents {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /**
   * Claims for a manual that is being validated that a content, named by its hash, is its own. Of manuals that hold the same
   * bytes one can; what another claimed that came to nothing, or is being deleted, is free.
   */
  async claim(caller: Caller, manualId: string, hash: string): Promise<ContentOutcome> {
    let abandoned: string | undefined;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const reasons = await writeAtOnce(this.#client, [
        {
          Update: {
            ...this.#recordOf(caller, manualId),
            UpdateExpression: 'SET content_hash = :hash',
            ConditionExpression: '#status = :validating',
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: marshall({ ':hash': hash, ':validating': 'validating' }),
          },
        },
        {
          Put: {
            TableName: this.#table,
            Item: { ...contentKey(caller, hash), ...marshall({ owned_by: manualId }) },
            ConditionExpression: `attribute_not_exists(owned_by) OR owned_by = :own${abandoned === undefined ? '' : ' OR owned_by = :abandoned'}`,
            ExpressionAttributeValues: marshall({ ':own': manualId, ...(abandoned !== undefined && { ':abandoned': abandoned }) }),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ]);
      if (!reasons) return { kind: 'claimed' };
      const [ofManual, ofContent] = reasons;
      if (isUnmet(ofManual)) return { kind: 'closed' };
      const of = itemOf<{ readonly owned_by: string }>(ofContent)?.owned_by;
      if (of !== undefined && !(await this.#isAbandoned(caller, of))) return { kind: 'duplicate', of };
      abandoned = of;
    }
    throw new Contended();
  }

  async #isAbandoned(caller: Caller, manualId: string): Promise<boolean> {
    const { Item } = await this.#client.send(new GetItemCommand({ ...this.#recordOf(caller, manualId), ConsistentRead: true }));
    return !Item || ['failed', 'deleting'].includes((unmarshall(Item) as Manual).status);
  }

  #recordOf(caller: Caller, manualId: string) {
    return { TableName: this.#table, Key: recordKey(caller, manualId) };
  }
}

/** Gives a content up with the manual that has it. The condition is not met when it is another manual's by now. */
export function releaseContent(table: string, caller: Caller, manualId: string, hash: string): TransactWriteItem {
  return {
    Delete: {
      TableName: table,
      Key: contentKey(caller, hash),
      ConditionExpression: 'attribute_not_exists(owned_by) OR owned_by = :own',
      ExpressionAttributeValues: marshall({ ':own': manualId }),
    },
  };
}
