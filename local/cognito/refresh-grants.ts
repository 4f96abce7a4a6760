import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { StoredMap } from '../platform/state.ts';
import { notAuthorized } from './refusals.ts';

/** One sign-in: everything that its refresh token, or the ones it was rotated into, may renew. */
export interface Grant {
  readonly clientId: string;
  readonly sub: string;
  /** The `event_id` of the sign-in, by which an access token is traced back to it. */
  readonly eventId: string;
  /** The `origin_jti` of all its tokens. */
  readonly originJti: string;
  readonly authenticatedAtMs: number;
  /** Fixed at sign-in: a rotated token lives for what is left of the first one's time. */
  readonly expiresAtMs: number;
  readonly revoked: boolean;
}

export interface RefreshToken {
  /** The `eventId` of its grant. */
  readonly eventId: string;
  /** Of a token that was rotated out: from when it is refused. */
  readonly unusableFromMs?: number;
}

/** The sign-ins of one pool, and their refresh tokens. */
export class RefreshGrants {
  readonly #clock: Clock;
  /** By `eventId`. */
  readonly #grants: StoredMap<Grant>;
  /** By the token's hash. */
  readonly #tokens: StoredMap<RefreshToken>;

  constructor(clock: Clock, stored: { grants: StoredMap<Grant>; tokens: StoredMap<RefreshToken> }) {
    this.#clock = clock;
    this.#grants = stored.grants;
    this.#tokens = stored.tokens;
  }

  /** Records a sign-in, and gives its refresh token. */
  open(sub: string, clientId: string, lifetimeMs: number): { grant: Grant; refreshToken: string } {
    const now = this.#clock.now();
    const grant: Grant = {
      clientId,
      sub,
      eventId: randomUUID(),
      originJti: randomUUID(),
      authenticatedAtMs: now,
      expiresAtMs: now + lifetimeMs,
      revoked: false,
    };
    this.#grants.set(grant.eventId, grant);
    return { grant, refreshToken: this.#mint(grant) };
  }

  /** What a refresh token stands for, whether or not it still renews anything. */
  find(refreshToken: string): Grant | undefined {
    return this.#grants.get(this.#tokens.get(hash(refreshToken))?.eventId ?? '');
  }

  /** What a token stands for that may be used now through that client. Throws NotAuthorizedException or RefreshTokenReuseException. */
  redeem(refreshToken: string, clientId: string): Grant {
    const grant = this.find(refreshToken);
    if (grant?.clientId !== clientId) throw notAuthorized('Invalid Refresh Token');
    const now = this.#clock.now();
    if (grant.revoked) throw notAuthorized('Refresh Token has been revoked');
    if (grant.expiresAtMs <= now) throw notAuthorized('Refresh Token has expired');
    const { unusableFromMs } = this.#tokens.get(hash(refreshToken)) ?? {};
    if (unusableFromMs !== undefined && unusableFromMs <= now) {
      throw new AwsError('RefreshTokenReuseException', 'Refresh Token has been rotated out');
    }
    return grant;
  }

  /** Replaces a redeemed token by a new one. The old one stays usable for the grace period, counted from its first rotation. */
  rotate(refreshToken: string, gracePeriodMs: number): string {
    const token = this.#tokens.get(hash(refreshToken));
    const grant = this.find(refreshToken);
    if (!token || !grant) throw notAuthorized('Invalid Refresh Token');
    this.#tokens.set(hash(refreshToken), { unusableFromMs: this.#clock.now() + gracePeriodMs, ...token });
    return this.#mint(grant);
  }

  /** Whether the access tokens of that `event_id` are good no more. */
  isRevoked(eventId: string): boolean {
    return this.#grants.get(eventId)?.revoked ?? true;
  }

  revoke(grant: Grant): void {
    this.#grants.set(grant.eventId, { ...grant, revoked: true });
  }

  /** Ends every sign-in of a user. */
  revokeAllOf(sub: string): void {
    for (const grant of this.#grants.values()) if (grant.sub === sub) this.revoke(grant);
  }

  #mint(grant: Grant): string {
    const refreshToken = randomBytes(96).toString('base64url');
    this.#tokens.set(hash(refreshToken), { eventId: grant.eventId });
    return refreshToken;
  }
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
