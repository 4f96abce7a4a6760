import { randomUUID } from 'node:crypto';
import type { StoredMap } from '../platform/state.ts';

/** What a verification code may be sent for. */
export type CodeOperation =
  | 'SignUp'
  | 'ResendConfirmationCode'
  | 'ForgotPassword'
  | 'UpdateUserAttributes'
  | 'GetUserAttributeVerificationCode';

/** A message that Cognito would have e-mailed. */
export interface OutboxMessage {
  readonly userPoolId: string;
  /** The e-mail address. */
  readonly recipient: string;
  /** The operation that caused it. */
  readonly operation: CodeOperation | 'AdminCreateUser';
  /** The verification code; of an invitation, the temporary password. */
  readonly code: string;
  readonly subject: string;
  readonly body: string;
  readonly sentAtMs: number;
}

/** Where mail ends up on a laptop: nothing leaves the machine. Keeps the last messages only, and those over a restart. */
export class Outbox {
  static readonly #CAPACITY = 100;
  /** In the order in which they were sent. */
  readonly #messages: StoredMap<OutboxMessage>;
  readonly #report: (line: string) => void;

  /** @param report told of each message as it is sent */
  constructor(report: (line: string) => void, stored: StoredMap<OutboxMessage>) {
    this.#messages = stored;
    this.#report = report;
  }

  /** Oldest first. */
  get messages(): readonly OutboxMessage[] {
    return [...this.#messages.values()];
  }

  /** The newest message to an address. */
  latestTo(recipient: string): OutboxMessage | undefined {
    return this.messages.findLast((message) => message.recipient === recipient);
  }

  send(message: OutboxMessage): void {
    this.#messages.set(randomUUID(), message);
    const [oldest] = this.#messages.keys();
    if (this.#messages.size > Outbox.#CAPACITY && oldest !== undefined) this.#messages.delete(oldest);
    this.#report(`mail to ${message.recipient}: ${message.subject} – ${message.body}`);
  }
}
