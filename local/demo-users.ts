import { randomBytes } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  type CognitoIdentityProviderClientConfig,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider';
import type { StoredMap } from './platform/state.ts';

/** Somebody to sign in as. */
export interface DemoUser {
  readonly name: string;
  readonly password: string;
}

const NAMES = ['alice@example.com', 'bob@example.com'];

/**
 * Sees to it that the users are there whom the walk-through signs in, as an administrator would. Their passwords are drawn once, and are
 * the same at every start since.
 */
export async function createDemoUsers(
  config: CognitoIdentityProviderClientConfig,
  userPoolId: string,
  passwords: StoredMap<string>,
): Promise<DemoUser[]> {
  const client = new CognitoIdentityProviderClient(config);
  try {
    return await Promise.all(
      NAMES.map(async (name) => {
        const known = passwords.get(name);
        const password = known ?? `Manuel-${randomBytes(6).toString('hex')}`;
        const isNew = await createUser(client, userPoolId, name);
        // Whoever is there already has maybe chosen another.
        if (isNew || known === undefined) {
          await client.send(
            new AdminSetUserPasswordCommand({ UserPoolId: userPoolId, Username: name, Password: password, Permanent: true }),
          );
        }
        passwords.set(name, password);
        return { name, password };
      }),
    );
  } finally {
    client.destroy();
  }
}

/** Says whether there was none of that name. */
async function createUser(client: CognitoIdentityProviderClient, userPoolId: string, name: string): Promise<boolean> {
  const attributes = { email: name, email_verified: 'true' };
  const creation = new AdminCreateUserCommand({
    UserPoolId: userPoolId,
    Username: name,
    MessageAction: 'SUPPRESS',
    UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
  });
  try {
    await client.send(creation);
    return true;
  } catch (error) {
    if (error instanceof UsernameExistsException) return false;
    throw error;
  }
}
