import fc from 'fast-check';
import { codeAt, newSecret, stepOf } from '../../local/cognito/totp.ts';

/** `12345678901234567890`, the secret of RFC 6238's appendix B, in base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const STEP_MS = 30_000;

// The appendix has eight digits; an app shows the last six.
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('at %d s the code is that of RFC 6238', (seconds, code) => {
  expect(codeAt(SECRET, seconds * 1000)).toBe(code);
  expect(stepOf(SECRET, code, seconds * 1000)).toBe(Math.floor(seconds / 30));
});

// RFC 4226, appendix D: counters 0 to 9.
test('the first ten codes are those of RFC 4226', () => {
  const codes = Array.from({ length: 10 }, (_, counter) => codeAt(SECRET, counter * STEP_MS));
  expect(codes).toEqual(['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']);
});

test('secrets are 256 bits of base32, and no two alike', () => {
  expect(newSecret()).toMatch(/^[A-Z2-7]{52}$/);
  expect(newSecret()).not.toBe(newSecret());
});

const time = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000);

test('a code is known by its step from one step before it to one after', () => {
  fc.assert(
    fc.property(time, fc.integer({ min: -1, max: 1 }), (at, late) => {
      const secret = newSecret();
      const found = stepOf(secret, codeAt(secret, at), Math.max(at + late * STEP_MS, 0));
      // Two steps may share a code, one time in a million.
      expect([-1, 0, 1]).toContain((found ?? Number.NaN) - Math.floor(at / STEP_MS));
    }),
  );
});

test('what is further away, or no code at all, is known by none', () => {
  expect(stepOf(SECRET, '287082', 59_000 - 2 * STEP_MS)).toBeUndefined();
  expect(stepOf(SECRET, '287082', 59_000 + 2 * STEP_MS)).toBeUndefined();
  fc.assert(
    fc.property(fc.string(), time, (text, at) => {
      fc.pre(!/^\d{6}$/.test(text));
      expect(stepOf(SECRET, text, at)).toBeUndefined();
    }),
  );
});
