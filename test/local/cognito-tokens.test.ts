import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  type AuthenticationResultType,
  CognitoIdentityProviderClient,
  GetUserCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import type { Jwks } from 'aws-jwt-verify/jwk';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { CognitoService } from '../../local/cognito/cognito.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const EMAIL = 'grace@example.com';
const PASSWORD = 'Nanosecond-Wire-1906';
const MINUTE_MS = 60_000;
const UUID = /^[0-9a-f-]{36}$/;

let door: TestFrontDoor;
let service: CognitoService;
let cognito: CognitoIdentityProviderClient;
let poolId: string;
let poolArn: string;
let clientId: string;
let sub: string;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => {
    service = new CognitoService({ clock, region: 'eu-west-1' });
    return [service];
  });
  cognito = new CognitoIdentityProviderClient(door.clientConfig);
  const pool = await createPool('Users');
  poolId = pool.ref;
  poolArn = String(pool.attributes?.['Arn']);
  clientId = await createClient('App', {});
  sub = await createUser(EMAIL);
});
afterAll(async () => {
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

function createPool(logicalId: string) {
  return door.provision('AWS::Cognito::UserPool', logicalId, { UsernameAttributes: ['email'], AutoVerifiedAttributes: ['email'] });
}

async function createClient(logicalId: string, properties: Record<string, unknown>): Promise<string> {
  const identity = await door.provision('AWS::Cognito::UserPoolClient', logicalId, {
    UserPoolId: poolId,
    PreventUserExistenceErrors: 'ENABLED',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    ...properties,
  });
  return identity.ref;
}

async function createUser(email: string, userPoolId = poolId): Promise<string> {
  const user = { UserPoolId: userPoolId, Username: email };
  const UserAttributes = [
    { Name: 'email_verified', Value: 'true' },
    { Name: 'given_name', Value: 'Grace' },
  ];
  const { User } = await cognito.send(new AdminCreateUserCommand({ ...user, UserAttributes, MessageAction: 'SUPPRESS' }));
  await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: PASSWORD, Permanent: true }));
  return User?.Username ?? '';
}

type Tokens = Required<Pick<AuthenticationResultType, 'AccessToken' | 'IdToken' | 'RefreshToken'>> & AuthenticationResultType;

async function signIn(client = clientId, email = EMAIL): Promise<Tokens> {
  const AuthParameters = { USERNAME: email, PASSWORD };
  const answer = await cognito.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: client, AuthParameters }));
  return answer.AuthenticationResult as Tokens;
}

const getUser = (token: string) => cognito.send(new GetUserCommand({ AccessToken: token }));

/** The token with one bit of its claims changed, and the signature it had. */
function tamper(token: string): string {
  const [header, claims, signature] = token.split('.');
  const forged = { ...JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()), sub: 'eve' };
  return [header, Buffer.from(JSON.stringify(forged)).toString('base64url'), signature].join('.');
}

describe('claims', () => {
  test("an access token's are Cognito's", async () => {
    const { AccessToken, ExpiresIn } = await signIn();
    const claims = decodeJwt(AccessToken);
    const iat = claims.iat ?? 0;
    expect(claims).toEqual({
      sub,
      iss: `https://cognito-idp.eu-west-1.amazonaws.com/${poolId}`,
      client_id: clientId,
      origin_jti: expect.stringMatching(UUID),
      event_id: expect.stringMatching(UUID),
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      auth_time: iat,
      exp: iat + 3600,
      iat,
      jti: expect.stringMatching(UUID),
      username: sub,
    });
    expect(ExpiresIn).toBe(3600);
    expect(Math.abs(iat * 1000 - door.clock.now())).toBeLessThan(5000);
  });

  test("an ID token's are Cognito's, with the user's attributes", async () => {
    const { IdToken, AccessToken } = await signIn();
    const access = decodeJwt(AccessToken);
    expect(decodeJwt(IdToken)).toEqual({
      sub,
      email: EMAIL,
      email_verified: true,
      given_name: 'Grace',
      iss: access.iss,
      'cognito:username': sub,
      origin_jti: access['origin_jti'],
      aud: clientId,
      event_id: access['event_id'],
      token_use: 'id',
      auth_time: access['auth_time'],
      exp: access.exp,
      iat: access.iat,
      jti: expect.not.stringMatching(access.jti ?? ''),
    });
  });

  test('lifetimes are those of the client, in its units', async () => {
    const brief = await createClient('Brief', {
      AccessTokenValidity: 15,
      IdTokenValidity: 600,
      TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'seconds' },
    });
    const tokens = await signIn(brief);
    const [access, id] = [decodeJwt(tokens.AccessToken), decodeJwt(tokens.IdToken)];
    expect([(access.exp ?? 0) - (access.iat ?? 0), (id.exp ?? 0) - (id.iat ?? 0), tokens.ExpiresIn]).toEqual([900, 600, 900]);
  });
});

