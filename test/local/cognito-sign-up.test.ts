import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  ConfirmForgotPasswordCommand,
  ConfirmSignUpCommand,
  ForgotPasswordCommand,
  InitiateAuthCommand,
  ResendConfirmationCodeCommand,
  SignUpCommand,
  type SignUpCommandInput,
} from '@aws-sdk/client-cognito-identity-provider';
import { CognitoService } from '../../local/cognito/cognito.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const PASSWORD = 'Analytical-Engine-1843';
const HOUR_MS = 60 * 60 * 1000;
const EXPIRED = { name: 'ExpiredCodeException' };
const MISMATCH = { name: 'CodeMismatchException' };

let door: TestFrontDoor;
let service: CognitoService;
let cognito: CognitoIdentityProviderClient;
let poolId: string;
/** A client that hides who exists, and one that doesn't. */
let discreet: string;
let legacy: string;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => {
    service = new CognitoService({ clock, region: 'eu-west-1' });
    return [service];
  });
  cognito = new CognitoIdentityProviderClient(door.clientConfig);
  poolId = await createPool('Users', { VerificationMessageTemplate: { EmailSubject: 'Your code', EmailMessage: 'Code: {####}' } });
  discreet = await createClient('Discreet', { PreventUserExistenceErrors: 'ENABLED' });
  legacy = await createClient('Legacy', {});
});
afterAll(async () => {
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

async function createPool(logicalId: string, properties: Record<string, unknown>): Promise<string> {
  const identity = await door.provision('AWS::Cognito::UserPool', logicalId, {
    UsernameAttributes: ['email'],
    AutoVerifiedAttributes: ['email'],
    ...properties,
  });
  return identity.ref;
}

async function createClient(logicalId: string, properties: Record<string, unknown>): Promise<string> {
  const identity = await door.provision('AWS::Cognito::UserPoolClient', logicalId, {
    UserPoolId: poolId,
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
    ...properties,
  });
  return identity.ref;
}

function signUp(email: string, input: Partial<SignUpCommandInput> = {}) {
  return cognito.send(new SignUpCommand({ ClientId: discreet, Username: email, Password: PASSWORD, ...input }));
}

function confirm(email: string, code: string, ClientId = discreet) {
  return cognito.send(new ConfirmSignUpCommand({ ClientId, Username: email, ConfirmationCode: code }));
}

function signIn(email: string, password: string) {
  const AuthParameters = { USERNAME: email, PASSWORD: password };
  return cognito.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: discreet, AuthParameters }));
}

const resend = (email: string, ClientId = discreet) => cognito.send(new ResendConfirmationCodeCommand({ ClientId, Username: email }));
const codeTo = (email: string) => service.outbox.latestTo(email)?.code ?? '';
const otherThan = (code: string) => (code === '000000' ? '000001' : '000000');

describe('sign-up', () => {
  test('is confirmed by the code that was mailed, and then signs in', async () => {
    const answer = await signUp('ada@example.com', { UserAttributes: [{ Name: 'given_name', Value: 'Ada' }] });
    expect(answer).toMatchObject({
      UserConfirmed: false,
      UserSub: expect.stringMatching(/^[0-9a-f-]{36}$/),
      CodeDeliveryDetails: { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' },
    });
    expect(service.outbox.latestTo('ada@example.com')).toMatchObject({
      subject: 'Your code',
      body: `Code: ${codeTo('ada@example.com')}`,
      code: expect.stringMatching(/^\d{6}$/),
    });
    await expect(signIn('ada@example.com', PASSWORD)).rejects.toMatchObject({ name: 'UserNotConfirmedException' });
    await expect(confirm('ada@example.com', otherThan(codeTo('ada@example.com')))).rejects.toMatchObject(MISMATCH);
    await confirm('ada@example.com', codeTo('ada@example.com'));
    const user = await cognito.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ada@example.com' }));
    expect(user).toMatchObject({ Username: answer.UserSub, UserStatus: 'CONFIRMED' });
    expect(user.UserAttributes).toEqual(
      expect.arrayContaining([
        { Name: 'email_verified', Value: 'true' },
        { Name: 'given_name', Value: 'Ada' },
      ]),
    );
    expect(await signIn('ada@example.com', PASSWORD)).toHaveProperty('AuthenticationResult');
  });

  test('is confirmed once', async () => {
    await expect(confirm('ada@example.com', codeTo('ada@example.com'))).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'User cannot be confirmed. Current status is CONFIRMED',
    });
    await expect(resend('ada@example.com')).rejects.toThrow('User is already confirmed.');
  });

  test('a code expires after a day; a new one replaces it', async () => {
    await signUp('slow@example.com');
    const first = codeTo('slow@example.com');
    door.clock.advance(24 * HOUR_MS);
    await expect(confirm('slow@example.com', first)).rejects.toMatchObject(EXPIRED);
    expect(await resend('slow@example.com')).toMatchObject({ CodeDeliveryDetails: { Destination: 's***@e***' } });
    await confirm('slow@example.com', codeTo('slow@example.com'));
  });

  test.each<[string, Partial<SignUpCommandInput>, object]>([
    ['ada@example.com', {}, { name: 'UsernameExistsException', message: 'An account with the given email already exists.' }],
    ['ada', {}, { name: 'InvalidParameterException', message: 'Username should be an email.' }],
    [
      'b@example.com',
      { Password: 'short' },
      { name: 'InvalidPasswordException', message: expect.stringMatching(/^Password did not conform with policy: /) },
    ],
    ['b@example.com', { UserAttributes: [{ Name: 'email_verified', Value: 'true' }] }, { name: 'NotAuthorizedException' }],
    ['b@example.com', { UserAttributes: [{ Name: 'phone_number', Value: '123' }] }, { name: 'InvalidParameterException' }],
    [
      'b@example.com',
      { SecretHash: 'x' },
      { name: 'NotImplementedByLocalRuntime', message: expect.stringContaining('SignUp with SecretHash') },
    ],
    ['b@example.com', { Password: undefined }, { name: 'InvalidParameterException', message: expect.stringContaining("'password'") }],
  ])('%s with %j is refused', async (email, input, refusal) => {
    await expect(signUp(email, input)).rejects.toMatchObject(refusal);
  });

  test('needs what the schema requires, and a pool that permits it', async () => {
    const named = await createPool('Named', { Schema: [{ Name: 'given_name', Required: true }] });
    const client = await createClient('NamedApp', { UserPoolId: named });
    await expect(signUp('c@example.com', { ClientId: client })).rejects.toThrow('given_name: The attribute is required');
    const closed = await createPool('ClosedUsers', { AdminCreateUserConfig: { AllowAdminCreateUserOnly: 'true' } });
    const closedClient = await createClient('ClosedApp', { UserPoolId: closed });
    await expect(signUp('c@example.com', { ClientId: closedClient })).rejects.toThrow('SignUp is not permitted for this user pool');
  });

  test('of an unknown user, a discreet client learns nothing', async () => {
    expect(await resend('nobody@example.com')).toMatchObject({ CodeDeliveryDetails: { Destination: 'n***@e***' } });
    expect(service.outbox.latestTo('nobody@example.com')).toBeUndefined();
    await expect(confirm('nobody@example.com', '123456')).rejects.toMatchObject(EXPIRED);
    await expect(resend('nobody@example.com', legacy)).rejects.toMatchObject({ name: 'UserNotFoundException' });
    await expect(confirm('nobody@example.com', '123456', legacy)).rejects.toMatchObject({ name: 'UserNotFoundException' });
  });
});

