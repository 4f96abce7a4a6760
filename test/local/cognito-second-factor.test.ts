import {
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  AssociateSoftwareTokenCommand,
  type ChallengeNameType,
  GetUserCommand,
  RespondToAuthChallengeCommand,
  SetUserMFAPreferenceCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { codeAt } from '../../local/cognito/totp.ts';
import { openPool, type TestPool, tokenOf } from './cognito-support.ts';

const STEP_MS = 30_000;
const MINUTE_MS = 60_000;
const WRONG_CODE = { name: 'CodeMismatchException', message: 'Invalid code received for user' };
const USED_CODE = { name: 'ExpiredCodeException', message: 'Your software token has already been used once.' };
const WRONG_AT_SET_UP = { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch and fail enable Software Token MFA' };
const ENABLED = { Enabled: true, PreferredMfa: true };

let pool: TestPool;
let users = 0;

afterEach(() => pool.close());

async function newUser(): Promise<string> {
  const email = `user-${++users}@example.com`;
  await pool.createUser(email);
  return email;
}

const codeOf = (secret: string, offsetMs = 0) => codeAt(secret, pool.door.clock.now() + offsetMs);
/** A code of six digits that is none of those around now. */
const wrongCodeOf = (secret: string) =>
  ['000000', '111111', '222222', '333333'].find((code) => ![-STEP_MS, 0, STEP_MS].some((offset) => codeOf(secret, offset) === code)) ?? '';

async function associate(proof: { AccessToken?: string | undefined; Session?: string | undefined }) {
  const { SecretCode = '', Session } = await pool.cognito.send(new AssociateSoftwareTokenCommand(proof));
  return { secret: SecretCode, session: Session };
}

const verify = (proof: { AccessToken?: string; Session?: string | undefined }, UserCode: string, FriendlyDeviceName?: string) =>
  pool.cognito.send(new VerifySoftwareTokenCommand({ ...proof, UserCode, FriendlyDeviceName }));

const prefer = (AccessToken: string, SoftwareTokenMfaSettings: object) =>
  pool.cognito.send(new SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings }));

/** Sets an app up and turns it on; gives its secret. */
async function setUp(email: string): Promise<string> {
  const AccessToken = await pool.accessToken(email);
  const { secret } = await associate({ AccessToken });
  await verify({ AccessToken }, codeOf(secret));
  await prefer(AccessToken, ENABLED);
  pool.door.clock.advance(STEP_MS);
  return secret;
}

function respond(
  name: ChallengeNameType,
  Session: string | undefined,
  ChallengeResponses: Record<string, string>,
  ClientId = pool.clientId,
) {
  return pool.cognito.send(new RespondToAuthChallengeCommand({ ChallengeName: name, ClientId, Session, ChallengeResponses }));
}

const answer = (email: string, session: string | undefined, code: string, client?: string) =>
  respond('SOFTWARE_TOKEN_MFA', session, { USERNAME: email, SOFTWARE_TOKEN_MFA_CODE: code }, client);

