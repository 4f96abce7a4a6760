import { ListQueuesCommand, ReceiveMessageCommand, SendMessageCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { inHaste } from '../support/haste.ts';
import { type ImportSite, type Page, PRIVATE_HOST, PUBLIC_HOST } from '../support/import-site.ts';
import { OperatorView } from '../support/operator-view.ts';
import { pdfOf } from '../support/pdf.ts';
import type { StartedRuntime } from '../support/runtime.ts';
import { newUser, operatorConfig, type SignedInUser } from '../support/users.ts';

const PDF = pdfOf(['Fill the kettle up to the mark.', 'Error E-24 means that the kettle is empty.']);
const QUESTION = 'What does error E-24 mean?';
const GONE = { status: 404, problem: { code: 'not_found' } };
/** Less than the import worker may run. */
const ONE_MINUTE_MS = 60_000;
const LOOK_AGAIN_MS = 50;

const file: Page = (_request, response) => response.setHeader('Content-Type', 'application/pdf').end(PDF);
const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Page =>
  (_request, response) =>
    response.writeHead(code, headers).end();

/** How manuals are imported, on a stage that was started from the edits of this site. */
export function importJourney(stage: () => { readonly runtime: StartedRuntime; readonly site: ImportSite }): void {
  let runtime: StartedRuntime;
  let site: ImportSite;
  let control: RuntimeControl;
  let operator: OperatorView;
  let user: SignedInUser;

  beforeAll(() => {
    ({ runtime, site } = stage());
    control = new RuntimeControl(runtime.file);
    operator = new OperatorView(runtime.file);
  });

  beforeEach(async () => {
    user = await newUser(runtime.file);
    site.asked.splice(0);
  });

  afterEach(() => control.clearFaults());

  afterAll(() => operator[Symbol.dispose]());

  async function startImport(address: string): Promise<string> {
    const { manual_id } = await user.client.startImport(address);
    return manual_id;
  }

  async function untilSo(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }

  const untilReady = (manualId: string) => inHaste(control, user.client.untilReady(manualId));
  const until = (isSo: () => Promise<boolean>) => inHaste(control, untilSo(isSo));

  async function untilFailed(manualId: string) {
    await until(async () => ['failed', 'ready'].includes((await user.client.manual(manualId)).status));
    return user.client.manual(manualId);
  }

  async function leftOf(manualId: string) {
    const [objects, items] = await Promise.all([operator.objects(), operator.items()]);
    const names = (thing: object) => JSON.stringify(thing).includes(manualId);
    return { objects: objects.filter(names).length, items: items.filter(names).length };
  }

  test('a manual is fetched from its address, becomes ready and is cited, and its passages say where it is from', async () => {
    const { promise: isAsked, resolve: hand } = Promise.withResolvers<void>();
    const address = site.publish('/k7/download', status(302, { Location: '/files/K7%20(2).pdf' }));
    site.publish('/files/K7%20(2).pdf', async (request, response) => {
      await isAsked;
      file(request, response);
    });
    await expect(user.client.startImport(address)).resolves.toEqual({ manual_id: expect.any(String), status: 'importing' });
    const [manual] = (await user.client.manuals()).manuals;
    const manualId = manual?.manual_id ?? '';
    expect(manual).toEqual({
      manual_id: manualId,
      filename: 'download',
      source_url: address,
      status: 'importing',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    hand();
    const described = { filename: 'K7 (2).pdf', content_type: 'application/pdf', size: PDF.length, source_url: address };
    await expect(untilReady(manualId)).resolves.toMatchObject({ ...described, status: 'ready', pages: 2 });
    const citation = { manual_id: manualId, filename: 'K7 (2).pdf', page: 2 };
    await expect(user.client.ask(QUESTION)).resolves.toMatchObject({ citations: [citation] });
    const passages = await operator.passages({ equals: { key: 'manual_id', value: manualId } });
    expect(passages).toHaveLength(2);
    for (const { metadata } of passages) {
      expect(metadata).toMatchObject({
        user_id: user.userId,
        upload_method: 'url_import',
        source_url: address,
        original_filename: 'K7 (2).pdf',
      });
    }
    expect(site.asked).toEqual(['/k7/download', '/files/K7%20(2).pdf']);
  });

  test('nobody else sees what is imported', async () => {
    const manualId = await startImport(site.publish('/mine.pdf', file));
    const stranger = await newUser(runtime.file);
    await expect(stranger.client.manual(manualId)).rejects.toMatchObject(GONE);
    await untilReady(manualId);
    await expect(stranger.client.manual(manualId)).rejects.toMatchObject(GONE);
    await expect(stranger.client.delete(manualId)).rejects.toMatchObject(GONE);
    await expect(stranger.client.manuals()).resolves.toEqual({ manuals: [] });
    await expect(stranger.client.ask(QUESTION, { manual_ids: [manualId] })).resolves.toMatchObject({ context_used: 0 });
  });

  test.each([
    ['a name that leads inside', () => `https://${PRIVATE_HOST}/secrets.pdf`, []],
    [
      'a redirect to a private address',
      () => site.publish('/to-inside', status(302, { Location: 'https://169.254.169.254/' })),
      ['/to-inside'],
    ],
    ['a redirect to a name that leads inside', () => site.publish('/in', status(301, { Location: `https://${PRIVATE_HOST}/` })), ['/in']],
  ])('%s is refused at once, and nothing is asked for there', async (_what, address, requests) => {
    const manualId = await startImport(address());
    await expect(untilFailed(manualId)).resolves.toMatchObject({
      status: 'failed',
      failure: {
        code: 'import_refused',
        detail: 'The address, or one that it forwards to, does not lead to a server on the public internet.',
      },
    });
    expect(site.asked).toEqual(requests);
    expect(await leftOf(manualId)).toEqual({ objects: 0, items: 1 });
  });

  test('a server that is down is asked twice more, and then the manual has failed without anybody being woken', async () => {
    const manualId = await startImport(site.publish('/down.pdf', status(503)));
    await expect(untilFailed(manualId)).resolves.toMatchObject({
      failure: { code: 'import_failed', detail: 'The server did not answer with the file. Its status was 503.' },
    });
    expect(site.asked).toEqual(['/down.pdf', '/down.pdf', '/down.pdf']);
    const log = await operator.logOf('Manuals/Import');
    expect(log.filter(({ level }) => level !== 'INFO')).toEqual([]);
    expect(JSON.stringify(log)).not.toContain(PUBLIC_HOST);
  });

  test('a server that was down for a moment, and a passing fault of any service, only delay it', async () => {
    let failures = 0;
    const address = site.publish('/flaky.pdf', (request, response) => {
      failures += 1;
      if (failures === 1) request.socket.destroy();
      else file(request, response);
    });
    const faults = [
      ['dynamodb', 'GetItem', 'throttle'],
      ['dynamodb', 'UpdateItem', 'drop'],
      ['sqs', 'SendMessage', 'drop'],
      ['s3', 'PutObject', 'drop'],
    ] as const;
    for (const [service, operation, kind] of faults) await control.armFault({ service, operation, kind, times: 1 });
    const manualId = await startImport(address);
    await expect(untilReady(manualId)).resolves.toMatchObject({ status: 'ready' });
    const { objects } = await leftOf(manualId);
    expect(objects).toBe(2);
  });

  test('a manual that is deleted while it is fetched leaves nothing', async () => {
    const { promise: isAskedFor, resolve: tellAsked } = Promise.withResolvers<void>();
    const { promise: isDeleted, resolve: tellDeleted } = Promise.withResolvers<void>();
    const address = site.publish('/slow.pdf', async (request, response) => {
      tellAsked();
      await isDeleted;
      file(request, response);
    });
    const manualId = await startImport(address);
    await isAskedFor;
    const before = await operator.runsOf('Manuals/Import');
    await expect(user.client.delete(manualId)).resolves.toMatchObject({ status: 'deleting' });
    await until(async () => (await leftOf(manualId)).items === 0);
    tellDeleted();
    await until(async () => (await operator.runsOf('Manuals/Import')) > before);
    expect(await leftOf(manualId)).toEqual({ objects: 0, items: 0 });
    await expect(user.client.manual(manualId)).rejects.toMatchObject(GONE);
  });

  test('what is written after the manual was deleted is removed', async () => {
    await control.armFault({ service: 's3', operation: 'PutObject', kind: 'slow', delayMs: ONE_MINUTE_MS });
    const manualId = await startImport(site.publish('/late.pdf', file));
    await until(async () => (await user.client.manual(manualId)).size !== undefined);
    await user.client.delete(manualId);
    await until(async () => (await leftOf(manualId)).items === 0);
    const [imports, ingestions] = [await operator.runsOf('Manuals/Import'), await operator.runsOf('Manuals/Ingestion')];
    await control.advanceTime(ONE_MINUTE_MS);
    await until(async () => (await operator.runsOf('Manuals/Import')) > imports);
    await until(async () => (await operator.runsOf('Manuals/Ingestion')) > ingestions);
    expect(await leftOf(manualId)).toEqual({ objects: 0, items: 0 });
  });

  test('a failure of ours becomes a dead letter once the owner is told, and a redrive takes it up again', async () => {
    const sqs = new SQSClient(operatorConfig(runtime.file));
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    const urlOf = (name: string) => QueueUrls.find((url) => url.includes(name));
    const [source, deadLetters] = [urlOf('ManualsImportQueue'), urlOf('dead-letter-ManualsImport')];
    const setVisibility = (seconds: string) =>
      sqs.send(new SetQueueAttributesCommand({ QueueUrl: source, Attributes: { VisibilityTimeout: seconds } }));
    // So that it is received again soon, and not while it is worked on.
    await setVisibility('1');
    await control.armFault({ service: 's3', operation: 'PutObject', kind: 'deny' });
    const manualId = await startImport(site.publish('/ours.pdf', file));
    await expect(untilFailed(manualId)).resolves.toMatchObject({ failure: { code: 'indexing_failed' } });
    const { Messages: [letter] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: deadLetters, WaitTimeSeconds: 20 }));
    expect(JSON.parse(letter?.Body ?? '{}')).toEqual({ user_id: user.userId, manual_id: manualId, attempt: 0 });
    await control.clearFaults();
    await setVisibility('1080');
    await sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody: letter?.Body }));
    await until(async () => (await user.client.manual(manualId)).status === 'ready');
    sqs.destroy();
  });
}
