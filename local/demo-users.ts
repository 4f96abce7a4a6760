import { randomBytes } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  type CognitoIdentityProviderClientConfig,
} from '@aws-sdk/client-cognito-identity-provider';

/** Somebody to sign in as. */
export interface DemoUser {
  readonly name: string;
  readonly password: string;
}

const NAMES = ['alice@example.com', 'bob@example.com'];

/** Creates the users that the walk-through signs in, as an administrator would. Their passwords are new at every start. */
export async function createDemoUsers(config: CognitoIdentityProviderClientConfig, userPoolId: string): Promise<DemoUser[]> {
  const client = new CognitoIdentityProviderClient(config);
  try {
    return await Promise.all(
      NAMES.map(async (name) => {
        const user: DemoUser = { name, password: `Manuel-${randomBytes(6).toString('hex')}` };
        const identity = { UserPoolId: userPoolId, Username: name };
        await client.send(
          new AdminCreateUserCommand({
            ...identity,
            MessageAction: 'SUPPRESS',
            UserAttributes: [
              { Name: 'email', Value: name },
              { Name: 'email_verified', Value: 'true' },
            ],
          }),
        );
        await client.send(new AdminSetUserPasswordCommand({ ...identity, Password: user.password, Permanent: true }));
        return user;
      }),
    );
  } finally {
    client.destroy();
  }
}
