import {
  AdminCreateUserCommand,
  type AdminCreateUserCommandInput,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { CognitoService } from '../../local/cognito/cognito.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const PASSWORD = 'Analytical-Engine-1843';
const POLICY = {
  MinimumLength: 12,
  RequireLowercase: true,
  RequireUppercase: true,
  RequireNumbers: true,
  RequireSymbols: true,
  TemporaryPasswordValidityDays: 3,
  PasswordHistorySize: 2,
};

let door: TestFrontDoor;
let service: CognitoService;
let cognito: CognitoIdentityProviderClient;
let poolId: string;
let clientId: string;

beforeAll(async () => {
  door = await openFrontDoor(({ clock }) => {
    service = new CognitoService({ clock, region: 'eu-west-1' });
    return [service];
  });
  cognito = new CognitoIdentityProviderClient(door.clientConfig);
  const pool = await door.provision('AWS::Cognito::UserPool', 'Users', {
    UsernameAttributes: ['email'],
    UsernameConfiguration: { CaseSensitive: false },
    Policies: { PasswordPolicy: POLICY },
    AdminCreateUserConfig: { InviteMessageTemplate: { EmailSubject: 'Welcome', EmailMessage: 'Hello {username}, enter with {####}' } },
  });
  poolId = pool.ref;
  const client = await door.provision('AWS::Cognito::UserPoolClient', 'App', {
    UserPoolId: poolId,
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
  });
  clientId = client.ref;
});
afterAll(async () => {
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

function create(email: string, input: Partial<AdminCreateUserCommandInput> = {}) {
  return cognito.send(new AdminCreateUserCommand({ UserPoolId: poolId, Username: email, MessageAction: 'SUPPRESS', ...input }));
}

function setPassword(email: string, Password: string, Permanent = true) {
  return cognito.send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: email, Password, Permanent }));
}

function signIn(email: string, PASSWORD: string) {
  const AuthParameters = { USERNAME: email, PASSWORD };
  return cognito.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: clientId, AuthParameters }));
}

const get = (email: string) => cognito.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: email }));

