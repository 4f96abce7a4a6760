import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Caller } from '../shared/caller.ts';
import type { Job, JobChange, JobState } from './job.ts';

/** The table of jobs. Owner first in every key: what is not the caller's cannot be addressed. */
export class JobRecords {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /** Records a new job. */
  async create(job: Job): Promise<void> {
    await this.#client.send(new PutItemCommand({ TableName: this.#table, Item: marshall(job) }));
  }

  /** The caller's job, as last written; undefined when the caller has none of that id. */
  async get(caller: Caller, jobId: string): Promise<Job | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: keyOf(caller, jobId), ConsistentRead: true }),
    );
    return Item && (unmarshall(Item) as Job);
  }

  /**
   * Ties a job that has not ended to the content of its first upload, and notes who is about to set its units aside. Says whether this
   * is that content.
   */
  claim(caller: Caller, jobId: string, contentHash: string, attempt?: string): Promise<boolean> {
    return this.#update(
      caller,
      jobId,
      ['awaiting_upload', 'in_progress', 'given_up'],
      { content_hash: contentHash },
      {
        condition: ' AND (attribute_not_exists(#content_hash) OR #content_hash = :content_hash)',
        ...(attempt !== undefined && { addition: ' ADD attempts :attempts', values: { ':attempts': new Set([attempt]) } }),
      },
    );
  }

  /** Moves a job on, provided that it is in one of the states `from`. Says whether it was; one that is not, or is gone, stays as it is. */
  advance(caller: Caller, jobId: string, from: readonly JobState[], change: JobChange): Promise<boolean> {
    return this.#update(caller, jobId, from, change);
  }

  async #update(
    caller: Caller,
    jobId: string,
    from: readonly JobState[],
    change: JobChange,
    { condition = '', addition = '', values = {} }: Supplement = {},
  ): Promise<boolean> {
    const states = from.map((state, index) => [`:from${index}`, state] as const);
    const assignments = Object.entries(change);
    try {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: keyOf(caller, jobId),
          UpdateExpression: `SET ${assignments.map(([name]) => `#${name} = :${name}`).join(', ')}${addition}`,
          ConditionExpression: `#status IN (${states.map(([placeholder]) => placeholder).join(', ')})${condition}`,
          ExpressionAttributeNames: { '#status': 'status', ...Object.fromEntries(assignments.map(([name]) => [`#${name}`, name])) },
          ExpressionAttributeValues: marshall({
            ...values,
            ...Object.fromEntries(states),
            ...Object.fromEntries(assignments.map(([name, value]) => [`:${name}`, value])),
          }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

/** What an update has besides what it sets and the states that it demands. */
interface Supplement {
  readonly condition?: string;
  readonly addition?: string;
  readonly values?: Readonly<Record<string, ReadonlySet<string>>>;
}

const keyOf = ({ userId }: Caller, jobId: string): Record<string, AttributeValue> => ({ user_id: { S: userId }, job_id: { S: jobId } });
