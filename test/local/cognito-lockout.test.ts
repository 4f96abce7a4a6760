import fc from 'fast-check';
import { AttemptLimits } from '../../local/cognito/attempt-limits.ts';
import { SignInLockout } from '../../local/cognito/sign-in-lockout.ts';
import { AdjustableClock } from '../../local/platform/clock.ts';
import { State } from '../../local/platform/state.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

let clock: AdjustableClock;

beforeEach(() => {
  clock = new AdjustableClock();
  clock.freeze();
});

describe('guessing a password', () => {
  let lockout: SignInLockout;
  const isLocked = () => {
    try {
      lockout.check('ada');
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'NotAuthorizedException', message: 'Password attempts exceeded' });
      return true;
    }
  };
  const fail = (times: number) => {
    for (let count = 0; count < times; count++) lockout.recordFailure('ada');
  };

  beforeEach(() => {
    lockout = new SignInLockout(clock, State.inMemory().map('failures'));
  });

  // 2^(n-5) seconds after n failures, at most about 15 minutes, says Cognito's guide.
  test.each([
    [4, 0],
    [5, 1],
    [6, 2],
    [9, 16],
    [14, 512],
    [15, 900],
    [40, 900],
  ])('after %d failures it is locked for %d s', (failures, seconds) => {
    fail(failures);
    expect(isLocked()).toBe(seconds > 0);
    clock.advance(Math.max(seconds * SECOND_MS - 1, 0));
    expect(isLocked()).toBe(seconds > 0);
    clock.advance(1);
    expect(isLocked()).toBe(false);
  });

  test('any failures and pauses lock for 2^(n-5) s from the last failure, whatever was tried meanwhile', () => {
    // Pauses below 15 minutes, after which all is forgotten.
    const pause = fc.oneof(fc.integer({ min: 0, max: 3 * SECOND_MS }), fc.integer({ min: 0, max: 15 * MINUTE_MS - 1 }));
    const pauses = fc.array(pause, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(pauses, (steps) => {
        lockout = new SignInLockout(clock, State.inMemory().map('failures'));
        let failures = 0;
        let lockedUntil = 0;
        for (const pauseMs of steps) {
          clock.advance(pauseMs);
          const locked = clock.now() < lockedUntil;
          expect(isLocked()).toBe(locked);
          if (locked) continue;
          lockout.recordFailure('ada');
          failures += 1;
          lockedUntil = failures < 5 ? 0 : clock.now() + Math.min(2 ** (failures - 5) * SECOND_MS, 15 * MINUTE_MS);
        }
      }),
    );
  });

  test('a success starts over, and so do 15 minutes without an attempt', () => {
    const forget = [() => lockout.recordSuccess('ada'), () => clock.advance(15 * MINUTE_MS)];
    for (const startOver of forget) {
      fail(7);
      startOver();
      expect(isLocked()).toBe(false);
      fail(4);
      expect(isLocked()).toBe(false);
      lockout.recordSuccess('ada');
    }
  });

  test('one user’s failures are no other’s', () => {
    fail(10);
    lockout.check('bob');
  });
});

describe('trying codes', () => {
  test.each([
    ['ConfirmSignUp', 15],
    ['ResendConfirmationCode', 5],
    ['ForgotPassword', 5],
    ['ConfirmForgotPassword', 5],
    ['ChangePassword', 5],
    ['GetUserAttributeVerificationCode', 5],
    ['VerifyUserAttribute', 15],
  ] as const)('%s may be called %d times in any hour', (operation, limit) => {
    const pause = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 4 * MINUTE_MS }) }, fc.integer({ min: 0, max: HOUR_MS }));
    const pauses = fc.array(pause, { maxLength: 80 });
    fc.assert(
      fc.property(pauses, (steps) => {
        const limits = new AttemptLimits(clock, State.inMemory().map('attempts'));
        const letIn: number[] = [];
        for (const pauseMs of steps) {
          clock.advance(pauseMs);
          const now = clock.now();
          const room = letIn.filter((at) => at > now - HOUR_MS).length < limit;
          const attempt = () => limits.count(operation, 'ada');
          if (room) {
            attempt();
            letIn.push(now);
          } else expect(attempt).toThrow('Attempt limit exceeded, please try after some time.');
        }
      }),
      { numRuns: 30 },
    );
  });

  test('one user’s attempts are no other’s, nor is one operation’s limit another’s', () => {
    const limits = new AttemptLimits(clock, State.inMemory().map('attempts'));
    for (let count = 0; count < 5; count++) limits.count('ChangePassword', 'ada');
    limits.count('ChangePassword', 'bob');
    limits.count('ForgotPassword', 'ada');
    expect(() => limits.count('ChangePassword', 'ada')).toThrow();
  });
});
