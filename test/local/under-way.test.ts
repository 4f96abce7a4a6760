import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AwsError } from '../../local/platform/call.ts';
import { State } from '../../local/platform/state.ts';
import { INCOMING, MISSING_QUEUE, openEventBus, type TestEventBus, uploaded } from './eventbridge-support.ts';
import { openScan, type TestScan } from './guardduty-support.ts';
import { openLambda, until } from './lambda-handlers/lambda-under-test.ts';
import { openTranscribe, RECORDINGS, said, silence, type TestTranscribe, TRANSCRIPTS } from './transcribe-support.ts';

const HOUR_MS = 3_600_000;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'under-way-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Runs a service on what the run before has stored. */
async function run<Opened extends { close(): Promise<void> }>(
  open: (state: State) => Promise<Opened>,
  work: (opened: Opened) => Promise<unknown>,
) {
  const state = State.open(path.join(directory, 'state'));
  const opened = await open(state);
  try {
    await work(opened);
  } finally {
    await opened.close();
    state.close();
  }
}

describe('a delivery of EventBridge', () => {
  const throttled = () => Array.from({ length: 9 }, () => new AwsError('ThrottlingException', 'slow down', 429));

  test('that waited for its retry is made, once', async () => {
    await run(openEventBus, async (bus) => {
      const { arn } = await bus.createQueue('Queue');
      await bus.createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: arn }] });
      bus.queues.refusals = throttled();
      await bus.events.publish(uploaded('incoming/a.pdf'));
      bus.queues.refusals = throttled();
    });
    for (const count of [1, 0]) {
      await run(openEventBus, async (bus) => {
        const queue = await bus.createQueue('Queue');
        await bus.createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: queue.arn }] });
        await bus.door.resume();
        const received = count === 0 ? await bus.messagesIn(queue.url) : await next(bus, queue.url);
        // The one that was received in the first of these runs is visible again in the second: a queue keeps what is not deleted.
        expect(received).toHaveLength(1);
        expect(received[0]?.event).toMatchObject({ detail: { object: { key: 'incoming/a.pdf' } } });
      });
    }
  });

  test('counts its retries on', async () => {
    const properties = (deadLetterArn: string, arn: string) => ({
      EventPattern: INCOMING,
      Targets: [{ Id: 'Target0', Arn: arn, DeadLetterConfig: { Arn: deadLetterArn }, RetryPolicy: { MaximumRetryAttempts: 2 } }],
    });
    const begin = async (bus: TestEventBus) => {
      const [queue, deadLetters] = [await bus.createQueue('Queue'), await bus.createQueue('DeadLetters')];
      bus.queues.refusals = throttled();
      await bus.createRule(properties(deadLetters.arn, queue.arn));
      return deadLetters.url;
    };
    await run(openEventBus, async (bus) => {
      await begin(bus);
      await bus.events.publish(uploaded('incoming/a.pdf'));
      bus.door.clock.advance(1_000);
      await until(() => bus.queues.refusals.length === 7);
    });
    await run(openEventBus, async (bus) => {
      const url = await begin(bus);
      await bus.door.resume();
      await until(() => bus.queues.refusals.length === 8);
      bus.door.clock.advance(HOUR_MS);
      expect((await next(bus, url))[0]?.attributes).toMatchObject({
        RETRY_ATTEMPTS: '2',
        EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
      });
      // Two of the nine were used up: the attempt at the start, and the one retry that was left.
      expect(bus.queues.refusals).toHaveLength(7);
    });
  });

  test('that cannot be stored is refused to whoever publishes, and reported where nobody waits for it', async () => {
    const state = State.open(directory);
    const bus = await openEventBus(state);
    const { arn } = await bus.createQueue('Queue');
    await bus.createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: arn }] });
    bus.queues.refusals = throttled();
    await bus.events.publish(uploaded('incoming/a.pdf'));
    state.close();
    expect(() => bus.events.publish(uploaded('incoming/b.pdf'))).toThrow('database is not open');
    bus.door.clock.advance(1_000);
    await until(() => bus.reports.length > 0);
    expect(bus.reports).toEqual([expect.stringMatching(/could not store how far event .* is, and begins it again at the next start/)]);
    await bus.close();
  });

  test('whose rule is gone is reported as lost', async () => {
    await run(openEventBus, async (bus) => {
      const { arn } = await bus.createQueue('Queue');
      await bus.createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Target0', Arn: arn }] });
      bus.queues.refusals = throttled();
      await bus.events.publish(uploaded('incoming/a.pdf'));
    });
    await run(openEventBus, async (bus) => {
      await bus.createRule({ EventPattern: INCOMING, Targets: [{ Id: 'Other', Arn: MISSING_QUEUE }] });
      await bus.door.resume();
      expect(bus.reports).toEqual([expect.stringMatching(/^EventBridge lost event .*its target Target0, is gone$/)]);
    });
  });

  async function next(bus: TestEventBus, url: string) {
    for (;;) {
      const messages = await bus.messagesIn(url);
      if (messages.length > 0) return messages;
    }
  }
});

test('a rate counts from the first start on', async () => {
  const rule = async (bus: TestEventBus) => {
    const queue = await bus.createQueue('Queue');
    await bus.createRule({ ScheduleExpression: 'rate(1 hour)', Targets: [{ Id: 'Target0', Arn: queue.arn }] });
    return queue.url;
  };
  await run(openEventBus, rule);
  await run(openEventBus, async (bus) => {
    const since = bus.door.clock.now();
    const url = await rule(bus);
    // A rule that was new would be due an hour after this start.
    bus.door.clock.freeze();
    bus.door.clock.advance(HOUR_MS - (bus.door.clock.now() - since) - 1);
    await until(async () => (await bus.messagesIn(url)).length === 1);
  });
});

