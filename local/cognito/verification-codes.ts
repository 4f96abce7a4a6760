import { randomInt } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { StoredMap } from '../platform/state.ts';
import { codeExpired, codeMismatch } from './refusals.ts';

/** What a code is for, and how long it holds (https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html). */
const CODE_LIFETIME_MS = {
  confirmation: 24 * 60 * 60 * 1000,
  passwordReset: 60 * 60 * 1000,
  attribute: 24 * 60 * 60 * 1000,
} as const;

type CodePurpose = keyof typeof CODE_LIFETIME_MS;

export interface IssuedCode {
  readonly code: string;
  readonly expiresAtMs: number;
}

/** The codes that were sent and not used yet. A new one replaces the one before. */
export class VerificationCodes {
  readonly #clock: Clock;
  readonly #codes: StoredMap<IssuedCode>;

  constructor(clock: Clock, stored: StoredMap<IssuedCode>) {
    this.#clock = clock;
    this.#codes = stored;
  }

  /** Six digits for the user of that `sub`. */
  issue(purpose: CodePurpose, sub: string): string {
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    this.#codes.set(key(purpose, sub), { code, expiresAtMs: this.#clock.now() + CODE_LIFETIME_MS[purpose] });
    return code;
  }

  /** Throws unless the code is the one that was sent last and still holds. It stays usable until `spend`. */
  check(purpose: CodePurpose, sub: string, code: string): void {
    const issued = this.#codes.get(key(purpose, sub));
    if (!issued || issued.expiresAtMs <= this.#clock.now()) throw codeExpired();
    if (issued.code !== code) throw codeMismatch();
  }

  spend(purpose: CodePurpose, sub: string): void {
    this.#codes.delete(key(purpose, sub));
  }
}

function key(purpose: CodePurpose, sub: string): string {
  return `${purpose}/${sub}`;
}
