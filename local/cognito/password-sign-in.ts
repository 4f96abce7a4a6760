import { randomBytes } from 'node:crypto';
import { AwsError } from '../platform/call.ts';
import { challengeNewPassword } from './new-password.ts';
import { invalidParameter, noSuchUser, notAuthorized, userDisabled, wrongCredentials } from './refusals.ts';
import { askSecondFactor } from './second-factor.ts';
import { isClientPublic, provesPassword, startExchange } from './srp.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPoolClient } from './user-pool-client.ts';
import type { User } from './users.ts';

const DAY_MS = 86_400_000;

/** Begins USER_SRP_AUTH: salt and public value of the user, or, where the client hides who exists, of a phantom. */
export function challengePassword(pool: UserPool, client: UserPoolClient, parameters: Readonly<Record<'USERNAME' | 'SRP_A', string>>) {
  const { USERNAME: username, SRP_A: clientPublic } = parameters;
  if (!isClientPublic(clientPublic)) throw invalidParameter('SRP_A is not a valid value.');
  const user = pool.findUser(username);
  if (!user && !client.hidesWhoExists) throw noSuchUser();
  const target = user ?? pool.phantomOf(username);
  const exchange = startExchange(pool.users.srpIdentity(target.sub), target.password, clientPublic);
  const secretBlock = randomBytes(768).toString('base64');
  const name = 'PASSWORD_VERIFIER';
  pool.sessions.open({ name, clientId: client.id, username, exchange }, client.challengeLifetimeMs, secretBlock);
  return {
    ChallengeName: name,
    ChallengeParameters: {
      SALT: target.password.salt,
      SECRET_BLOCK: secretBlock,
      SRP_B: exchange.serverPublic,
      USERNAME: target.sub,
      USER_ID_FOR_SRP: target.sub,
    },
  };
}

type PasswordVerifierResponses = Readonly<
  Record<'USERNAME' | 'PASSWORD_CLAIM_SECRET_BLOCK' | 'PASSWORD_CLAIM_SIGNATURE' | 'TIMESTAMP', string>
>;

/** Ends USER_SRP_AUTH. The challenge is spent whatever comes of it. */
export async function answerPasswordVerifier(pool: UserPool, client: UserPoolClient, responses: PasswordVerifierResponses, nowMs: number) {
  const secretBlock = responses.PASSWORD_CLAIM_SECRET_BLOCK;
  const { clientId, username, exchange } = pool.sessions.find(secretBlock, 'PASSWORD_VERIFIER');
  pool.sessions.spend(secretBlock);
  const userId = exchange.identity.userId;
  if (clientId !== client.id || ![userId, username].includes(responses.USERNAME)) throw wrongCredentials();
  const claim = { secretBlock, signature: responses.PASSWORD_CLAIM_SIGNATURE, timestamp: responses.TIMESTAMP };
  // Deleted since, or never there: either way there is nobody to sign in.
  const user = pool.findUser(userId);
  checkPassword(pool, userId, () => provesPassword(exchange, claim) && user !== undefined);
  if (!user) throw wrongCredentials();
  return admit(pool, client, user, nowMs);
}

/** USER_PASSWORD_AUTH. The password is checked against the verifier, since nothing else is kept of it. */
export async function signInWithPassword(
  pool: UserPool,
  client: UserPoolClient,
  parameters: Readonly<Record<'USERNAME' | 'PASSWORD', string>>,
  nowMs: number,
) {
  const user = pool.findUser(parameters.USERNAME);
  if (!user) {
    if (!client.hidesWhoExists) throw noSuchUser();
    checkPassword(pool, pool.phantomOf(parameters.USERNAME).sub, () => false);
    throw wrongCredentials();
  }
  checkPassword(pool, user.sub, () => pool.users.hasPassword(user, parameters.PASSWORD));
  return admit(pool, client, user, nowMs);
}

function checkPassword(pool: UserPool, userId: string, isRight: () => boolean): void {
  pool.lockout.check(userId);
  if (!isRight()) {
    pool.lockout.recordFailure(userId);
    throw wrongCredentials();
  }
  pool.lockout.recordSuccess(userId);
}

/** What comes after the right password. Only here is the account's state told, for only its owner gets here. */
function admit(pool: UserPool, client: UserPoolClient, user: User, nowMs: number) {
  if (!user.enabled) throw userDisabled();
  if (user.status === 'UNCONFIRMED') throw new AwsError('UserNotConfirmedException', 'User is not confirmed.');
  if (user.temporaryPasswordSetAtMs === undefined) return askSecondFactor(pool, client, user, nowMs);
  if (nowMs >= user.temporaryPasswordSetAtMs + pool.passwordPolicy.temporaryPasswordValidityDays * DAY_MS) {
    throw notAuthorized('Temporary password has expired and must be reset by an administrator.');
  }
  return challengeNewPassword(pool, client, user);
}