describe('trying', () => {
  const LIMIT = { name: 'LimitExceededException', message: 'Attempt limit exceeded, please try after some time.' };

  // A stranger's name is refused alike, or the limit would tell who exists.
  test.each(['guessed@example.com', 'stranger@example.com'])(
    'codes of %s ends after fifteen in an hour, asking for one after five',
    async (email) => {
      if (email.startsWith('guessed')) await signUp(email);
      for (let attempt = 0; attempt < 15; attempt++) {
        await expect(confirm(email, otherThan(codeTo(email)))).rejects.not.toMatchObject(LIMIT);
      }
      await expect(confirm(email, codeTo(email) || '000000')).rejects.toMatchObject(LIMIT);
      for (let attempt = 0; attempt < 5; attempt++) await resend(email);
      await expect(resend(email)).rejects.toMatchObject(LIMIT);
      door.clock.advance(HOUR_MS);
      await resend(email);
    },
  );
});

describe('a forgotten password', () => {
  const forget = (email: string, ClientId = discreet) => cognito.send(new ForgotPasswordCommand({ ClientId, Username: email }));
  const reset = (email: string, code: string, password: string, ClientId = discreet) =>
    cognito.send(new ConfirmForgotPasswordCommand({ ClientId, Username: email, ConfirmationCode: code, Password: password }));

  test('is replaced by the code that was mailed, once', async () => {
    expect(await forget('ada@example.com')).toMatchObject({ CodeDeliveryDetails: { Destination: 'a***@e***' } });
    const code = codeTo('ada@example.com');
    await expect(reset('ada@example.com', otherThan(code), 'Difference-Engine-1822')).rejects.toMatchObject(MISMATCH);
    await expect(reset('ada@example.com', code, 'short')).rejects.toMatchObject({ name: 'InvalidPasswordException' });
    await reset('ada@example.com', code, 'Difference-Engine-1822');
    expect(await signIn('ada@example.com', 'Difference-Engine-1822')).toHaveProperty('AuthenticationResult');
    await expect(signIn('ada@example.com', PASSWORD)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
    await expect(reset('ada@example.com', code, PASSWORD)).rejects.toMatchObject(EXPIRED);
  });

  test('the code expires after an hour', async () => {
    await forget('ada@example.com');
    door.clock.advance(HOUR_MS);
    await expect(reset('ada@example.com', codeTo('ada@example.com'), PASSWORD)).rejects.toMatchObject(EXPIRED);
  });

  test('of an unknown user, a discreet client learns nothing', async () => {
    expect(await forget('nobody@example.com')).toMatchObject({ CodeDeliveryDetails: { Destination: 'n***@e***' } });
    expect(service.outbox.latestTo('nobody@example.com')).toBeUndefined();
    await expect(reset('nobody@example.com', '123456', PASSWORD)).rejects.toMatchObject(MISMATCH);
    await expect(forget('nobody@example.com', legacy)).rejects.toMatchObject({ name: 'UserNotFoundException' });
  });

  test('cannot be reset without a verified address, nor while the password is temporary', async () => {
    const user = { UserPoolId: poolId, Username: 'unverified@example.com' };
    await cognito.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }));
    await expect(forget(user.Username, legacy)).rejects.toThrow('User password cannot be reset in the current state.');
    await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: PASSWORD, Permanent: true }));
    await expect(forget(user.Username, legacy)).rejects.toThrow('there is no registered/verified email');
    expect(await forget(user.Username)).toHaveProperty('CodeDeliveryDetails');
    expect(service.outbox.latestTo(user.Username)).toBeUndefined();
  });
});
