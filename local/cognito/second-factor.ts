import { completeSignIn } from './sign-in-completion.ts';
import { noSoftwareToken, SOFTWARE_TOKEN_MFA, takeCode } from './software-token.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPoolClient } from './user-pool-client.ts';
import type { User } from './users.ts';

/**
 * What follows the right password: a code of the authenticator app where the user chose to be asked for one, or the pool asks
 * everybody; an app to be set up where the pool asks and there is none; otherwise tokens
 * (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html).
 */
export function askSecondFactor(pool: UserPool, client: UserPoolClient, user: User, nowMs: number) {
  const { MfaConfiguration } = pool.properties;
  const { secret, enabled } = user.softwareToken;
  if (MfaConfiguration === 'ON' && secret === undefined) return challengeSetUp(pool, client, user);
  if (MfaConfiguration === 'ON' || (MfaConfiguration === 'OPTIONAL' && enabled)) return challengeCode(pool, client, user);
  return completeSignIn(pool, client, user, nowMs);
}

function challengeCode(pool: UserPool, client: UserPoolClient, user: User) {
  const { deviceName } = user.softwareToken;
  return {
    ChallengeName: SOFTWARE_TOKEN_MFA,
    Session: pool.sessions.open({ name: SOFTWARE_TOKEN_MFA, clientId: client.id, sub: user.sub }, client.challengeLifetimeMs),
    ChallengeParameters: { USER_ID_FOR_SRP: user.sub, ...(deviceName && { FRIENDLY_DEVICE_NAME: deviceName }) },
  };
}

function challengeSetUp(pool: UserPool, client: UserPoolClient, user: User) {
  const name = 'MFA_SETUP';
  return {
    ChallengeName: name,
    Session: pool.sessions.open({ name, clientId: client.id, sub: user.sub, proved: false }, client.challengeLifetimeMs),
    ChallengeParameters: { USER_ID_FOR_SRP: user.sub, MFAS_CAN_SETUP: JSON.stringify([SOFTWARE_TOKEN_MFA]) },
  };
}

/** Takes the app's code and signs in. A code that is refused leaves the challenge open for another. */
export async function answerCode(
  pool: UserPool,
  client: UserPoolClient,
  session: string,
  responses: Readonly<Record<'USERNAME' | 'SOFTWARE_TOKEN_MFA_CODE', string>>,
  nowMs: number,
) {
  const user = pool.challengedUser(SOFTWARE_TOKEN_MFA, session, client, responses.USERNAME);
  const softwareToken = takeCode(user.softwareToken, responses.SOFTWARE_TOKEN_MFA_CODE, nowMs);
  pool.sessions.spend(session);
  return completeSignIn(pool, client, pool.users.change(user, { softwareToken }), nowMs);
}

/** Signs in a user who has just set up the app that the pool demands: the session is VerifySoftwareToken's. */
export async function answerSetUp(pool: UserPool, client: UserPoolClient, session: string, username: string, nowMs: number) {
  const user = pool.challengedUser('MFA_SETUP', session, client, username);
  if (!pool.sessions.find(session, 'MFA_SETUP').proved) throw noSoftwareToken();
  const softwareToken = { ...user.softwareToken, enabled: true, preferred: true };
  pool.sessions.spend(session);
  return completeSignIn(pool, client, pool.users.change(user, { softwareToken }), nowMs);
}
