import { randomUUID } from 'node:crypto';
import {
  CognitoIdentityProviderClient,
  ForgotPasswordCommand,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { Forger } from '../support/forged-tokens.ts';
import { BODIES_BY_ROUTE } from '../support/route-bodies.ts';
import { claimsOf } from '../support/users.ts';
import { check, note, target } from './check.ts';
import { ownRuntime } from './own-runtime.ts';
import { person, signInAs, userPool } from './people.ts';
import { problemOf, send } from './send.ts';
import { cognitoEndpoint } from './target.ts';

/** Who is let in, and who is not. Nobody gets mail of it. */
const WRONG = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' };
const UNKNOWN_ID = '01900000-0000-7000-8000-000000000000';
const HOUR_SECONDS = 3600;

/** Without a key, as an app is. */
const cognito = target.userPool && new CognitoIdentityProviderClient({ ...target.userPool, endpoint: cognitoEndpoint(target.userPool) });
afterAll(() => cognito?.destroy());

/** Lets any command through to the pool. */
const pool = (): CognitoIdentityProviderClient => {
  if (!cognito) throw new Error('it is not known where to sign in');
  return cognito;
};

async function signInAgain() {
  const { name, password } = await person();
  const session = await signInAs(name, password);
  return { accessToken: session.getAccessToken().getJwtToken(), refreshToken: session.getRefreshToken().getToken() };
}

async function renew(RefreshToken: string) {
  const { clientId: ClientId } = userPool();
  const { AuthenticationResult } = await pool().send(new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken }));
  const { AccessToken: accessToken = '', RefreshToken: refreshToken = '' } = AuthenticationResult ?? {};
  return { accessToken, refreshToken };
}

const isLetIn = async (token: string) => expect((await send({ target: '/api/user/usage', token })).status).toBe(200);

/** Sends it to every route that wants a token. */
async function isRefusedEverywhere(authorization: string | undefined): Promise<void> {
  const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
  const answers = Object.entries(BODIES_BY_ROUTE).map(async ([route, body]) => {
    const [method = '', path = ''] = route.split(' ');
    const answer = await send({ method, target: path.replaceAll(/\{\w+\}/g, UNKNOWN_ID), headers, ...(body && { body }) });
    expect([route, answer.status, answer.headers['content-type']]).toEqual([route, 401, 'application/problem+json']);
    expect(problemOf(answer)).toMatchObject({ status: 401, code: 'unauthorized', request_id: answer.headers['x-request-id'] });
  });
  await Promise.all(answers);
  note(`${answers.length} routes`);
}

check('sign-in by SRP gives an access token of this pool and client', ['user'], async () => {
  const { token } = await person();
  const { userPoolId, clientId } = userPool();
  const claims = claimsOf(token);
  expect(claims).toMatchObject({
    token_use: 'access',
    client_id: clientId,
    iss: expect.stringMatching(new RegExp(`/${userPoolId}$`)),
    scope: expect.stringContaining('aws.cognito.signin.user.admin'),
  });
  const hours = (Number(claims['exp']) - Number(claims['iat'])) / HOUR_SECONDS;
  expect([1 <= hours, hours <= 24]).toEqual([true, true]);
  await isLetIn(token);
  note(`it lives for ${hours} h`);
});

check('a wrong password is refused, and an address without an account in the same words', ['user'], async () => {
  const { name } = await person();
  for (const user of [name, `${randomUUID()}@example.com`]) {
    await expect(signInAs(user, `Wrong-${randomUUID()}`)).rejects.toMatchObject(WRONG);
  }
});

check('a forgotten password tells nobody whether there is an account', ['user'], async () => {
  const { clientId: ClientId } = userPool();
  const nobody = new ForgotPasswordCommand({ ClientId, Username: `${randomUUID()}@example.com` });
  const { CodeDeliveryDetails } = await pool().send(nobody);
  expect(CodeDeliveryDetails).toMatchObject({ DeliveryMedium: 'EMAIL', AttributeName: 'email' });
});

