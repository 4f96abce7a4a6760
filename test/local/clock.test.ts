import { setTimeout as realDelay } from 'node:timers/promises';
import { AdjustableClock } from '../../local/platform/clock.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let clock: AdjustableClock;
let woken: string[];

beforeEach(() => {
  clock = new AdjustableClock();
  woken = [];
});

afterEach(() => clock.advance(1000 * DAY_MS));

const sleep = (name: string, ms: number, signal?: AbortSignal) => clock.sleep(ms, signal).then(() => void woken.push(name));
/** Lets whoever has been woken go on. */
const settle = () => realDelay(0);

test('runs with the machine’s time, and ahead of it once advanced', () => {
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(50);
  clock.advance(HOUR_MS);
  clock.advance(0);
  clock.advance(HOUR_MS);
  expect(Math.abs(clock.now() - Date.now() - 2 * HOUR_MS)).toBeLessThan(50);
});

test('stands still once frozen, but for being advanced', async () => {
  const short = sleep('short', 5);
  clock.freeze();
  const frozenAt = clock.now();
  const long = sleep('long', HOUR_MS);
  await realDelay(20);
  expect([clock.now(), woken]).toEqual([frozenAt, []]);
  clock.advance(5);
  await short;
  expect([clock.now() - frozenAt, woken]).toEqual([5, ['short']]);
  clock.advance(HOUR_MS);
  await long;
});

test('a sleeper wakes by itself', async () => {
  const before = clock.now();
  await clock.sleep(20);
  expect(clock.now() - before).toBeGreaterThanOrEqual(19);
});

test('sleepers whose time has come wake, in the order of their times, and no others', async () => {
  void sleep('in two hours', 2 * HOUR_MS);
  void sleep('in one hour', HOUR_MS);
  void sleep('in one hour too', HOUR_MS);
  void sleep('in four hours', 4 * HOUR_MS);
  clock.advance(3 * HOUR_MS);
  await settle();
  expect(woken).toEqual(['in one hour', 'in one hour too', 'in two hours']);
  clock.advance(HOUR_MS);
  await settle();
  expect(woken.at(-1)).toBe('in four hours');
});

test('several short leaps wake as one long one', async () => {
  void sleep('in one hour', HOUR_MS);
  for (let leap = 0; leap < 3; leap += 1) clock.advance(HOUR_MS / 3 - 1000);
  await settle();
  expect(woken).toEqual([]);
  clock.advance(3000);
  await settle();
  expect(woken).toEqual(['in one hour']);
});

test('what is left of a sleep after a leap is waited for in real time', async () => {
  const asleep = clock.sleep(HOUR_MS);
  clock.advance(HOUR_MS - 20);
  await asleep;
});

test('a sleep of more days than a timer can wait does not end at once', async () => {
  void sleep('in thirty days', 30 * DAY_MS);
  await realDelay(5);
  expect(woken).toEqual([]);
  clock.advance(29 * DAY_MS);
  await settle();
  expect(woken).toEqual([]);
  clock.advance(DAY_MS);
  await settle();
  expect(woken).toEqual(['in thirty days']);
});

describe('an abort', () => {
  test('wakes its sleeper at once, and nobody else', async () => {
    const controller = new AbortController();
    void sleep('aborted', HOUR_MS, controller.signal);
    void sleep('undisturbed', HOUR_MS, new AbortController().signal);
    controller.abort();
    await settle();
    expect(woken).toEqual(['aborted']);
  });

  test('that came before keeps nobody asleep', async () => {
    await sleep('aborted', HOUR_MS, AbortSignal.abort());
    expect(woken).toEqual(['aborted']);
  });

  test('that comes after waking changes nothing', async () => {
    const controller = new AbortController();
    void sleep('woken', HOUR_MS, controller.signal);
    clock.advance(HOUR_MS);
    controller.abort();
    await settle();
    expect(woken).toEqual(['woken']);
  });
});

test('who sleeps again when woken sleeps on from the new time', async () => {
  const loop = async () => {
    for (let round = 1; round <= 3; round += 1) await sleep(`round ${round}`, HOUR_MS);
  };
  void loop();
  clock.advance(10 * HOUR_MS);
  await settle();
  expect(woken).toEqual(['round 1']);
  clock.advance(HOUR_MS);
  await settle();
  expect(woken).toEqual(['round 1', 'round 2']);
  clock.advance(HOUR_MS);
});

test('who follows is told how far time is moved, each time', () => {
  const moved: number[] = [];
  clock.follow((ms) => moved.push(ms));
  clock.advance(HOUR_MS);
  clock.freeze();
  clock.advance(1);
  expect(() => clock.advance(-1)).toThrow();
  expect(moved).toEqual([HOUR_MS, 1]);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e16])('time is not advanced by %d ms', (ms) => {
  const before = clock.now();
  expect(() => clock.advance(ms)).toThrow(RangeError);
  expect(clock.now() - before).toBeLessThan(50);
});
