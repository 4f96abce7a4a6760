import { requireKeyUse } from '../kms/key-use.ts';
import type { AccessControl } from '../platform/access-control.ts';
import { type AwsCall, AwsError, type AwsReply, notEmulated, type RawRequest } from '../platform/call.ts';
import { type JsonOperation, JsonProtocol, parseJsonBody } from '../platform/json-protocol.ts';
import { type Measurement, measurementsOf } from '../platform/measurement.ts';
import type { Permission } from '../platform/permission.ts';
import type { Principal } from '../platform/principal.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import { State } from '../platform/state.ts';
import { sqsPermissions } from './permissions.ts';
import { queryErrorHeader } from './query-codes.ts';
import { queuePolicyResourceType, queueResourceType } from './queue-resources.ts';
import { Queues, type WireMessage } from './queues.ts';

/** How long a waiting in-process receive takes at most to notice that it was aborted. */
const WAIT_SLICE_SECONDS = 0.25;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html */
const MAX_BATCH = 10;

/**
 * What SQS measures here of each queue
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html).
 */
export const QUEUE_MEASUREMENTS = [
  'ApproximateNumberOfMessagesVisible',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateAgeOfOldestMessage',
] as const;

const SENDING = ['SendMessage', 'SendMessageBatch'];
const FURTHER_OPERATIONS = [
  'DeleteMessage',
  'DeleteMessageBatch',
  'ChangeMessageVisibility',
  'ChangeMessageVisibilityBatch',
  'PurgeQueue',
  'TagQueue',
  'UntagQueue',
  'ListQueueTags',
];
const MOVE_TASKS = ['StartMessageMoveTask', 'CancelMessageMoveTask', 'ListMessageMoveTasks'];

/** A message that was received in process. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  /** The queue's own, such as `ApproximateReceiveCount`; all there are. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The sender's. */
  readonly messageAttributes: Readonly<Record<string, MessageAttribute>>;
}

interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string | undefined;
  readonly BinaryValue?: Uint8Array | undefined;
}

/**
 * SQS, on fauxqs, which reads the machine's time itself. Delays pass as the clock is advanced. Visibility timeouts do not: they wait for
 * whoever received a message, most likely a function, whose process's time cannot be advanced; nor do long polls. Messages survive
 * a restart, and never expire.
 */
export class SqsService implements Service {
  readonly signingNames = ['sqs'];
  readonly resourceTypes: readonly ResourceType[];
  readonly #queues: Queues;
  readonly #region: string;
  readonly #access: AccessControl;
  readonly #protocol: JsonProtocol;
  #stopped = false;

  /** `endpoint` gives the front door's address, with which every queue URL begins. */
  constructor(options: { region: string; endpoint: () => string; access: AccessControl; state?: State }) {
    const queues = new Queues(options.region, options.endpoint, options.state ?? State.inMemory());
    const named = (input: { QueueUrl?: unknown }) => queues.nameInUrl(input.QueueUrl);
    const operations: Record<string, JsonOperation> = {
      CreateQueue: (input) => queues.create(input),
      SetQueueAttributes: async (input) => queues.setAttributes(named(input), input.Attributes ?? {}),
      GetQueueAttributes: async (input) => queues.getAttributes(named(input), input),
      GetQueueUrl: (input) => queues.getUrl(input),
      ListQueues: (input) => queues.list(input),
      DeleteQueue: async (input) => queues.delete(named(input)),
      ReceiveMessage: async (input, { principal }) => {
        this.#requireKey(principal, named(input), 'receive');
        return queues.receive(named(input), input);
      },
    };
    for (const operation of SENDING) {
      operations[operation] = async (input, { principal }) => {
        this.#requireKey(principal, named(input), 'send');
        return queues.call(operation, named(input), input);
      };
    }
    for (const operation of FURTHER_OPERATIONS) operations[operation] = async (input) => queues.call(operation, named(input), input);
    for (const operation of MOVE_TASKS) operations[operation] = () => Promise.reject(notEmulated(`SQS's ${operation}`));
    this.#queues = queues;
    this.#region = options.region;
    this.#access = options.access;
    this.#protocol = new JsonProtocol('SQS', '1.0', operations);
    this.resourceTypes = [queueResourceType(queues), queuePolicyResourceType(queues)];
  }

  permissionsFor(call: AwsCall, operation: string): Permission[] {
    return sqsPermissions(operation, parseJsonBody(call.body) as object, this.#region);
  }

  resourcePolicyOf(queueArn: string): object | undefined {
    return this.#queues.policyOf(queueArn);
  }

  resourcePolicies(): Iterable<[queueArn: string, document: object]> {
    return this.#queues.policies();
  }

  accessDenied(message: string): AwsError {
    return new AwsError('AccessDeniedException', message);
  }

  operationOf(request: RawRequest): string {
    if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
      throw notEmulated("SQS's query protocol, only its JSON protocol");
    }
    return this.#protocol.operationOf(request);
  }

  handle(call: AwsCall, operation: string): Promise<AwsReply> {
    return this.#protocol.handle(call, operation);
  }

  readonly renderError = (error: AwsError): AwsReply => {
    const reply = this.#protocol.renderError(new AwsError(`com.amazonaws.sqs#${error.code}`, error.message, error.status, error.members));
    return { ...reply, headers: { ...reply.headers, 'x-amzn-query-error': queryErrorHeader(error.code, error.status) } };
  };