describe('AdminCreateUser', () => {
  test('makes a user who must change the password, under a UUID with the address as alias', async () => {
    const { User } = await create('ada@example.com', { UserAttributes: [{ Name: 'email_verified', Value: 'True' }] });
    expect(User).toMatchObject({ Enabled: true, UserStatus: 'FORCE_CHANGE_PASSWORD', Username: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(User?.Attributes).toEqual([
      { Name: 'sub', Value: User?.Username },
      { Name: 'email_verified', Value: 'true' },
      { Name: 'email', Value: 'ada@example.com' },
    ]);
    expect(Math.abs((User?.UserCreateDate?.getTime() ?? 0) - door.clock.now())).toBeLessThan(5000);
    const found = await get('Ada@Example.com');
    expect(found).toMatchObject({ Username: User?.Username, UserAttributes: User?.Attributes });
    expect(await get(User?.Username ?? '')).toMatchObject({ UserAttributes: User?.Attributes });
  });

  test('with a permanent password set, the user signs in right away', async () => {
    await create('demo@example.com');
    await setPassword('demo@example.com', PASSWORD);
    expect((await get('demo@example.com')).UserStatus).toBe('CONFIRMED');
    expect(await signIn('demo@example.com', PASSWORD)).toHaveProperty('AuthenticationResult.AccessToken');
  });

  test('sends an invitation unless it is suppressed', async () => {
    await create('quiet@example.com', { TemporaryPassword: PASSWORD });
    expect(service.outbox.latestTo('quiet@example.com')).toBeUndefined();
    await create('guest@example.com', { MessageAction: undefined });
    const mail = service.outbox.latestTo('guest@example.com');
    expect(mail).toMatchObject({
      subject: 'Welcome',
      body: `Hello guest@example.com, enter with ${mail?.code}`,
      operation: 'AdminCreateUser',
    });
    expect(await signIn('guest@example.com', mail?.code ?? '')).toMatchObject({ ChallengeName: 'NEW_PASSWORD_REQUIRED' });
  });

  test('a temporary password expires after the days of the policy', async () => {
    await create('late@example.com', { TemporaryPassword: PASSWORD });
    door.clock.advance(3 * 24 * 60 * 60 * 1000);
    await expect(signIn('late@example.com', PASSWORD)).rejects.toThrow('Temporary password has expired');
  });

  test.each<[string, Partial<AdminCreateUserCommandInput>, object]>([
    ['ADA@example.com', {}, { name: 'UsernameExistsException' }],
    ['not-an-address', {}, { name: 'InvalidParameterException', message: 'Username should be an email.' }],
    ['a@b.cd', { UserAttributes: [{ Name: 'email', Value: 'other@b.cd' }] }, { name: 'InvalidParameterException' }],
    ['a@b.cd', { UserAttributes: [{ Name: 'custom:plan', Value: 'x' }] }, { name: 'InvalidParameterException' }],
    ['a@b.cd', { TemporaryPassword: 'short' }, { name: 'InvalidPasswordException' }],
    ['a@b.cd', { MessageAction: 'RESEND' }, { name: 'NotImplementedByLocalRuntime', message: expect.stringContaining('RESEND') }],
    ['a@b.cd', { DesiredDeliveryMediums: ['SMS'] }, { name: 'NotImplementedByLocalRuntime', message: expect.stringContaining('SMS') }],
    ['a@b.cd', { ForceAliasCreation: true }, { name: 'NotImplementedByLocalRuntime' }],
    ['a@b.cd', { UserPoolId: 'eu-west-1_Nowhere00' }, { name: 'ResourceNotFoundException' }],
  ])('%s with %j is refused', async (email, input, refusal) => {
    await expect(create(email, input)).rejects.toMatchObject(refusal);
  });
});

describe('passwords', () => {
  test.each([
    ['Short-1', 'Password not long enough'],
    ['no-upper-case-1', 'Password must have uppercase characters'],
    ['NO-LOWER-CASE-1', 'Password must have lowercase characters'],
    ['No-Digits-At-All', 'Password must have numeric characters'],
    ['NoSymbolsAtAll1', 'Password must have symbol characters'],
    ['Ünicode§NoSymb1', 'Password must have symbol characters'],
  ])('%s breaks the policy', async (password, complaint) => {
    await expect(setPassword('demo@example.com', password)).rejects.toMatchObject({
      name: 'InvalidPasswordException',
      message: `Password does not conform to policy: ${complaint}`,
    });
  });

  test('a space inside counts as a symbol; around it is no password at all', async () => {
    await setPassword('demo@example.com', 'Space Inside 1');
    await expect(setPassword('demo@example.com', ' Space Around 1')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('the last ones may not come back, older ones may', async () => {
    await create('history@example.com');
    for (const password of ['First-Password-1', 'Second-Password-2']) await setPassword('history@example.com', password);
    for (const password of ['First-Password-1', 'Second-Password-2']) {
      await expect(setPassword('history@example.com', password)).rejects.toMatchObject({ name: 'PasswordHistoryPolicyViolationException' });
    }
    await setPassword('history@example.com', 'Third-Password-3');
    await setPassword('history@example.com', 'First-Password-1');
    expect(await signIn('history@example.com', 'First-Password-1')).toHaveProperty('AuthenticationResult');
  });

  test('one that is not permanent must be changed at the next sign-in', async () => {
    await create('reset@example.com');
    await setPassword('reset@example.com', PASSWORD, false);
    expect((await get('reset@example.com')).UserStatus).toBe('FORCE_CHANGE_PASSWORD');
    expect(await signIn('reset@example.com', PASSWORD)).toMatchObject({ ChallengeName: 'NEW_PASSWORD_REQUIRED' });
  });
});

describe('administration', () => {
  test('disable, enable, delete', async () => {
    const user = { UserPoolId: poolId, Username: 'state@example.com' };
    await create(user.Username);
    await cognito.send(new AdminDisableUserCommand(user));
    expect((await get(user.Username)).Enabled).toBe(false);
    await cognito.send(new AdminEnableUserCommand(user));
    expect((await get(user.Username)).Enabled).toBe(true);
    await cognito.send(new AdminDeleteUserCommand(user));
    await expect(get(user.Username)).rejects.toMatchObject({ name: 'UserNotFoundException', message: 'User does not exist.' });
    await expect(cognito.send(new AdminDeleteUserCommand(user))).rejects.toMatchObject({ name: 'UserNotFoundException' });
  });

  test.each([
    ['AdminCreateUser', { UserPoolId: 'x', Username: 'eve@example.com' }],
    ['AdminSetUserPassword', { UserPoolId: 'x', Username: 'ada@example.com', Password: PASSWORD, Permanent: true }],
    ['AdminGetUser', { UserPoolId: 'x', Username: 'ada@example.com' }],
    ['AdminDeleteUser', { UserPoolId: 'x', Username: 'ada@example.com' }],
    ['AdminDisableUser', { UserPoolId: 'x', Username: 'ada@example.com' }],
    ['AdminEnableUser', { UserPoolId: 'x', Username: 'ada@example.com' }],
    ['ListUsers', { UserPoolId: 'x' }],
    ['ListUserPools', { MaxResults: 1 }],
    ['DescribeUserPool', { UserPoolId: 'x' }],
    ['ListUserPoolClients', { UserPoolId: 'x' }],
    ['DescribeUserPoolClient', { UserPoolId: 'x', ClientId: 'x' }],
  ])('%s without a signature is refused', async (operation, input) => {
    const response = await fetch(door.clientConfig.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSCognitoIdentityProviderService.${operation}` },
      body: JSON.stringify({ ...input, ...('UserPoolId' in input && { UserPoolId: poolId }) }),
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationToken' });
  });

  test('a public operation of another service’s name is none of ours', async () => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AnotherService.GetUser' };
    expect((await fetch(door.clientConfig.endpoint, { method: 'POST', headers, body: '{}' })).status).toBe(403);
  });
});

describe('ListUsers', () => {
  const list = async (input: object = {}) => {
    const answer = await cognito.send(new ListUsersCommand({ UserPoolId: poolId, ...input }));
    return {
      emails: answer.Users?.map((user) => user.Attributes?.find(({ Name }) => Name === 'email')?.Value),
      next: answer.PaginationToken,
    };
  };

  test('filters by what Cognito can search', async () => {
    const { Username: sub } = await get('ada@example.com');
    expect(await list({ Filter: 'email = "ADA@example.com"' })).toMatchObject({ emails: ['ada@example.com'] });
    expect(await list({ Filter: 'email ^= "de"' })).toMatchObject({ emails: ['demo@example.com'] });
    expect(await list({ Filter: `sub = "${sub}"` })).toMatchObject({ emails: ['ada@example.com'] });
    expect((await list({ Filter: 'cognito:user_status = "CONFIRMED"' })).emails).toContain('demo@example.com');
    expect(await list({ Filter: 'status = "Disabled"' })).toMatchObject({ emails: [] });
    await expect(list({ Filter: 'email > "a"' })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(list({ Filter: 'gender = "x"' })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('goes page by page, with the attributes that are asked for', async () => {
    const all = (await list()).emails ?? [];
    const pages: (string | undefined)[] = [];
    let token: string | undefined;
    do {
      const page = await list({ Limit: 2, ...(token && { PaginationToken: token }) });
      pages.push(...(page.emails ?? []));
      token = page.next;
    } while (token);
    expect(pages).toEqual(all);
    const { Users } = await cognito.send(new ListUsersCommand({ UserPoolId: poolId, Limit: 1, AttributesToGet: ['sub'] }));
    expect(Users?.[0]?.Attributes).toEqual([{ Name: 'sub', Value: Users?.[0]?.Username }]);
  });
});
