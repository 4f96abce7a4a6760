import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';

/**
 * Calls per second and account that AWS takes, none of them adjustable
 * (https://docs.aws.amazon.com/general/latest/gr/bedrock.html).
 */
const CALLS_PER_SECOND: Readonly<Record<string, number>> = {
  IngestKnowledgeBaseDocuments: 5,
  GetKnowledgeBaseDocuments: 5,
  DeleteKnowledgeBaseDocuments: 5,
  ListKnowledgeBaseDocuments: 5,
  Retrieve: 20,
};

/** AWS's call rates. Off until somebody arms them, since a laptop's one user should not meet them by surprise. */
export class CallRates {
  armed = false;
  readonly #clock: Clock;
  readonly #recentCalls = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a call; throws ThrottlingException when there were too many within the last second. */
  count(operation: string): void {
    const limit = CALLS_PER_SECOND[operation];
    if (!this.armed || limit === undefined) return;
    const now = this.#clock.now();
    const recent = (this.#recentCalls.get(operation) ?? []).filter((at) => at > now - 1000);
    if (recent.length >= limit) {
      throw new AwsError('ThrottlingException', 'Your request rate is too high. Reduce the frequency of requests.', 429);
    }
    this.#recentCalls.set(operation, [...recent, now]);
  }
}
