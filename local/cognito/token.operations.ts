import { z } from 'zod';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { type Operations, operation, triggerData } from './input.ts';
import { invalidParameter, notAuthorized, userDisabled } from './refusals.ts';
import { type AuthenticationResult, claimedIssuer, holderOf, issueTokens } from './tokens.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPoolClient } from './user-pool-client.ts';
import type { UserPools } from './user-pools.ts';

const accessToken = z.strictObject({ AccessToken: z.string() });
const getTokensFromRefreshToken = z.strictObject({ ClientId: z.string(), RefreshToken: z.string(), ClientMetadata: triggerData });
const revokeToken = z.strictObject({ ClientId: z.string(), Token: z.string() });

/** What a user does with tokens in hand. Public: the token is the proof. */
export function tokenOperations(pools: UserPools, clock: Clock): Operations {
  return {
    GetTokensFromRefreshToken: operation('GetTokensFromRefreshToken', getTokensFromRefreshToken, async (input) => {
      const { pool, client } = pools.getByClient(input.ClientId);
      if (!client.rotatesRefreshTokens && !client.allows('ALLOW_REFRESH_TOKEN_AUTH')) {
        throw invalidParameter('Auth flow not enabled for this client');
      }
      return refresh(pool, client, input.RefreshToken, clock.now());
    }),

    RevokeToken: operation('RevokeToken', revokeToken, async (input) => {
      const { pool, client } = pools.getByClient(input.ClientId);
      if (!client.properties.EnableTokenRevocation) {
        throw new AwsError('UnsupportedOperationException', 'Token revocation is not enabled for this client.');
      }
      if (claimedIssuer(input.Token)) throw new AwsError('UnsupportedTokenTypeException', 'Only refresh tokens can be revoked.');
      const grant = pool.grants.find(input.Token);
      if (!grant) throw invalidParameter('Invalid Refresh Token');
      if (grant.clientId !== client.id) throw new AwsError('UnauthorizedException', 'The token was issued to another client.');
      pool.grants.revoke(grant);
      return {};
    }),

    GlobalSignOut: operation('GlobalSignOut', accessToken, async (input) => {
      const { pool, user } = await holderOf(pools, input.AccessToken, clock.now());
      pool.grants.revokeAllOf(user.sub);
      return {};
    }),
  };
}

/** New access and ID tokens for a refresh token, and a new refresh token where the client rotates them. */
export async function refresh(
  pool: UserPool,
  client: UserPoolClient,
  refreshToken: string,
  nowMs: number,
): Promise<{ AuthenticationResult: AuthenticationResult }> {
  const grant = pool.grants.redeem(refreshToken, client.id);
  const user = pool.findUser(grant.sub);
  if (!user) throw notAuthorized('Invalid Refresh Token');
  if (!user.enabled) throw userDisabled();
  const tokens = await issueTokens(pool, client, user, grant, nowMs);
  if (!client.rotatesRefreshTokens) return { AuthenticationResult: tokens };
  return { AuthenticationResult: { ...tokens, RefreshToken: pool.grants.rotate(refreshToken, client.rotationGraceMs) } };
}
