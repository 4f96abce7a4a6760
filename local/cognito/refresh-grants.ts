import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
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
  revoked: boolean;
}

interface RefreshToken {
  readonly grant: Grant;
  /** From when a token that was rotated out is refused. */
  unusableFromMs: number;
}

/** The refresh tokens of one pool, kept by their hash. */
export class RefreshGrants {
  readonly #clock: Clock;
  readonly #tokens = new Map<string, RefreshToken>();
  readonly #byEventId = new Map<string, Grant>();

  constructor(clock: Clock) {
    this.#clock = clock;
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
    this.#byEventId.set(grant.eventId, grant);
    return { grant, refreshToken: this.#mint(grant) };
  }

  /** What a refresh token stands for, whether or not it still renews anything. */
  find(refreshToken: string): Grant | undefined {
    return this.#tokens.get(hash(refreshToken))?.grant;
  }

  /** What a token stands for that may be used now through that client. Throws NotAuthorizedException or RefreshTokenReuseException. */
  redeem(refreshToken: string, clientId: string): Grant {
    const token = this.#tokens.get(hash(refreshToken));
    if (!token || token.grant.clientId !== clientId) throw notAuthorized('Invalid Refresh Token');
    const now = this.#clock.now();
    if (token.grant.revoked) throw notAuthorized('Refresh Token has been revoked');
    if (token.grant.expiresAtMs <= now) throw notAuthorized('Refresh Token has expired');
    if (token.unusableFromMs <= now) throw new AwsError('RefreshTokenReuseException', 'Refresh Token has been rotated out');
    return token.grant;
  }

  /** Replaces a redeemed token by a new one. The old one stays usable for the grace period, counted from its first rotation. */
  rotate(refreshToken: string, gracePeriodMs: number): string {
    const token = this.#tokens.get(hash(refreshToken));
    if (!token) throw notAuthorized('Invalid Refresh Token');
    token.unusableFromMs = Math.min(token.unusableFromMs, this.#clock.now() + gracePeriodMs);
    return this.#mint(token.grant);
  }

  /** Whether the access tokens of that `event_id` are good no more. */
  isRevoked(eventId: string): boolean {
    return this.#byEventId.get(eventId)?.revoked ?? true;
  }

  /** Ends every sign-in of a user. */
  revokeAllOf(sub: string): void {
    for (const grant of this.#byEventId.values()) if (grant.sub === sub) grant.revoked = true;
  }

  #mint(grant: Grant): string {
    const refreshToken = randomBytes(96).toString('base64url');
    this.#tokens.set(hash(refreshToken), { grant, unusableFromMs: Number.POSITIVE_INFINITY });
    return refreshToken;
  }
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