describe('verification', () => {
  const jwksOf = async (pool: string) => {
    const response = await fetch(`${door.clientConfig.endpoint}/${pool}/.well-known/jwks.json`);
    return { status: response.status, jwks: (await response.json()) as Jwks };
  };

  test("aws-jwt-verify accepts both tokens with the pool's published keys, and no tampered one", async () => {
    const { jwks } = await jwksOf(poolId);
    const { AccessToken, IdToken } = await signIn();
    for (const [tokenUse, token] of [['access', AccessToken] as const, ['id', IdToken] as const]) {
      const verifier = CognitoJwtVerifier.create({ userPoolId: poolId, clientId, tokenUse });
      verifier.cacheJwks(jwks);
      expect(await verifier.verify(token)).toMatchObject({ sub, token_use: tokenUse });
      await expect(verifier.verify(tamper(token))).rejects.toThrow('Invalid signature');
    }
  });

  test('the key set holds public members only, under the kid that tokens name', async () => {
    const { jwks } = await jwksOf(poolId);
    const { kid } = decodeProtectedHeader((await signIn()).AccessToken);
    expect(jwks.keys).toEqual([{ alg: 'RS256', e: 'AQAB', kid, kty: 'RSA', n: expect.any(String), use: 'sig' }]);
    expect((await jwksOf('eu-west-1_Nowhere00')).status).toBe(404);
  });

  test('verifyToken takes ID and access tokens until they expire by the clock', async () => {
    const { AccessToken, IdToken } = await signIn();
    expect(await service.verifyToken(poolArn, AccessToken)).toMatchObject({ sub, token_use: 'access' });
    expect(await service.verifyToken(poolArn, IdToken)).toMatchObject({ sub, token_use: 'id' });
    door.clock.advance(59 * MINUTE_MS);
    await service.verifyToken(poolArn, AccessToken);
    door.clock.advance(MINUTE_MS);
    await expect(service.verifyToken(poolArn, AccessToken)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
    await expect(service.verifyToken(poolArn, IdToken)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });

  test('verifyToken refuses tampered, unsigned, foreign and opaque tokens', async () => {
    const tokens = await signIn();
    const otherPool = await createPool('Others');
    const otherClient = await createClient('OtherApp', { UserPoolId: otherPool.ref });
    await createUser(EMAIL, otherPool.ref);
    const foreign = await signIn(otherClient);
    const [, claims] = tokens.AccessToken.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
    for (const token of [tamper(tokens.AccessToken), foreign.AccessToken, unsigned, tokens.RefreshToken, '']) {
      await expect(service.verifyToken(poolArn, token)).rejects.toThrow();
    }
    await expect(service.verifyToken(`${poolArn}x`, tokens.AccessToken)).rejects.toThrow('there is no user pool');
    expect(await service.verifyToken(String(otherPool.attributes?.['Arn']), foreign.AccessToken)).toMatchObject({ client_id: otherClient });
  });

  test('GetUser takes a good access token only', async () => {
    const { AccessToken, IdToken } = await signIn();
    const user = await getUser(AccessToken);
    expect(user.Username).toBe(sub);
    expect(user.UserAttributes).toEqual(expect.arrayContaining([{ Name: 'email', Value: EMAIL }]));
    for (const token of [IdToken, tamper(AccessToken), 'nonsense']) {
      await expect(getUser(token)).rejects.toMatchObject({ name: 'NotAuthorizedException', message: 'Invalid Access Token' });
    }
    door.clock.advance(60 * MINUTE_MS);
    await expect(getUser(AccessToken)).rejects.toMatchObject({ name: 'NotAuthorizedException', message: 'Access Token has expired' });
  });
});
