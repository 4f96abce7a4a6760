import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { StoredMap } from '../platform/state.ts';

const HOUR_MS = 60 * 60 * 1000;

/**
 * How often one user may try each in an hour (https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html, "code security
 * resource quotas"). ConfirmForgotPassword is 5 to 20 "depending on risk score": nobody may count on more than 5. Of ForgotPassword
 * the page tells no number, though the API refuses it alike; it is taken to be the same.
 */
const ATTEMPTS_PER_HOUR = {
  ConfirmSignUp: 15,
  ResendConfirmationCode: 5,
  ForgotPassword: 5,
  ConfirmForgotPassword: 5,
  ChangePassword: 5,
  GetUserAttributeVerificationCode: 5,
  VerifyUserAttribute: 15,
} as const;

export type LimitedOperation = keyof typeof ATTEMPTS_PER_HOUR;

/** Keeps codes and passwords from being tried out. Unknown users are counted alike, so that a limit tells nothing about who exists. */
export class AttemptLimits {
  readonly #clock: Clock;
  /** When each was tried in the last hour, by operation and user. */
  readonly #attempts: StoredMap<readonly number[]>;

  constructor(clock: Clock, stored: StoredMap<readonly number[]>) {
    this.#clock = clock;
    this.#attempts = stored;
  }

  /** Counts an attempt. Throws LimitExceededException, and counts nothing, where there were too many in the hour before. */
  count(operation: LimitedOperation, userId: string): void {
    const key = `${operation}/${userId}`;
    const now = this.#clock.now();
    const recent = (this.#attempts.get(key) ?? []).filter((attemptMs) => attemptMs > now - HOUR_MS);
    if (recent.length >= ATTEMPTS_PER_HOUR[operation]) {
      throw new AwsError('LimitExceededException', 'Attempt limit exceeded, please try after some time.');
    }
    this.#attempts.set(key, [...recent, now]);
  }
}
