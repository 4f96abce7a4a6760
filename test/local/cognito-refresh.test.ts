import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminSetUserPasswordCommand,
  type AuthenticationResultType,
  CognitoIdentityProviderClient,
  GetTokensFromRefreshTokenCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { decodeJwt } from 'jose';
import { CognitoService } from '../../local/cognito/cognito.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const EMAIL = 'grace@example.com';
const PASSWORD = 'Nanosecond-Wire-1906';
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let door: TestFrontDoor;
let service: CognitoService;
let cognito: CognitoIdentityProviderClient;
let poolId: string;
let poolArn: string;
let clientId: string;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => {
    service = new CognitoService({ clock, region: 'eu-west-1' });
    return [service];
  });
  cognito = new CognitoIdentityProviderClient(door.clientConfig);
  const pool = await door.provision('AWS::Cognito::UserPool', 'Users', { UsernameAttributes: ['email'] });
  poolId = pool.ref;
  poolArn = String(pool.attributes?.['Arn']);
  clientId = await createClient('App', {});
  await createUser(EMAIL);
});
afterAll(async () => {
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

async function createClient(logicalId: string, properties: Record<string, unknown>): Promise<string> {
  const identity = await door.provision('AWS::Cognito::UserPoolClient', logicalId, {
    UserPoolId: poolId,
    PreventUserExistenceErrors: 'ENABLED',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    ...properties,
  });
  return identity.ref;
}

async function createUser(email: string): Promise<void> {
  const user = { UserPoolId: poolId, Username: email };
  await cognito.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }));
  await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: PASSWORD, Permanent: true }));
}

type Tokens = Required<Pick<AuthenticationResultType, 'AccessToken' | 'IdToken' | 'RefreshToken'>> & AuthenticationResultType;

async function signIn(client = clientId, email = EMAIL): Promise<Tokens> {
  const AuthParameters = { USERNAME: email, PASSWORD };
  const answer = await cognito.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: client, AuthParameters }));
  return answer.AuthenticationResult as Tokens;
}

async function refresh(token: string, client = clientId): Promise<AuthenticationResultType> {
  const AuthParameters = { REFRESH_TOKEN: token };
  const answer = await cognito.send(new InitiateAuthCommand({ AuthFlow: 'REFRESH_TOKEN_AUTH', ClientId: client, AuthParameters }));
  return answer.AuthenticationResult ?? {};
}

async function rotate(token: string, client: string): Promise<Tokens> {
  const answer = await cognito.send(new GetTokensFromRefreshTokenCommand({ ClientId: client, RefreshToken: token }));
  return answer.AuthenticationResult as Tokens;
}

const getUser = (token: string) => cognito.send(new GetUserCommand({ AccessToken: token }));

