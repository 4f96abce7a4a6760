import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  GetUserAuthFactorsCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  StartWebAuthnRegistrationCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { CognitoService } from '../../local/cognito/cognito.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const EMAIL = 'ada@example.com';
const PASSWORD = 'Analytical-Engine-1843';
const CREDENTIALS = { USERNAME: EMAIL, PASSWORD };
const SRP_START = { USERNAME: EMAIL, SRP_A: 'abcdef0123456789' };
const WRONG = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' };

let door: TestFrontDoor;
let cognito: CognitoIdentityProviderClient;
let poolId: string;
let srpOnly: string;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => [new CognitoService({ clock, region: 'eu-west-1' })]);
  cognito = new CognitoIdentityProviderClient(door.clientConfig);
  poolId = await createPool('Users');
  srpOnly = await createClient('SrpOnly', ['ALLOW_USER_SRP_AUTH']);
});
afterAll(async () => {
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

async function createPool(logicalId: string): Promise<string> {
  const { ref } = await door.provision('AWS::Cognito::UserPool', logicalId, { UsernameAttributes: ['email'] });
  const user = { UserPoolId: ref, Username: EMAIL };
  await cognito.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }));
  await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: PASSWORD, Permanent: true }));
  return ref;
}

async function createClient(logicalId: string, flows: string[] | undefined, properties: Record<string, unknown> = {}): Promise<string> {
  const identity = await door.provision('AWS::Cognito::UserPoolClient', logicalId, {
    UserPoolId: poolId,
    PreventUserExistenceErrors: 'ENABLED',
    ...(flows && { ExplicitAuthFlows: flows }),
    ...properties,
  });
  return identity.ref;
}

/** `flow` is text, since users may send what the SDK's types forbid. */
function initiate(flow: string, AuthParameters: Record<string, string>, client = srpOnly) {
  return cognito.send(new InitiateAuthCommand({ AuthFlow: flow as 'USER_AUTH', ClientId: client, AuthParameters }));
}

describe('a flow that the client does not allow is refused', () => {
  test.each([
    ['USER_PASSWORD_AUTH', CREDENTIALS, 'USER_PASSWORD_AUTH flow not enabled for this client'],
    ['CUSTOM_AUTH', { USERNAME: EMAIL }, 'Auth flow not enabled for this client'],
    ['USER_AUTH', { USERNAME: EMAIL }, 'USER_AUTH flow not enabled for this client'],
    ['REFRESH_TOKEN_AUTH', { REFRESH_TOKEN: 'any' }, 'Auth flow not enabled for this client'],
    ['REFRESH_TOKEN', { REFRESH_TOKEN: 'any' }, 'Auth flow not enabled for this client'],
    ['ADMIN_USER_PASSWORD_AUTH', CREDENTIALS, 'Initiate Auth method not supported.'],
  ])('%s', async (flow, parameters, message) => {
    await expect(initiate(flow, parameters)).rejects.toMatchObject({ name: 'InvalidParameterException', message });
  });

  test('USER_SRP_AUTH', async () => {
    const client = await createClient('NoSrp', ['ALLOW_USER_PASSWORD_AUTH']);
    await expect(initiate('USER_SRP_AUTH', SRP_START, client)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'USER_SRP_AUTH is not enabled for the client.',
    });
  });

  test('a client that states no flows allows those that CloudFormation gives it', async () => {
    const client = await createClient('Unstated', undefined);
    expect(await initiate('USER_SRP_AUTH', SRP_START, client)).toMatchObject({ ChallengeName: 'PASSWORD_VERIFIER' });
    await expect(initiate('USER_PASSWORD_AUTH', CREDENTIALS, client)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('USER_PASSWORD_AUTH', () => {
  test('works where it is allowed, and tells a wrong password from an unknown user no more than SRP', async () => {
    const client = await createClient('Password', ['ALLOW_USER_PASSWORD_AUTH']);
    const { AuthenticationResult } = await initiate('USER_PASSWORD_AUTH', CREDENTIALS, client);
    expect(AuthenticationResult).toMatchObject({ ExpiresIn: 3600, TokenType: 'Bearer', RefreshToken: expect.any(String) });
    await expect(initiate('USER_PASSWORD_AUTH', { ...CREDENTIALS, PASSWORD: 'x' }, client)).rejects.toMatchObject(WRONG);
    await expect(initiate('USER_PASSWORD_AUTH', { ...CREDENTIALS, USERNAME: 'x@y.zz' }, client)).rejects.toMatchObject(WRONG);
  });
});

describe('what is not emulated is refused by name', () => {
  const unable = (what: string) => ({ name: 'NotImplementedByLocalRuntime', message: expect.stringContaining(what) });

  test('flows that the client allows', async () => {
    const client = await createClient('Rich', ['ALLOW_USER_AUTH', 'ALLOW_CUSTOM_AUTH']);
    await expect(initiate('USER_AUTH', { USERNAME: EMAIL }, client)).rejects.toMatchObject(unable('USER_AUTH'));
    await expect(initiate('CUSTOM_AUTH', { USERNAME: EMAIL }, client)).rejects.toMatchObject(unable('CUSTOM_AUTH'));
  });

  test('parameters and members that would change the outcome', async () => {
    await expect(initiate('USER_SRP_AUTH', { ...SRP_START, DEVICE_KEY: 'd' })).rejects.toMatchObject(unable('DEVICE_KEY'));
    await expect(initiate('USER_SRP_AUTH', { ...SRP_START, SECRET_HASH: 's' })).rejects.toMatchObject(unable('SECRET_HASH'));
    const withSession = new InitiateAuthCommand({
      AuthFlow: 'USER_SRP_AUTH',
      ClientId: srpOnly,
      AuthParameters: SRP_START,
      Session: 's'.repeat(20),
    });
    await expect(cognito.send(withSession)).rejects.toMatchObject(unable('InitiateAuth with Session'));
  });

  test('public operations, without a signature too', async () => {
    const [factors, passkey] = [GetUserAuthFactorsCommand, StartWebAuthnRegistrationCommand];
    await expect(cognito.send(new factors({ AccessToken: 'any' }))).rejects.toMatchObject(unable('GetUserAuthFactors'));
    await expect(cognito.send(new passkey({ AccessToken: 'any' }))).rejects.toMatchObject(unable('StartWebAuthnRegistration'));
  });

  test('challenges', async () => {
    const answer = new RespondToAuthChallengeCommand({ ChallengeName: 'SMS_MFA', ClientId: srpOnly, ChallengeResponses: {} });
    await expect(cognito.send(answer)).rejects.toMatchObject(unable('SMS_MFA'));
  });
});

describe('requests that say too little', () => {
  test('an unknown client', async () => {
    await expect(initiate('USER_SRP_AUTH', SRP_START, 'nosuchclient')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test.each(['0', 'ffff-not-hex', ''])('the public value "%s"', async (SRP_A) => {
    await expect(initiate('USER_SRP_AUTH', { USERNAME: EMAIL, SRP_A })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('a missing member is named', async () => {
    await expect(cognito.send(new InitiateAuthCommand({ AuthFlow: 'USER_SRP_AUTH', ClientId: undefined }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "1 validation error detected: Value null at 'clientId' failed to satisfy constraint: Member must not be null",
    });
    await expect(initiate('USER_SRP_AUTH', { USERNAME: EMAIL })).rejects.toThrow('Missing required parameter SRP_A');
  });
});
