import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/*
 * Time-based one-time passwords as authenticator apps make them and Cognito takes them: HMAC-SHA1, six digits, 30 seconds
 * (https://www.rfc-editor.org/rfc/rfc6238, https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html).
 */
const STEP_MS = 30_000;
const DIGITS = 6;
/** "Within 30 seconds before or after the attempt", says the same page of Cognito's guide. */
const TOLERATED_STEPS = 1;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const SECRET_BYTES = 32;

/** A new secret in base32, as an authenticator app is told it. */
export function newSecret(): string {
  const bits = [...randomBytes(SECRET_BYTES)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32.charAt(Number.parseInt(five.padEnd(5, '0'), 2))).join('');
}

/** The code that an app shows at a time, of a secret in base32. */
export function codeAt(secret: string, timeMs: number): string {
  return codeOfStep(bytesOf(secret), Math.floor(timeMs / STEP_MS));
}

/** The step, counted from the epoch, whose code this is; undefined when it is none of those around `nowMs`. */
export function stepOf(secret: string, code: string, nowMs: number): number | undefined {
  const key = bytesOf(secret);
  const now = Math.floor(nowMs / STEP_MS);
  const given = Buffer.from(code);
  for (let step = now - TOLERATED_STEPS; step <= now + TOLERATED_STEPS; step++) {
    const expected = Buffer.from(codeOfStep(key, step));
    if (given.length === expected.length && timingSafeEqual(given, expected)) return step;
  }
  return undefined;
}

/** HOTP of RFC 4226: four bytes of the digest, at an offset that its last half-byte says. */
function codeOfStep(key: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.max(step, 0)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const offset = digest.readUInt8(digest.length - 1) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS).padStart(DIGITS, '0');
}

function bytesOf(base32: string): Buffer {
  const bits = [...base32].map((character) => BASE32.indexOf(character).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}
