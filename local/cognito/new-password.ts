import { readAttributes } from './attributes.ts';
import { enforcePasswordPolicy } from './password-policy.ts';
import { invalidParameter, notAuthorized } from './refusals.ts';
import { askSecondFactor } from './second-factor.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPoolClient } from './user-pool-client.ts';
import type { User } from './users.ts';

const ATTRIBUTE_PREFIX = 'userAttributes.';

/** Whether a response's parameter states an attribute, such as `userAttributes.given_name`. */
export function isStatedAttribute(parameter: string): boolean {
  return parameter.startsWith(ATTRIBUTE_PREFIX);
}

/** Asks a user who came with a temporary password for a new one, and for required attributes that are still missing. */
export function challengeNewPassword(pool: UserPool, client: UserPoolClient, user: User) {
  const name = 'NEW_PASSWORD_REQUIRED';
  return {
    ChallengeName: name,
    Session: pool.sessions.open({ name, clientId: client.id, sub: user.sub }, client.challengeLifetimeMs),
    ChallengeParameters: {
      USER_ID_FOR_SRP: user.sub,
      requiredAttributes: JSON.stringify(missingAttributes(pool, user.attributes).map((name) => ATTRIBUTE_PREFIX + name)),
      userAttributes: JSON.stringify(user.attributes),
    },
  };
}

/** Sets the new password and signs in. A password that the policy refuses leaves the challenge open for another. */
export async function answerNewPassword(
  pool: UserPool,
  client: UserPoolClient,
  session: string,
  responses: Readonly<Record<'USERNAME' | 'NEW_PASSWORD', string> & Record<string, string>>,
  nowMs: number,
) {
  const user = pool.challengedUser('NEW_PASSWORD_REQUIRED', session, client, responses.USERNAME);
  const attributes = { ...user.attributes, ...statedAttributes(user, client, responses) };
  const [missing] = missingAttributes(pool, attributes);
  if (missing) throw invalidParameter(`Invalid attributes given, ${missing} is missing`);
  enforcePasswordPolicy(pool.passwordPolicy, responses.NEW_PASSWORD, 'Password does not conform to policy');
  const replaced = pool.users.setPassword(user, responses.NEW_PASSWORD, { temporary: false, historySize: pool.passwordPolicy.historySize });
  pool.sessions.spend(session);
  return askSecondFactor(pool, client, pool.users.change(replaced, { attributes }), nowMs);
}

function statedAttributes(user: User, client: UserPoolClient, responses: Readonly<Record<string, string>>) {
  const entries = Object.entries(responses)
    .filter(([name]) => isStatedAttribute(name))
    .map(([name, value]) => ({ Name: name.slice(ATTRIBUTE_PREFIX.length), Value: value }));
  if (entries.some(({ Name, Value }) => Name === 'email' && Value !== user.attributes['email'])) {
    throw notAuthorized('Cannot modify an already provided email');
  }
  return readAttributes(entries, client);
}

function missingAttributes(pool: UserPool, attributes: Readonly<Record<string, string>>): string[] {
  return pool.requiredAttributes.filter((name) => !attributes[name]);
}
