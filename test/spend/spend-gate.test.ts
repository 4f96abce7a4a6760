import { Problem } from '../../lambdas/shared/problem.ts';
import type { SpendFlag } from '../../lambdas/spend/spend-flags.ts';
import { SpendGate } from '../../lambdas/spend/spend-gate.ts';

const NOON = Date.UTC(2026, 10, 20, 12);
const MINUTE_MS = 60_000;
const flag = (reached: boolean, day = '20261120'): SpendFlag => ({ day, dollars: reached ? 11 : 1, cap: 10, reached });
const REFUSAL = expect.objectContaining({ name: 'Problem', code: 'spend_cap_reached' });

/** A gate whose reads a test answers one by one, and whose watch it sets. */
function gateAt(start: number) {
  const time = { now: start };
  const reads: PromiseWithResolvers<SpendFlag | undefined>[] = [];
  const unread: unknown[] = [];
  const read = () => {
    const answer = Promise.withResolvers<SpendFlag | undefined>();
    reads.push(answer);
    return answer.promise;
  };
  const refused = { times: 0 };
  const onRefused = () => {
    refused.times += 1;
  };
  const gate = new SpendGate({ read }, { onUnread: (error) => unread.push(error), onRefused, now: () => time.now });
  /** Asks the gate once, while the flag that it may read is this one. */
  const ask = async (known: SpendFlag | undefined): Promise<unknown> => {
    const asked = gate.guard(async () => 'done').catch((error: unknown) => error);
    reads.at(-1)?.resolve(known);
    return asked;
  };
  return { gate, time, reads, unread, refused, ask };
}

/** Lets everything happen that waits for nothing. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('the flag is read while the work goes on, and the answer waits until that has ended', async () => {
  const { gate, reads } = gateAt(NOON);
  const order: string[] = [];
  const guarded = gate.guard(async () => void order.push('work')).then(() => order.push('answer'));
  await settle();
  expect(order).toEqual(['work']);
  reads[0]?.resolve(flag(false));
  await guarded;
  expect(order).toEqual(['work', 'answer']);
});

test('what was read counts from then on: for the next request at once, and for a second look within the same', async () => {
  const { gate, reads, refused, ask } = gateAt(NOON);
  const looks: unknown[] = [];
  const first = gate.guard(async () => {
    reads[0]?.resolve(flag(true));
    await settle();
    try {
      gate.check();
    } catch (error) {
      looks.push(error);
    }
  });
  await first;
  expect(looks).toEqual([REFUSAL]);
  expect(await ask(flag(true))).toEqual(REFUSAL);
  expect(refused.times).toBe(2);
});

test('work that can wait is refused even where the flag was never read before', async () => {
  const { gate, reads } = gateAt(NOON);
  let worked = false;
  const guarded = gate.guardOnceRead(async () => {
    worked = true;
  });
  await settle();
  expect(worked).toBe(false);
  reads[0]?.resolve(flag(true));
  await expect(guarded).rejects.toEqual(REFUSAL);
  expect(worked).toBe(false);
  expect(reads).toHaveLength(1);
});

test('the flag is read once a minute, however many ask', async () => {
  const { time, reads, ask } = gateAt(NOON);
  for (const seconds of [0, 1, 30, 59.999]) {
    time.now = NOON + seconds * 1000;
    expect(await ask(flag(false))).toBe('done');
  }
  expect(reads).toHaveLength(1);
  time.now = NOON + MINUTE_MS;
  await ask(flag(false));
  expect(reads).toHaveLength(2);
});

test('a cap that is raised lets work in again', async () => {
  const { time, ask } = gateAt(NOON);
  await ask(flag(true));
  expect(await ask(flag(true))).toEqual(REFUSAL);
  time.now += MINUTE_MS;
  // The request that reads goes by what was known.
  expect(await ask(flag(false))).toEqual(REFUSAL);
  expect(await ask(flag(false))).toBe('done');
});

test('the refusal is a 503 that says when the next day begins, and nothing of what is inside', async () => {
  const { time, ask } = gateAt(Date.UTC(2026, 10, 20, 23, 59, 0, 500));
  await ask(flag(true));
  const problem = await ask(flag(true));
  expect(problem).toMatchObject({ status: 503, retryAfterSeconds: 60 });
  expect((problem as Problem).message).toBe('Manuel has done all that it may today. It goes on after midnight, UTC.');
  time.now = Date.UTC(2026, 10, 21);
  expect(await ask(flag(true))).toBe('done');
});

test('the flag of an earlier day does not count; one of a later does, since watches differ', async () => {
  const earlier = gateAt(NOON);
  await earlier.ask(flag(true, '20261119'));
  expect(await earlier.ask(undefined)).toBe('done');
  const later = gateAt(NOON);
  await later.ask(flag(true, '20261121'));
  expect(await later.ask(undefined)).toEqual(REFUSAL);
});

test('a flag that was never written lets everything in', async () => {
  const { ask } = gateAt(NOON);
  await ask(undefined);
  expect(await ask(undefined)).toBe('done');
});

test('when the flag cannot be read, work goes on by what was known, and it is tried again a minute later', async () => {
  const { gate, time, reads, unread, ask } = gateAt(NOON);
  const first = gate.guard(async () => 'done');
  const failure = new Error('the table is away');
  reads[0]?.reject(failure);
  await expect(first).resolves.toBe('done');
  expect(unread).toEqual([failure]);
  expect(await ask(undefined)).toBe('done');
  expect(reads).toHaveLength(1);
  time.now += MINUTE_MS;
  await ask(flag(true));
  time.now += MINUTE_MS;
  const again = gate.guard(async () => 'done');
  reads[2]?.reject(failure);
  await expect(again).rejects.toEqual(REFUSAL);
  expect(await ask(undefined)).toEqual(REFUSAL);
});

test('work that fails fails as it did, once the reading has ended', async () => {
  const { gate, reads } = gateAt(NOON);
  const failure = new Problem('timeout', 'It took too long.');
  const guarded = gate.guard(() => Promise.reject(failure));
  reads[0]?.resolve(undefined);
  await expect(guarded).rejects.toBe(failure);
});
