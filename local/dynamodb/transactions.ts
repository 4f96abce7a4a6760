import type { Request } from 'dynalite/types';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { type Engine, refuseOtherMembers, type WriteOperation } from './engine.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html */
const MAX_ACTIONS = 100;
const MAX_BYTES = 4 * 1024 * 1024;
const TOKEN_LIFETIME_MS = 10 * 60 * 1000;

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

interface CancellationReason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: unknown;
}

/** Writes that happen all or not at all, and reads of one state. The caller sees to it that no other write happens meanwhile. */
export class Transactions {
  readonly #engine: Engine;
  readonly #clock: Clock;
  /** What was asked for under each token, oldest first. */
  readonly #tokens = new Map<string, { readonly request: string; readonly expiresAt: number }>();

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async write(input: TransactWriteInput): Promise<object> {
    refuseOtherMembers('TransactWriteItems', input, ['TransactItems', 'ClientRequestToken']);
    refuseWrongCount(input.TransactItems);
    const { ClientRequestToken: token } = input;
    const request = JSON.stringify(input);
    if (token !== undefined && this.#isRepeated(token, request)) return {};
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
    await whole.commit();
    if (token !== undefined) this.#tokens.set(token, { request, expiresAt: this.#clock.now() + TOKEN_LIFETIME_MS });
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

  #isRepeated(token: string, request: string): boolean {
    for (const [known, { expiresAt }] of this.#tokens) {
      if (expiresAt > this.#clock.now()) break;
      this.#tokens.delete(known);
    }
    const earlier = this.#tokens.get(token);
    if (earlier && earlier.request !== request) {
      throw new AwsError(
        'IdempotentParameterMismatchException',
        'The request uses the same client token as a previous, but non-identical request.',
      );
    }
    return earlier !== undefined;
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
