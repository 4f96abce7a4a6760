import type { Clock } from '../platform/clock.ts';
import { notAuthorized } from './refusals.ts';

interface OpenSession<State> {
  readonly state: State;
  readonly expiresAtMs: number;
  spent: boolean;
}

/** Challenges that wait for their response. Each can be answered once, and only until it expires. */
export class AuthSessions<State> {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, OpenSession<State>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(id: string, state: State, lifetimeMs: number): void {
    const now = this.#clock.now();
    for (const [key, session] of this.#sessions) if (session.expiresAtMs <= now) this.#sessions.delete(key);
    this.#sessions.set(id, { state, expiresAtMs: now + lifetimeMs, spent: false });
  }

  /** What the session waits for. Throws NotAuthorizedException when it is unknown, expired or spent. */
  find(id: string): State {
    const session = this.#sessions.get(id);
    if (!session || session.expiresAtMs <= this.#clock.now()) throw notAuthorized('Invalid session for the user, session is expired.');
    if (session.spent) throw notAuthorized('Invalid session for the user, session can only be used once.');
    return session.state;
  }

  spend(id: string): void {
    const session = this.#sessions.get(id);
    if (session) session.spent = true;
  }
}
