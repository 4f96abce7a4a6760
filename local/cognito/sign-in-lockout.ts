import type { Clock } from '../platform/clock.ts';
import type { StoredMap } from '../platform/state.ts';
import { notAuthorized } from './refusals.ts';

/*
 * After five wrong passwords a user is locked out for one second, doubled with each further one, up to about 15 minutes;
 * a success, or 15 minutes without an attempt, starts over
 * (https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior).
 */
const FREE_FAILURES = 5;
const MAX_LOCKOUT_MS = 15 * 60 * 1000;
const FORGET_AFTER_MS = 15 * 60 * 1000;

export interface Failures {
  readonly count: number;
  readonly lastAttemptMs: number;
  readonly lockedUntilMs: number;
}

/** Slows down guessing. Unknown users are counted alike, so that a lockout tells nothing about who exists. */
export class SignInLockout {
  readonly #clock: Clock;
  readonly #failures: StoredMap<Failures>;

  constructor(clock: Clock, stored: StoredMap<Failures>) {
    this.#clock = clock;
    this.#failures = stored;
  }

  /** Throws NotAuthorizedException while the user is locked out. */
  check(userId: string): void {
    const failures = this.#failures.get(userId);
    if (!failures) return;
    const now = this.#clock.now();
    if (now - failures.lastAttemptMs >= FORGET_AFTER_MS && now >= failures.lockedUntilMs) {
      this.#failures.delete(userId);
      return;
    }
    this.#failures.set(userId, { ...failures, lastAttemptMs: now });
    if (now < failures.lockedUntilMs) throw notAuthorized('Password attempts exceeded');
  }

  recordFailure(userId: string): void {
    const now = this.#clock.now();
    const count = (this.#failures.get(userId)?.count ?? 0) + 1;
    const lockoutMs = count < FREE_FAILURES ? 0 : Math.min(1000 * 2 ** (count - FREE_FAILURES), MAX_LOCKOUT_MS);
    this.#failures.set(userId, { count, lastAttemptMs: now, lockedUntilMs: now + lockoutMs });
  }

  recordSuccess(userId: string): void {
    this.#failures.delete(userId);
  }
}
