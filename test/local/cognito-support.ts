import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  type AuthenticationResultType,
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import { CognitoService } from '../../local/cognito/cognito.service.ts';
import { State } from '../../local/platform/state.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const PASSWORD = 'Analytical-Engine-1843';

/** A user pool behind a front door, with a client whose users sign in by password, in one call. */
export interface TestPool {
  readonly door: TestFrontDoor;
  readonly service: CognitoService;
  readonly cognito: CognitoIdentityProviderClient;
  readonly poolId: string;
  readonly clientId: string;
  createClient(logicalId: string, properties: Record<string, unknown>): Promise<string>;
  createUser(email: string): Promise<void>;
  /** The answer to the right password, or to another. */
  initiate(email: string, password?: string, client?: string): Promise<InitiateAuthCommandOutput>;
  /** The access token of somebody who signs in without a second factor. */
  accessToken(email: string, password?: string, client?: string): Promise<string>;
  close(): Promise<void>;
}

/** Opens a pool with these properties beside those of a sign-in by e-mail. Time stands still, but for what a test advances. */
export async function openPool(properties: Record<string, unknown>, state = State.inMemory()): Promise<TestPool> {
  let service: CognitoService | undefined;
  const door = await openFrontDoor(({ clock }) => {
    service = new CognitoService({ clock, region: 'eu-west-1', state });
    return [service];
  });
  if (!service) throw new Error('the front door built no services');
  door.clock.freeze();
  const cognito = new CognitoIdentityProviderClient(door.clientConfig);
  const { ref: poolId } = await door.provision('AWS::Cognito::UserPool', 'Users', {
    UsernameAttributes: ['email'],
    UsernameConfiguration: { CaseSensitive: false },
    AutoVerifiedAttributes: ['email'],
    ...properties,
  });
  const createClient: TestPool['createClient'] = async (logicalId, clientProperties) => {
    const { ref } = await door.provision('AWS::Cognito::UserPoolClient', logicalId, {
      UserPoolId: poolId,
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 60 },
      ...clientProperties,
    });
    return ref;
  };
  const clientId = await createClient('App', {});
  const initiate: TestPool['initiate'] = (email, password = PASSWORD, client = clientId) => {
    const AuthParameters = { USERNAME: email, PASSWORD: password };
    return cognito.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: client, AuthParameters }));
  };
  return {
    door,
    service,
    cognito,
    poolId,
    clientId,
    createClient,
    createUser: async (email) => {
      const user = { UserPoolId: poolId, Username: email };
      const UserAttributes = [{ Name: 'email_verified', Value: 'true' }];
      await cognito.send(new AdminCreateUserCommand({ ...user, UserAttributes, MessageAction: 'SUPPRESS' }));
      await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: PASSWORD, Permanent: true }));
    },
    initiate,
    accessToken: async (email, password, client) => tokenOf((await initiate(email, password, client)).AuthenticationResult),
    close: async () => {
      await door.close();
      expect(door.internalErrors).toEqual([]);
    },
  };
}

/** The access token of a sign-in that is complete. */
export function tokenOf(result: AuthenticationResultType | undefined): string {
  if (!result?.AccessToken) throw new Error('nobody was signed in');
  return result.AccessToken;
}
