import { setTimeout } from 'node:timers/promises';
import {
  type CancellationReason,
  type DynamoDBClient,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';

/** A conflict lasts as long as the other write, some milliseconds. The SDK does not repeat it by itself. */
const MAX_CONFLICTS = 6;
const LONGEST_PAUSE_MS = 50;

/**
 * Writes all of it or nothing. Undefined when it was written; otherwise, where conditions were not met, one reason for each
 * action, in their order. Throws whatever else keeps it from being written.
 */
export async function writeAtOnce(
  client: DynamoDBClient,
  actions: readonly TransactWriteItem[],
): Promise<readonly CancellationReason[] | undefined> {
  try {
    await despiteConflicts(() => client.send(new TransactWriteItemsCommand({ TransactItems: [...actions] })));
    return undefined;
  } catch (error) {
    if (error instanceof TransactionCanceledException && error.CancellationReasons?.some(isUnmet)) return error.CancellationReasons;
    throw error;
  }
}

/** Sends again what met another write of the same item, after a pause with full jitter. */
export async function despiteConflicts<Output>(send: () => Promise<Output>): Promise<Output> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      if (!isConflict(error) || tries === MAX_CONFLICTS) throw error;
      await setTimeout(Math.random() * LONGEST_PAUSE_MS * tries);
    }
  }
}

/** Whether it is the condition of this action that was not met. */
export const isUnmet = (reason: CancellationReason | undefined): boolean => reason?.Code === 'ConditionalCheckFailed';

/** How often a write starts anew from what its conditions found changed. Who finds it changed so often meets a crowd of one user's own making. */
export const MAX_TRIES = 8;

/** What a write depends on changed before each try. Named as what clients and queues wait for and try again. */
export class Contended extends Error {
  override readonly name = 'ThrottlingException';

  constructor() {
    super(`what a write depends on changed before each of ${MAX_TRIES} tries`);
  }
}

/** The item as the condition found it, where the action asks for it and there was one. */
export const itemOf = <Item>(reason: CancellationReason | undefined): Item | undefined => reason?.Item && (unmarshall(reason.Item) as Item);

/** Where a condition is unmet as well, another try would meet it again. */
function isConflict(error: unknown): boolean {
  if (error instanceof TransactionConflictException) return true;
  const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
  return reasons.some(({ Code }) => Code === 'TransactionConflict') && !reasons.some(isUnmet);
}
