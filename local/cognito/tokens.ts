import { randomUUID } from 'node:crypto';
import { decodeJwt, errors, type JWTPayload } from 'jose';
import { attributeClaims } from './attributes.ts';
import type { Grant } from './refresh-grants.ts';
import { noSuchUser, notAuthorized, userDisabled } from './refusals.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPoolClient } from './user-pool-client.ts';
import type { UserPools } from './user-pools.ts';
import type { User } from './users.ts';

/** The scope of every token from an API sign-in, which lets its owner call GetUser and the like. */
const USER_ADMIN_SCOPE = 'aws.cognito.signin.user.admin';

export interface AuthenticationResult {
  readonly AccessToken: string;
  readonly IdToken: string;
  /** Seconds that the access token lives. */
  readonly ExpiresIn: number;
  readonly TokenType: 'Bearer';
  readonly RefreshToken?: string;
}

/** The access and the ID token of a sign-in, with the claims that Cognito gives them
 * (https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html). */
export async function issueTokens(
  pool: UserPool,
  client: UserPoolClient,
  user: User,
  grant: Grant,
  nowMs: number,
): Promise<AuthenticationResult> {
  const iat = Math.floor(nowMs / 1000);
  const common = {
    sub: user.sub,
    iss: pool.issuer,
    ...(client.marksTokensWithOrigin && { origin_jti: grant.originJti }),
    event_id: grant.eventId,
    auth_time: Math.floor(grant.authenticatedAtMs / 1000),
    iat,
  };
  const accessToken = {
    ...common,
    client_id: client.id,
    token_use: 'access',
    scope: USER_ADMIN_SCOPE,
    exp: iat + client.accessTokenSeconds,
    jti: randomUUID(),
    username: user.sub,
  };
  const idToken = {
    ...attributeClaims(client.readable({ email_verified: 'false', ...user.attributes })),
    ...common,
    'cognito:username': user.sub,
    aud: client.id,
    token_use: 'id',
    exp: iat + client.idTokenSeconds,
    jti: randomUUID(),
  };
  return {
    AccessToken: await pool.signingKey.sign(accessToken),
    IdToken: await pool.signingKey.sign(idToken),
    ExpiresIn: client.accessTokenSeconds,
    TokenType: 'Bearer',
  };
}

/** The issuer that a token claims, unverified. */
export function claimedIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** Somebody who shows an access token, and through which client it was issued. */
export interface TokenHolder {
  readonly pool: UserPool;
  readonly client: UserPoolClient;
  readonly user: User;
}

/** Whose access token it is. Throws NotAuthorizedException unless it is genuine, unexpired, unrevoked and its user may act. */
export async function holderOf(pools: UserPools, accessToken: string, nowMs: number): Promise<TokenHolder> {
  const pool = pools.findByIssuer(claimedIssuer(accessToken));
  if (!pool) throw notAuthorized('Invalid Access Token');
  const claims = await verifyAccessToken(pool, accessToken, nowMs);
  const client = pool.clients.get(String(claims['client_id']));
  if (!client) throw notAuthorized('Invalid Access Token');
  if (pool.grants.isRevoked(String(claims['event_id']))) throw notAuthorized('Access Token has been revoked');
  const user = pool.findUser(claims.sub ?? '');
  if (!user) throw noSuchUser();
  if (!user.enabled) throw userDisabled();
  return { pool, client, user };
}

async function verifyAccessToken(pool: UserPool, accessToken: string, nowMs: number): Promise<JWTPayload> {
  try {
    const claims = await pool.signingKey.verify(accessToken, pool.issuer, nowMs);
    if (claims['token_use'] === 'access') return claims;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw notAuthorized('Access Token has expired');
    if (!(error instanceof errors.JOSEError)) throw error;
  }
  throw notAuthorized('Invalid Access Token');
}
