import { createHash } from 'node:crypto';
import type { Request } from 'dynalite/types';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { type Engine, refuseOtherMembers, type WriteOperation } from './engine.ts';
import type { WriteBatch } from './write-batch.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html */
const MAX_ACTIONS = 100;
const MAX_BYTES = 4 * 1024 * 1024;
const TOKEN_LIFETIME_MS = 10 * 60 * 1000;
/** Under these keys tokens are stored, next to the items. */
const TOKEN_PREFIX = 'transaction-token~';

const OPERATION_OF: Readonly<Record<string, WriteOperation>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  // Executed like a deletion, whose write is then discarded.
  ConditionCheck: 'DeleteItem',
};

type Members = Readonly<Record<string, unknown>>;

export interface TransactWriteInput {
  readonly TransactItems: readonly Readonly<Record<string, Members>>[];
  readonly ClientRequestToken?: string;
}

export interface TransactGetInput {
  readonly TransactItems: readonly { readonly Get?: Members }[];
}

interface Action {
  readonly kind: string;
  readonly operation: WriteOperation;
  readonly request: Request;
  readonly returnsItem: boolean;
}

/** What was asked for under a token. */
interface UsedToken {
  /** The request's SHA-256. */
  readonly request: string;
  readonly expiresAt: number;
}

interface CancellationReason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: unknown;
}

/** Writes that happen all or not at all, and reads of one state. The caller sees to it that no other write happens meanwhile. */
export class Transactions {
  readonly #engine: Engine;
  readonly #clock: Clock;
  /** By token, oldest first. They are stored with what was written under them, so that a repetition is known after a restart, too. */
  #tokens: Map<string, UsedToken> | undefined;

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async write(input: TransactWriteInput): Promise<object> {
    refuseOtherMembers('TransactWriteItems', input, ['TransactItems', 'ClientRequestToken']);
    refuseWrongCount(input.TransactItems);
    const { ClientRequestToken: token } = input;
    const request = createHash('sha256').update(JSON.stringify(input)).digest('base64');
    this.#tokens ??= await this.#storedTokens();
    const tokens = this.#tokens;
    if (token !== undefined && this.#isRepeated(tokens.get(token), request)) return {};
    const actions = input.TransactItems.map((action) => this.#prepare(action));
    const whole = this.#engine.batch();
    const reasons: CancellationReason[] = [];
    const itemKeys: string[] = [];
    for (const action of actions) {
      const batch = this.#engine.batch();
      const { Item, ...reason } = await reasonOf(() => this.#engine.write(action.operation, action.request, batch));
      reasons.push({ ...reason, ...(action.returnsItem && Item !== undefined && { Item }) });
      itemKeys.push(...batch.itemKeys);
      if (action.kind === 'ConditionCheck') batch.discard();
      whole.takeOver(batch);
    }
    refuseDuplicates(itemKeys);
    refuseCancelled(reasons);
    if (whole.bytes > MAX_BYTES) {
      throw new AwsError('ValidationException', 'The items of a transaction exceed the limit of 4 MB in total');
    }
    if (token === undefined) await whole.commit();
    else await this.#commitUnder(token, { request, expiresAt: this.#clock.now() + TOKEN_LIFETIME_MS }, tokens, whole);
    return {};
  }

  async get(input: TransactGetInput): Promise<object> {
    refuseOtherMembers('TransactGetItems', input, ['TransactItems']);
    refuseWrongCount(input.TransactItems);
    const requests = input.TransactItems.map(({ Get: members }) => this.#engine.prepare('GetItem', { ...members, ConsistentRead: true }));
    refuseDuplicates(requests.map(({ TableName, Key }) => JSON.stringify([TableName, Object.entries(Key as object).sort()])));
    const reasons: CancellationReason[] = [];
    const responses: object[] = [];
    for (const request of requests) {
      const reason = await reasonOf(async () => {
        const { Item } = await this.#engine.read('GetItem', request);
        responses.push(Item === undefined ? {} : { Item });
      });
      reasons.push(reason);
    }
    refuseCancelled(reasons);
    return { Responses: responses };
  }

  #prepare(action: Readonly<Record<string, Members>>): Action {
    const [[kind, members] = ['', {}], ...others] = Object.entries(action);
    const operation = OPERATION_OF[kind];
    if (!operation || others.length > 0) {
      throw new AwsError('ValidationException', 'TransactItems can only contain one of Check, Put, Update or Delete');
    }
    const { ReturnValuesOnConditionCheckFailure: returned, ...rest } = members;
    const required = kind === 'ConditionCheck' ? 'ConditionExpression' : kind === 'Update' ? 'UpdateExpression' : undefined;
    if (required !== undefined && rest[required] === undefined) {
      throw new AwsError('ValidationException', `The ${required} of a ${kind} in TransactItems must not be null`);
    }
    return { kind, operation, request: this.#engine.prepare(operation, rest), returnsItem: returned === 'ALL_OLD' };
  }

  async #commitUnder(token: string, use: UsedToken, tokens: Map<string, UsedToken>, whole: WriteBatch): Promise<void> {
    const now = this.#clock.now();
    const expired: string[] = [];
    for (const [known, { expiresAt }] of tokens) {
      if (expiresAt > now) break;
      expired.push(known);
      whole.delete(TOKEN_PREFIX + known);
    }
    whole.put(TOKEN_PREFIX + token, use);
    await whole.commit();
    for (const known of expired) tokens.delete(known);
    tokens.delete(token);
    tokens.set(token, use);
  }

  async #storedTokens(): Promise<Map<string, UsedToken>> {
    const stored: [string, UsedToken][] = [];
    for await (const [key, use] of this.#engine.level.iterator({ gte: TOKEN_PREFIX, lt: `${TOKEN_PREFIX}\uffff` })) {
      stored.push([key.slice(TOKEN_PREFIX.length), use as UsedToken]);
    }
    return new Map(stored.sort(([, a], [, b]) => a.expiresAt - b.expiresAt));
  }

  #isRepeated(earlier: UsedToken | undefined, request: string): boolean {
    if (earlier === undefined || earlier.expiresAt <= this.#clock.now()) return false;
    if (earlier.request !== request) {
      throw new AwsError(
        'IdempotentParameterMismatchException',
        'The request uses the same client token as a previous, but non-identical request.',
      );
    }
    return true;
  }
}

function refuseWrongCount(actions: readonly unknown[] | undefined): void {
  const count = actions?.length ?? 0;
  if (count >= 1 && count <= MAX_ACTIONS) return;
  const bound = count < 1 ? 'greater than or equal to 1' : `less than or equal to ${MAX_ACTIONS}`;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length ${bound}`,
  );
}

function refuseDuplicates(keys: readonly string[]): void {
  if (new Set(keys).size === keys.length) return;
  throw new AwsError('ValidationException', 'Transaction request cannot include multiple operations on one item');
}

/** Why one action cancels the transaction, if it does. A missing table or a fault of the emulator is thrown on. */
async function reasonOf(action: () => Promise<unknown>): Promise<CancellationReason> {
  try {
    await action();
    return { Code: 'None' };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (error.code === 'ValidationException') return { Code: 'ValidationError', Message: error.message };
    if (error.code !== 'ConditionalCheckFailedException') throw error;
    return { Code: 'ConditionalCheckFailed', Message: error.message, ...error.members };
  }
}

function refuseCancelled(reasons: readonly CancellationReason[]): void {
  if (reasons.every(({ Code }) => Code === 'None')) return;
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  throw new AwsError('TransactionCanceledException', message, 400, { CancellationReasons: reasons });
}
