import { z } from 'zod';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { type Operations, operation } from './input.ts';
import { invalidParameter, notAuthorized } from './refusals.ts';
import { offerSecret, proveSecret, SOFTWARE_TOKEN_MFA } from './software-token.ts';
import { holderOf, type TokenHolder } from './tokens.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPools } from './user-pools.ts';

/** The proof of who is asking: one of both. */
const proof = { AccessToken: z.string().optional(), Session: z.string().optional() };
const associateSoftwareToken = z.strictObject(proof);
const verifySoftwareToken = z.strictObject({
  ...proof,
  UserCode: z.string().regex(/^[0-9]{6}$/, 'Member must satisfy regular expression pattern: [0-9]+'),
  FriendlyDeviceName: z.string().optional(),
});
const setting = z.strictObject({ Enabled: z.boolean().default(false), PreferredMfa: z.boolean().default(false) }).prefault({});
const setUserMfaPreference = z.strictObject({
  AccessToken: z.string(),
  SoftwareTokenMfaSettings: z.strictObject({ Enabled: z.boolean().default(false), PreferredMfa: z.boolean().default(false) }).nullish(),
  SMSMfaSettings: setting.nullish(),
  EmailMfaSettings: setting.nullish(),
  WebAuthnMfaSettings: z.strictObject({ Enabled: z.boolean().default(false) }).nullish(),
});

interface Asking extends TokenHolder {
  /** The session that a set-up began with, for the one that follows. */
  readonly session: string | undefined;
}

/** A user's authenticator app. Public: an access token, or the session of a sign-in that demands an app, is the proof. */
export function softwareTokenOperations(pools: UserPools, clock: Clock): Operations {
  const whoAsks = async (input: { AccessToken?: string | undefined; Session?: string | undefined }): Promise<Asking> => {
    if ((input.AccessToken === undefined) === (input.Session === undefined)) {
      throw invalidParameter('Either AccessToken or Session is required, and not both.');
    }
    const asking =
      input.Session === undefined
        ? { ...(await holderOf(pools, input.AccessToken ?? '', clock.now())), session: undefined }
        : { ...settingUp(pools, input.Session), session: input.Session };
    if (!asking.pool.offersSoftwareTokens) throw notOffered();
    return asking;
  };
  return {
    AssociateSoftwareToken: operation('AssociateSoftwareToken', associateSoftwareToken, async (input) => {
      const asking = await whoAsks(input);
      const softwareToken = offerSecret(asking.user.softwareToken);
      asking.pool.users.change(asking.user, { softwareToken });
      return { SecretCode: softwareToken.offered, ...nextSession(asking, false) };
    }),

    VerifySoftwareToken: operation('VerifySoftwareToken', verifySoftwareToken, async (input) => {
      const asking = await whoAsks(input);
      const { pool, user } = asking;
      const softwareToken = proveSecret(user.softwareToken, input.UserCode, input.FriendlyDeviceName, clock.now());
      pool.users.change(user, { softwareToken });
      return { Status: 'SUCCESS', ...nextSession(asking, true) };
    }),

    SetUserMFAPreference: operation('SetUserMFAPreference', setUserMfaPreference, async (input) => {
      const { pool, user } = await holderOf(pools, input.AccessToken, clock.now());
      refuseOtherFactors({ SMS_MFA: input.SMSMfaSettings, EMAIL_OTP: input.EmailMfaSettings, WEB_AUTHN: input.WebAuthnMfaSettings });
      if (input.SoftwareTokenMfaSettings) {
        const { Enabled: enabled, PreferredMfa: preferred } = input.SoftwareTokenMfaSettings;
        if (enabled) requireProvedApp(pool, user.softwareToken.secret);
        else if (preferred) throw invalidParameter(`${SOFTWARE_TOKEN_MFA} cannot be preferred without being enabled.`);
        pool.users.change(user, { softwareToken: { ...user.softwareToken, enabled, preferred } });
      }
      return {};
    }),
  };
}

/** Whose sign-in waits, by that session, for an app to be set up. */
function settingUp(pools: UserPools, session: string): TokenHolder {
  const pool = pools.all.find((candidate) => candidate.sessions.has(session));
  const challenge = pool?.sessions.find(session, 'MFA_SETUP');
  const client = pool?.clients.get(challenge?.clientId ?? '');
  if (!pool || !challenge || !client) throw notAuthorized('Invalid session for the user, session is expired.');
  return { pool, client, user: pool.challengedUser('MFA_SETUP', session, client, challenge.sub) };
}

/** Each step of a set-up is proved by the session of the one before; a wrong code leaves that open. */
function nextSession({ pool, client, user, session }: Asking, proved: boolean) {
  if (session === undefined) return {};
  pool.sessions.spend(session);
  return { Session: pool.sessions.open({ name: 'MFA_SETUP', clientId: client.id, sub: user.sub, proved }, client.challengeLifetimeMs) };
}

function requireProvedApp(pool: UserPool, secret: string | undefined): void {
  if (!pool.offersSoftwareTokens) throw notOffered();
  if (secret === undefined) throw invalidParameter('User has not verified software token mfa');
}

/** Clients that know of other factors state them all; no pool here offers one. */
function refuseOtherFactors(settings: Readonly<Record<string, { readonly Enabled: boolean } | null | undefined>>): void {
  const [wanted] = Object.entries(settings).find(([, stated]) => stated?.Enabled) ?? [];
  if (wanted) throw invalidParameter(`User does not have delivery config set to turn on ${wanted}`);
}

/** As Cognito's guide quotes it (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html). */
function notOffered(): AwsError {
  return new AwsError('SoftwareTokenMFANotFoundException', 'Software Token MFA has not been enabled by the userPool.');
}
