import { createHash } from 'node:crypto';
import { GetObjectCommand, GetObjectTaggingCommand, PutObjectTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { ManualDocument } from '../../lambdas/manuals/manuals.contract.ts';
import { PASSAGE_METADATA } from '../../lambdas/shared/passages.contract.ts';
import { sendForm } from '../../local/cli/manuel-client.ts';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { eicar } from '../support/eicar.ts';
import { inHaste } from '../support/haste.ts';
import { type ImportSite, openImportSite, type Page } from '../support/import-site.ts';
import { OperatorView } from '../support/operator-view.ts';
import { wavOf } from '../support/recordings.ts';
import type { StartedRuntime } from '../support/runtime.ts';
import { startScanning } from '../support/scanning-stage.ts';
import { newUser, operatorConfig, type SignedInUser } from '../support/users.ts';
import { importJourney } from './import.ts';

const RECORDING = wavOf(3);
const SAID = 'How do I descale the kettle?';
const CLEAN = 'Error E-24 means that the kettle is empty.';
const QUESTION = 'What does error E-24 mean?';
const TIMES = { startingMs: 50, inProgressMs: 150, searchableAfterIndexedMs: 100 };
const SCAN_DELAY_MS = 50;
const ONE_MINUTE_MS = 60_000;
const FIVE_MINUTES_MS = 300_000;
/** Longer than a test looks, and with the haste of all less than forms live, whose time goes on as well. */
const THREE_MINUTES_MS = 180_000;
/** Longer than any haste, and less than execution environments stay idle. */
const NINE_MINUTES_MS = 540_000;
const LOOK_AGAIN_MS = 50;
const DENIED = { name: 'AccessDenied' };

let site: ImportSite;
let runtime: StartedRuntime;
let control: RuntimeControl;
let operator: OperatorView;
let user: SignedInUser;

beforeAll(async () => {
  site = await openImportSite();
  runtime = await startScanning(site.edits);
  control = new RuntimeControl(runtime.file);
  const sha256 = createHash('sha256').update(RECORDING).digest('hex');
  await control.setTranscripts({ [sha256]: SAID });
  operator = new OperatorView(runtime.file);
});

beforeEach(async () => {
  user = await newUser(runtime.file);
  await control.setIngestionTimes(TIMES);
  await control.setScanDelay(SCAN_DELAY_MS);
});

afterEach(() => control.failScans());

afterAll(async () => {
  operator[Symbol.dispose]();
  expect(await runtime.stop()).toBe(0);
  await site.close();
  expect(runtime.output()).not.toContain('not authorized to perform: kms:');
});

/** A text manual that is about to be sent, once or more often. */
async function startUpload(text: string) {
  const bytes = new TextEncoder().encode(text);
  const request = { filename: 'kettle.txt', content_type: 'text/plain', size: bytes.length };
  const { manual_id: manualId, upload } = await user.client.startUpload(request);
  return { manualId, send: (other = text) => sendForm(upload, new TextEncoder().encode(other)) };
}

async function looksUntil<Seen>(look: () => Promise<Seen>, isThere: (seen: Seen) => boolean): Promise<Seen> {
  for (;;) {
    const seen = await look();
    if (isThere(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

const until = <Seen>(look: () => Promise<Seen>, isThere: (seen: Seen) => boolean) => inHaste(control, looksUntil(look, isThere));

const settled = (manualId: string): Promise<ManualDocument> =>
  until(
    () => user.client.manual(manualId),
    ({ status }) => status === 'ready' || status === 'failed',
  );
const objectsOf = async (manualId: string) => (await operator.objects()).filter(({ key }) => key.endsWith(manualId));
const recordsOf = async (manualId: string) => (await operator.items()).filter((item) => JSON.stringify(item).includes(manualId));
const untilNothingIsLeftOf = (manualId: string) =>
  until(
    () => objectsOf(manualId),
    (objects) => objects.length === 0,
  );
const passagesOf = (manualId: string) => operator.passages({ equals: { key: PASSAGE_METADATA.manual, value: manualId } });
/** Why the ingestion worker left objects of a manual as they were. */
const reasonsFor = async (manualId: string) =>
  (await operator.logOf('Manuals/Ingestion')).filter(({ key }) => String(key).endsWith(manualId)).map(({ reason }) => reason);

/** S3 as the ingestion worker's role reaches it. */
function s3OfIngestion(): S3Client {
  const { access_key: key } = runtime.file.functions.find(({ path }) => path.endsWith('/Manuals/Ingestion')) ?? {};
  if (!key) throw new Error('there is no ingestion worker');
  const credentials = { accessKeyId: key.access_key_id, secretAccessKey: key.secret_access_key, sessionToken: key.session_token };
  return new S3Client({ ...operatorConfig(runtime.file), credentials });
}

test('a clean manual becomes ready, and is kept without the tag of its scan', async () => {
  const { manualId, send } = await startUpload(CLEAN);
  await send();
  await expect(settled(manualId)).resolves.toMatchObject({ status: 'ready' });
  await expect(user.client.ask(QUESTION)).resolves.toMatchObject({ citations: [{ manual_id: manualId }] });
  const Bucket = await operator.variable('Manuals/Ingestion', 'MANUALS_BUCKET');
  const s3 = new S3Client(operatorConfig(runtime.file));
  const tagsOf = async (Key: string) => (await s3.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;
  await expect(tagsOf(`incoming/${user.userId}/${manualId}`)).resolves.toEqual([
    { Key: 'GuardDutyMalwareScanStatus', Value: 'NO_THREATS_FOUND' },
  ]);
  await expect(tagsOf(`manuals/${user.userId}/${manualId}`)).resolves.toEqual([]);
  s3.destroy();
});

describe('queues that a key of the stage encrypts', () => {
  test('bring a recording to Transcribe, and its text back', async () => {
    const { job_id, upload } = await user.client.startRecordingUpload({ content_type: 'audio/wav', size: RECORDING.length });
    await sendForm(upload, RECORDING);
    await expect(inHaste(control, user.client.untilTranscribed(job_id))).resolves.toMatchObject({ transcription: SAID });
  });

  test('have a manual looked at again while it is indexed, and while it is removed', async () => {
    await control.setIngestionTimes({ inProgressMs: ONE_MINUTE_MS, deletingMs: ONE_MINUTE_MS });
    const nextLook = async (worker: string) => {
      const before = await operator.runsOf(worker);
      await until(
        () => operator.runsOf(worker),
        (runs) => runs > before,
      );
      await control.advanceTime(ONE_MINUTE_MS);
    };
    const { manualId, send } = await startUpload(CLEAN);
    await Promise.all([send(), nextLook('Manuals/Readiness')]);
    await expect(settled(manualId)).resolves.toMatchObject({ status: 'ready' });
    await Promise.all([user.client.delete(manualId), nextLook('Manuals/Deletion')]);
    await untilNothingIsLeftOf(manualId);
  });
});

test('a manual with malware fails, and nothing of it is left or indexed', async () => {
  const { manualId, send } = await startUpload(`${CLEAN}\n${eicar()}\n`);
  await send();
  await expect(settled(manualId)).resolves.toMatchObject({
    status: 'failed',
    failure: { code: 'scan_found', detail: 'The file holds malware.' },
  });
  await untilNothingIsLeftOf(manualId);
  await expect(passagesOf(manualId)).resolves.toEqual([]);
  await expect(user.client.ask(QUESTION)).resolves.toMatchObject({ citations: [] });
  const isToldOf = ({ manual_id, failure }: Readonly<Record<string, unknown>>) => manual_id === manualId && failure === 'scan_found';
  await until(
    () => operator.logOf('Manuals/Ingestion'),
    (log) => log.some(isToldOf),
  );
});

test.each(['UNSUPPORTED', 'ACCESS_DENIED', 'FAILED'] as const)(
  'a scan that comes to %s fails the manual, which is not indexed',
  async (result) => {
    const { manualId, send } = await startUpload(CLEAN);
    await control.failScans(`${manualId}$`, result);
    await send();
    await expect(settled(manualId)).resolves.toMatchObject({
      status: 'failed',
      failure: { code: 'scan_inconclusive', detail: 'The file could not be checked for malware.' },
    });
    await expect(passagesOf(manualId)).resolves.toEqual([]);
    await untilNothingIsLeftOf(manualId);
  },
);

test('until its scan nobody reads a file, and the worker’s role least of all', async () => {
  await control.setScanDelay(THREE_MINUTES_MS);
  const { manualId, send } = await startUpload(CLEAN);
  await send();
  const [object] = await objectsOf(manualId);
  const Bucket = await operator.variable('Manuals/Ingestion', 'MANUALS_BUCKET');
  const version = { Bucket, Key: object?.key, VersionId: object?.version };
  const [worker, administrator] = [s3OfIngestion(), new S3Client(operatorConfig(runtime.file))];
  const forged = { TagSet: [{ Key: 'GuardDutyMalwareScanStatus', Value: 'NO_THREATS_FOUND' }] };
  for (const client of [worker, administrator]) {
    await expect(client.send(new GetObjectCommand(version))).rejects.toMatchObject(DENIED);
    await expect(client.send(new PutObjectTaggingCommand({ ...version, Tagging: forged }))).rejects.toMatchObject(DENIED);
  }
  await expect(user.client.manual(manualId)).resolves.toMatchObject({ status: 'awaiting_upload' });
  await control.advanceTime(THREE_MINUTES_MS);
  await expect(settled(manualId)).resolves.toMatchObject({ status: 'ready' });
  const { Body } = await worker.send(new GetObjectCommand(version));
  await expect(Body?.transformToString()).resolves.toBe(CLEAN);
  for (const client of [worker, administrator]) client.destroy();
});

test('malware that follows a clean file by the same form is removed, and the manual stays as it is', async () => {
  const padded = CLEAN.padEnd(eicar().length);
  const { manualId, send } = await startUpload(padded);
  await send();
  await expect(settled(manualId)).resolves.toMatchObject({ status: 'ready' });
  const before = await objectsOf(manualId);
  await send(eicar());
  await until(
    () => reasonsFor(manualId),
    (reasons) => reasons.length > 0,
  );
  await expect(objectsOf(manualId)).resolves.toEqual(before);
  await expect(user.client.manual(manualId)).resolves.toMatchObject({ status: 'ready' });
  await expect(user.client.ask(QUESTION)).resolves.toMatchObject({ citations: [{ manual_id: manualId }] });
});

test('what is fetched from an address is scanned like what is uploaded', async () => {
  /** A page that is there when it is asked for again, by a message that the worker sends itself. */
  const there = (path: string, text: string) => {
    let asked = 0;
    const page: Page = (_request, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(503).end();
      else response.setHeader('Content-Type', 'text/plain').end(text);
    };
    return site.publish(path, page);
  };
  const addresses = [there('/clean.txt', CLEAN), there('/infected.txt', `${CLEAN}\n${eicar()}`)];
  const [clean, infected] = await Promise.all(addresses.map((address) => user.client.startImport(address)));
  await expect(settled(clean?.manual_id ?? '')).resolves.toMatchObject({ status: 'ready' });
  await expect(settled(infected?.manual_id ?? '')).resolves.toMatchObject({ status: 'failed', failure: { code: 'scan_found' } });
  await untilNothingIsLeftOf(infected?.manual_id ?? '');
});

test('a manual that is deleted while it waits for its scan is gone, whatever the scan shows', async () => {
  await control.setScanDelay(NINE_MINUTES_MS);
  const { manualId, send } = await startUpload(eicar());
  await send();
  await user.client.delete(manualId);
  // The record goes last.
  await until(
    () => recordsOf(manualId),
    (records) => records.length === 0,
  );
  await expect(objectsOf(manualId)).resolves.toEqual([]);
  await control.advanceTime(NINE_MINUTES_MS);
  await until(
    () => reasonsFor(manualId),
    (reasons) => reasons.length > 0,
  );
  await expect(reasonsFor(manualId)).resolves.toEqual(['there is no record of this manual']);
  await expect(user.client.manual(manualId)).rejects.toMatchObject({ status: 404 });
});

// On this stage, since it would be the only one that they need besides. From here on no forms are used.
describe('an import', () => importJourney(() => ({ runtime, site })));

/** Last: its minutes end the execution environments of the others. */
test('what a function has failed on is kept as a dead letter, which the stage’s key encrypts', async () => {
  const sqs = new SQSClient(operatorConfig(runtime.file));
  const { QueueUrls: [QueueUrl] = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'Manuel-dev-dead-letter-Spend' }));
  await control.armFault({ service: 'monitoring', operation: 'GetMetricData', kind: 'deny' });
  await control.advanceTime(FIVE_MINUTES_MS);
  const letter = await until(
    async () => {
      // The second attempt is a minute after the first.
      await control.advanceTime(ONE_MINUTE_MS);
      return (await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages?.[0];
    },
    (message) => message !== undefined,
  );
  expect(letter?.Body).toContain('"detail-type":"Scheduled Event"');
  await control.clearFaults();
  sqs.destroy();
});
