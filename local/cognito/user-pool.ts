import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import { AuthSessions } from './auth-sessions.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { RefreshGrants } from './refresh-grants.ts';
import { SignInLockout } from './sign-in-lockout.ts';
import type { SigningKey } from './signing-key.ts';
import { createVerifier, type PasswordVerifier, type SrpExchange } from './srp.ts';
import type { UserPoolClient } from './user-pool-client.ts';
import { type PoolProperties, passwordPolicyOf } from './user-pool-properties.ts';
import { type User, Users } from './users.ts';
import { VerificationCodes } from './verification-codes.ts';

interface UserPoolOptions {
  /** Such as `eu-west-1_AbCdEfGhI`. */
  readonly id: string;
  readonly region: string;
  readonly clock: Clock;
  readonly signingKey: SigningKey;
}

/** A user whose password is being proved. `user` is missing for a name that nobody has, whose proof must fail. */
interface PasswordChallenge {
  readonly clientId: string;
  readonly user: User | undefined;
  /** What the client typed. */
  readonly username: string;
  readonly exchange: SrpExchange;
}

/** A user who signed in with a temporary password and owes a new one. */
interface NewPasswordChallenge {
  readonly clientId: string;
  readonly user: User;
}

/** What stands in for a user that isn't there, so that nobody can tell. */
interface PhantomUser {
  readonly sub: string;
  readonly password: PasswordVerifier;
}

/** A user pool: its users, its app clients and everything that hangs on them. */
export class UserPool {
  readonly id: string;
  readonly arn: string;
  /** `https://cognito-idp.<region>.amazonaws.com/<id>`, as on AWS, so that verifiers need no change. */
  readonly issuer: string;
  readonly createdAtMs: number;
  readonly signingKey: SigningKey;
  readonly users: Users;
  readonly clients = new Map<string, UserPoolClient>();
  readonly grants: RefreshGrants;
  readonly codes: VerificationCodes;
  readonly lockout: SignInLockout;
  readonly passwordChallenges: AuthSessions<PasswordChallenge>;
  readonly newPasswordChallenges: AuthSessions<NewPasswordChallenge>;
  readonly #phantomSecret = randomBytes(32);
  #name = '';
  #properties: PoolProperties | undefined;

  constructor(options: UserPoolOptions) {
    const { id, region, clock, signingKey } = options;
    this.id = id;
    this.arn = `arn:aws:cognito-idp:${region}:${LOCAL_ACCOUNT}:userpool/${id}`;
    this.issuer = `https://cognito-idp.${region}.amazonaws.com/${id}`;
    this.createdAtMs = clock.now();
    this.signingKey = signingKey;
    this.users = new Users({ clock, poolName: id.split('_')[1] ?? '' });
    this.grants = new RefreshGrants(clock);
    this.codes = new VerificationCodes(clock);
    this.lockout = new SignInLockout(clock);
    this.passwordChallenges = new AuthSessions(clock);
    this.newPasswordChallenges = new AuthSessions(clock);
  }

  /** Takes on what the template says, now or again; the users stay. */
  configure(name: string, properties: PoolProperties): void {
    this.#name = name;
    this.#properties = properties;
  }

  get name(): string {
    return this.#name;
  }

  get properties(): PoolProperties {
    if (!this.#properties) throw new Error(`user pool ${this.id} was not configured`);
    return this.#properties;
  }

  get passwordPolicy(): PasswordPolicy {
    return passwordPolicyOf(this.properties);
  }

  get caseSensitive(): boolean {
    return this.properties.UsernameConfiguration.CaseSensitive;
  }

  /** Names of the attributes that every user must have. */
  get requiredAttributes(): string[] {
    return this.properties.Schema.filter((attribute) => attribute.Required).map((attribute) => attribute.Name);
  }

  /** By `sub` or e-mail address. */
  findUser(username: string): User | undefined {
    return this.users.find(username, this.caseSensitive);
  }

  /**
   * Always the same identity and salt for the same name, as Cognito does
   * (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html), and a password
   * that nobody knows.
   */
  phantomOf(username: string): PhantomUser {
    const derive = (what: string) =>
      createHmac('sha256', this.#phantomSecret)
        .update(`${what}:${this.caseSensitive ? username : username.toLowerCase()}`)
        .digest('hex');
    const sub = uuidFrom(derive('sub'));
    return { sub, password: createVerifier(this.users.srpIdentity(sub), derive('password'), derive('salt').slice(0, 32)) };
  }
}

/** A version 4 UUID out of 32 hexadecimal digits or more. */
function uuidFrom(hex: string): string {
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
