import { randomUUID } from 'node:crypto';
import { requireKeyUse } from '../kms/key-use.ts';
import type { AccessControl } from '../platform/access-control.ts';
import { type AwsCall, AwsError, type AwsReply, notEmulated, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Permission } from '../platform/permission.ts';
import type { Principal } from '../platform/principal.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import { queryError, queryReply, readQuery } from './query-protocol.ts';
import { subscriptionResourceType, topicPolicyResourceType, topicResourceType } from './topic-resources.ts';
import { type Subscription, type Topic, Topics } from './topics.ts';

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MAX_MESSAGE_BYTES = 262_144;
const SUBJECT = /^[\x21-\x7e][\x20-\x7e]{0,99}$/;
/** What SNS heads a mail with whose message has no subject. */
const DEFAULT_SUBJECT = 'AWS Notification Message';

/** What is told to a topic's subscribers. */
export interface Notification {
  readonly message: string;
  /** Heads a mail: 1 to 100 printable characters of ASCII. */
  readonly subject?: string;
}

/** What SNS needs of SQS, in process. */
interface SubscribedQueues {
  send(principal: Principal, queueArn: string, body: string): Promise<unknown>;
}

interface SnsOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly access: AccessControl;
  readonly queues: SubscribedQueues;
  /** Told of mails, in place of their addressees, and of what could not be delivered. */
  readonly report: (line: string) => void;
}

/**
 * SNS: topics with policies and keys, and the one operation that anybody here calls. Not on fauxqs, which would hand messages to its own
 * queues whatever their policies say. A mail is printed; a message for a queue is not signed.
 */
export class SnsService implements Service {
  readonly signingNames = ['sns'];
  readonly resourceTypes: readonly ResourceType[];
  readonly #options: SnsOptions;
  readonly #topics: Topics;

  constructor(options: SnsOptions) {
    this.#options = options;
    this.#topics = new Topics(options.region);
    const types = [topicResourceType, topicPolicyResourceType, subscriptionResourceType];
    this.resourceTypes = types.map((type) => type(this.#topics));
  }

  permissionsFor(call: AwsCall): Permission[] {
    return [{ action: 'sns:Publish', resource: readQuery(call).members['TopicArn'] ?? '*' }];
  }

  resourcePolicyOf(topicArn: string): object | undefined {
    return this.#topics.policyOf(topicArn);
  }

  resourcePolicies(): Iterable<[topicArn: string, document: object]> {
    return this.#topics.policies();
  }

  accessDenied(message: string): AwsError {
    return new AwsError('AuthorizationError', message, 403);
  }

  operationOf(request: RawRequest): string {
    const { action } = readQuery(request);
    if (action !== 'Publish') throw notEmulated(`SNS's ${action || 'API without an action'}`);
    return action;
  }

  async handle(call: AwsCall, operation: string): Promise<AwsReply> {
    const { TopicArn, Message, Subject, ...others } = readQuery(call).members;
    const [other] = Object.keys(others);
    if (other !== undefined) throw notEmulated(`the member ${other} of Publish`);
    const notification = { message: Message ?? '', ...(Subject !== undefined && { subject: Subject }) };
    return queryReply(operation, { MessageId: await this.#publish(call.principal, this.#topics.get(TopicArn ?? ''), notification) });
  }

  readonly renderError = (error: AwsError): AwsReply => queryError(error);

  /**
   * Publishes on behalf of a principal, such as CloudWatch for one of its alarms, and gives the message's id. Throws AuthorizationError,
   * KMSAccessDenied, NotFound or InvalidParameter. Whether subscribers could be reached is not the publisher's to know.
   */
  async publishAs(principal: Principal, topicArn: string, notification: Notification): Promise<string> {
    const topic = this.#topics.get(topicArn);
    this.#options.access.require(principal, { action: 'sns:Publish', resource: topicArn });
    return this.#publish(principal, topic, notification);
  }

  async #publish(principal: Principal, topic: Topic, notification: Notification): Promise<string> {
    refuseMalformed(notification);
    const { arn, keyArn, subscriptions } = topic;
    if (keyArn !== undefined) requireKeyUse(this.#options.access, principal, keyArn, { use: 'send', refusal: 'KMSAccessDenied' });
    const messageId = randomUUID();
    for (const subscription of subscriptions) await this.#deliver(arn, messageId, notification, subscription);
    return messageId;
  }

  async #deliver(topicArn: string, messageId: string, notification: Notification, subscription: Subscription): Promise<void> {
    const { clock, queues, report } = this.#options;
    const { message, subject } = notification;
    if (subscription.protocol === 'email') {
      report(`mail to ${subscription.address}: ${subject ?? DEFAULT_SUBJECT} – ${message.replaceAll('\n', '\n  ')}`);
      return;
    }
    const wrapped = {
      Type: 'Notification',
      MessageId: messageId,
      TopicArn: topicArn,
      ...(subject !== undefined && { Subject: subject }),
      Message: message,
      Timestamp: new Date(clock.now()).toISOString(),
    };
    const { queueArn, raw } = subscription;
    const sender: Principal = { kind: 'service', name: 'sns.amazonaws.com', sourceArn: topicArn };
    try {
      await queues.send(sender, queueArn, raw ? message : JSON.stringify(wrapped));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      report(`SNS could not deliver message ${messageId} of ${topicArn} to ${queueArn}: ${error.message}`);
    }
  }
}

function refuseMalformed({ message, subject }: Notification): void {
  const refuse = (reason: string) => new AwsError('InvalidParameter', `Invalid parameter: ${reason}`);
  if (message === '') throw refuse('Empty message');
  if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) throw refuse('Message too long');
  if (subject !== undefined && !SUBJECT.test(subject)) throw refuse('Subject');
}
