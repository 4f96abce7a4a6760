import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  ListUserPoolClientsCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { unhonouredPaths } from '../../local/assembly/honoured-properties.ts';
import { CognitoService } from '../../local/cognito/cognito.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

/** As aws-cdk-lib's UserPool writes it for e-mail sign-in, self sign-up and optional TOTP. */
const CDK_POOL = {
  AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }] },
  AdminCreateUserConfig: { AllowAdminCreateUserOnly: false },
  AutoVerifiedAttributes: ['email'],
  DeletionProtection: 'ACTIVE',
  EmailVerificationMessage: 'The verification code to your new account is {####}',
  EmailVerificationSubject: 'Verify your new account',
  EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
  MfaConfiguration: 'OPTIONAL',
  Policies: {
    PasswordPolicy: {
      MinimumLength: 12,
      RequireLowercase: true,
      RequireNumbers: true,
      RequireSymbols: false,
      RequireUppercase: true,
      TemporaryPasswordValidityDays: 3,
    },
  },
  Schema: [{ Mutable: true, Name: 'email', Required: true }],
  SmsVerificationMessage: 'The verification code to your new account is {####}',
  UserPoolTier: 'ESSENTIALS',
  UsernameAttributes: ['email'],
  VerificationMessageTemplate: {
    DefaultEmailOption: 'CONFIRM_WITH_CODE',
    EmailMessage: 'The verification code to your new account is {####}',
    EmailSubject: 'Verify your new account',
    SmsMessage: 'The verification code to your new account is {####}',
  },
};
const CDK_CLIENT = {
  AccessTokenValidity: 60,
  AllowedOAuthFlowsUserPoolClient: false,
  EnableTokenRevocation: true,
  ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
  IdTokenValidity: 60,
  PreventUserExistenceErrors: 'ENABLED',
  RefreshTokenValidity: 43_200,
  SupportedIdentityProviders: ['COGNITO'],
  TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' },
};

let door: TestFrontDoor;
let service: CognitoService;

beforeEach(async () => {
  door = await openFrontDoor(({ clock }) => {
    service = new CognitoService({ clock, region: 'eu-west-1' });
    return [service];
  });
});
afterEach(() => door.close());

const pool = (properties: object = {}, logicalId = 'Users') =>
  door.provision('AWS::Cognito::UserPool', logicalId, { ...CDK_POOL, ...properties });
const client = async (properties: object = {}) =>
  door.provision('AWS::Cognito::UserPoolClient', 'App', { UserPoolId: (await pool()).ref, ...CDK_CLIENT, ...properties });

/** The paths of all leaves, such as `Policies.PasswordPolicy.MinimumLength`; lists are leaves. */
function leaves(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, child]) =>
    typeof child === 'object' && !Array.isArray(child) ? leaves(child, `${prefix}${name}.`) : [`${prefix}${name}`],
  );
}

test('ids have the shape of AWS’s, and stay the same after a restart', async () => {
  const [first, app] = [await pool(), await client()];
  expect(first.ref).toMatch(/^eu-west-1_[0-9A-Za-z]{9}$/);
  expect(first.attributes).toEqual({
    Arn: `arn:aws:cognito-idp:eu-west-1:000000000000:userpool/${first.ref}`,
    ProviderName: `cognito-idp.eu-west-1.amazonaws.com/${first.ref}`,
    ProviderURL: `https://cognito-idp.eu-west-1.amazonaws.com/${first.ref}`,
    UserPoolId: first.ref,
  });
  expect(app.ref).toMatch(/^[0-9a-z]{26}$/);
  expect(app.attributes).toMatchObject({ ClientId: app.ref, Name: expect.stringMatching(/^Test-App-/) });
  expect((await pool({}, 'Others')).ref).not.toBe(first.ref);
  const again = new CognitoService({ clock: door.clock, region: 'eu-west-1' });
  const resource = { logicalId: 'Users', stackName: 'Test', type: 'AWS::Cognito::UserPool', properties: CDK_POOL, path: 'Test/Users' };
  expect((await again.resourceTypes[0]?.create(resource))?.ref).toBe(first.ref);
});

test('a pool that is provisioned again keeps its users and its key', async () => {
  const { ref } = await pool();
  const cognito = new CognitoIdentityProviderClient(door.clientConfig);
  await cognito.send(new AdminCreateUserCommand({ UserPoolId: ref, Username: 'ada@example.com', MessageAction: 'SUPPRESS' }));
  const keys = async () => (await fetch(`${door.clientConfig.endpoint}/${ref}/.well-known/jwks.json`)).json();
  const before = await keys();
  await pool({ UserPoolName: 'renamed' });
  expect(await keys()).toEqual(before);
  expect(await cognito.send(new AdminGetUserCommand({ UserPoolId: ref, Username: 'ada@example.com' }))).toHaveProperty('Username');
});

