import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  ChangePasswordCommand,
  CognitoIdentityProviderClient,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  GetTokensFromRefreshTokenCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  RevokeTokenCommand,
  SetUserMFAPreferenceCommand,
  UpdateUserAttributesCommand,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { ManuelClient } from '../../local/cli/manuel-client.ts';
import { codeAt } from '../../local/cognito/totp.ts';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { App, type SignedIn } from '../support/app.ts';
import { PROJECT, type StartedRuntime, startRuntime } from '../support/runtime.ts';
import { claimsOf } from '../support/users.ts';

const PASSWORD = 'Analytical-Engine-1843';
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
const WRONG = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' };
const CODE_MAIL = { subject: 'Your code for Manuel', body: expect.stringMatching(/^Your code for Manuel is \d{6}\. /) };

let runtime: StartedRuntime;
let control: RuntimeControl;
let app: App;
/** Without a key, as an app is. */
let cognito: CognitoIdentityProviderClient;
/** By how much the runtime's time is ahead. */
let aheadMs = 0;

beforeAll(async () => {
  runtime = await startRuntime();
  control = new RuntimeControl(runtime.file);
  app = new App(runtime.file);
  cognito = new CognitoIdentityProviderClient({ endpoint: runtime.file.aws_endpoint, region: runtime.file.region, maxAttempts: 1 });
});

afterAll(async () => {
  cognito.destroy();
  expect(await runtime.stop()).toBe(0);
});

async function advance(ms: number): Promise<void> {
  await control.advanceTime(ms);
  aheadMs += ms;
}

const newName = () => `${randomUUID()}@example.com`;
const callTheApi = (token: string) => new ManuelClient(runtime.file.api_url, token).usage();
const LET_IN = { daily_used: 0 };
const EXPIRED = { status: 401 };

async function mailTo(recipient: string) {
  const message = (await control.outbox()).findLast((one) => one.recipient === recipient);
  if (!message) throw new Error(`no mail went to ${recipient}`);
  return message;
}

async function newUser(): Promise<string> {
  const name = newName();
  await app.signUp(name, PASSWORD);
  await app.confirm(name, (await mailTo(name)).code);
  return name;
}

const accessTokenOf = ({ session }: SignedIn) => session.getAccessToken().getJwtToken();
const refreshTokenOf = ({ session }: SignedIn) => session.getRefreshToken().getToken();
async function refresh(RefreshToken: string) {
  const answer = await cognito.send(new GetTokensFromRefreshTokenCommand({ ClientId: runtime.file.client_id, RefreshToken }));
  const { AccessToken = '', RefreshToken: next = '' } = answer.AuthenticationResult ?? {};
  return { accessToken: AccessToken, refreshToken: next };
}

test('nothing that the template states of sign-in is left unhonoured', () => {
  expect(runtime.output()).not.toContain('AWS::Cognito');
});

test('somebody signs up, confirms the address by a code, signs in and is let in', async () => {
  const name = newName();
  await expect(app.signUp(name, 'short')).rejects.toMatchObject({ name: 'InvalidPasswordException' });
  await app.signUp(name, PASSWORD);
  await expect(app.signUp(name.toUpperCase(), PASSWORD)).rejects.toMatchObject({ name: 'UsernameExistsException' });
  const first = await mailTo(name);
  expect(first).toMatchObject({ operation: 'SignUp', ...CODE_MAIL });
  expect(runtime.output()).toContain(`mail to ${name}: ${first.subject} – ${first.body}`);
  await expect(app.signIn(name, PASSWORD)).rejects.toMatchObject({ name: 'UserNotConfirmedException' });
  await expect(app.confirm(name, first.code === '000000' ? '111111' : '000000')).rejects.toMatchObject({ name: 'CodeMismatchException' });
  await advance(DAY_MS);
  await expect(app.confirm(name, first.code)).rejects.toMatchObject({ name: 'ExpiredCodeException' });
  await app.resend(name);
  await app.confirm(name, (await mailTo(name)).code);
  const signedIn = await app.signIn(name, PASSWORD);
  expect(claimsOf(signedIn.session.getIdToken().getJwtToken())).toMatchObject({ email: name, email_verified: true });
  expect(await callTheApi(accessTokenOf(signedIn))).toMatchObject(LET_IN);
});

