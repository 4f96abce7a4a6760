import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Caller } from '../shared/caller.ts';
import { emit } from '../shared/observability.ts';
import { Problem } from '../shared/problem.ts';
import { minuteCounter, rateLimited } from './rate.ts';
import {
  dayCounter,
  expiredCounters,
  HIDDEN_MANUALS,
  limitReached,
  type MeteredKind,
  monthCounter,
  type OpenReservation,
  openEntry,
  type Quota,
  type Reservation,
  type ReserveOptions,
  usageDocument,
} from './reservation.ts';
import { USAGE_METRICS, type UsageDocument } from './usage.contract.ts';

type Item = Record<string, AttributeValue>;

/**
 * The one item per user that counts units and holds the open reservations. Each step is one conditional write, so that
 * it happens once however often it is sent, and no number of parallel calls passes a limit.
 */
export class UsageLedger {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #quota: Quota;

  constructor(client: DynamoDBClient, table: string, quota: Quota) {
    this.#client = client;
    this.#table = table;
    this.#quota = quota;
  }

  /**
   * Sets units aside, and counts the request that asks for them where the options say so. Throws a 429 Problem that names the limit when
   * there is no room.
   */
  async reserve(
    caller: Caller,
    kind: MeteredKind,
    units: number,
    { nowMs = Date.now(), id = randomUUID(), requestsPerMinute }: ReserveOptions = {},
  ): Promise<Reservation> {
    refuseMoreThanQuota(units, this.#quota, nowMs);
    const day = dayCounter(nowMs);
    const month = monthCounter(nowMs);
    const rate = requestsPerMinute === undefined ? NOT_COUNTED : countingRequest(requestsPerMinute, nowMs);
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: keyOf(caller.userId),
      UpdateExpression: `SET #d = if_not_exists(#d, :zero) + :units, #m = if_not_exists(#m, :zero) + :units, #o = :entry${rate.update}`,
      ConditionExpression: `(attribute_not_exists(#d) OR #d <= :dayRoom) AND (attribute_not_exists(#m) OR #m <= :monthRoom) AND attribute_not_exists(#o)${rate.condition}`,
      ExpressionAttributeNames: { '#d': day, '#m': month, '#o': openEntry(id), ...rate.names },
      ExpressionAttributeValues: {
        ...rate.values,
        ':zero': number(0),
        ':units': number(units),
        ':dayRoom': number(this.#quota.daily - units),
        ':monthRoom': number(this.#quota.monthly - units),
        ':entry': { M: { kind: { S: kind }, units: number(units), day: { S: day }, month: { S: month }, at: number(nowMs) } },
      },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const item = await this.#client.send(command).then(
      ({ Attributes }) => Attributes ?? {},
      (error: unknown) => this.#itemOfRefusal(error, { entry: openEntry(id), units, nowMs, requestsPerMinute }),
    );
    const usage = this.#usageOf(item, day, month);
    reportUsage(kind, usage);
    return {
      id,
      userId: caller.userId,
      kind,
      units,
      day,
      month,
      at: nowMs,
      usage,
      expiredCounters: expiredCounters(Object.keys(item), nowMs),
      hiddenManualIds: item[HIDDEN_MANUALS]?.SS ?? [],
    };
  }

  /** Makes a reservation final. Settling or refunding it again changes nothing. */
  async settle(reservation: OpenReservation): Promise<void> {
    const expired = reservation.expiredCounters.map((name, index) => [`#x${index}`, name] as const);
    await this.#close(reservation, {
      UpdateExpression: `REMOVE ${['#o', ...expired.map(([placeholder]) => placeholder)].join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries([['#o', openEntry(reservation.id)], ...expired]),
    });
  }

  /** Gives the units back. Settling or refunding it again changes nothing. */
  async refund(reservation: OpenReservation): Promise<void> {
    await this.#close(reservation, {
      // A counter that a later settle has removed as expired counts nobody's units any more: it becomes 0.
      UpdateExpression: 'SET #d = if_not_exists(#d, :units) - :units, #m = if_not_exists(#m, :units) - :units REMOVE #o',
      ExpressionAttributeNames: { '#d': reservation.day, '#m': reservation.month, '#o': openEntry(reservation.id) },
      ExpressionAttributeValues: { ':units': number(reservation.units) },
    });
  }

  /** What the caller has used today and this month. */
  async usage(caller: Caller, nowMs: number = Date.now()): Promise<UsageDocument> {
    const { Item: item = {} } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: keyOf(caller.userId), ConsistentRead: true }),
    );
    return this.#usageOf(item, dayCounter(nowMs), monthCounter(nowMs));
  }

  async #close(
    reservation: OpenReservation,
    update: Pick<
      ConstructorParameters<typeof UpdateItemCommand>[0],
      'UpdateExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
    >,
  ): Promise<void> {
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: keyOf(reservation.userId),
      ConditionExpression: 'attribute_exists(#o)',
      ...update,
    });
    try {
      await this.#client.send(command);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  /** Why a reservation was refused; the item, when it was not: then the entry is there, written by an earlier try of the SDK. */
  #itemOfRefusal(
    error: unknown,
    {
      entry,
      units,
      nowMs,
      requestsPerMinute = Number.POSITIVE_INFINITY,
    }: { readonly entry: string; readonly units: number; readonly nowMs: number; readonly requestsPerMinute: number | undefined },
  ): Item {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const item = error.Item ?? {};
    if (item[entry]) return item;
    const used = { daily: count(item, dayCounter(nowMs)), monthly: count(item, monthCounter(nowMs)) };
    const reached = limitReached(used, units, this.#quota, nowMs);
    if (!reached) {
      if (count(item, minuteCounter('request', nowMs)) >= requestsPerMinute) throw rateLimited('user', 'request', requestsPerMinute, nowMs);
      throw new Problem('unavailable', 'Usage could not be recorded; nothing was charged. Try again.', { retryAfterSeconds: 1 });
    }
    throw new Problem('quota_exceeded', `The ${reached.limit} quota of ${reached.allowance} units is used up.`, {
      retryAfterSeconds: reached.retryAfterSeconds,
    });
  }

  #usageOf(item: Item, day: string, month: string): UsageDocument {
    return usageDocument(count(item, day), count(item, month), this.#quota);
  }
}

/** Units for which there is no room even when nothing is used. The condition of the write does not see them, while there is no counter. */
function refuseMoreThanQuota(units: number, quota: Quota, nowMs: number): void {
  const reached = limitReached({ daily: 0, monthly: 0 }, units, quota, nowMs);
  if (!reached) return;
  throw new Problem('quota_exceeded', `This takes ${units} units, and the ${reached.limit} quota is ${reached.allowance}.`, {
    retryAfterSeconds: reached.retryAfterSeconds,
  });
}

/** What a reservation that counts no request adds to its write. */
const NOT_COUNTED = { update: '', condition: '', names: {}, values: {} };

/** And what one adds that does. */
function countingRequest(requestsPerMinute: number, nowMs: number) {
  return {
    update: ', #r = if_not_exists(#r, :zero) + :one',
    condition: ' AND (attribute_not_exists(#r) OR #r < :rate)',
    names: { '#r': minuteCounter('request', nowMs) },
    values: { ':one': number(1), ':rate': number(requestsPerMinute) },
  };
}

function reportUsage(Operation: MeteredKind, usage: UsageDocument): void {
  const report = (QuotaType: 'daily' | 'monthly', used: number, limit: number) =>
    emit({ QuotaType, Operation }, [USAGE_METRICS.quotaUsage, (100 * used) / limit]);
  report('daily', usage.daily_used, usage.daily_limit);
  report('monthly', usage.monthly_used, usage.monthly_limit);
}

const keyOf = (userId: string): Item => ({ user_id: { S: userId } });
const number = (value: number): AttributeValue => ({ N: String(value) });
const count = (item: Item, counter: string): number => Number(item[counter]?.N ?? 0);
