import type { CognitoUserSession } from 'amazon-cognito-identity-js';
import { ManuelClient } from '../../local/cli/manuel-client.ts';
import { openSession } from '../../local/cli/sign-in.ts';
import { claimsOf } from '../support/users.ts';
import { target } from './check.ts';
import { patientFetch } from './send.ts';
import type { UserPool } from './target.ts';

/** One of the target's users, signed in. */
export interface Person {
  readonly name: string;
  readonly password: string;
  readonly userId: string;
  readonly token: string;
  readonly idToken: string;
  readonly client: ManuelClient;
}

export function userPool(): UserPool {
  if (!target.userPool) throw new Error('it is not known where to sign in');
  return target.userPool;
}

/** Signs in by SRP, as an app does. */
export function signInAs(name: string, password: string): Promise<CognitoUserSession> {
  const { endpoint, userPoolId, clientId } = userPool();
  return openSession({ ...(endpoint && { endpoint }), userPoolId, clientId, name, password });
}

const people: Promise<Person>[] = [];

/** The first user, or the second. Each signs in once per suite, also where that failed: a wrong password must not lock them out. */
export function person(index: 0 | 1 = 0): Promise<Person> {
  people[index] ??= enter(index);
  return people[index];
}

async function enter(index: number): Promise<Person> {
  const { name, password } = target.users[index] ?? {};
  if (name === undefined || password === undefined) throw new Error(`there is no user ${index}`);
  const session = await signInAs(name, password);
  const token = session.getAccessToken().getJwtToken();
  return {
    name,
    password,
    userId: String(claimsOf(token)['sub']),
    token,
    idToken: session.getIdToken().getJwtToken(),
    client: new ManuelClient(target.url, token, patientFetch),
  };
}
