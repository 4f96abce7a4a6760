import type { IngestionTimes } from '../../local/bedrock/ingestion-settings.ts';
import { ControlService } from '../../local/control/control.service.ts';
import type { AccessKey } from '../../local/front-door/access-keys.ts';
import { OPERATOR, type Principal } from '../../local/platform/principal.ts';
import { sign } from '../support/sign.ts';
import { EchoService, openRegionalDoor, type RegionalDoor, send } from './front-door-support.ts';

const ROLE: Principal = { kind: 'role', arn: 'arn:aws:iam::000000000000:role/worker', sessionName: 'worker' };

const METRIC = { namespace: 'Manuel/Application', name: 'RequestCount', dimensions: { service: 'manuel-dev' } };
const GRANT = { holder: 'role', action: 's3:GetObject', resource: '*', used: true };
const MESSAGE = {
  userPoolId: 'eu-west-1_AbCdEfGhI',
  recipient: 'ada@example.com',
  operation: 'SignUp',
  code: '123456',
  subject: 'Your code',
  body: 'It is 123456.',
  sentAtMs: 1,
} as const;
const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

let door: RegionalDoor;
let operator: AccessKey;
let times: Partial<IngestionTimes>[];
let patterns: (RegExp | undefined)[];
let leaks: (RegExp | undefined)[];
let paces: (number | undefined)[];
let delays: number[];
let scans: (readonly unknown[])[];
let transcriptions: (readonly unknown[])[];

beforeEach(async () => {
  door = await openRegionalDoor();
  const { frontDoor, keys, clock } = door;
  times = [];
  patterns = [];
  leaks = [];
  paces = [];
  delays = [];
  scans = [];
  transcriptions = [];
  const ingestion = {
    setTimes: (changed: Partial<IngestionTimes>) => void times.push(changed),
    failDocuments: (pattern: RegExp | undefined) => void patterns.push(pattern),
  };
  const retrieval = { leakPassages: (pattern: RegExp | undefined) => void leaks.push(pattern) };
  const answers = {
    setPace: (msPerPart: number) => void paces.push(msPerPart),
    breakOff: (afterParts: number | undefined) => void paces.push(afterParts),
  };
  const malwareScans = {
    setDelay: (ms: number) => void delays.push(ms),
    failScans: (...failing: readonly unknown[]) => void scans.push(failing),
  };
  frontDoor.register(
    new ControlService({
      faults: frontDoor.faults,
      clock,
      ingestion,
      retrieval,
      answers,
      malwareScans,
      transcriptions: {
        setTranscripts: (transcripts) => void transcriptions.push(['transcripts', transcripts]),
        setDelay: (ms) => void transcriptions.push(['delay', ms]),
        failTranscriptions: (...failing) => void transcriptions.push(['fail', ...failing]),
      },
      outbox: () => [MESSAGE],
      grants: () => [GRANT],
      metrics: () => [METRIC],
      calls: () => frontDoor.calls.list(),
    }),
    new EchoService('echo'),
  );
  operator = keys.issue(OPERATOR);
});

afterEach(async () => {
  await door.frontDoor.close();
  expect(door.internalErrors).toEqual([]);
});

async function control(operation: string, input: unknown, credentials = operator) {
  const { endpoint } = door.frontDoor;
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `ManuelLocal.${operation}` };
  const body = typeof input === 'string' ? input : JSON.stringify(input);
  const call = await sign(endpoint, { method: 'POST', target: '/', headers, body }, { credentials, service: 'manuel-local' });
  const answer = await send(endpoint, call);
  return { status: answer.status, ...JSON.parse(answer.body) };
}

async function callEcho(): Promise<number> {
  const { endpoint } = door.frontDoor;
  const call = { method: 'POST', target: '/', headers: {} };
  return (await send(endpoint, await sign(endpoint, call, { credentials: operator, service: 'echo' }))).status;
}

test('arms faults and clears them', async () => {
  const fault = { service: 'echo', operation: 'POST', kind: 'deny', times: 3, every: 2 };
  expect(await control('ArmFault', fault)).toEqual({ status: 200 });
  expect([await callEcho(), await callEcho()]).toEqual([200, 403]);
  expect(await control('ClearFaults', {})).toEqual({ status: 200 });
  expect([await callEcho(), await callEcho()]).toEqual([200, 200]);
});