describe('where the pool leaves it to the user', () => {
  beforeEach(async () => {
    pool = await openPool({ MfaConfiguration: 'OPTIONAL', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] });
  });

  test('an app is set up with an access token, and asked for once it is turned on', async () => {
    const email = await newUser();
    const AccessToken = await pool.accessToken(email);
    const { secret, session } = await associate({ AccessToken });
    expect([secret, session]).toEqual([expect.stringMatching(/^[A-Z2-7]{52}$/), undefined]);
    await expect(verify({ AccessToken }, wrongCodeOf(secret))).rejects.toMatchObject(WRONG_AT_SET_UP);
    await expect(prefer(AccessToken, ENABLED)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'User has not verified software token mfa',
    });
    expect(await verify({ AccessToken }, codeOf(secret), 'Phone')).toMatchObject({ Status: 'SUCCESS' });
    expect(await pool.initiate(email)).toHaveProperty('AuthenticationResult');
    await prefer(AccessToken, ENABLED);
    const { ChallengeName, ChallengeParameters, AuthenticationResult, Session } = await pool.initiate(email);
    expect([ChallengeName, AuthenticationResult]).toEqual(['SOFTWARE_TOKEN_MFA', undefined]);
    expect(ChallengeParameters).toEqual({ USER_ID_FOR_SRP: expect.any(String), FRIENDLY_DEVICE_NAME: 'Phone' });
    pool.door.clock.advance(STEP_MS);
    const signedIn = await answer(email, Session, codeOf(secret));
    const described = { UserMFASettingList: ['SOFTWARE_TOKEN_MFA'], PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA' };
    const shown = await pool.cognito.send(new GetUserCommand({ AccessToken: tokenOf(signedIn.AuthenticationResult) }));
    expect(shown).toMatchObject(described);
    expect(await pool.cognito.send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: email }))).toMatchObject(described);
  });

  test('a wrong code leaves the challenge open; a right one ends it', async () => {
    const email = await newUser();
    const secret = await setUp(email);
    const { Session } = await pool.initiate(email);
    for (const code of [wrongCodeOf(secret), codeOf(secret, -2 * STEP_MS), codeOf(secret, 2 * STEP_MS), 'none']) {
      await expect(answer(email, Session, code)).rejects.toMatchObject(WRONG_CODE);
    }
    expect(await answer(email, Session, codeOf(secret))).toHaveProperty('AuthenticationResult.AccessToken');
    await expect(answer(email, Session, codeOf(secret, STEP_MS))).rejects.toThrow('session can only be used once');
  });

  test('a clock that is half a minute off is tolerated either way', async () => {
    const email = await newUser();
    const secret = await setUp(email);
    pool.door.clock.advance(5 * MINUTE_MS);
    const slow = await pool.initiate(email);
    expect(await answer(email, slow.Session, codeOf(secret, -STEP_MS))).toHaveProperty('AuthenticationResult');
    const fast = await pool.initiate(email);
    expect(await answer(email, fast.Session, codeOf(secret, STEP_MS))).toHaveProperty('AuthenticationResult');
  });

  test('no code is taken twice, nor one from before it, nor the one that set the app up', async () => {
    const email = await newUser();
    const AccessToken = await pool.accessToken(email);
    const { secret } = await associate({ AccessToken });
    const shown = codeOf(secret);
    await verify({ AccessToken }, shown);
    await prefer(AccessToken, ENABLED);
    const { Session } = await pool.initiate(email);
    await expect(answer(email, Session, shown)).rejects.toMatchObject(USED_CODE);
    await expect(answer(email, Session, codeOf(secret, -STEP_MS))).rejects.toMatchObject(USED_CODE);
    expect(await answer(email, Session, codeOf(secret, STEP_MS))).toHaveProperty('AuthenticationResult');
    const again = await pool.initiate(email);
    pool.door.clock.advance(STEP_MS);
    await expect(answer(email, again.Session, codeOf(secret))).rejects.toMatchObject(USED_CODE);
  });

  test('a challenge expires, and is of no use to another client or under another name', async () => {
    const [email, other] = [await newUser(), await newUser()];
    const secret = await setUp(email);
    const { Session } = await pool.initiate(email);
    const stranger = await pool.createClient('Stranger', {});
    await expect(answer(email, Session, codeOf(secret), stranger)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
    await expect(answer(other, Session, codeOf(secret))).rejects.toMatchObject({ name: 'NotAuthorizedException' });
    await expect(respond('MFA_SETUP', Session, { USERNAME: email })).rejects.toMatchObject({ name: 'NotAuthorizedException' });
    await expect(respond('NEW_PASSWORD_REQUIRED', Session, { USERNAME: email, NEW_PASSWORD: 'Another-Engine-1843' })).rejects.toMatchObject(
      {
        name: 'NotAuthorizedException',
      },
    );
    await expect(associate({ Session })).rejects.toMatchObject({ name: 'NotAuthorizedException' });
    pool.door.clock.advance(3 * MINUTE_MS);
    await expect(answer(email, Session, codeOf(secret))).rejects.toThrow('session is expired');
  });

  test('another app replaces the one before only when it is proved', async () => {
    const email = await newUser();
    const first = await setUp(email);
    const signIn = async (secret: string) => {
      pool.door.clock.advance(STEP_MS);
      const { Session } = await pool.initiate(email);
      return tokenOf((await answer(email, Session, codeOf(secret))).AuthenticationResult);
    };
    const AccessToken = await signIn(first);
    const { secret: second } = await associate({ AccessToken });
    await expect(signIn(second)).rejects.toMatchObject(WRONG_CODE);
    await signIn(first);
    await verify({ AccessToken }, codeOf(second));
    await expect(signIn(first)).rejects.toMatchObject(WRONG_CODE);
    await signIn(second);
  });

  test('it can be turned off again', async () => {
    const email = await newUser();
    const secret = await setUp(email);
    const { Session } = await pool.initiate(email);
    const AccessToken = tokenOf((await answer(email, Session, codeOf(secret))).AuthenticationResult);
    await expect(prefer(AccessToken, { Enabled: false, PreferredMfa: true })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await prefer(AccessToken, { Enabled: false });
    expect(await pool.initiate(email)).toHaveProperty('AuthenticationResult.AccessToken');
    expect(await pool.cognito.send(new GetUserCommand({ AccessToken }))).not.toHaveProperty('UserMFASettingList');
  });

  test.each([
    ['SMSMfaSettings', 'SMS_MFA'],
    ['EmailMfaSettings', 'EMAIL_OTP'],
    ['WebAuthnMfaSettings', 'WEB_AUTHN'],
  ])('%s cannot be turned on, and may be stated as off', async (member, factor) => {
    const AccessToken = await pool.accessToken(await newUser());
    const state = (Enabled: boolean) => pool.cognito.send(new SetUserMFAPreferenceCommand({ AccessToken, [member]: { Enabled } }));
    await state(false);
    await expect(state(true)).rejects.toMatchObject({ name: 'InvalidParameterException', message: expect.stringContaining(factor) });
  });

  test('a proof is needed, one only, and a code of six digits', async () => {
    const AccessToken = await pool.accessToken(await newUser());
    await expect(associate({})).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(associate({ AccessToken, Session: 's'.repeat(20) })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(associate({ AccessToken: 'nonsense' })).rejects.toMatchObject({ message: 'Invalid Access Token' });
    await expect(associate({ Session: 's'.repeat(20) })).rejects.toThrow('session is expired');
    await expect(verify({ AccessToken }, '123456')).rejects.toMatchObject({ name: 'SoftwareTokenMFANotFoundException' });
    await expect(verify({ AccessToken }, '12345')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('a wrong password is told before any code is asked for', async () => {
    const email = await newUser();
    await setUp(email);
    await expect(pool.initiate(email, 'Wrong-Engine-1843')).rejects.toMatchObject({ message: 'Incorrect username or password.' });
  });
});

describe('where the pool asks everybody', () => {
  beforeEach(async () => {
    pool = await openPool({ MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] });
  });

  test('the first sign-in sets an app up, and ends with tokens; the next asks for a code', async () => {
    const email = await newUser();
    const { ChallengeName, ChallengeParameters, Session } = await pool.initiate(email);
    expect([ChallengeName, ChallengeParameters]).toEqual([
      'MFA_SETUP',
      expect.objectContaining({ MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' }),
    ]);
    await expect(respond('MFA_SETUP', Session, { USERNAME: email })).rejects.toMatchObject({ name: 'SoftwareTokenMFANotFoundException' });
    const { secret, session } = await associate({ Session });
    await expect(associate({ Session })).rejects.toThrow('session can only be used once');
    await expect(verify({ Session: session }, wrongCodeOf(secret))).rejects.toMatchObject(WRONG_AT_SET_UP);
    const verified = await verify({ Session: session }, codeOf(secret));
    expect(verified.Status).toBe('SUCCESS');
    const stranger = await pool.createClient('Stranger', {});
    await expect(respond('MFA_SETUP', verified.Session, { USERNAME: email }, stranger)).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    });
    const { AuthenticationResult } = await respond('MFA_SETUP', verified.Session, { USERNAME: email });
    expect(await pool.cognito.send(new GetUserCommand({ AccessToken: tokenOf(AuthenticationResult) }))).toMatchObject({
      UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
    });
    await expect(respond('MFA_SETUP', verified.Session, { USERNAME: email })).rejects.toThrow('session can only be used once');
    pool.door.clock.advance(STEP_MS);
    const next = await pool.initiate(email);
    expect(next.ChallengeName).toBe('SOFTWARE_TOKEN_MFA');
    const AccessToken = tokenOf((await answer(email, next.Session, codeOf(secret))).AuthenticationResult);
    await prefer(AccessToken, { Enabled: false });
    expect((await pool.initiate(email)).ChallengeName).toBe('SOFTWARE_TOKEN_MFA');
  });

  test('it comes after the new password that a temporary one demands', async () => {
    const email = await newUser();
    const user = { UserPoolId: pool.poolId, Username: email };
    await pool.cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: 'Temporary-1843-Engine' }));
    const { ChallengeName, Session } = await pool.initiate(email, 'Temporary-1843-Engine');
    expect(ChallengeName).toBe('NEW_PASSWORD_REQUIRED');
    const next = await respond('NEW_PASSWORD_REQUIRED', Session, { USERNAME: email, NEW_PASSWORD: 'Difference-Engine-1822' });
    expect([next.ChallengeName, next.AuthenticationResult]).toEqual(['MFA_SETUP', undefined]);
  });
});

describe('where the pool knows of no app', () => {
  beforeEach(async () => {
    pool = await openPool({});
  });

  test('none can be set up or turned on, in the words of Cognito’s guide', async () => {
    const AccessToken = await pool.accessToken(await newUser());
    const refusal = {
      name: 'SoftwareTokenMFANotFoundException',
      message: 'Software Token MFA has not been enabled by the userPool.',
    };
    await expect(associate({ AccessToken })).rejects.toMatchObject(refusal);
    await expect(verify({ AccessToken }, '123456')).rejects.toMatchObject(refusal);
    await expect(prefer(AccessToken, ENABLED)).rejects.toMatchObject(refusal);
  });
});