  /** Lets delayed messages come `ms` earlier, and all be as much older. */
  advance(ms: number): void {
    this.#queues.advance(ms);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#queues.close();
  }

  /**
   * Sends a message with text attributes on behalf of a principal, and gives its id. Throws AccessDeniedException, KmsAccessDenied,
   * QueueDoesNotExist, or what else SQS would refuse with.
   */
  async send(principal: Principal, queueArn: string, body: string, attributes: Readonly<Record<string, string>> = {}): Promise<string> {
    await this.#admit(principal, 'SendMessage', queueArn);
    this.#requireKey(principal, this.#queues.nameInArn(queueArn), 'send');
    const texts = Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]);
    const input = { MessageBody: body, MessageAttributes: Object.fromEntries(texts) };
    const output = await this.#queues.call('SendMessage', this.#queues.nameInArn(queueArn), input);
    return output['MessageId'] as string;
  }

  /** How many messages each queue holds now, and how old the oldest is, where there is one. */
  async sample(): Promise<Measurement[]> {
    const ages = this.#queues.oldestAges();
    const sampled = (await this.#queues.names()).map(async (name) => {
      const attributes = (await this.#queues.call('GetQueueAttributes', name, { AttributeNames: ['All'] }))['Attributes'] as Record<
        string,
        string
      >;
      const age = ages.get(name);
      const values: Partial<Record<(typeof QUEUE_MEASUREMENTS)[number], number>> = {
        ApproximateNumberOfMessagesVisible: Number(attributes['ApproximateNumberOfMessages']),
        ApproximateNumberOfMessagesNotVisible: Number(attributes['ApproximateNumberOfMessagesNotVisible']),
        ...(age !== undefined && { ApproximateAgeOfOldestMessage: age }),
      };
      return measurementsOf('AWS/SQS', [{ QueueName: name }], values);
    });
    return (await Promise.all(sampled)).flat();
  }

  /** A queue's attributes, as its API would give them. */
  async attributes(principal: Principal, queueArn: string): Promise<Readonly<Record<string, string>>> {
    await this.#admit(principal, 'GetQueueAttributes', queueArn);
    const output = await this.#queues.call('GetQueueAttributes', this.#queues.nameInArn(queueArn), { AttributeNames: ['All'] });
    return output['Attributes'] as Record<string, string>;
  }

  /**
   * Waits up to `waitSeconds` for messages, ten at most. Once aborted it returns within a quarter of a second, with what it
   * had already taken from the queue.
   */
  async receive(
    principal: Principal,
    queueArn: string,
    { maxMessages, waitSeconds, signal }: { readonly maxMessages: number; readonly waitSeconds: number; readonly signal?: AbortSignal },
  ): Promise<ReceivedMessage[]> {
    if (this.#stopped || signal?.aborted) return [];
    await this.#admit(principal, 'ReceiveMessage', queueArn);
    const name = this.#queues.nameInArn(queueArn);
    this.#requireKey(principal, name, 'receive');
    const waitUntil = performance.now() + waitSeconds * 1000;
    for (;;) {
      if (this.#stopped || signal?.aborted) return [];
      const remainingSeconds = Math.max(0, (waitUntil - performance.now()) / 1000);
      const { Messages: messages = [] } = await this.#queues.receive(name, {
        MaxNumberOfMessages: maxMessages,
        WaitTimeSeconds: Math.min(WAIT_SLICE_SECONDS, remainingSeconds),
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      if (messages.length > 0 || remainingSeconds <= WAIT_SLICE_SECONDS) return messages.map(receivedMessage);
    }
  }

  /** Deletes received messages. A handle whose message is gone counts as deleted, as on AWS. */
  async delete(principal: Principal, queueArn: string, receiptHandles: readonly string[]): Promise<void> {
    await this.#admit(principal, 'DeleteMessage', queueArn);
    for (let start = 0; start < receiptHandles.length; start += MAX_BATCH) {
      const Entries = receiptHandles.slice(start, start + MAX_BATCH).map((ReceiptHandle, id) => ({ Id: `${id}`, ReceiptHandle }));
      await this.#queues.call('DeleteMessageBatch', this.#queues.nameInArn(queueArn), { Entries });
    }
  }

  #requireKey(principal: Principal, queueName: string, use: 'send' | 'receive'): void {
    const key = this.#queues.keyOf(queueName);
    if (key !== undefined) requireKeyUse(this.#access, principal, key, { use, refusal: 'KmsAccessDenied' });
  }

  /** A queue that is not there is told from one that a principal may not use. */
  async #admit(principal: Principal, action: string, queueArn: string): Promise<void> {
    await this.#queues.getUrl({ QueueName: this.#queues.nameInArn(queueArn) });
    this.#access.require(principal, { action: `sqs:${action}`, resource: queueArn });
  }
}

function receivedMessage(message: WireMessage): ReceivedMessage {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, { BinaryValue: base64, ...attribute }]) => [
    name,
    { ...attribute, ...(base64 !== undefined && { BinaryValue: Buffer.from(base64, 'base64') }) },
  ]);
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    md5OfBody: message.MD5OfBody,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes),
  };
}
