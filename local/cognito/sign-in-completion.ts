import { type AuthenticationResult, issueTokens } from './tokens.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPoolClient } from './user-pool-client.ts';
import type { User } from './users.ts';

interface SignedIn {
  readonly AuthenticationResult: AuthenticationResult;
  readonly ChallengeParameters: Readonly<Record<string, never>>;
}

/** Tokens for a user who proved everything that the pool asks for. */
export async function completeSignIn(pool: UserPool, client: UserPoolClient, user: User, nowMs: number): Promise<SignedIn> {
  const { grant, refreshToken } = pool.grants.open(user.sub, client.id, client.refreshTokenSeconds * 1000);
  const tokens = await issueTokens(pool, client, user, grant, nowMs);
  return { AuthenticationResult: { ...tokens, RefreshToken: refreshToken }, ChallengeParameters: {} };
}
