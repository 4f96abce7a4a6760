import {
  ChangePasswordCommand,
  ConfirmForgotPasswordCommand,
  DeleteUserAttributesCommand,
  DeleteUserCommand,
  ForgotPasswordCommand,
  GetTokensFromRefreshTokenCommand,
  GetUserAttributeVerificationCodeCommand,
  GetUserCommand,
  SignUpCommand,
  UpdateUserAttributesCommand,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { decodeJwt } from 'jose';
import { openPool, type TestPool } from './cognito-support.ts';

const PASSWORD = 'Analytical-Engine-1843';
const HOUR_MS = 60 * 60 * 1000;
const POLICY = {
  MinimumLength: 12,
  RequireLowercase: true,
  RequireUppercase: true,
  RequireNumbers: true,
  RequireSymbols: false,
  PasswordHistorySize: 2,
};
const UNAUTHORIZED = { name: 'NotAuthorizedException', message: 'A client attempted to write unauthorized attribute' };
const LIMIT = { name: 'LimitExceededException', message: 'Attempt limit exceeded, please try after some time.' };
const WRONG = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' };

let pool: TestPool;
let token: string;

const ADA = 'ada@example.com';

async function open(properties: Record<string, unknown> = {}) {
  pool = await openPool({ Policies: { PasswordPolicy: POLICY }, ...properties });
  await pool.createUser(ADA);
  await pool.createUser('bob@example.com');
  token = await pool.accessToken(ADA);
}

afterEach(() => pool.close());

async function attributes(AccessToken = token): Promise<Record<string, string | undefined>> {
  const { UserAttributes = [] } = await pool.cognito.send(new GetUserCommand({ AccessToken }));
  return Object.fromEntries(UserAttributes.map(({ Name = '', Value }) => [Name, Value]));
}

const update = (stated: Record<string, string>, AccessToken = token) =>
  pool.cognito.send(
    new UpdateUserAttributesCommand({ AccessToken, UserAttributes: Object.entries(stated).map(([Name, Value]) => ({ Name, Value })) }),
  );
const verify = (Code: string, AttributeName = 'email') =>
  pool.cognito.send(new VerifyUserAttributeCommand({ AccessToken: token, AttributeName, Code }));
const remove = (...UserAttributeNames: string[]) =>
  pool.cognito.send(new DeleteUserAttributesCommand({ AccessToken: token, UserAttributeNames }));
const codeTo = (email: string) => pool.service.outbox.latestTo(email)?.code ?? '';
const wrongCode = (email: string) => (codeTo(email) === '000000' ? '111111' : '000000');

describe('a new address, where the old one is kept until the new one is verified', () => {
  beforeEach(() => open({ UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] } }));

  test('takes its place on the code that went to it, and no sooner', async () => {
    const { CodeDeliveryDetailsList } = await update({ email: 'countess@example.com', given_name: 'Ada' });
    expect(CodeDeliveryDetailsList).toEqual([{ AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'c***@e***' }]);
    expect(pool.service.outbox.messages.map(({ recipient, operation }) => [recipient, operation])).toEqual([
      ['countess@example.com', 'UpdateUserAttributes'],
    ]);
    expect(await attributes()).toMatchObject({ email: ADA, email_verified: 'true', given_name: 'Ada' });
    await expect(pool.initiate('countess@example.com')).rejects.toMatchObject(WRONG);
    await expect(verify(wrongCode('countess@example.com'))).rejects.toMatchObject({ name: 'CodeMismatchException' });
    await verify(codeTo('countess@example.com'));
    expect(await attributes()).toMatchObject({ email: 'countess@example.com', email_verified: 'true' });
    await pool.accessToken('countess@example.com');
    await expect(pool.initiate(ADA)).rejects.toMatchObject(WRONG);
    await expect(verify(codeTo('countess@example.com'))).rejects.toMatchObject({ name: 'ExpiredCodeException' });
  });

  test('its code can be sent again, holds for a day, and the last one counts', async () => {
    await update({ email: 'countess@example.com' });
    const first = codeTo('countess@example.com');
    await pool.cognito.send(new GetUserAttributeVerificationCodeCommand({ AccessToken: token, AttributeName: 'email' }));
    expect(pool.service.outbox.latestTo('countess@example.com')?.operation).toBe('GetUserAttributeVerificationCode');
    if (first !== codeTo('countess@example.com')) {
      await expect(verify(first)).rejects.toMatchObject({ name: 'CodeMismatchException' });
    }
    pool.door.clock.advance(24 * HOUR_MS);
    token = await pool.accessToken(ADA);
    await expect(verify(codeTo('countess@example.com'))).rejects.toMatchObject({ name: 'ExpiredCodeException' });
  });

  test('its codes are tried fifteen times in an hour at most, and asked for five times', async () => {
    await update({ email: 'countess@example.com' });
    const ask = () => pool.cognito.send(new GetUserAttributeVerificationCodeCommand({ AccessToken: token, AttributeName: 'email' }));
    for (let attempt = 0; attempt < 5; attempt++) await ask();
    await expect(ask()).rejects.toMatchObject(LIMIT);
    for (let attempt = 0; attempt < 15; attempt++) {
      await expect(verify(wrongCode('countess@example.com'))).rejects.toMatchObject({ name: 'CodeMismatchException' });
    }
    await expect(verify(codeTo('countess@example.com'))).rejects.toMatchObject(LIMIT);
  });

  test('must not be somebody else’s, at the start or by the time that it is verified', async () => {
    const taken = { name: 'AliasExistsException', message: 'An account with the given email already exists.' };
    await expect(update({ email: 'BOB@example.com' })).rejects.toMatchObject(taken);
    await update({ email: 'carol@example.com' });
    await pool.createUser('carol@example.com');
    await expect(verify(codeTo('carol@example.com'))).rejects.toMatchObject(taken);
    expect(await attributes()).toMatchObject({ email: ADA });
  });

  test('the same address again is no change', async () => {
    expect((await update({ email: ADA })).CodeDeliveryDetailsList).toEqual([]);
    expect(pool.service.outbox.messages).toEqual([]);
  });
});

