import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  AdminDeleteUserCommand,
  ConfirmSignUpCommand,
  GetTokensFromRefreshTokenCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  SignUpCommand,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { State } from '../../local/platform/state.ts';
import { openPool, type TestPool, tokenOf } from './cognito-support.ts';

const [ADA, GRACE] = ['ada@example.com', 'grace@example.com'];
const PASSWORD = 'Difference-Engine-1822';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'cognito-persistence-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Runs Cognito on what the run before has stored. */
async function run(work: (pool: TestPool) => Promise<void>): Promise<void> {
  const state = State.open(directory);
  const pool = await openPool({}, state);
  try {
    await work(pool);
  } finally {
    await pool.close();
    state.close();
  }
}

const verified = (pool: TestPool, token: string) =>
  pool.service.verifyToken(`arn:aws:cognito-idp:eu-west-1:000000000000:userpool/${pool.poolId}`, token);

test('a user, and the tokens that they were given, are as good after a restart as before', async () => {
  let token = '';
  let refreshToken: string | undefined;
  let sub: unknown;
  await run(async (pool) => {
    await pool.createUser(ADA);
    const { AuthenticationResult } = await pool.initiate(ADA);
    token = tokenOf(AuthenticationResult);
    refreshToken = AuthenticationResult?.RefreshToken;
    ({ sub } = await verified(pool, token));
    const UserAttributes = [{ Name: 'given_name', Value: 'Ada' }];
    await pool.cognito.send(new UpdateUserAttributesCommand({ AccessToken: token, UserAttributes }));
  });
  await run(async (pool) => {
    expect(await verified(pool, token)).toMatchObject({ sub, client_id: pool.clientId });
    const { UserAttributes } = await pool.cognito.send(new GetUserCommand({ AccessToken: token }));
    expect(UserAttributes).toContainEqual({ Name: 'given_name', Value: 'Ada' });
    const renewed = await pool.cognito.send(new GetTokensFromRefreshTokenCommand({ ClientId: pool.clientId, RefreshToken: refreshToken }));
    expect(await verified(pool, tokenOf(renewed.AuthenticationResult))).toMatchObject({ sub });
    expect(await verified(pool, await pool.accessToken(ADA))).toMatchObject({ sub });
    pool.door.clock.advance(61_000);
    const again = new GetTokensFromRefreshTokenCommand({ ClientId: pool.clientId, RefreshToken: refreshToken });
    await expect(pool.cognito.send(again)).rejects.toMatchObject({ name: 'RefreshTokenReuseException' });
  });
});

test('a sign-up is confirmed after a restart by the code that was sent before, and its mail is still in the outbox', async () => {
  await run(async (pool) => {
    await pool.cognito.send(new SignUpCommand({ ClientId: pool.clientId, Username: GRACE, Password: PASSWORD }));
  });
  await run(async (pool) => {
    const ConfirmationCode = pool.service.outbox.latestTo(GRACE)?.code;
    await pool.cognito.send(new ConfirmSignUpCommand({ ClientId: pool.clientId, Username: GRACE, ConfirmationCode }));
    await pool.accessToken(GRACE, PASSWORD);
  });
  await run(async (pool) => {
    await pool.accessToken(GRACE, PASSWORD);
    expect(pool.service.outbox.messages).toHaveLength(1);
  });
});

test('what has ended stays so: a sign-in, a user, the patience with wrong passwords', async () => {
  let token = '';
  await run(async (pool) => {
    for (const user of [ADA, GRACE]) await pool.createUser(user);
    token = await pool.accessToken(ADA);
    await pool.cognito.send(new GlobalSignOutCommand({ AccessToken: token }));
    for (let tries = 0; tries < 8; tries += 1) {
      // Past the lock of the try before, so that each counts; the last lock ends long after the next run has begun.
      pool.door.clock.advance(10 * 60 * 1000);
      await pool.initiate(ADA, 'Wrong-Password-1').catch(() => undefined);
    }
    await pool.cognito.send(new AdminDeleteUserCommand({ UserPoolId: pool.poolId, Username: GRACE }));
  });
  await run(async (pool) => {
    await expect(pool.cognito.send(new GetUserCommand({ AccessToken: token }))).rejects.toMatchObject({ name: 'NotAuthorizedException' });
    await expect(pool.initiate(ADA)).rejects.toThrow('Password attempts exceeded');
    pool.door.clock.advance(2 * 3600 * 1000);
    await pool.accessToken(ADA);
    await expect(pool.initiate(GRACE)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  });
});

test('who isn’t there looks the same after a restart', async () => {
  const saltOf = async (pool: TestPool) => {
    const AuthParameters = { USERNAME: 'nobody@example.com', SRP_A: 'abcdef0123456789'.repeat(48) };
    const answer = await pool.cognito.send(new InitiateAuthCommand({ AuthFlow: 'USER_SRP_AUTH', ClientId: pool.clientId, AuthParameters }));
    return answer.ChallengeParameters?.['SALT'];
  };
  let before: string | undefined;
  await run(async (pool) => {
    before = await saltOf(pool);
  });
  await run(async (pool) => {
    expect(await saltOf(pool)).toBe(before);
  });
});
