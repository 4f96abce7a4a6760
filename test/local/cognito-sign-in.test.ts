import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import amplify, { type CognitoUser, type CognitoUserSession } from 'amazon-cognito-identity-js';
import { CognitoService } from '../../local/cognito/cognito.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import '../support/srp-arithmetic.ts';

const EMAIL = 'ada@example.com';
const PASSWORD = 'Analytical-Engine-1843';
const MINUTE_MS = 60_000;
const WRONG = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' };

let door: TestFrontDoor;
let service: CognitoService;
let cognito: CognitoIdentityProviderClient;
let poolId: string;
let clientId: string;
let sub: string;
/** A number that every group of modular arithmetic takes as a public value, for a client that only wants the challenge. */
const SOME_PUBLIC_VALUE = 'abcdef0123456789';

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => {
    service = new CognitoService({ clock, region: 'eu-west-1' });
    return [service];
  });
  cognito = new CognitoIdentityProviderClient(door.clientConfig);
  const pool = await door.provision('AWS::Cognito::UserPool', 'Users', {
    UsernameAttributes: ['email'],
    AutoVerifiedAttributes: ['email'],
    Schema: [{ Name: 'email', Required: true, Mutable: true }],
  });
  poolId = pool.ref;
  clientId = await createClient('App', { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] });
  sub = await createUser(EMAIL, PASSWORD);
});
afterAll(async () => {
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

async function createClient(logicalId: string, properties: Record<string, unknown> = {}): Promise<string> {
  const identity = await door.provision('AWS::Cognito::UserPoolClient', logicalId, {
    UserPoolId: poolId,
    PreventUserExistenceErrors: 'ENABLED',
    ...properties,
  });
  return identity.ref;
}

async function createUser(email: string, password: string, permanent = true): Promise<string> {
  const user = { UserPoolId: poolId, Username: email };
  const { User } = await cognito.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }));
  await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: permanent }));
  return User?.Username ?? '';
}

type SignInOutcome = { session: CognitoUserSession } | { newPasswordFor: CognitoUser; attributes: Record<string, string> };

/** Signs in by SRP through Amplify's own client library. */
function signIn(username: string, password: string): Promise<SignInOutcome> {
  const userPool = new amplify.CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint: door.clientConfig.endpoint });
  const user = new amplify.CognitoUser({ Username: username, Pool: userPool });
  return new Promise((resolve, reject) =>
    user.authenticateUser(new amplify.AuthenticationDetails({ Username: username, Password: password }), {
      onSuccess: (session) => resolve({ session }),
      onFailure: reject,
      newPasswordRequired: (attributes) => resolve({ newPasswordFor: user, attributes }),
    }),
  );
}

function startSrp(username: string, client = clientId) {
  const AuthParameters = { USERNAME: username, SRP_A: SOME_PUBLIC_VALUE };
  return cognito.send(new InitiateAuthCommand({ AuthFlow: 'USER_SRP_AUTH', ClientId: client, AuthParameters }));
}

function answerSrp(challenge: Awaited<ReturnType<typeof startSrp>>, client = clientId) {
  return cognito.send(
    new RespondToAuthChallengeCommand({
      ChallengeName: 'PASSWORD_VERIFIER',
      ClientId: client,
      ChallengeResponses: {
        USERNAME: challenge.ChallengeParameters?.['USER_ID_FOR_SRP'] ?? '',
        PASSWORD_CLAIM_SECRET_BLOCK: challenge.ChallengeParameters?.['SECRET_BLOCK'] ?? '',
        PASSWORD_CLAIM_SIGNATURE: Buffer.alloc(32).toString('base64'),
        TIMESTAMP: 'Fri Nov 20 11:30:00 UTC 2026',
      },
    }),
  );
}

