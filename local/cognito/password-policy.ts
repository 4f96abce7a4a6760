import { randomInt } from 'node:crypto';
import { AwsError } from '../platform/call.ts';
import { invalidParameter } from './refusals.ts';

/** A pool's `Policies.PasswordPolicy`. */
export interface PasswordPolicy {
  readonly minimumLength: number;
  readonly requireLowercase: boolean;
  readonly requireUppercase: boolean;
  readonly requireNumbers: boolean;
  readonly requireSymbols: boolean;
  readonly temporaryPasswordValidityDays: number;
  /** How many former passwords may not come back; 0 is none. */
  readonly historySize: number;
}

/** What a pool has whose template states none (https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html). */
export const DEFAULT_PASSWORD_POLICY: PasswordPolicy = {
  minimumLength: 8,
  requireLowercase: true,
  requireUppercase: true,
  requireNumbers: true,
  requireSymbols: true,
  temporaryPasswordValidityDays: 7,
  historySize: 0,
};

/** The special characters that count (same page); a space counts too, unless it leads or trails. */
const SYMBOLS = '^$*.[]{}()?"!@#%&/\\,><\':;|_~`=+-';
/** The longest password that the API takes (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html). */
const MAX_PASSWORD_LENGTH = 256;

/** How Cognito begins its refusal: one way where a user is created, another where a password is replaced. */
type PolicyWording = 'Password did not conform with policy' | 'Password does not conform to policy';

/** Throws InvalidPasswordException, with the first rule that the password breaks. */
export function enforcePasswordPolicy(policy: PasswordPolicy, password: string, wording: PolicyWording): void {
  if (!/^\S+.*\S+$/.test(password)) {
    throw invalidParameter(
      "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$",
    );
  }
  const rules: readonly (readonly [broken: boolean, complaint: string])[] = [
    [password.length < policy.minimumLength, 'Password not long enough'],
    [password.length > MAX_PASSWORD_LENGTH, 'Password too long'],
    [policy.requireUppercase && !/[A-Z]/.test(password), 'Password must have uppercase characters'],
    [policy.requireLowercase && !/[a-z]/.test(password), 'Password must have lowercase characters'],
    [policy.requireNumbers && !/[0-9]/.test(password), 'Password must have numeric characters'],
    [policy.requireSymbols && !hasSymbol(password), 'Password must have symbol characters'],
  ];
  const complaint = rules.find(([broken]) => broken)?.[1];
  if (complaint) throw new AwsError('InvalidPasswordException', `${wording}: ${complaint}`);
}

/** A random password that satisfies the policy, for an invitation that names none. */
export function temporaryPassword(policy: PasswordPolicy): string {
  const kinds = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '!#%&*+-=?@'];
  const length = Math.max(policy.minimumLength, 12);
  return Array.from({ length }, (_, index) => pick(kinds[index % kinds.length] ?? '')).join('');
}

function hasSymbol(password: string): boolean {
  return [...password].some((character) => SYMBOLS.includes(character)) || password.includes(' ');
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}
