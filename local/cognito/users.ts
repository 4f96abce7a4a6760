import { randomUUID } from 'node:crypto';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { StoredMap } from '../platform/state.ts';
import { type Attributes, attributeEntries } from './attributes.ts';
import { emailTaken, noSuchUser } from './refusals.ts';
import { NO_SOFTWARE_TOKEN, type SoftwareToken } from './software-token.ts';
import { createVerifier, matchesVerifier, type PasswordVerifier, type SrpIdentity } from './srp.ts';

/** Where an account stands. `FORCE_CHANGE_PASSWORD`: an operator made it, and its password is temporary. */
type UserStatus = 'UNCONFIRMED' | 'CONFIRMED' | 'FORCE_CHANGE_PASSWORD';

/** A user of a pool, plain data: `Users` puts another in its place when something changes. The username is the `sub`; the e-mail address is an alias of it. */
export interface User {
  readonly sub: string;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  readonly attributes: Attributes;
  readonly status: UserStatus;
  readonly enabled: boolean;
  readonly password: PasswordVerifier;
  /** Present while the password is temporary. */
  readonly temporaryPasswordSetAtMs?: number | undefined;
  /** The verifiers of the passwords before, newest first, as many as the pool's policy remembers. */
  readonly formerPasswords: readonly PasswordVerifier[];
  /** The address that is to replace the present one, once a code has shown that it is theirs. */
  readonly pendingEmail?: string | undefined;
  readonly softwareToken: SoftwareToken;
}

/** What may become different about a user. */
type Changes = Partial<Pick<User, 'attributes' | 'status' | 'enabled' | 'pendingEmail' | 'softwareToken'>>;

interface NewUser {
  readonly attributes: Attributes & { readonly email: string };
  readonly password: string;
  readonly status: UserStatus;
}

interface UsersOptions {
  readonly clock: Clock;
  readonly stored: StoredMap<User>;
  /** The part of the pool's id after the underscore. */
  readonly poolName: string;
}

/** The users of one pool. */
export class Users {
  readonly #clock: Clock;
  readonly #poolName: string;
  readonly #bySub: StoredMap<User>;

  constructor(options: UsersOptions) {
    this.#clock = options.clock;
    this.#bySub = options.stored;
    this.#poolName = options.poolName;
  }

  get all(): readonly User[] {
    return [...this.#bySub.values()];
  }

  /** The user of that `sub` or e-mail address. */
  find(username: string, caseSensitive: boolean): User | undefined {
    return this.#bySub.get(username) ?? this.all.find((user) => sameText(user.attributes['email'] ?? '', username, caseSensitive));
  }

  /** Throws UsernameExistsException when the address is taken. */
  create(user: NewUser, caseSensitive: boolean): User {
    if (this.find(user.attributes.email, caseSensitive)) throw emailTaken();
    const sub = randomUUID();
    const now = this.#clock.now();
    const created: User = {
      sub,
      createdAtMs: now,
      modifiedAtMs: now,
      attributes: user.attributes,
      status: user.status,
      enabled: true,
      password: createVerifier(this.srpIdentity(sub), user.password),
      ...(user.status === 'FORCE_CHANGE_PASSWORD' && { temporaryPasswordSetAtMs: now }),
      formerPasswords: [],
      softwareToken: NO_SOFTWARE_TOKEN,
    };
    this.#bySub.set(sub, created);
    return created;
  }

  delete(user: User): void {
    this.#bySub.delete(user.sub);
  }

  srpIdentity(sub: string): SrpIdentity {
    return { poolName: this.#poolName, userId: sub };
  }

  hasPassword(user: User, password: string): boolean {
    return matchesVerifier(this.srpIdentity(user.sub), user.password, password);
  }

  /** Throws PasswordHistoryPolicyViolationException when the password is one of the last `historySize`, the present one included. */
  setPassword(user: User, password: string, options: { temporary: boolean; historySize: number }): User {
    const identity = this.srpIdentity(user.sub);
    const remembered = [user.password, ...user.formerPasswords].slice(0, options.historySize);
    if (remembered.some((former) => matchesVerifier(identity, former, password))) {
      throw new AwsError('PasswordHistoryPolicyViolationException', 'Password has previously been used.');
    }
    return this.#write(user, {
      formerPasswords: remembered,
      password: createVerifier(identity, password),
      temporaryPasswordSetAtMs: options.temporary ? this.#clock.now() : undefined,
      status: options.temporary ? 'FORCE_CHANGE_PASSWORD' : 'CONFIRMED',
    });
  }

  /** Gives the user as changed. Throws UserNotFoundException when they were deleted meanwhile. */
  change(user: User, changes: Changes): User {
    return this.#write(user, changes);
  }

  #write(user: User, changes: Partial<User>): User {
    const current = this.#bySub.get(user.sub);
    if (!current) throw noSuchUser();
    const changed = { ...current, ...changes, modifiedAtMs: this.#clock.now() };
    this.#bySub.set(user.sub, changed);
    return changed;
  }
}

/** A user as the operators' operations show it; times in seconds, as the protocol has them. */
export function describeUser(user: User) {
  return {
    Username: user.sub,
    Enabled: user.enabled,
    UserStatus: user.status,
    UserCreateDate: user.createdAtMs / 1000,
    UserLastModifiedDate: user.modifiedAtMs / 1000,
    Attributes: attributeEntries(user.sub, user.attributes),
  };
}

function sameText(one: string, other: string, caseSensitive: boolean): boolean {
  return caseSensitive ? one === other : one.toLowerCase() === other.toLowerCase();
}
