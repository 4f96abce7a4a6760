import { readEvents } from '../../local/cli/event-stream.ts';
import { check, note, target } from './check.ts';
import { describeSpread, Waits } from './measure.ts';
import { OwnManuals } from './own-manuals.ts';
import { person } from './people.ts';
import { secondsToWait } from './send.ts';

/** How fast a stage is. It tells figures and judges none: only a call that fails, fails. */
const QUESTION = 'How often do I descale the Quillon kettle?';
const PAGES = ['Descale the Quillon kettle once a month with vinegar.', 'Rinse the filter of the Quillon kettle every week.'];
const MOST_TRIES = 5;
const UPLOAD_MS = 660_000;
const { calls, questions, parallel } = target.load;

const manuals = new OwnManuals();
afterAll(() => manuals.clear(), UPLOAD_MS);

let uploaded: Promise<string> | undefined;
function ready(): Promise<string> {
  uploaded ??= person().then((owner) => manuals.upload(owner, PAGES, 'quillon-kettle.pdf'));
  return uploaded;
}

interface Timed {
  readonly wholeMs: number;
  /** Until its first event, of an answer that comes in events. */
  readonly firstEventMs: number;
}

/** Calls once, and again after as long as the API says when there were too many; what was refused is not timed. */
async function timed(path: string, init: RequestInit, waits: Waits): Promise<Timed> {
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const startedAt = performance.now();
    const response = await fetch(target.url + path, init);
    const seconds = secondsToWait(response.status, response.headers.get('retry-after'));
    if (seconds !== undefined) {
      await response.arrayBuffer();
      waits.add(seconds);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      continue;
    }
    if (!response.ok || !response.body) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    const firstEventMs = await readToItsEnd(response, startedAt);
    return { wholeMs: performance.now() - startedAt, firstEventMs };
  }
  throw new Error(`${path} was refused ${MOST_TRIES} times for the number of requests`);
}

/** When the first event was there; 0 of an answer in one piece. */
async function readToItsEnd({ headers, body, ...response }: Response, startedAt: number): Promise<number> {
  if (!headers.get('content-type')?.startsWith('text/event-stream') || !body) {
    await new Response(body).arrayBuffer();
    return 0;
  }
  let firstAt = 0;
  for await (const { event, data } of readEvents(body)) {
    firstAt ||= performance.now();
    if (event === 'error') throw new Error(`${response.url} broke off: ${data}`);
  }
  return firstAt - startedAt;
}

async function signed(): Promise<Record<string, string>> {
  return { Authorization: `Bearer ${(await person()).token}` };
}

async function asking(accept: string): Promise<RequestInit> {
  const body = JSON.stringify({ question: QUESTION, manual_ids: [await ready()] });
  return { method: 'POST', headers: { ...(await signed()), 'Content-Type': 'application/json', Accept: accept }, body };
}

/** One after the other. */
async function inTurn(count: number, call: () => Promise<Timed>): Promise<Timed[]> {
  const times: Timed[] = [];
  for (let done = 0; done < count; done += 1) times.push(await call());
  return times;
}

const whole = (times: readonly Timed[]) => times.map(({ wholeMs }) => wholeMs);

for (const path of ['/health', '/api/user/usage', '/api/user/quota', '/api/manuals']) {
  check(`latency of GET ${path}`, path === '/health' ? [] : ['user'], async () => {
    const waits = new Waits();
    const init = path === '/health' ? {} : { headers: await signed() };
    // Whatever is cold by then.
    const first = await timed(path, init, waits);
    const times = await inTurn(calls, () => timed(path, init, waits));
    note(`${describeSpread(whole(times))}, the first ${first.wholeMs.toFixed(0)} ms${waits}`);
  });
}

check('reads of several at once', ['user'], async () => {
  const waits = new Waits();
  const init = { headers: await signed() };
  const rate = async (users: number) => {
    const startedAt = performance.now();
    const rounds = await Promise.all(
      Array.from({ length: users }, () => inTurn(Math.ceil(calls / users), () => timed('/api/user/usage', init, waits))),
    );
    const times = rounds.flat();
    return { perSecond: times.length / ((performance.now() - startedAt) / 1000), times };
  };
  const [one, several] = [await rate(1), await rate(parallel)];
  const gain = (several.perSecond / one.perSecond).toFixed(1);
  note(
    `${several.perSecond.toFixed(1)} a second by ${parallel} at once, ${one.perSecond.toFixed(1)} by one: ${gain} ×; ${describeSpread(whole(several.times))}${waits}`,
  );
});

check(
  'from upload to ready',
  ['user', 'questions'],
  async () => {
    const startedAt = performance.now();
    await ready();
    note(`${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  },
  UPLOAD_MS,
);

check('a question, answered in one piece', ['user', 'questions'], async () => {
  const waits = new Waits();
  const init = await asking('application/json');
  note(describeSpread(whole(await inTurn(questions, () => timed('/api/query', init, waits)))) + waits);
});

check('a question, answered in events', ['user', 'questions'], async () => {
  const waits = new Waits();
  const init = await asking('text/event-stream');
  const times = await inTurn(questions, () => timed('/api/query', init, waits));
  note(`first event ${describeSpread(times.map(({ firstEventMs }) => firstEventMs))}`);
  note(`whole answer ${describeSpread(whole(times))}${waits}`);
});

check('questions of several at once', ['user', 'questions'], async () => {
  const waits = new Waits();
  const init = await asking('text/event-stream');
  const startedAt = performance.now();
  const rounds = await Promise.all(Array.from({ length: parallel }, () => inTurn(questions, () => timed('/api/query', init, waits))));
  const perMinute = rounds.flat().length / ((performance.now() - startedAt) / 60_000);
  note(`${perMinute.toFixed(0)} a minute by ${parallel} at once; ${describeSpread(whole(rounds.flat()))}${waits}`);
});
