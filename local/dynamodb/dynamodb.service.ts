import type { Item } from 'dynalite/types';
import { type AwsCall, AwsError, type AwsReply, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { JsonProtocol, parseJsonBody } from '../platform/json-protocol.ts';
import type { Permission } from '../platform/permission.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import { Engine, type WriteOperation } from './engine.ts';
import { Mutex } from './mutex.ts';
import { dynamoDbPermissions } from './permissions.ts';
import { tableResourceType } from './table-resource.ts';
import { Tables } from './tables.ts';
import { TimeToLive } from './time-to-live.ts';
import { type TransactGetInput, Transactions, type TransactWriteInput } from './transactions.ts';

interface WriteInput {
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE';
  readonly [member: string]: unknown;
}

/**
 * DynamoDB, on dynalite. Tables are kept in memory, or in `directory` when there is one: then a write is answered once the operating
 * system has it, and so survives the end of this process, but maybe not that of the machine.
 */
export class DynamoDbService implements Service {
  readonly signingNames = ['dynamodb'];
  readonly resourceTypes: readonly ResourceType[];
  readonly #engine: Engine;
  readonly #region: string;
  readonly #timeToLive: TimeToLive;
  /** Writes run one after the other; reads go on meanwhile and see each write, or transaction, whole or not at all. */
  readonly #writes = new Mutex();
  readonly #protocol: JsonProtocol;
  readonly #sweeping: Promise<void>;
  #sweepFailure: unknown;

  readonly renderError = (error: AwsError): AwsReply =>
    this.#protocol.renderError(new AwsError(`${namespaceOf(error.code)}#${error.code}`, error.message, error.status, error.members));

  constructor(options: { clock: Clock; region: string; directory?: string }) {
    this.#region = options.region;
    this.#engine = new Engine(options.region, options.directory);
    const tables = new Tables(this.#engine);
    const transactions = new Transactions(this.#engine, options.clock);
    this.#timeToLive = new TimeToLive({
      clock: options.clock,
      engine: this.#engine,
      tables,
      deleteExpired: (tableName, key, attribute, expiry) => this.#deleteExpired(tableName, key, attribute, expiry),
    });
    this.resourceTypes = [tableResourceType(tables, this.#timeToLive)];
    this.#protocol = new JsonProtocol('DynamoDB', '1.0', {
      ...this.#itemOperations(),
      TransactWriteItems: (input: TransactWriteInput) => this.#writes.run(() => transactions.write(input)),
      // In turn with the writes, so that all its reads see one state.
      TransactGetItems: (input: TransactGetInput) => this.#writes.run(() => transactions.get(input)),
      CreateTable: (input) => tables.create(input),
      DescribeTable: (input) => tables.describe(input),
      DeleteTable: (input) => tables.delete(input),
      ListTables: (input) => tables.list(input),
      ListTagsOfResource: (input) => tables.listTags(input),
      DescribeContinuousBackups: (input) => tables.describeContinuousBackups(input),
      UpdateTimeToLive: (input) => this.#timeToLive.update(input),
      DescribeTimeToLive: (input) => this.#timeToLive.describe(input),
    });
    this.#sweeping = this.#timeToLive.run((error) => {
      this.#sweepFailure = error;
    });
  }

  permissionsFor(call: AwsCall, operation: string): Permission[] {
    return dynamoDbPermissions(operation, parseJsonBody(call.body) as object, this.#region);
  }

  accessDenied(message: string): AwsError {
    return new AwsError('AccessDeniedException', message);
  }

  operationOf(request: RawRequest): string {
    return this.#protocol.operationOf(request);
  }

  handle(call: AwsCall, operation: string): Promise<AwsReply> {
    return this.#protocol.handle(call, operation);
  }

  /** Deletes the items whose time to live is over, and returns how many. Also happens once a minute of the clock's time. */
  expireItems(): Promise<number> {
    return this.#timeToLive.sweep();
  }

  /** Throws if a sweep for expired items failed, since nobody waited for it. */
  async stop(): Promise<void> {
    this.#timeToLive.stop();
    await this.#sweeping;
    await this.#writes.run(() => this.#engine.close());
    if (this.#sweepFailure !== undefined) throw this.#sweepFailure;
  }

  #itemOperations() {
    const read = (operation: 'GetItem' | 'BatchGetItem' | 'Query' | 'Scan') => (input: Record<string, unknown>) =>
      this.#engine.read(operation, this.#engine.prepare(operation, input));
    const write = (operation: WriteOperation) => (input: WriteInput) => this.#write(operation, input);
    return {
      GetItem: read('GetItem'),
      BatchGetItem: read('BatchGetItem'),
      Query: read('Query'),
      Scan: read('Scan'),
      PutItem: write('PutItem'),
      UpdateItem: write('UpdateItem'),
      DeleteItem: write('DeleteItem'),
      BatchWriteItem: write('BatchWriteItem'),
    };
  }

  async #write(operation: WriteOperation, input: WriteInput): Promise<object> {
    const { ReturnValuesOnConditionCheckFailure: returned, ...rest } = input;
    const request = this.#engine.prepare(operation, rest);
    return this.#writes.run(async () => {
      const batch = this.#engine.batch();
      try {
        const output = await this.#engine.write(operation, request, batch);
        await batch.commit();
        return output;
      } catch (error) {
        if (!isFailedCondition(error) || returned === 'ALL_OLD') throw error;
        throw new AwsError(error.code, error.message, error.status);
      }
    });
  }

  async #deleteExpired(tableName: string, key: Item, attribute: string, expiry: string): Promise<boolean> {
    try {
      await this.#write('DeleteItem', {
        TableName: tableName,
        Key: key,
        ConditionExpression: '#ttl = :expiry',
        ExpressionAttributeNames: { '#ttl': attribute },
        ExpressionAttributeValues: { ':expiry': { N: expiry } },
      });
      return true;
    } catch (error) {
      if (isFailedCondition(error)) return false;
      throw error;
    }
  }
}

function isFailedCondition(error: unknown): error is AwsError {
  return error instanceof AwsError && error.code === 'ConditionalCheckFailedException';
}

/** Where AWS declares an error: SDKs read only what follows, but logs show the whole. */
function namespaceOf(code: string): string {
  switch (code) {
    case 'ValidationException':
      return 'com.amazon.coral.validate';
    case 'ThrottlingException':
      return 'com.amazon.coral.availability';
    case 'AccessDeniedException':
    case 'SerializationException':
    case 'UnknownOperationException':
      return 'com.amazon.coral.service';
    default:
      return 'com.amazonaws.dynamodb.v20120810';
  }
}