test('tells what is granted and used', async () => {
  expect(await control('ListGrants', {})).toEqual({ status: 200, grants: [GRANT] });
  expect(await control('ListMetrics', {})).toEqual({ status: 200, metrics: [METRIC] });
});

test('shows the mail that was sent', async () => {
  expect(await control('ListOutbox', {})).toEqual({ status: 200, messages: [MESSAGE] });
});

test('counts who was let in to what, and nobody who was not', async () => {
  await callEcho();
  await callEcho();
  await control('CountCalls', {}, { ...operator, secretAccessKey: 'guessed' });
  const { calls } = await control('CountCalls', {});
  expect(calls).toEqual([
    { caller: 'operator', service: 'echo', operation: 'POST', count: 2 },
    { caller: 'operator', service: 'manuel-local', operation: 'CountCalls', count: 1 },
  ]);
});

test('advances time and says what time it is then', async () => {
  const sleeping = door.clock.sleep(3_600_000);
  const before = door.clock.now();
  const { now } = await control('AdvanceTime', { ms: 3_600_000 });
  expect(now - before).toBeGreaterThanOrEqual(3_600_000);
  await sleeping;
});

test('sets the times of ingestion, and fails documents by their ids', async () => {
  await control('SetIngestionTimes', { startingMs: 0, searchableAfterIndexedMs: 60_000 });
  expect(times).toEqual([{ startingMs: 0, searchableAfterIndexedMs: 60_000 }]);
  await control('FailDocuments', { pattern: '#2$' });
  await control('FailDocuments', {});
  expect(patterns).toEqual([/#2$/, undefined]);
});

test('leaks passages by the ids of their documents, and stops', async () => {
  await control('LeakPassages', { pattern: '^secret#' });
  await control('LeakPassages', {});
  expect([leaks, patterns]).toEqual([[/^secret#/, undefined], []]);
});

test('slows answers down, and has them break off', async () => {
  await control('SetAnswerPace', { msPerPart: 250 });
  await control('BreakOffAnswers', { afterParts: 3 });
  await control('BreakOffAnswers', {});
  expect(paces).toEqual([250, 3, undefined]);
});

test('delays scans, and has those of some keys come to no conclusion', async () => {
  await control('SetScanDelay', { ms: 5 });
  await control('FailScans', { keys: 'alice', result: 'UNSUPPORTED' });
  await control('FailScans', { keys: 'alice' });
  await control('FailScans', {});
  expect(delays).toEqual([5]);
  expect(scans).toEqual([
    [/alice/, 'UNSUPPORTED'],
    [/alice/, undefined],
    [undefined, undefined],
  ]);
});

test('sets what recordings say, delays transcriptions, and has some fail', async () => {
  const transcripts = { [SHA256]: 'how do i descale it' };
  await control('SetTranscripts', { transcripts });
  await control('SetTranscriptionDelay', { ms: 5 });
  await control('FailTranscriptions', { media: 'alice', reason: 'Too quiet.' });
  await control('FailTranscriptions', { media: 'alice' });
  await control('FailTranscriptions', {});
  expect(transcriptions).toEqual([
    ['transcripts', transcripts],
    ['delay', 5],
    ['fail', /alice/, 'Too quiet.'],
    ['fail', /alice/, undefined],
    ['fail', undefined, undefined],
  ]);
});

test.each([
  ['ArmFault', { service: 'echo', kind: 'deny' }],
  ['ClearFaults', {}],
  ['AdvanceTime', { ms: 1 }],
  ['SetIngestionTimes', {}],
  ['FailDocuments', {}],
  ['LeakPassages', {}],
  ['SetAnswerPace', { msPerPart: 1 }],
  ['BreakOffAnswers', {}],
  ['SetScanDelay', { ms: 1 }],
  ['FailScans', {}],
  ['SetTranscripts', { transcripts: {} }],
  ['SetTranscriptionDelay', { ms: 1 }],
  ['FailTranscriptions', {}],
  ['ListOutbox', {}],
])("%s is not for a function's role", async (operation, input) => {
  const answer = await control(operation, input, door.keys.issue(ROLE));
  expect(answer).toEqual({ status: 403, __type: 'AccessDeniedException', message: 'Only the operator controls the runtime.' });
  const done = [times, patterns, leaks, paces, delays, scans, transcriptions];
  expect([...done, await callEcho()]).toEqual([...done.map(() => []), 200]);
});

test('is not for anybody without a signature', async () => {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'ManuelLocal.ClearFaults' };
  const answer = await send(door.frontDoor.endpoint, { method: 'POST', target: '/', headers, body: '{}' });
  expect(answer.status).toBe(403);
});

test.each<[operation: string, input: unknown, complaint: string | RegExp]>([
  ['ArmFault', {}, /expected string.*at service.*at kind/s],
  ['ArmFault', { service: 'echo', kind: 'explode' }, /"throttle"\|"error"\|"deny"\|"slow"\|"drop"\|"malformed".*at kind/s],
  ['ArmFault', { service: 'echos', kind: 'deny' }, 'no service has the signing name "echos"; there are echo, manuel-local'],
  ['ArmFault', { service: 'manuel-local', kind: 'deny' }, /the control service itself takes no faults/],
  ['ArmFault', { service: 'echo', kind: 'deny', time: 3 }, /Unrecognized key: "time"/],
  ['ArmFault', { service: 'echo', kind: 'deny', times: 0 }, /at times/],
  ['ArmFault', { service: 'echo', kind: 'deny', every: 1.5 }, /at every/],
  ['ArmFault', { service: 'echo', kind: 'deny', operation: 7 }, /expected string.*at operation/s],
  ['ArmFault', { service: 'echo', kind: 'slow', delayMs: -1 }, /at delayMs/],
  ['ArmFault', { service: 'echo', kind: 'drop', delayMs: 5 }, /only a slow call has a delay.*at delayMs/s],
  ['ClearFaults', { service: 'echo' }, /Unrecognized key: "service"/],
  ['AdvanceTime', {}, /at ms/],
  ['AdvanceTime', { ms: -1 }, /at ms/],
  ['AdvanceTime', { ms: '5' }, /expected number.*at ms/s],
  ['AdvanceTime', '{"ms":1e999}', /at ms/],
  ['AdvanceTime', { ms: 1e16 }, /no date is that late/],
  ['SetIngestionTimes', { startMs: 1 }, /Unrecognized key: "startMs"/],
  ['SetIngestionTimes', { startingMs: -1 }, /at startingMs/],
  ['FailDocuments', { pattern: '(' }, /Invalid regular expression/],
  ['FailDocuments', { pattern: 2 }, /at pattern/],
  ['LeakPassages', { pattern: '(' }, /Invalid regular expression/],
  ['SetAnswerPace', {}, /at msPerPart/],
  ['SetAnswerPace', { msPerPart: -1 }, /at msPerPart/],
  ['BreakOffAnswers', { afterParts: 0 }, /at afterParts/],
  ['SetScanDelay', { ms: -1 }, /at ms/],
  ['FailScans', { keys: '(' }, /Invalid regular expression/],
  ['FailScans', { keys: 'k', result: 'THREATS_FOUND' }, /at result/],
  ['SetTranscripts', { transcripts: { 'question.wav': 'text' } }, /transcripts\["question.wav"\]/],
  ['SetTranscripts', { transcripts: { [SHA256]: 7 } }, /expected string/],
  ['SetTranscriptionDelay', { ms: -1 }, /at ms/],
  ['FailTranscriptions', { media: '(' }, /Invalid regular expression/],
  ['FailTranscriptions', { media: 'k', reason: '' }, /at reason/],
  ['LeakPassages', { documents: '#2$' }, /Unrecognized key: "documents"/],
])('%s refuses %j', async (operation, input, complaint) => {
  const answer = await control(operation, input);
  expect(answer).toMatchObject({ status: 400, __type: 'ValidationException', message: expect.stringMatching(complaint) });
  expect([times, patterns, leaks, paces, delays, scans, transcriptions]).toEqual([[], [], [], [], [], [], []]);
});

test('names an operation that there is not', async () => {
  expect(await control('Reboot', {})).toEqual({
    status: 400,
    __type: 'UnknownOperationException',
    message: 'The local runtime has no operation "Reboot" in the local runtime.',
  });
});
