import { BedrockAgentRuntimeClient, type RetrievalFilter, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, GetItemCommand, ListTablesCommand, paginateScan, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type FunctionConfiguration, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { isExpiredMinute } from '../../lambdas/usage/rate.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import { operatorConfig } from './users.ts';

/** A passage as the knowledge base holds it, whoever owns it. */
export interface StoredPassage {
  readonly documentId: string;
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** More than any test stores of one manual: the most that Retrieve returns. */
const MAX_PASSAGES = 100;
const LOOK_AGAIN_MS = 50;

/** What lies behind a runtime's API, as its operator reads it with the real clients. */
export class OperatorView {
  readonly #file: RuntimeFile;
  readonly #clients;
  /** What is told of functions, by the ends of their constructs' paths: here it never changes. */
  readonly #configurations = new Map<string, Promise<FunctionConfiguration>>();

  constructor(file: RuntimeFile) {
    this.#file = file;
    const config = operatorConfig(file);
    this.#clients = {
      lambda: new LambdaClient(config),
      logs: new CloudWatchLogsClient(config),
      knowledge: new BedrockAgentRuntimeClient(config),
      dynamodb: new DynamoDBClient(config),
      s3: new S3Client(config),
    };
  }

  [Symbol.dispose](): void {
    for (const client of Object.values(this.#clients)) client.destroy();
  }

  /** A variable of a function's environment; the function by the end of its construct's path, such as `Query/Function`. */
  async variable(construct: string, name: string): Promise<string> {
    const { Environment } = await this.#describe(construct);
    const value = Environment?.Variables?.[name];
    if (value === undefined) throw new Error(`${construct} has no variable ${name}`);
    return value;
  }

  /** What a function has logged as JSON so far: its own lines and embedded metrics. */
  async logOf(construct: string): Promise<Readonly<Record<string, unknown>>[]> {
    return (await this.#messagesOf(construct)).flatMap((message) => (message.startsWith('{') ? [JSON.parse(message)] : []));
  }

  /** How often a function has run to its end. */
  async runsOf(construct: string): Promise<number> {
    return (await this.#messagesOf(construct)).filter((message) => message.startsWith('REPORT')).length;
  }

  /** Waits until a function has no run under way, so that the next takes an environment that is there. */
  async untilIdle(construct: string): Promise<void> {
    for (;;) {
      const messages = await this.#messagesOf(construct);
      const [begun, ended] = ['START', 'REPORT'].map((word) => messages.filter((message) => message.startsWith(word)).length);
      if (begun === ended) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** The passages that the store holds and a filter selects, in the order of their documents. */
  async passages(filter: RetrievalFilter): Promise<StoredPassage[]> {
    const { retrievalResults = [] } = await this.#clients.knowledge.send(
      new RetrieveCommand({
        knowledgeBaseId: await this.variable('Query/Function', 'KNOWLEDGE_BASE_ID'),
        retrievalQuery: { text: 'anything' },
        retrievalConfiguration: { vectorSearchConfiguration: { numberOfResults: MAX_PASSAGES, filter } },
      }),
    );
    return retrievalResults
      .map(({ content, location, metadata = {} }) => ({
        documentId: location?.customDocumentLocation?.id ?? '',
        text: content?.text ?? '',
        metadata,
      }))
      .sort((a, b) => a.documentId.localeCompare(b.documentId));
  }

  /** As though a user had not made any request within this minute. */
  async forgetRequests({ userId }: { readonly userId: string }): Promise<void> {
    const { dynamodb } = this.#clients;
    const user = { TableName: await this.variable('Usage/Function', 'RATE_TABLE'), Key: { user_id: { S: userId } } };
    const { Item = {} } = await dynamodb.send(new GetItemCommand({ ...user, ConsistentRead: true }));
    const counters = Object.keys(Item).filter((name) => isExpiredMinute(name, Number.POSITIVE_INFINITY));
    if (counters.length === 0) return;
    const names = Object.fromEntries(counters.map((name, index) => [`#x${index}`, name]));
    const UpdateExpression = `REMOVE ${Object.keys(names).join(', ')}`;
    await dynamodb.send(new UpdateItemCommand({ ...user, UpdateExpression, ExpressionAttributeNames: names }));
  }

  /** Every item of every table; sets are sorted lists. */
  async items(): Promise<Readonly<Record<string, unknown>>[]> {
    const { TableNames = [] } = await this.#clients.dynamodb.send(new ListTablesCommand({}));
    const scans = await Promise.all(TableNames.map((TableName) => allOf(paginateScan({ client: this.#clients.dynamodb }, { TableName }))));
    return scans.flat().flatMap(({ Items = [] }) => Items.map((item) => withLists(unmarshall(item))));
  }

  /** Every version of every object, delete markers included. */
  async objects(): Promise<{ readonly key: string; readonly version: string; readonly etag: string | undefined }[]> {
    const { Buckets = [] } = await this.#clients.s3.send(new ListBucketsCommand({}));
    const listings = await Promise.all(Buckets.map(({ Name }) => this.#clients.s3.send(new ListObjectVersionsCommand({ Bucket: Name }))));
    if (listings.some(({ IsTruncated }) => IsTruncated)) throw new Error('a bucket holds more versions than one listing does');
    return listings.flatMap(({ Versions = [], DeleteMarkers = [] }) => [
      ...Versions.map(({ Key = '', VersionId = '', ETag }) => ({ key: Key, version: VersionId, etag: ETag })),
      ...DeleteMarkers.map(({ Key = '', VersionId = '' }) => ({ key: Key, version: VersionId, etag: undefined })),
    ]);
  }

  async #messagesOf(construct: string): Promise<string[]> {
    const { LoggingConfig } = await this.#describe(construct);
    const pages = paginateFilterLogEvents({ client: this.#clients.logs }, { logGroupName: LoggingConfig?.LogGroup });
    return (await allOf(pages)).flatMap(({ events = [] }) => events.map(({ message = '' }) => message));
  }

  #describe(construct: string): Promise<FunctionConfiguration> {
    const known = this.#configurations.get(construct) ?? this.#configurationOf(construct);
    this.#configurations.set(construct, known);
    return known;
  }

  async #configurationOf(construct: string): Promise<FunctionConfiguration> {
    const found = this.#file.functions.find(({ path }) => path.endsWith(`/${construct}`));
    if (!found)
      throw new Error(`no function's path ends with ${construct}; there are ${this.#file.functions.map(({ path }) => path).join(', ')}`);
    return this.#clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: found.name }));
  }
}

const withLists = (item: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, value instanceof Set ? [...value].sort() : value]));

async function allOf<Page>(pages: AsyncIterable<Page>): Promise<Page[]> {
  const all: Page[] = [];
  for await (const page of pages) all.push(page);
  return all;
}