describe('refresh', () => {
  test.each(['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN'] as const)('%s renews access and ID token of the same sign-in', async (AuthFlow) => {
    const first = await signIn();
    door.clock.advance(2 * DAY_MS);
    const AuthParameters = { REFRESH_TOKEN: first.RefreshToken };
    const { AuthenticationResult: second } = await cognito.send(new InitiateAuthCommand({ AuthFlow, ClientId: clientId, AuthParameters }));
    expect(second).not.toHaveProperty('RefreshToken');
    const [before, after] = [decodeJwt(first.AccessToken), decodeJwt(second?.AccessToken ?? '')];
    expect(after).toMatchObject({ auth_time: before['auth_time'], origin_jti: before['origin_jti'], event_id: before['event_id'] });
    expect(after.jti).not.toBe(before.jti);
    expect((after.iat ?? 0) - (before.iat ?? 0)).toBeGreaterThanOrEqual(172_800);
    await getUser(second?.AccessToken ?? '');
  });

  test('a refresh token expires after 30 days, is bound to its client, and cannot be invented', async () => {
    const other = await createClient('Neighbour', {});
    const { RefreshToken } = await signIn();
    await expect(refresh(RefreshToken, other)).rejects.toThrow('Invalid Refresh Token');
    await expect(refresh('invented')).rejects.toMatchObject({ name: 'NotAuthorizedException', message: 'Invalid Refresh Token' });
    door.clock.advance(30 * DAY_MS - MINUTE_MS);
    await refresh(RefreshToken);
    door.clock.advance(MINUTE_MS);
    await expect(refresh(RefreshToken)).rejects.toThrow('Refresh Token has expired');
  });

  test('its lifetime is that of the client, in its unit', async () => {
    const brief = await createClient('Brief', { RefreshTokenValidity: 2, TokenValidityUnits: { RefreshToken: 'hours' } });
    const { RefreshToken } = await signIn(brief);
    door.clock.advance(119 * MINUTE_MS);
    await refresh(RefreshToken, brief);
    door.clock.advance(MINUTE_MS);
    await expect(refresh(RefreshToken, brief)).rejects.toThrow('Refresh Token has expired');
  });

  test('disabling or deleting the user ends it', async () => {
    const user = { UserPoolId: poolId, Username: 'leaver@example.com' };
    await createUser(user.Username);
    const tokens = await signIn(clientId, user.Username);
    await cognito.send(new AdminDisableUserCommand(user));
    await expect(refresh(tokens.RefreshToken)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
    await expect(getUser(tokens.AccessToken)).rejects.toThrow('Access Token has been revoked');
    await cognito.send(new AdminDeleteUserCommand(user));
    await expect(refresh(tokens.RefreshToken)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  });
});

describe('rotation', () => {
  const rotating = {
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
    RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 60 },
  };

  test('every refresh gives a new refresh token; the old one holds for the grace period', async () => {
    const client = await createClient('Rotating', rotating);
    const first = await signIn(client);
    const second = await rotate(first.RefreshToken, client);
    expect(second.RefreshToken).not.toBe(first.RefreshToken);
    door.clock.advance(59_000);
    await rotate(first.RefreshToken, client);
    door.clock.advance(1000);
    await expect(rotate(first.RefreshToken, client)).rejects.toMatchObject({ name: 'RefreshTokenReuseException' });
    await rotate(second.RefreshToken, client);
  });

  test('without a grace period the old token ends at once, and no rotation outlives the first sign-in', async () => {
    const client = await createClient('Strict', { ...rotating, RefreshTokenRotation: { Feature: 'ENABLED' } });
    const first = await signIn(client);
    door.clock.advance(29 * DAY_MS);
    const second = await rotate(first.RefreshToken, client);
    await expect(rotate(first.RefreshToken, client)).rejects.toMatchObject({ name: 'RefreshTokenReuseException' });
    door.clock.advance(DAY_MS);
    await expect(rotate(second.RefreshToken, client)).rejects.toThrow('Refresh Token has expired');
  });

  test('REFRESH_TOKEN_AUTH is refused, and a client cannot have both', async () => {
    const client = await createClient('Rotating', rotating);
    const { RefreshToken } = await signIn(client);
    await expect(refresh(RefreshToken, client)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    const both = { ...rotating, ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'] };
    await expect(createClient('Both', both)).rejects.toThrow('ALLOW_REFRESH_TOKEN_AUTH');
  });

  test('a client that does not rotate keeps its refresh token with GetTokensFromRefreshToken too', async () => {
    const { RefreshToken } = await signIn();
    expect(await rotate(RefreshToken, clientId)).not.toHaveProperty('RefreshToken');
    await refresh(RefreshToken);
  });
});

describe('revocation', () => {
  const revoke = (Token: string, ClientId = clientId) => cognito.send(new RevokeTokenCommand({ Token, ClientId }));

  test('RevokeToken ends one sign-in, its access tokens included, and leaves the others', async () => {
    const [one, other] = [await signIn(), await signIn()];
    const renewed = await refresh(one.RefreshToken);
    await revoke(one.RefreshToken);
    await expect(refresh(one.RefreshToken)).rejects.toThrow('Refresh Token has been revoked');
    for (const token of [one.AccessToken, renewed.AccessToken ?? '']) {
      await expect(getUser(token)).rejects.toThrow('Access Token has been revoked');
    }
    await getUser(other.AccessToken);
    await refresh(other.RefreshToken);
    // As on AWS, whoever verifies offline, such as API Gateway, takes the token until it expires.
    await service.verifyToken(poolArn, one.AccessToken);
  });

  test('RevokeToken takes refresh tokens of its client only, where the client allows revocation', async () => {
    const irrevocable = await createClient('Irrevocable', { EnableTokenRevocation: false });
    const tokens = await signIn();
    await expect(revoke(tokens.AccessToken)).rejects.toMatchObject({ name: 'UnsupportedTokenTypeException' });
    const other = await createClient('Stranger', {});
    await expect(revoke(tokens.RefreshToken, other)).rejects.toMatchObject({ name: 'UnauthorizedException' });
    const kept = await signIn(irrevocable);
    expect(decodeJwt(kept.AccessToken)).not.toHaveProperty('origin_jti');
    await expect(revoke(kept.RefreshToken, irrevocable)).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
    await refresh(kept.RefreshToken, irrevocable);
    await refresh(tokens.RefreshToken);
  });

  test('GlobalSignOut ends every sign-in of the user, and no other user’s', async () => {
    await createUser('bystander@example.com');
    const bystander = await signIn(clientId, 'bystander@example.com');
    const [one, other] = [await signIn(), await signIn()];
    await cognito.send(new GlobalSignOutCommand({ AccessToken: one.AccessToken }));
    for (const tokens of [one, other]) {
      await expect(getUser(tokens.AccessToken)).rejects.toThrow('Access Token has been revoked');
      await expect(refresh(tokens.RefreshToken)).rejects.toThrow('Refresh Token has been revoked');
    }
    await getUser(bystander.AccessToken);
    await getUser((await signIn()).AccessToken);
  });
});