describe('SRP sign-in', () => {
  test('the right password gives tokens of the user, time after time', async () => {
    for (let round = 0; round < 8; round++) {
      const outcome = await signIn(EMAIL, PASSWORD);
      if (!('session' in outcome)) throw new Error('a new password was asked for');
      expect(outcome.session.getAccessToken().payload).toMatchObject({ sub, username: sub, token_use: 'access' });
      expect(outcome.session.getRefreshToken().getToken()).not.toBe('');
    }
  });

  test('the username works as well as its alias', async () => {
    expect(await signIn(sub, PASSWORD)).toHaveProperty('session');
  });

  test('passwords outside ASCII are proved alike', async () => {
    await createUser('zoe@example.com', 'Grüße-aus-Köln-1234-🔑');
    expect(await signIn('zoe@example.com', 'Grüße-aus-Köln-1234-🔑')).toHaveProperty('session');
    await expect(signIn('zoe@example.com', 'Grusse-aus-Koln-1234-🔑')).rejects.toMatchObject(WRONG);
  });

  test('a wrong password and an unknown user are refused with the same words', async () => {
    const known = await signIn(EMAIL, `${PASSWORD}x`).catch((error: unknown) => error);
    const unknown = await signIn('nobody@example.com', PASSWORD).catch((error: unknown) => error);
    expect(known).toMatchObject(WRONG);
    expect({ ...(unknown as object) }).toEqual({ ...(known as object) });
    expect(unknown).toMatchObject(WRONG);
  });

  test("an unknown user's challenge has the shape of a known one's, and the same salt and id every time", async () => {
    const known = (await startSrp(EMAIL)).ChallengeParameters ?? {};
    const first = (await startSrp('nobody@example.com')).ChallengeParameters ?? {};
    const second = (await startSrp('nobody@example.com')).ChallengeParameters ?? {};
    const other = (await startSrp('somebody@example.com')).ChallengeParameters ?? {};
    expect(Object.keys(first)).toEqual(Object.keys(known));
    expect(first['USER_ID_FOR_SRP']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(second).toMatchObject({ SALT: first['SALT'], USERNAME: first['USERNAME'], USER_ID_FOR_SRP: first['USER_ID_FOR_SRP'] });
    expect(second['SRP_B']).not.toBe(first['SRP_B']);
    expect(other['SALT']).not.toBe(first['SALT']);
  });

  test('where the client does not hide who exists, an unknown user is told so', async () => {
    const legacy = await createClient('Legacy', { PreventUserExistenceErrors: 'LEGACY' });
    await expect(startSrp('nobody@example.com', legacy)).rejects.toMatchObject({ name: 'UserNotFoundException' });
  });

  test('a challenge is answered once', async () => {
    const challenge = await startSrp(EMAIL);
    await expect(answerSrp(challenge)).rejects.toMatchObject(WRONG);
    await expect(answerSrp(challenge)).rejects.toThrow('Invalid session for the user, session can only be used once.');
    await signIn(EMAIL, PASSWORD);
  });

  test('a challenge expires after three minutes, or after what the client says', async () => {
    const patient = await createClient('Patient', { AuthSessionValidity: 5 });
    const [usual, longer] = [await startSrp(EMAIL), await startSrp(EMAIL, patient)];
    door.clock.advance(3 * MINUTE_MS);
    await expect(answerSrp(usual)).rejects.toThrow('Invalid session for the user, session is expired.');
    await expect(answerSrp(longer, patient)).rejects.toMatchObject(WRONG);
  });

  test("a challenge is of no use to another client, nor under another user's name", async () => {
    const other = await createClient('Other');
    await expect(answerSrp(await startSrp(EMAIL), other)).rejects.toMatchObject(WRONG);
    const challenge = await startSrp(EMAIL);
    Object.assign(challenge.ChallengeParameters ?? {}, { USER_ID_FOR_SRP: 'eve' });
    await expect(answerSrp(challenge)).rejects.toMatchObject(WRONG);
    door.clock.advance(15 * MINUTE_MS);
  });
});

describe('guessing', () => {
  beforeAll(() => door.clock.freeze());

  const guess = async (username: string) => answerSrp(await startSrp(username));

  test.each([EMAIL, 'guessed@example.com'])('five wrong passwords lock %s out, a second at first', async (username) => {
    for (let attempt = 0; attempt < 5; attempt++) await expect(guess(username)).rejects.toMatchObject(WRONG);
    await expect(signIn(username, PASSWORD)).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Password attempts exceeded',
    });
    door.clock.advance(1000);
    await expect(guess(username)).rejects.toMatchObject(WRONG);
    door.clock.advance(1000);
    await expect(guess(username)).rejects.toMatchObject({ message: 'Password attempts exceeded' });
    door.clock.advance(1000);
    if (username === EMAIL) await signIn(username, PASSWORD);
    else await expect(signIn(username, PASSWORD)).rejects.toMatchObject(WRONG);
  });
});

