import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AdminGetUserCommand, CognitoIdentityProviderClient, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider';
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateScan,
  TransactWriteItemsCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ManuelClient, sendForm } from '../../local/cli/manuel-client.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import { OperatorView } from './operator-view.ts';
import { operatorConfig, type SignedInUser } from './users.ts';

const [TABLE, QUEUE] = ['acknowledged', 'acknowledged'];
const PREFIX = 'acknowledged/';
const TEXT = (name: string) => `The manual of ${name}. `.repeat(5);

/** The kinds of writes, each of which is acknowledged by another service. */
const KINDS = ['puts', 'transactions', 'objects', 'messages', 'signUps', 'uploads'] as const;
type Kind = (typeof KINDS)[number];

function clientsOf(file: RuntimeFile) {
  // A call that broke off must not be made again: what counts is whether the first one was acknowledged.
  const config = { ...operatorConfig(file), maxAttempts: 1 };
  const clients = {
    dynamodb: new DynamoDBClient(config),
    s3: new S3Client(config),
    sqs: new SQSClient(config),
    cognito: new CognitoIdentityProviderClient(config),
    operator: new OperatorView(file),
  };
  return {
    ...clients,
    [Symbol.dispose]: () => {
      for (const client of [clients.dynamodb, clients.s3, clients.sqs, clients.cognito]) client.destroy();
      clients.operator[Symbol.dispose]();
    },
  };
}

/** Writes of every kind to runtimes that are killed, and the note of each that was acknowledged. Checked once per runtime. */
export class AcknowledgedWrites {
  readonly #acknowledged: Readonly<Record<Kind, string[]>> = {
    puts: [],
    transactions: [],
    objects: [],
    messages: [],
    signUps: [],
    uploads: [],
  };
  readonly #user: SignedInUser;

  /** @param user to whom the manuals belong */
  constructor(user: SignedInUser) {
    this.#user = user;
  }

  /** How many of each were acknowledged so far. */
  get counts(): Readonly<Record<Kind, number>> {
    return Object.fromEntries(KINDS.map((kind) => [kind, this.#acknowledged[kind].length])) as Record<Kind, number>;
  }

  /** Writes until the runtime is gone, each kind as fast as it is acknowledged. Manuals, which are work for long, only now and then. */
  async writeTo(file: RuntimeFile): Promise<void> {
    using clients = clientsOf(file);
    await createTable(clients.dynamodb);
    const QueueUrl = await queueUrl(clients.sqs);
    const Bucket = await bucketOf(clients.operator);
    const api = new ManuelClient(file.api_url, this.#user.token);
    const writers: Readonly<Record<Kind, (name: string) => Promise<unknown>>> = {
      puts: (name) => clients.dynamodb.send(new PutItemCommand({ TableName: TABLE, Item: { id: { S: name } } })),
      transactions: (name) =>
        clients.dynamodb.send(
          new TransactWriteItemsCommand({
            TransactItems: ['a', 'b'].map((half) => ({ Put: { TableName: TABLE, Item: { id: { S: `${half} ${name}` } } } })),
          }),
        ),
      objects: (Key) => clients.s3.send(new PutObjectCommand({ Bucket, Key: PREFIX + Key, Body: TEXT(Key) })),
      messages: (MessageBody) => clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })),
      signUps: (name) =>
        clients.cognito.send(
          new SignUpCommand({ ClientId: file.client_id, Username: `${name}@example.com`, Password: `Manuel-${name}-A1` }),
        ),
      uploads: async (name) => {
        const bytes = Buffer.from(TEXT(name));
        const { manual_id, upload } = await api.startUpload({ filename: `${name}.txt`, content_type: 'text/plain', size: bytes.length });
        await sendForm(upload, bytes);
        this.#acknowledged.uploads.push(manual_id);
        await pause(400);
      },
    };
    await Promise.all(KINDS.map((kind) => this.#keepWriting(kind, writers[kind])));
  }

  /** The names of the acknowledged writes that are not there, and of transactions of which only one half is. */
  async missingFrom(file: RuntimeFile): Promise<string[]> {
    using clients = clientsOf(file);
    await createTable(clients.dynamodb);
    const QueueUrl = await queueUrl(clients.sqs);
    const Bucket = await bucketOf(clients.operator);
    const api = new ManuelClient(file.api_url, this.#user.token);
    const found: Readonly<Record<Exclude<Kind, 'messages'>, (name: string) => Promise<boolean>>> = {
      puts: async (name) =>
        (await clients.dynamodb.send(new GetItemCommand({ TableName: TABLE, Key: { id: { S: name } } }))).Item !== undefined,
      transactions: async (name) => {
        const items = ['a', 'b'].map((half) => new GetItemCommand({ TableName: TABLE, Key: { id: { S: `${half} ${name}` } } }));
        return (await Promise.all(items.map((item) => clients.dynamodb.send(item)))).every(({ Item }) => Item !== undefined);
      },
      objects: async (Key) => {
        const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket, Key: PREFIX + Key }));
        return (await Body?.transformToString()) === TEXT(Key);
      },
      signUps: async (name) => {
        const user = new AdminGetUserCommand({ UserPoolId: file.user_pool_id, Username: `${name}@example.com` });
        return (await clients.cognito.send(user)).UserStatus === 'UNCONFIRMED';
      },
      // That it becomes ready shows that nothing of the way there was lost either.
      uploads: async (manualId) => (await api.untilReady(manualId)).status === 'ready',
    };
    const missing: string[] = [];
    for (const [kind, isThere] of Object.entries(found) as [Exclude<Kind, 'messages'>, (name: string) => Promise<boolean>][]) {
      for (const name of this.#acknowledged[kind]) {
        if (!(await isThere(name).catch(() => false))) missing.push(`${kind} ${name}`);
      }
    }
    const bodies = await drain(clients.sqs, QueueUrl);
    missing.push(...this.#acknowledged.messages.filter((body) => !bodies.has(body)).map((body) => `messages ${body}`));
    return [...missing, ...(await halves(clients.dynamodb))];
  }

  async #keepWriting(kind: Kind, write: (name: string) => Promise<unknown>): Promise<void> {
    for (;;) {
      const name = randomUUID();
      try {
        await write(name);
      } catch {
        return;
      }
      if (kind !== 'uploads') this.#acknowledged[kind].push(name);
    }
  }
}

