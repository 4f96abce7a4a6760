import { keyArnIn } from '../kms/key-use.ts';
import { AwsError } from '../platform/call.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { State } from '../platform/state.ts';
import { type Document, Fauxqs } from './fauxqs.ts';
import { checkRedrivePolicy, RedriveSources } from './redrive.ts';
import { StoredMessages } from './stored-messages.ts';

/** A message as ReceiveMessage answers it. */
export interface WireMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>>;
  readonly MD5OfMessageAttributes?: string;
}

/** The queues in fauxqs, and what SQS does beyond it: our URLs, policies, the checks of redrive policies, the source of a redriven message. */
export class Queues {
  readonly #region: string;
  readonly #endpoint: () => string;
  readonly #fauxqs: Fauxqs;
  readonly #messages: StoredMessages;
  readonly #sources: RedriveSources;
  readonly #policies = new Map<string, object>();
  readonly #keys = new Map<string, string>();

  constructor(region: string, endpoint: () => string, state: State) {
    this.#region = region;
    this.#endpoint = endpoint;
    this.#sources = new RedriveSources(state.map('sqs-redrive-sources'));
    this.#messages = new StoredMessages(state, (messageId) => this.#sources.forget(messageId));
    this.#fauxqs = new Fauxqs(region, this.#messages);
  }

