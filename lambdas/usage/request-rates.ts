import { randomUUID } from 'node:crypto';
import { type AttributeValue, ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Caller } from '../shared/caller.ts';
import { isThrottling } from '../shared/problem.ts';
import { allowanceOf, minuteCounter, minuteOf, nextMinute, type RequestKind, rateLimited } from './rate.ts';
import { expiredCounters } from './reservation.ts';

/** An answer takes some milliseconds. Who waits longer for the count of an address goes on without. */
const NETWORK_TIMEOUT_MS = 1000;
/** A minute's counters stay until so many are over, so that a write which only removes them is rare. */
const EXPIRED_WORTH_REMOVING = 10;
/** How long after its minute the count of a network may be removed, which DynamoDB then does within days. */
const NETWORK_TTL_MS = 60_000;

export interface RequestRatesOptions {
  /** Told of what went wrong without stopping a request. */
  readonly onTrouble: (what: string, error: unknown) => void;
  readonly networkTimeoutMs?: number;
}

/**
 * How many requests a user and a network have made in the current calendar minute. Each count is one conditional write, so that no number
 * of parallel requests passes a limit. A request that costs units is counted by its reservation instead.
 */
export class RequestRates {
  readonly #client: DynamoDBClient;
  readonly #onceOnly: DynamoDBClient;
  readonly #table: string;
  readonly #options: RequestRatesOptions;
  /** Of the execution environment, which makes one request at a time. */
  readonly #environment = randomUUID().slice(0, 8);

  /** @param onceOnly the same client, but that it tries everything once */
  constructor(client: DynamoDBClient, onceOnly: DynamoDBClient, table: string, options: RequestRatesOptions) {
    this.#client = client;
    this.#onceOnly = onceOnly;
    this.#table = table;
    this.#options = options;
  }

  /**
   * Counts a request of a user, on the item that counts their units. Throws a Refusal when there is no room. What this environment counted
   * last in a minute stands beside the counter: so a try of the SDK's whose answer was lost is known by the next.
   */
  async countUser(caller: Caller, kind: RequestKind, requestsPerMinute: number, nowMs: number = Date.now()): Promise<void> {
    const counter = minuteCounter(kind, nowMs);
    const last = `${counter}_${this.#environment}`;
    // Of ours: a client may choose the id that the gateway gives a request, and would be counted once for all that share it
    // (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html).
    const id = randomUUID();
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: { user_id: { S: caller.userId } },
      UpdateExpression: 'SET #n = if_not_exists(#n, :zero) + :one, #last = :id',
      ConditionExpression: '(attribute_not_exists(#n) OR #n < :limit) AND (attribute_not_exists(#last) OR #last <> :id)',
      ExpressionAttributeNames: { '#n': counter, '#last': last },
      ExpressionAttributeValues: {
        ':zero': { N: '0' },
        ':one': { N: '1' },
        ':limit': { N: String(allowanceOf(kind, requestsPerMinute)) },
        ':id': { S: id },
      },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    let item: Record<string, AttributeValue>;
    try {
      ({ Attributes: item = {} } = await this.#client.send(command));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      if (error.Item?.[last]?.S !== id) throw rateLimited('user', kind, requestsPerMinute, nowMs);
      item = error.Item;
    }
    await this.#removeExpired(caller, expiredCounters(Object.keys(item), nowMs));
  }

  /** Whoever settles removes them as well. This is for those who only ever look. */
  async #removeExpired(caller: Caller, expired: readonly string[]): Promise<void> {
    if (expired.length < EXPIRED_WORTH_REMOVING) return;
    const names = expired.map((name, index) => [`#x${index}`, name] as const);
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: { user_id: { S: caller.userId } },
      UpdateExpression: `REMOVE ${names.map(([placeholder]) => placeholder).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(names),
    });
    try {
      await this.#client.send(command);
    } catch (error) {
      this.#options.onTrouble('counters that are over could not be removed', error);
    }
  }

  /**
   * Counts a request that comes from a network. Throws a Refusal when there is no room, and what DynamoDB throws when it throttles: an item
   * takes a thousand writes a second (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html), ten
   * times what a network may make at the usual limits, so such a flood is turned away as well.
   *
   * Otherwise, where the count cannot be made in time, the request goes on. This limit is there against floods; each user is held to their
   * own all the same, and units are reserved or nothing is paid for. A counter that has a bad minute is no reason to turn everybody away.
   * For the same reason it is tried once: a second try might count twice.
   */
  async countNetwork(network: string, kind: RequestKind, requestsPerMinute: number, nowMs: number = Date.now()): Promise<void> {
    const command = new UpdateItemCommand({
      TableName: this.#table,
      // No user's id, which is a UUID, reads like it.
      Key: { user_id: { S: `ip#${network}#${minuteOf(nowMs)}` } },
      UpdateExpression: 'ADD #n :one SET #ttl = :ttl',
      ConditionExpression: 'attribute_not_exists(#n) OR #n < :limit',
      ExpressionAttributeNames: { '#n': minuteCounter(kind, nowMs), '#ttl': 'expires_at' },
      ExpressionAttributeValues: {
        ':one': { N: '1' },
        ':limit': { N: String(allowanceOf(kind, requestsPerMinute)) },
        ':ttl': { N: String((nextMinute(nowMs) + NETWORK_TTL_MS) / 1000) },
      },
    });
    const { networkTimeoutMs = NETWORK_TIMEOUT_MS, onTrouble } = this.#options;
    try {
      await this.#onceOnly.send(command, { abortSignal: AbortSignal.timeout(networkTimeoutMs) });
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) throw rateLimited('ip', kind, requestsPerMinute, nowMs);
      if (isThrottling(error)) throw error;
      onTrouble('a request could not be counted for its address', error);
    }
  }
}