describe('accounts that may not sign in', () => {
  test('a disabled user is told so only after the right password, and comes back when enabled', async () => {
    await createUser('off@example.com', PASSWORD);
    const user = { UserPoolId: poolId, Username: 'off@example.com' };
    await cognito.send(new AdminDisableUserCommand(user));
    await expect(signIn('off@example.com', PASSWORD)).rejects.toMatchObject({ message: 'User is disabled.' });
    await expect(signIn('off@example.com', 'wrong')).rejects.toMatchObject(WRONG);
    await cognito.send(new AdminEnableUserCommand(user));
    expect(await signIn('off@example.com', PASSWORD)).toHaveProperty('session');
  });

  test('a deleted user is an unknown one, even in the middle of signing in', async () => {
    await createUser('gone@example.com', PASSWORD);
    const challenge = await startSrp('gone@example.com');
    await cognito.send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'gone@example.com' }));
    await expect(answerSrp(challenge)).rejects.toMatchObject(WRONG);
    await expect(signIn('gone@example.com', PASSWORD)).rejects.toMatchObject(WRONG);
  });

  test('a user who has not confirmed the sign-up is told so, and signs in once that is done', async () => {
    const pool = new amplify.CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint: door.clientConfig.endpoint });
    const user = await new Promise<CognitoUser | undefined>((resolve, reject) =>
      pool.signUp('new@example.com', PASSWORD, [], [], (error, result) => (error ? reject(error) : resolve(result?.user))),
    );
    await expect(signIn('new@example.com', PASSWORD)).rejects.toMatchObject({ name: 'UserNotConfirmedException' });
    const code = service.outbox.latestTo('new@example.com')?.code ?? '';
    await new Promise<void>((resolve, reject) => user?.confirmRegistration(code, true, (error) => (error ? reject(error) : resolve())));
    expect(await signIn('new@example.com', PASSWORD)).toHaveProperty('session');
  });
});

describe('a temporary password', () => {
  const complete = (user: CognitoUser, password: string) =>
    new Promise<CognitoUserSession>((onSuccess, onFailure) => user.completeNewPasswordChallenge(password, {}, { onSuccess, onFailure }));

  test('must be replaced; a refused replacement may be tried again, and then only the new one works', async () => {
    await createUser('temp@example.com', 'Temporary-1234', false);
    const outcome = await signIn('temp@example.com', 'Temporary-1234');
    if (!('newPasswordFor' in outcome)) throw new Error('no new password was asked for');
    expect(outcome.attributes).toMatchObject({ email: 'temp@example.com' });
    await expect(complete(outcome.newPasswordFor, 'short')).rejects.toMatchObject({ name: 'InvalidPasswordException' });
    const session = await complete(outcome.newPasswordFor, 'Permanent-1234');
    expect(session.getIdToken().payload).toMatchObject({ email: 'temp@example.com' });
    await expect(complete(outcome.newPasswordFor, 'Another-1234')).rejects.toThrow('session can only be used once');
    expect(await signIn('temp@example.com', 'Permanent-1234')).toHaveProperty('session');
    await expect(signIn('temp@example.com', 'Temporary-1234')).rejects.toMatchObject(WRONG);
  });

  test("expires after the policy's days", async () => {
    await createUser('late@example.com', 'Temporary-1234', false);
    door.clock.advance(7 * 24 * 60 * MINUTE_MS);
    await expect(signIn('late@example.com', 'Temporary-1234')).rejects.toThrow('Temporary password has expired');
  });
});
