import { AwsError } from '../platform/call.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';

/** Whom a topic tells. */
export type Subscription =
  | { readonly protocol: 'email'; readonly address: string }
  /** `raw` leaves out what SNS wraps a message in. */
  | { readonly protocol: 'sqs'; readonly queueArn: string; readonly raw: boolean };

export interface Topic {
  readonly arn: string;
  /** Of what encrypts it. */
  readonly keyArn?: string;
  readonly subscriptions: readonly Subscription[];
}

/** The topics that there are, by their ARNs, and their policies. */
export class Topics {
  readonly #region: string;
  readonly #topics = new Map<string, Topic>();
  readonly #policies = new Map<string, object>();

  constructor(region: string) {
    this.#region = region;
  }

  create(name: string, keyArn: string | undefined): Topic {
    const topic = {
      arn: `arn:aws:sns:${this.#region}:${LOCAL_ACCOUNT}:${name}`,
      ...(keyArn !== undefined && { keyArn }),
      subscriptions: [],
    };
    this.#topics.set(topic.arn, topic);
    return topic;
  }

  subscribe(topicArn: string, subscription: Subscription): void {
    const topic = this.get(topicArn);
    this.#topics.set(topicArn, { ...topic, subscriptions: [...topic.subscriptions, subscription] });
  }

  /** Throws NotFound. */
  get(topicArn: string): Topic {
    const topic = this.#topics.get(topicArn);
    if (!topic) throw new AwsError('NotFound', 'Topic does not exist', 404);
    return topic;
  }

  setPolicy(topicArn: string, document: object): void {
    this.#policies.set(this.get(topicArn).arn, document);
  }

  policyOf(topicArn: string): object | undefined {
    return this.#policies.get(topicArn);
  }

  /** Every policy with its topic's ARN. */
  policies(): Iterable<[topicArn: string, document: object]> {
    return this.#policies;
  }
}