check('a password that is sent as it is, and the old way to renew, are refused', ['user'], async () => {
  const { name, password } = await person();
  const { clientId: ClientId } = userPool();
  const { refreshToken } = await signInAgain();
  const flows = {
    USER_PASSWORD_AUTH: { USERNAME: name, PASSWORD: password },
    REFRESH_TOKEN_AUTH: { REFRESH_TOKEN: refreshToken },
  } as const;
  for (const [AuthFlow, AuthParameters] of Object.entries(flows)) {
    const command = new InitiateAuthCommand({ ClientId, AuthFlow: AuthFlow as keyof typeof flows, AuthParameters });
    await expect(pool().send(command)).rejects.toMatchObject({
      name: expect.stringMatching(/^(InvalidParameter|NotAuthorized)Exception$/),
    });
  }
});

check('a session is renewed by a refresh token, which is replaced', ['user'], async () => {
  const first = await signInAgain();
  const second = await renew(first.refreshToken);
  expect([second.refreshToken === first.refreshToken, second.refreshToken]).toEqual([false, expect.stringMatching(/./)]);
  const third = await renew(second.refreshToken);
  await isLetIn(second.accessToken);
  await isLetIn(third.accessToken);
});

check('who revokes a session renews nothing any more; its access token is let in until it expires', ['user'], async () => {
  const { clientId: ClientId } = userPool();
  const { accessToken, refreshToken } = await signInAgain();
  await pool().send(new RevokeTokenCommand({ ClientId, Token: refreshToken }));
  await expect(renew(refreshToken)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  await isLetIn(accessToken);
});

const WITHOUT_ACCOUNT: Readonly<Record<string, string | undefined>> = {
  'no header': undefined,
  'a scheme without a token': 'Bearer ',
  'another scheme': `Basic ${Buffer.from('somebody:secret').toString('base64')}`,
  garbage: 'Bearer garbage',
  'garbage of three parts': 'Bearer Z2FyYmFnZQ.Z2FyYmFnZQ.Z2FyYmFnZQ',
};
for (const [what, authorization] of Object.entries(WITHOUT_ACCOUNT)) {
  check(`refused on every route: ${what}`, [], () => isRefusedEverywhere(authorization));
}

const FORGED: Readonly<Record<string, (forger: Forger) => string>> = {
  'a changed header': (forger) => forger.flipped('header'),
  'a changed payload': (forger) => forger.flipped('payload'),
  'a changed signature': (forger) => forger.flipped('signature'),
  'no signature': (forger) => forger.unsigned(),
  'the pool’s public key taken for a shared secret': (forger) => forger.signedWithPublicKey(),
  'a stranger’s signature': (forger) => forger.signedByStranger(),
  'a stranger’s signature and key': (forger) => forger.signedByStrangerWithKey(),
  'another pool’s name and key': (forger) => forger.ofAnotherPool(),
};
for (const [what, forge] of Object.entries(FORGED)) {
  check(`refused on every route: ${what}`, ['user'], async () => {
    const { token } = await person();
    const forger = await Forger.of({ aws_endpoint: cognitoEndpoint(userPool()), user_pool_id: userPool().userPoolId }, token);
    await isRefusedEverywhere(`Bearer ${forge(forger)}`);
  });
}

check('refused on every route: a genuine ID token', ['user'], async () => isRefusedEverywhere(`Bearer ${(await person()).idToken}`));

check('refused: a genuine token in the query instead of the header', ['user'], async () => {
  const { token } = await person();
  for (const name of ['access_token', 'token', 'Authorization']) {
    expect([name, (await send({ target: `/api/user/usage?${name}=${token}` })).status]).toEqual([name, 401]);
  }
});

// The last: whoever is signed in is signed out by it.
check('refused on every route: a genuine token that has expired', ['user', 'own runtime'], async () => {
  const { token } = await person();
  const { exp, iat } = claimsOf(token);
  await ownRuntime().control.advanceTime((Number(exp) - Number(iat) + 1) * 1000);
  await isRefusedEverywhere(`Bearer ${token}`);
  await isLetIn((await signInAgain()).accessToken);
});