  async create(input: {
    QueueName: string;
    Attributes?: Record<string, string>;
    tags?: Record<string, string>;
  }): Promise<{ QueueUrl: string }> {
    const { QueueName: name, Attributes: attributes = {} } = input;
    if (!/^[\w-]{1,75}\.fifo$|^[\w-]{1,80}$/.test(name)) {
      throw new AwsError('InvalidParameterValue', 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
    }
    await this.#check(name, attributes);
    await this.#fauxqs.call('CreateQueue', input);
    this.#keepPolicy(name, attributes);
    this.#keepKey(name, attributes);
    return { QueueUrl: this.urlOf(name) };
  }

  async setAttributes(name: string, attributes: Record<string, string>): Promise<object> {
    await this.#check(name, attributes);
    const output = await this.call('SetQueueAttributes', name, { Attributes: attributes });
    this.#keepPolicy(name, attributes);
    this.#keepKey(name, attributes);
    return output;
  }

  async getAttributes(name: string, input: { AttributeNames?: readonly string[] }): Promise<object> {
    const output = await this.call('GetQueueAttributes', name, input);
    // fauxqs gives all to whoever asks for none.
    return input.AttributeNames?.length ? output : {};
  }

  async getUrl({ QueueName: name, QueueOwnerAWSAccountId: owner = LOCAL_ACCOUNT }: { QueueName: string; QueueOwnerAWSAccountId?: string }) {
    if (owner !== LOCAL_ACCOUNT) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    await this.#fauxqs.call('GetQueueUrl', { QueueName: name });
    return { QueueUrl: this.urlOf(name) };
  }

  async list(input: Document): Promise<object> {
    const { QueueUrls: urls, ...rest } = (await this.#fauxqs.call('ListQueues', input)) as { QueueUrls: string[] };
    return { ...rest, QueueUrls: urls.map((url) => this.urlOf(url.split('/').at(-1) ?? '')) };
  }

  /** The name of each queue. */
  async names(): Promise<string[]> {
    const { QueueUrls = [] } = (await this.#fauxqs.call('ListQueues', {})) as { QueueUrls?: string[] };
    return QueueUrls.map((url) => url.split('/').at(-1) ?? '');
  }

  async delete(name: string): Promise<object> {
    const output = await this.call('DeleteQueue', name);
    this.#policies.delete(this.arnOf(name));
    this.#keys.delete(name);
    return output;
  }

  async receive(name: string, input: Document): Promise<{ Messages?: WireMessage[] }> {
    const { Messages: messages } = (await this.call('ReceiveMessage', name, input)) as { Messages?: WireMessage[] };
    if (!messages) return {};
    const asked = [input['AttributeNames'], input['MessageSystemAttributeNames']].flat();
    const wantsSource = asked.includes('All') || asked.includes('DeadLetterQueueSourceArn');
    const wantsAttributes = ((input['MessageAttributeNames'] as string[] | undefined) ?? []).length > 0;
    return {
      Messages: messages.map(({ MessageAttributes, MD5OfMessageAttributes, ...message }) => {
        const source = this.#sources.note(message.MessageId, this.arnOf(name));
        return {
          ...message,
          ...(source !== undefined && wantsSource && { Attributes: { ...message.Attributes, DeadLetterQueueSourceArn: source } }),
          // fauxqs gives all to whoever asks for none.
          ...(wantsAttributes && MessageAttributes && { MessageAttributes }),
          ...(wantsAttributes && MD5OfMessageAttributes !== undefined && { MD5OfMessageAttributes }),
        };
      }),
    };
  }

  /** Any other operation, as fauxqs does it. */
  call(operation: string, name: string, input: Document = {}): Promise<Document> {
    return this.#fauxqs.callQueue(operation, name, input);
  }

  /** The ARN of the key that a queue is encrypted by, if it is one of ours. */
  keyOf(name: string): string | undefined {
    return this.#keys.get(name);
  }

  policyOf(queueArn: string): object | undefined {
    return this.#policies.get(queueArn);
  }

  /** Every policy with its queue's ARN. */
  policies(): Iterable<[queueArn: string, policy: object]> {
    return this.#policies;
  }

  arnOf(name: string): string {
    return `arn:aws:sqs:${this.#region}:${LOCAL_ACCOUNT}:${name}`;
  }

  urlOf(name: string): string {
    return `${this.#endpoint()}/${LOCAL_ACCOUNT}/${name}`;
  }

  /** The name in an ARN of our account and region. */
  nameInArn(arn: string): string {
    const start = this.arnOf('');
    if (!arn.startsWith(start)) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return arn.slice(start.length);
  }

  /** The name in a queue URL, whatever address it begins with: the one of an earlier run is as good. */
  nameInUrl(url: unknown): string {
    const name = typeof url === 'string' ? new RegExp(`^(?:https?://[^/]+)?/${LOCAL_ACCOUNT}/([^/]+)$`).exec(url)?.[1] : undefined;
    if (name === undefined) throw new AwsError('InvalidAddress', `The address ${String(url)} is not valid for this endpoint.`, 404);
    return name;
  }

  /** The age of the oldest message by queue, in seconds; nothing where there is none. */
  oldestAges(): ReadonlyMap<string, number> {
    return this.#messages.oldestAges();
  }

  /** Lets delayed messages come `ms` earlier, and all be as much older. */
  advance(ms: number): void {
    this.#fauxqs.advance(ms);
    this.#messages.advance(ms);
  }

  close(): Promise<void> {
    return this.#fauxqs.close();
  }

  async #check(name: string, { RedrivePolicy: redrive, Policy: policy, KmsMasterKeyId: key }: Record<string, string>): Promise<void> {
    if (key) keyArnIn(key);
    if (redrive) await checkRedrivePolicy(redrive, this.arnOf(name), (arn) => this.#attributesOf(arn));
    if (policy) {
      try {
        JSON.parse(policy);
      } catch {
        throw new AwsError('InvalidAttributeValue', 'Invalid value for the parameter Policy.');
      }
    }
  }

  #keepPolicy(name: string, { Policy: policy }: Record<string, string>): void {
    if (policy === undefined) return;
    if (policy === '') this.#policies.delete(this.arnOf(name));
    else this.#policies.set(this.arnOf(name), JSON.parse(policy));
  }

  #keepKey(name: string, { KmsMasterKeyId: key }: Record<string, string>): void {
    if (key === undefined) return;
    if (key === '') this.#keys.delete(name);
    else this.#keys.set(name, key);
  }

  async #attributesOf(queueArn: string): Promise<Record<string, string> | undefined> {
    try {
      const output = await this.call('GetQueueAttributes', this.nameInArn(queueArn), { AttributeNames: ['All'] });
      return output['Attributes'] as Record<string, string>;
    } catch (error) {
      if (error instanceof AwsError && error.code === 'QueueDoesNotExist') return undefined;
      throw error;
    }
  }
}