test('an authenticator app is set up and asked for from then on', async () => {
  const name = await newUser();
  const { user, session } = await app.signIn(name, PASSWORD);
  const secret = await new Promise<string>((resolve, reject) =>
    user.associateSoftwareToken({ associateSecretCode: resolve, onFailure: reject }),
  );
  const code = () => codeAt(secret, Date.now() + aheadMs);
  await new Promise((onSuccess, onFailure) => user.verifySoftwareToken(code(), 'Phone', { onSuccess, onFailure }));
  const AccessToken = session.getAccessToken().getJwtToken();
  await cognito.send(new SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } }));
  await expect(app.signIn(name, PASSWORD)).rejects.toThrow('a code was asked for');
  await expect(app.signIn(name, PASSWORD, [code()])).rejects.toMatchObject({ name: 'ExpiredCodeException' });
  await advance(MINUTE_MS);
  const wrong = code() === '000000' ? '111111' : '000000';
  await expect(app.signIn(name, PASSWORD, [wrong])).rejects.toMatchObject({ name: 'CodeMismatchException' });
  const signedIn = await app.signIn(name, PASSWORD, [wrong, code()]);
  expect(await callTheApi(accessTokenOf(signedIn))).toMatchObject(LET_IN);
});

test('a session is renewed by tokens that replace each other, until the thirty days are over', async () => {
  const signedIn = await app.signIn(await newUser(), PASSWORD);
  const [first, accessToken] = [refreshTokenOf(signedIn), accessTokenOf(signedIn)];
  const AuthParameters = { REFRESH_TOKEN: first };
  const oldWay = new InitiateAuthCommand({ AuthFlow: 'REFRESH_TOKEN_AUTH', ClientId: runtime.file.client_id, AuthParameters });
  await expect(cognito.send(oldWay)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await advance(60 * MINUTE_MS + SECOND_MS);
  await expect(callTheApi(accessToken)).rejects.toMatchObject(EXPIRED);
  const renewed = await refresh(first);
  expect(await callTheApi(renewed.accessToken)).toMatchObject(LET_IN);
  // The answer may have got lost: for a minute the token that was replaced does it again.
  await refresh(first);
  await advance(MINUTE_MS);
  await expect(refresh(first)).rejects.toMatchObject({ name: 'RefreshTokenReuseException' });
  const again = await refresh(renewed.refreshToken);
  await advance(30 * DAY_MS);
  await expect(refresh(again.refreshToken)).rejects.toMatchObject({ name: 'NotAuthorizedException', message: 'Refresh Token has expired' });
});

test.each<[string, (signedIn: SignedIn) => Promise<unknown>]>([
  ['signs out everywhere', (signedIn) => cognito.send(new GlobalSignOutCommand({ AccessToken: accessTokenOf(signedIn) }))],
  [
    'revokes the refresh token',
    (signedIn) => cognito.send(new RevokeTokenCommand({ ClientId: runtime.file.client_id, Token: refreshTokenOf(signedIn) })),
  ],
])('who %s renews nothing any more; the access token is let in until it expires', async (_how, leave) => {
  const signedIn = await app.signIn(await newUser(), PASSWORD);
  const AccessToken = accessTokenOf(signedIn);
  await leave(signedIn);
  await expect(refresh(refreshTokenOf(signedIn))).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  await expect(cognito.send(new GetUserCommand({ AccessToken }))).rejects.toMatchObject({ message: 'Access Token has been revoked' });
  expect(await callTheApi(AccessToken)).toMatchObject(LET_IN);
  await advance(60 * MINUTE_MS);
  await expect(callTheApi(AccessToken)).rejects.toMatchObject(EXPIRED);
});

test('a forgotten password is replaced by a code, and nobody learns who has an account', async () => {
  const [name, nobody] = [await newUser(), newName()];
  const client = { ClientId: runtime.file.client_id };
  const forget = async (Username: string) => {
    const { CodeDeliveryDetails } = await cognito.send(new ForgotPasswordCommand({ ...client, Username }));
    return { ...CodeDeliveryDetails, Destination: CodeDeliveryDetails?.Destination?.replace(/^./, '?') };
  };
  expect(await forget(nobody)).toEqual(await forget(name));
  const { code, operation } = await mailTo(name);
  expect(operation).toBe('ForgotPassword');
  const wrong = code === '000000' ? '111111' : '000000';
  const replace = (Username: string, ConfirmationCode: string, Password: string) =>
    cognito.send(new ConfirmForgotPasswordCommand({ ...client, Username, ConfirmationCode, Password }));
  for (const Username of [name, nobody]) {
    await expect(replace(Username, wrong, 'Difference-Engine-1822')).rejects.toMatchObject({ name: 'CodeMismatchException' });
    await expect(app.signIn(Username, 'Wrong-Engine-1843')).rejects.toMatchObject(WRONG);
  }
  await expect(replace(name, code, PASSWORD)).rejects.toMatchObject({ name: 'PasswordHistoryPolicyViolationException' });
  await replace(name, code, 'Difference-Engine-1822');
  await expect(app.signIn(name, PASSWORD)).rejects.toMatchObject(WRONG);
  expect(await callTheApi(accessTokenOf(await app.signIn(name, 'Difference-Engine-1822')))).toMatchObject(LET_IN);
});

test('password and address are changed, and the user stays the same to the API', async () => {
  const [name, newAddress] = [await newUser(), newName()];
  const AccessToken = accessTokenOf(await app.signIn(name, PASSWORD));
  const ProposedPassword = 'Difference-Engine-1822';
  await cognito.send(new ChangePasswordCommand({ AccessToken, PreviousPassword: PASSWORD, ProposedPassword }));
  const state = (Name: string, Value: string) =>
    cognito.send(new UpdateUserAttributesCommand({ AccessToken, UserAttributes: [{ Name, Value }] }));
  await expect(state('email_verified', 'true')).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  await expect(state('given_name', 'Ada')).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  await state('email', newAddress);
  await expect(app.signIn(newAddress, ProposedPassword)).rejects.toMatchObject(WRONG);
  const { code } = await mailTo(newAddress);
  await cognito.send(new VerifyUserAttributeCommand({ AccessToken, AttributeName: 'email', Code: code }));
  const after = accessTokenOf(await app.signIn(newAddress, ProposedPassword));
  expect(claimsOf(after)['sub']).toBe(claimsOf(AccessToken)['sub']);
  expect(await callTheApi(after)).toMatchObject(LET_IN);
});

test('who guesses is locked out ever longer, then let in again', async () => {
  const name = await newUser();
  const guess = () => app.signIn(name, 'Wrong-Engine-1843');
  for (let failures = 1; failures <= 9; failures++) {
    await expect(guess()).rejects.toMatchObject(WRONG);
    if (failures >= 5 && failures < 9) await advance(2 ** (failures - 5) * SECOND_MS);
  }
  await expect(app.signIn(name, PASSWORD)).rejects.toMatchObject({ name: 'NotAuthorizedException', message: 'Password attempts exceeded' });
  await advance(16 * SECOND_MS);
  expect(await callTheApi(accessTokenOf(await app.signIn(name, PASSWORD)))).toMatchObject(LET_IN);
});

test('the same from the command line: sign up, look into the outbox, confirm, sign in', async () => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const manuel = async (...words: string[]) => {
    const command = [path.join(PROJECT, 'local/cli/manuel.ts'), ...words, '--directory', runtime.directory];
    return (await promisify(execFile)(process.execPath, command, { env })).stdout;
  };
  const name = newName();
  await expect(manuel('sign-up', name)).rejects.toMatchObject({ stderr: expect.stringContaining('"sign-up" needs two arguments.') });
  await expect(manuel('sign-up', name, 'short')).rejects.toMatchObject({ stderr: expect.stringMatching(/^Password did not conform/) });
  expect(await manuel('sign-up', name, PASSWORD)).toContain('A code went to');
  const [, code = ''] = new RegExp(`${name}: .*\n.* is (\\d{6})\\.`).exec(await manuel('outbox')) ?? [];
  await expect(manuel('token', '--as', name)).rejects.toMatchObject({ stderr: expect.stringContaining('give it with --password') });
  await manuel('confirm', name, code);
  const token = await manuel('token', '--as', name, '--password', PASSWORD);
  expect(await callTheApi(token.trim())).toMatchObject(LET_IN);
});
