import type { RouteContract } from '../../lambdas/shared/function.contract.ts';
import { Admission, admitted, admittedEach } from '../../lambdas/shared/guard/admission.ts';
import { Refusal } from '../../lambdas/shared/guard/refusal.ts';
import { Problem } from '../../lambdas/shared/problem.ts';

const READ: RouteContract = { method: 'GET', path: '/things', access: 'user' };
const CHANGE: RouteContract = { method: 'POST', path: '/things', access: 'user' };
const METERED: RouteContract = { ...CHANGE, metered: true };

const OF_USER = new Refusal('rate_user', 'rate_limited', 'user');
const OF_NETWORK = new Refusal('rate_ip', 'rate_limited', 'network');

/** Counting that notes when it begins and ends, and goes on when the test says so. */
function counting({ user, network }: { user?: Error; network?: Error } = {}) {
  const noted: string[] = [];
  const release = Promise.withResolvers<void>();
  const count = async (what: string, error: Error | undefined) => {
    noted.push(`${what} begins`);
    await release.promise;
    noted.push(`${what} ends`);
    if (error) throw error;
  };
  const admission = new Admission({ user: () => count('user', user), network: () => count('network', network), requestsPerMinute: 7 });
  const work = async () => {
    noted.push('work');
    return 'answer';
  };
  return { admission, noted, work, release: () => release.resolve() };
}

/** Lets what is ready go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('what only looks works while it is counted, and answers once it is', async () => {
  const { admission, noted, work, release } = counting();
  const answer = admitted(admission, READ, work);
  await settled();
  expect(noted).toEqual(['network begins', 'user begins', 'work']);
  release();
  await expect(answer).resolves.toBe('answer');
  expect(noted.slice(3)).toEqual(['network ends', 'user ends']);
});

test('what changes something waits until it is counted', async () => {
  const { admission, noted, work, release } = counting();
  const answer = admitted(admission, CHANGE, work);
  await settled();
  expect(noted).toEqual(['network begins', 'user begins']);
  release();
  await expect(answer).resolves.toBe('answer');
  expect(noted.at(-1)).toBe('work');
});

test.each([
  ['user', { user: OF_USER }, OF_USER],
  ['network', { network: OF_NETWORK }, OF_NETWORK],
] as const)('a %s that has made too many gets no answer, and changes nothing', async (_whose, errors, refusal) => {
  for (const route of [READ, CHANGE]) {
    const { admission, noted, work, release } = counting(errors);
    release();
    await expect(admitted(admission, route, work)).rejects.toBe(refusal);
    expect(noted.includes('work')).toBe(route === READ);
  }
});

test('a reservation counts the request of the caller, who is then not counted again', async () => {
  const { admission, noted, release } = counting();
  release();
  await expect(admitted(admission, METERED, async () => admission.byReservation())).resolves.toEqual({ requestsPerMinute: 7 });
  expect(noted).toEqual(['network begins', 'network ends']);
});

test('a request that never came to its reservation is counted all the same, and told first that it is one too many', async () => {
  const wrong = new Problem('invalid_request', 'wrong');
  const fail = () => Promise.reject(wrong);
  const once = counting();
  once.release();
  await expect(admitted(once.admission, METERED, fail)).rejects.toBe(wrong);
  expect(once.noted).toContain('user ends');
  const tooMany = counting({ user: OF_USER });
  tooMany.release();
  await expect(admitted(tooMany.admission, METERED, fail)).rejects.toBe(OF_USER);
});

test('of work that fails and counting that fails for no limit, the work is told of', async () => {
  const broken = new Error('broken');
  const { admission, release } = counting({ user: new Error('throttled') });
  release();
  await expect(admitted(admission, READ, () => Promise.reject(broken))).rejects.toBe(broken);
});

test('nothing is on its way any more when a request has ended', async () => {
  const { admission, noted, release } = counting({ user: OF_USER });
  const answer = admitted(admission, READ, () => Promise.reject(new Error('broken')));
  let over = false;
  const end = () => {
    over = true;
  };
  answer.then(end, end);
  await settled();
  expect(over).toBe(false);
  release();
  await expect(answer).rejects.toBe(OF_USER);
  expect(noted).toEqual(['network begins', 'user begins', 'network ends', 'user ends']);
});

describe('an answer that comes piece by piece', () => {
  async function* pieces(noted: string[]) {
    noted.push('work begins');
    try {
      yield 'one';
      yield 'two';
      return 'whole';
    } finally {
      noted.push('work ends');
    }
  }

  test('shows nothing before its limits are known, though it is under way', async () => {
    const { admission, noted, release } = counting();
    const answer = admittedEach(admission, READ, () => pieces(noted));
    const first = answer.next().then((piece) => {
      noted.push('shown');
      return piece;
    });
    await settled();
    expect(noted).toEqual(['network begins', 'user begins', 'work begins']);
    release();
    await expect(first).resolves.toEqual({ done: false, value: 'one' });
    expect(noted.slice(3)).toEqual(['network ends', 'user ends', 'shown']);
    await expect(answer.next()).resolves.toEqual({ done: false, value: 'two' });
    await expect(answer.next()).resolves.toEqual({ done: true, value: 'whole' });
  });

  test('shows nothing at all of one too many, and is ended', async () => {
    const { admission, noted, release } = counting({ network: OF_NETWORK });
    release();
    const answer = admittedEach(admission, METERED, () => pieces(noted));
    await expect(answer.next()).rejects.toBe(OF_NETWORK);
    expect(noted.at(-1)).toBe('work ends');
  });
});
