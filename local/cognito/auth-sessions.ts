import { randomBytes } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { StoredMap } from '../platform/state.ts';
import { notAuthorized } from './refusals.ts';
import type { SrpExchange } from './srp.ts';

interface ChallengeOfUser<Name extends string> {
  readonly name: Name;
  readonly clientId: string;
  readonly sub: string;
}

/** What a sign-in waits for, plain data. */
export type Challenge =
  /** `exchange` is with the user of its id, or with a phantom whose proof must fail; `username` is what the client typed. */
  | { readonly name: 'PASSWORD_VERIFIER'; readonly clientId: string; readonly username: string; readonly exchange: SrpExchange }
  /** A user who signed in with a temporary password owes a new one. */
  | ChallengeOfUser<'NEW_PASSWORD_REQUIRED'>
  /** The right password is followed by a code of the user's authenticator app. */
  | ChallengeOfUser<'SOFTWARE_TOKEN_MFA'>
  /** The pool demands an authenticator app; `proved` once it has shown a code. */
  | (ChallengeOfUser<'MFA_SETUP'> & { readonly proved: boolean });

type ChallengeNamed<Name extends Challenge['name']> = Extract<Challenge, { readonly name: Name }>;

export interface OpenSession {
  readonly challenge: Challenge;
  readonly expiresAtMs: number;
  readonly spent: boolean;
}

/** Challenges that wait for their response. Each can be answered once, and only until it expires. */
export class AuthSessions {
  readonly #clock: Clock;
  readonly #sessions: StoredMap<OpenSession>;

  constructor(clock: Clock, stored: StoredMap<OpenSession>) {
    this.#clock = clock;
    this.#sessions = stored;
  }

  /** Gives the session's id. */
  open(challenge: Challenge, lifetimeMs: number, id = randomBytes(96).toString('base64url')): string {
    const now = this.#clock.now();
    for (const [key, session] of this.#sessions.entries()) if (session.expiresAtMs <= now) this.#sessions.delete(key);
    this.#sessions.set(id, { challenge, expiresAtMs: now + lifetimeMs, spent: false });
    return id;
  }

  /** Whether there was such a session, and it is remembered. */
  has(id: string): boolean {
    return this.#sessions.has(id);
  }

  /** The challenge of that name that the session waits with. Throws NotAuthorizedException when there is none, or it expired or is spent. */
  find<Name extends Challenge['name']>(id: string, name: Name): ChallengeNamed<Name> {
    const session = this.#sessions.get(id);
    if (!session || session.challenge.name !== name || session.expiresAtMs <= this.#clock.now()) {
      throw notAuthorized('Invalid session for the user, session is expired.');
    }
    if (session.spent) throw notAuthorized('Invalid session for the user, session can only be used once.');
    return session.challenge as ChallengeNamed<Name>;
  }

  spend(id: string): void {
    const session = this.#sessions.get(id);
    if (session) this.#sessions.set(id, { ...session, spent: true });
  }
}
