import { AwsError } from '../platform/call.ts';
import { newSecret, stepOf } from './totp.ts';

/** A user's authenticator app, plain data. */
export interface SoftwareToken {
  /** Handed out and not proved yet. It takes the place of `secret` once it is. */
  readonly offered?: string;
  /** What its codes are made from. */
  readonly secret?: string;
  readonly deviceName?: string;
  /** The step of the newest code that was taken. */
  readonly lastStep?: number;
  /** Whether the user chose to be asked for codes. */
  readonly enabled: boolean;
  readonly preferred: boolean;
}

export const NO_SOFTWARE_TOKEN: SoftwareToken = { enabled: false, preferred: false };

/** What a user is listed with (`UserMFASettingList`) and challenged by. */
export const SOFTWARE_TOKEN_MFA = 'SOFTWARE_TOKEN_MFA';

/** A secret for a new authenticator app; the one before goes on until the new one is proved. */
export function offerSecret(token: SoftwareToken): SoftwareToken & { readonly offered: string } {
  return { ...token, offered: newSecret() };
}

/** Takes the offered secret into use on a code that was made from it. Throws EnableSoftwareTokenMFAException for a wrong one. */
export function proveSecret(token: SoftwareToken, code: string, deviceName: string | undefined, nowMs: number): SoftwareToken {
  if (token.offered === undefined) throw noSoftwareToken();
  const step = stepOf(token.offered, code, nowMs);
  if (step === undefined) throw new AwsError('EnableSoftwareTokenMFAException', 'Code mismatch and fail enable Software Token MFA');
  const { enabled, preferred } = token;
  return { enabled, preferred, secret: token.offered, lastStep: step, ...(deviceName && { deviceName }) };
}

/** Takes a code at sign-in. Throws CodeMismatchException for a wrong one, and ExpiredCodeException for one that was taken, or an older one. */
export function takeCode(token: SoftwareToken, code: string, nowMs: number): SoftwareToken {
  if (token.secret === undefined) throw noSoftwareToken();
  const step = stepOf(token.secret, code, nowMs);
  if (step === undefined) throw new AwsError('CodeMismatchException', 'Invalid code received for user');
  if (token.lastStep !== undefined && step <= token.lastStep) {
    throw new AwsError('ExpiredCodeException', 'Your software token has already been used once.');
  }
  return { ...token, lastStep: step };
}

/** As GetUser and AdminGetUser tell of it. */
export function describePreference({ enabled, preferred }: SoftwareToken) {
  return {
    ...(enabled && { UserMFASettingList: [SOFTWARE_TOKEN_MFA] }),
    ...(preferred && { PreferredMfaSetting: SOFTWARE_TOKEN_MFA }),
  };
}

export function noSoftwareToken(): AwsError {
  return new AwsError('SoftwareTokenMFANotFoundException', 'Software Token MFA does not exist for the user.');
}
