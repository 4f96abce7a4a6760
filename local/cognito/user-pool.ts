import { createHmac } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { State } from '../platform/state.ts';
import { AttemptLimits, type LimitedOperation } from './attempt-limits.ts';
import { AuthSessions, type Challenge } from './auth-sessions.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { RefreshGrants } from './refresh-grants.ts';
import { notAuthorized, userDisabled } from './refusals.ts';
import { SignInLockout } from './sign-in-lockout.ts';
import type { SigningKey } from './signing-key.ts';
import { SOFTWARE_TOKEN_MFA } from './software-token.ts';
import { createVerifier, type PasswordVerifier } from './srp.ts';
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
  readonly createdAtMs: number;
  /** Hexadecimal: what users who aren't there are made up from. */
  readonly phantomSecret: string;
  readonly state: State;
}

/** What stands in for a user that isn't there, so that nobody can tell. */
interface PhantomUser {
  readonly sub: string;
  readonly password: PasswordVerifier;
}

/** A user pool: its users, its app clients and everything that hangs on them. All but the clients, which the template states, is stored. */
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
  readonly sessions: AuthSessions;
  readonly #attempts: AttemptLimits;
  readonly #phantomSecret: Buffer;
  #name = '';
  #properties: PoolProperties | undefined;

  constructor(options: UserPoolOptions) {
    const { id, region, clock, signingKey, state } = options;
    const stored = <Value>(what: string) => state.map<Value>(`cognito-${what}/${id}`);
    this.id = id;
    this.arn = `arn:aws:cognito-idp:${region}:${LOCAL_ACCOUNT}:userpool/${id}`;
    this.issuer = `https://cognito-idp.${region}.amazonaws.com/${id}`;
    this.createdAtMs = options.createdAtMs;
    this.#phantomSecret = Buffer.from(options.phantomSecret, 'hex');
    this.signingKey = signingKey;
    this.users = new Users({ clock, stored: stored('users'), poolName: id.split('_')[1] ?? '' });
    this.grants = new RefreshGrants(clock, { grants: stored('grants'), tokens: stored('refresh-tokens') });
    this.codes = new VerificationCodes(clock, stored('codes'));
    this.lockout = new SignInLockout(clock, stored('failures'));
    this.sessions = new AuthSessions(clock, stored('sessions'));
    this.#attempts = new AttemptLimits(clock, stored('attempts'));
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

  /** Names of those that no user may change. */
  get fixedAttributes(): string[] {
    return this.properties.Schema.filter((attribute) => !attribute.Mutable).map((attribute) => attribute.Name);
  }

  /** Whom a session of that challenge is about. Throws NotAuthorizedException unless it was opened through that client and for that user. */
  challengedUser(name: Challenge['name'], session: string, client: UserPoolClient, username: string): User {
    const challenge = this.sessions.find(session, name);
    const user = 'sub' in challenge ? this.findUser(challenge.sub) : undefined;
    if (!user || challenge.clientId !== client.id || this.findUser(username)?.sub !== user.sub)
      throw notAuthorized('Invalid session for the user.');
    if (!user.enabled) throw userDisabled();
    return user;
  }

  /** Whether users may prove themselves by an authenticator app as well. */
  get offersSoftwareTokens(): boolean {
    return this.properties.EnabledMfas.includes(SOFTWARE_TOKEN_MFA);
  }

  /** Counts an attempt of whoever has that name, if anybody. Throws LimitExceededException where there were too many within an hour. */
  countAttempt(operation: LimitedOperation, username: string): void {
    this.#attempts.count(operation, (this.findUser(username) ?? this.phantomOf(username)).sub);
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