async function createTable(client: DynamoDBClient): Promise<void> {
  await client
    .send(
      new CreateTableCommand({
        TableName: TABLE,
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    )
    .catch((error) => {
      if (error.name !== 'ResourceInUseException') throw error;
    });
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.05 }, { TableName: TABLE });
}

/** A queue that no template has is not created at a start, but has its messages once it is created again. */
async function queueUrl(client: SQSClient): Promise<string> {
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: QUEUE }));
  return QueueUrl;
}

async function bucketOf(operator: OperatorView): Promise<string> {
  return operator.variable('Manuals/Function', 'MANUALS_BUCKET');
}

async function drain(client: SQSClient, QueueUrl: string): Promise<Set<string>> {
  const bodies = new Set<string>();
  for (;;) {
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }));
    if (Messages.length === 0) return bodies;
    for (const { Body = '' } of Messages) bodies.add(Body);
  }
}

/** The transactions, acknowledged or not, of which only one half is there. */
async function halves(client: DynamoDBClient): Promise<string[]> {
  const seen = new Map<string, number>();
  for await (const { Items = [] } of paginateScan({ client }, { TableName: TABLE })) {
    for (const { id } of Items) {
      const [, name] = /^[ab] (.*)$/.exec(id?.S ?? '') ?? [];
      if (name !== undefined) seen.set(name, (seen.get(name) ?? 0) + 1);
    }
  }
  return [...seen].filter(([, count]) => count === 1).map(([name]) => `one half of transaction ${name}`);
}