describe('an asynchronous invocation', () => {
  const openFunctions = async (state: State) => {
    const under = await openLambda(undefined, state);
    return { ...under, close: () => under.door.close() };
  };

  test('that waits for its retry, or runs, is taken up with its failures; one that is done is not', async () => {
    let requestId = '';
    await run(openFunctions, async (under) => {
      const name = await under.deploy('handlers.misbehave', {}, 'Misbehaving');
      under.functions.invokeLater(name, JSON.stringify({ how: 'return' }));
      await until(async () => (await under.logOf(name, 'REPORT').catch(() => [])).length === 1);
      requestId = under.functions.invokeLater(name, JSON.stringify({ how: 'throw' }));
      await until(async () => (await under.logOf(name, 'QuotaError')).length > 0);
      const recording = await under.deploy('handlers.misbehave', { Timeout: 60 }, 'Hanging');
      under.functions.invokeLater(recording, JSON.stringify({ how: 'hang' }));
      await until(async () => (await under.logOf(recording, 'attempt').catch(() => [])).length === 1);
    });
    await run(openFunctions, async (under) => {
      const name = await under.deploy('handlers.misbehave', {}, 'Misbehaving');
      await under.door.resume();
      await until(async () => (await under.logOf(name, 'REPORT').catch(() => [])).length === 1);
      expect((await under.logOf(name, 'START')).map((line) => line.split(' ')[2])).toEqual([requestId]);
      await until(() => {
        under.door.clock.advance(120_000);
        return under.reports.length > 1;
      });
      expect(under.reports).toEqual([
        expect.stringMatching(/Hanging.*event .* is lost: there is no such function any more/),
        expect.stringContaining(`event ${requestId} is given up after 3 failed attempts`),
      ]);
      expect(await under.logOf(name, 'REPORT')).toHaveLength(2);
    });
  });
});

describe('a scan and a transcription', () => {
  const kept = (state: State) => ({ state, directory: path.join(directory, 's3') });

  test('of GuardDuty is made again', async () => {
    const open = (state: State) => openScan(kept(state));
    const prepare = async (scan: TestScan) => {
      await scan.createBucket();
      await scan.createPlan();
      await scan.door.resume();
    };
    let version = '';
    await run(open, async (scan) => {
      scan.service.scanDelayMs = HOUR_MS;
      await prepare(scan);
      version = await scan.put('incoming/alice/1', 'text');
    });
    await run(open, async (scan) => {
      await prepare(scan);
      expect(await scan.nextEvent()).toMatchObject({ detail: { s3ObjectDetails: { objectKey: 'incoming/alice/1', versionId: version } } });
      expect(Object.values(await scan.tagsOf('incoming/alice/1', version))).toEqual(['NO_THREATS_FOUND']);
    });
    await run(open, async (scan) => {
      await prepare(scan);
      await scan.put('incoming/alice/2', 'text');
      expect(await scan.nextEvent()).toMatchObject({ detail: { s3ObjectDetails: { objectKey: 'incoming/alice/2' } } });
      expect(scan.events).toEqual([]);
    });
  });

  test('of Transcribe goes on with the rights of whoever started it, and one that has ended is still known', async () => {
    const open = (state: State) => openTranscribe(undefined, kept(state));
    const recording = silence();
    const allow = (...statements: readonly (readonly [string, string])[]) =>
      statements.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource }));
    const createRole = (transcribe: TestTranscribe, canWrite: boolean) =>
      transcribe.door.createRole(
        allow(
          ['transcribe:StartTranscriptionJob', '*'],
          ['s3:GetObject', `arn:aws:s3:::${RECORDINGS}/*`],
          ['s3:ListBucket', '*'],
          ...(canWrite ? ([['s3:PutObject', `arn:aws:s3:::${TRANSCRIPTS}/*`]] as const) : []),
        ),
        { name: 'caller' },
      );
    await run(open, async (transcribe) => {
      transcribe.service.setTranscripts(said('hello there', recording));
      await transcribe.record(recording);
      await transcribe.start({ TranscriptionJobName: 'done' });
      await transcribe.nextEvent();
      transcribe.service.transcriptionDelayMs = HOUR_MS;
      await transcribe.start({ TranscriptionJobName: 'of-the-operator' });
      await transcribe.start({ TranscriptionJobName: 'of-a-role' }, await createRole(transcribe, true));
    });
    await run(open, async (transcribe) => {
      transcribe.service.setTranscripts(said('hello again', recording));
      await createRole(transcribe, false);
      await transcribe.door.resume();
      const ended = [await transcribe.nextEvent(), await transcribe.nextEvent()].map(({ detail }) => detail);
      expect(ended).toContainEqual({ TranscriptionJobName: 'of-the-operator', TranscriptionJobStatus: 'COMPLETED' });
      expect(ended).toContainEqual(expect.objectContaining({ TranscriptionJobName: 'of-a-role', TranscriptionJobStatus: 'FAILED' }));
      expect((await transcribe.transcript('of-the-operator.json')).results.transcripts).toEqual([{ transcript: 'hello again' }]);
      expect(await transcribe.get('done')).toMatchObject({ TranscriptionJobStatus: 'COMPLETED' });
    });
  });
});