test('pools and clients are listed and described as the template made them', async () => {
  const cognito = new CognitoIdentityProviderClient(door.clientConfig);
  const [users, others, app] = [await pool({ UserPoolName: 'users' }), await pool({}, 'Others'), await client({ ClientName: 'app' })];
  const first = await cognito.send(new ListUserPoolsCommand({ MaxResults: 1 }));
  const second = await cognito.send(new ListUserPoolsCommand({ MaxResults: 1, NextToken: first.NextToken }));
  expect([...(first.UserPools ?? []), ...(second.UserPools ?? [])].map(({ Id }) => Id)).toEqual([users.ref, others.ref]);
  expect(second.NextToken).toBeUndefined();
  const { UserPool } = await cognito.send(new DescribeUserPoolCommand({ UserPoolId: others.ref }));
  expect(UserPool).toMatchObject({
    Id: others.ref,
    Arn: others.attributes?.['Arn'],
    Name: expect.stringMatching(/^Test-Others-/),
    MfaConfiguration: 'OPTIONAL',
  });
  expect(UserPool?.Policies?.PasswordPolicy).toMatchObject(CDK_POOL.Policies.PasswordPolicy);
  const { UserPoolClients } = await cognito.send(new ListUserPoolClientsCommand({ UserPoolId: users.ref, MaxResults: 10 }));
  expect(UserPoolClients).toEqual([{ ClientId: app.ref, ClientName: 'app', UserPoolId: users.ref }]);
  const { UserPoolClient } = await cognito.send(new DescribeUserPoolClientCommand({ UserPoolId: users.ref, ClientId: app.ref }));
  expect(UserPoolClient).toMatchObject({ ClientName: 'app', UserPoolId: users.ref, ExplicitAuthFlows: CDK_CLIENT.ExplicitAuthFlows });
  const stranger = cognito.send(new DescribeUserPoolClientCommand({ UserPoolId: others.ref, ClientId: app.ref }));
  await expect(stranger).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('of what the CDK writes, nothing is left unhonoured', () => {
  const unaccounted = [CDK_POOL, CDK_CLIENT].flatMap((properties, index) => {
    const type = service.resourceTypes[index];
    const known = [...(type?.honours ?? []), ...Object.keys(type?.inert ?? {})];
    return leaves(properties).filter((leaf) => !known.some((path) => leaf === path || leaf.startsWith(`${path}.`)));
  });
  expect(unaccounted).toEqual([]);
});

test('sign-in pages are created and named as not served; so are passkeys', async () => {
  const [users, app] = [await pool(), await client()];
  const domain = { UserPoolId: users.ref, Domain: 'our-manuals', ManagedLoginVersion: 2 };
  const style = { UserPoolId: users.ref, ClientId: app.ref, UseCognitoProvidedValues: true };
  expect((await door.provision('AWS::Cognito::UserPoolDomain', 'Pages', domain)).ref).toBe('our-manuals');
  expect((await door.provision('AWS::Cognito::ManagedLoginBranding', 'Style', style)).ref).toMatch(`${users.ref}|`);
  await expect(door.provision('AWS::Cognito::ManagedLoginBranding', 'Style', { ...style, ClientId: 'nobody' })).rejects.toThrow('nobody');
  await expect(door.provision('AWS::Cognito::UserPoolDomain', 'Pages', { ...domain, UserPoolId: 'none' })).rejects.toThrow('none');
  const passkeys = { Policies: { SignInPolicy: {} }, WebAuthnRelyingPartyID: 'example.com', WebAuthnUserVerification: 'required' };
  const unhonoured = (type: string, properties: object) => {
    const found = service.resourceTypes.find((candidate) => candidate.type === `AWS::Cognito::${type}`);
    return found && unhonouredPaths(found, { ...properties });
  };
  expect(unhonoured('UserPoolDomain', domain)).toEqual(['Domain', 'ManagedLoginVersion']);
  expect(unhonoured('ManagedLoginBranding', style)).toEqual(['UseCognitoProvidedValues']);
  expect(unhonoured('UserPool', passkeys)).toEqual(['Policies.SignInPolicy', 'WebAuthnRelyingPartyID', 'WebAuthnUserVerification']);
});

test.each<[object, string]>([
  [{ UsernameAttributes: ['phone_number'] }, 'sign in by anything but e-mail alone'],
  [{ UsernameAttributes: undefined }, 'sign in by anything but e-mail alone'],
  [{ AliasAttributes: ['email'] }, 'sign in by anything but e-mail alone'],
  [{ Schema: [{ Name: 'plan', AttributeDataType: 'String' }] }, 'the custom user attribute plan'],
  [{ EnabledMfas: ['SOFTWARE_TOKEN_MFA', 'SMS_MFA'] }, 'the second factor SMS_MFA'],
  [{ EnabledMfas: [], MfaConfiguration: 'ON' }, 'MfaConfiguration ON needs a second factor'],
  [{ VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' } }, 'confirmation by link'],
  [{ AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'admin_only', Priority: 1 }] } }, 'account recovery'],
  [{ Policies: { PasswordPolicy: { MinimumLength: 8 } } }, 'Policies.PasswordPolicy.RequireLowercase'],
  [{ Policies: { PasswordPolicy: { ...CDK_POOL.Policies.PasswordPolicy, MinimumLength: 5 } } }, 'Policies.PasswordPolicy.MinimumLength'],
])('a pool with %j is refused by name', async (properties, words) => {
  await expect(pool(properties)).rejects.toThrow(words);
});

test.each<[object, string]>([
  [{ GenerateSecret: true }, 'GenerateSecret'],
  [{ SupportedIdentityProviders: ['COGNITO', 'Google'] }, 'identity provider Google'],
  [{ ExplicitAuthFlows: ['USER_PASSWORD_AUTH'] }, 'ExplicitAuthFlows'],
  [{ RefreshTokenRotation: { Feature: 'ENABLED' } }, 'ALLOW_REFRESH_TOKEN_AUTH'],
  [{ AccessTokenValidity: 2 }, 'Invalid range for token validity'],
  [{ AuthSessionValidity: 16 }, 'AuthSessionValidity'],
  [{ WriteAttributes: ['name'] }, 'WriteAttributes of Test/App must hold email'],
  [{ UserPoolId: 'eu-west-1_Nowhere00' }, 'User pool eu-west-1_Nowhere00 does not exist.'],
])('a client with %j is refused by name', async (properties, words) => {
  await expect(client(properties)).rejects.toThrow(words);
});