describe('a new address elsewhere', () => {
  beforeEach(() => open());

  test('counts at once, unverified until the code is entered', async () => {
    await update({ email: 'countess@example.com' });
    expect(await attributes()).toMatchObject({ email: 'countess@example.com', email_verified: 'false' });
    await pool.accessToken('countess@example.com');
    await verify(codeTo('countess@example.com'));
    expect(await attributes()).toMatchObject({ email_verified: 'true' });
  });
});

describe('attributes', () => {
  beforeEach(() => open({ Schema: [{ Name: 'birthdate', Mutable: false }] }));

  test.each<[Record<string, string>, object]>([
    [{ email_verified: 'true' }, UNAUTHORIZED],
    [{ 'custom:plan': 'x' }, { name: 'InvalidParameterException' }],
    [{ sub: 'x' }, { name: 'InvalidParameterException' }],
    [{ birthdate: '1815-12-10' }, { name: 'InvalidParameterException', message: 'user.birthdate: Attribute cannot be updated.' }],
    [{ email: 'nonsense' }, { name: 'InvalidParameterException', message: 'Invalid email address format.' }],
  ])('a user may not write %j', async (stated, refusal) => {
    await expect(update(stated)).rejects.toMatchObject(refusal);
    expect(await attributes()).toEqual({ sub: expect.any(String), email: ADA, email_verified: 'true' });
  });

  test('are removed by name, but for the address', async () => {
    await update({ name: 'Ada', locale: 'en-GB' });
    await remove('name');
    expect(await attributes()).toEqual({ sub: expect.any(String), email: ADA, email_verified: 'true', locale: 'en-GB' });
    await expect(remove('email')).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(remove('email_verified')).rejects.toMatchObject(UNAUTHORIZED);
    await expect(remove('sub')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('only those that the client lists are shown and written', async () => {
    const client = await pool.createClient('Narrow', { ReadAttributes: ['name', 'email_verified'], WriteAttributes: ['email', 'name'] });
    await update({ locale: 'en-GB', name: 'Ada' });
    const { AuthenticationResult } = await pool.initiate(ADA, PASSWORD, client);
    const narrow = AuthenticationResult?.AccessToken ?? '';
    expect(await attributes(narrow)).toEqual({ sub: expect.any(String), name: 'Ada', email_verified: 'true' });
    const claims = decodeJwt(AuthenticationResult?.IdToken ?? '');
    expect(claims).toMatchObject({ name: 'Ada', email_verified: true });
    expect(claims).not.toHaveProperty('email');
    expect(claims).not.toHaveProperty('locale');
    await update({ name: 'Augusta' }, narrow);
    await expect(update({ locale: 'de-DE' }, narrow)).rejects.toMatchObject(UNAUTHORIZED);
    const UserAttributes = [{ Name: 'locale', Value: 'de-DE' }];
    const signUp = new SignUpCommand({ ClientId: client, Username: 'eve@example.com', Password: PASSWORD, UserAttributes });
    await expect(pool.cognito.send(signUp)).rejects.toMatchObject(UNAUTHORIZED);
  });

  test('no telephone number is ever verified', async () => {
    await expect(verify('123456', 'phone_number')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('a password', () => {
  beforeEach(() => open());

  const change = (PreviousPassword: string, ProposedPassword: string) =>
    pool.cognito.send(new ChangePasswordCommand({ AccessToken: token, PreviousPassword, ProposedPassword }));

  test('is changed by whoever knows it, within the policy, and not to one of the last', async () => {
    await expect(change('Wrong-Engine-1843', 'Difference-Engine-1822')).rejects.toMatchObject(WRONG);
    await expect(change(PASSWORD, 'short')).rejects.toMatchObject({ name: 'InvalidPasswordException' });
    await expect(change(PASSWORD, PASSWORD)).rejects.toMatchObject({ name: 'PasswordHistoryPolicyViolationException' });
    await change(PASSWORD, 'Difference-Engine-1822');
    await expect(pool.initiate(ADA, PASSWORD)).rejects.toMatchObject(WRONG);
    await pool.accessToken(ADA, 'Difference-Engine-1822');
  });

  test('is tried five times in an hour at most', async () => {
    for (let attempt = 0; attempt < 5; attempt++) await expect(change('Wrong-Engine-1843', PASSWORD)).rejects.toMatchObject(WRONG);
    await expect(change(PASSWORD, 'Difference-Engine-1822')).rejects.toMatchObject(LIMIT);
    pool.door.clock.advance(HOUR_MS);
    token = await pool.accessToken(ADA);
    await change(PASSWORD, 'Difference-Engine-1822');
  });

  test('that is forgotten is asked for and guessed at five times in an hour at most, by a stranger’s name as by a user’s', async () => {
    for (const Username of [ADA, 'nobody@example.com']) {
      const user = { ClientId: pool.clientId, Username };
      const ask = () => pool.cognito.send(new ForgotPasswordCommand(user));
      const guess = (Password = 'Difference-Engine-1822') =>
        pool.cognito.send(new ConfirmForgotPasswordCommand({ ...user, ConfirmationCode: wrongCode(Username), Password }));
      for (let attempt = 0; attempt < 5; attempt++) await ask();
      await expect(ask()).rejects.toMatchObject(LIMIT);
      await expect(guess('short')).rejects.toMatchObject({ name: 'InvalidPasswordException' });
      for (let attempt = 1; attempt < 5; attempt++) await expect(guess()).rejects.toMatchObject({ name: 'CodeMismatchException' });
      await expect(guess()).rejects.toMatchObject(LIMIT);
    }
  });
});

describe('leaving', () => {
  beforeEach(() => open());

  test('a user who deletes the account is unknown from then on', async () => {
    const { AuthenticationResult } = await pool.initiate(ADA);
    await pool.cognito.send(new DeleteUserCommand({ AccessToken: token }));
    await expect(pool.initiate(ADA)).rejects.toMatchObject(WRONG);
    await expect(attributes()).rejects.toMatchObject({ name: 'NotAuthorizedException', message: 'Access Token has been revoked' });
    const refresh = new GetTokensFromRefreshTokenCommand({
      ClientId: pool.clientId,
      RefreshToken: AuthenticationResult?.RefreshToken ?? '',
    });
    await expect(pool.cognito.send(refresh)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
    await pool.createUser(ADA);
  });
});
