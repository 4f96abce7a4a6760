import { randomUUID } from 'node:crypto';
import type { UploadDocument } from '../../lambdas/manuals/manuals.contract.ts';
import { DEFAULT_MAX_RESULTS } from '../../lambdas/query/query.contract.ts';
import { hashedUserId } from '../../lambdas/shared/observability.ts';
import { documentId, PASSAGE_METADATA } from '../../lambdas/shared/passages.contract.ts';
import { sendForm } from '../../local/cli/manuel-client.ts';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import { OperatorView, type StoredPassage } from './operator-view.ts';
import { pdfOf } from './pdf.ts';
import { plantManuals } from './planted-passages.ts';
import { newUser, type SignedInUser } from './users.ts';

/**
 * Proofs that one user is kept from another's, each of one control. A proof brings its own users, holds on any runtime, and fails when
 * its control is taken out, whatever else still stands in the way.
 */

/** How long what is under way may take to show. */
const PATIENCE_MS = 15_000;
const LOOK_AGAIN_MS = 50;

/** A quarter of an hour. */
const FORM_LIFETIME_MS = 900_000;
const TEXT = new TextEncoder().encode('Fill the kettle up to the mark.');

/** How a security event is declared to CloudWatch. */
const SECURITY_EVENT = {
  _aws: expect.objectContaining({
    CloudWatchMetrics: [
      {
        Namespace: 'Manuel/Application',
        Dimensions: [['service', 'Kind']],
        Metrics: [expect.objectContaining({ Name: 'SecurityEvent', Unit: 'Count' })],
      },
    ],
  }),
};

/** Looks until it is there, and returns what was seen last: whether it was there is for the caller to expect. */
export async function lookUntil<Seen>(look: () => Promise<Seen>, isThere: (seen: Seen) => boolean): Promise<Seen> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (isThere(seen) || Date.now() > deadline) return seen;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** Waits until the store holds every page of a manual, which no control of retrieval has a part in, and returns the passages. */
async function untilStored(operator: OperatorView, manualId: string, pages: number): Promise<StoredPassage[]> {
  const passages = await lookUntil(
    () => operator.passages({ equals: { key: PASSAGE_METADATA.manual, value: manualId } }),
    (found) => found.length >= pages,
  );
  expect(passages.map((passage) => passage.documentId)).toEqual(
    Array.from({ length: pages }, (_, index) => documentId(manualId, index + 1)),
  );
  return passages;
}

/** Uploads a manual of these pages and waits until the store holds it. */
export async function storeManual(operator: OperatorView, owner: SignedInUser, pages: readonly string[], filename = 'manual.pdf') {
  const bytes = pdfOf(pages);
  const { manual_id, upload } = await owner.client.startUpload({ filename, content_type: 'application/pdf', size: bytes.length });
  await sendForm(upload, bytes);
  return { manualId: manual_id, passages: await untilStored(operator, manual_id, pages.length) };
}

/** The query function's log lines of so many requests of a user, once they are there. */
async function queryLog(operator: OperatorView, { userId }: SignedInUser, requests: number) {
  const lines = await lookUntil(
    async () => (await operator.logOf('Query/Function')).filter(({ user }) => user === hashedUserId(userId)),
    (found) => found.filter(({ message }) => message === 'request').length >= requests,
  );
  expect(lines.filter(({ message }) => message === 'request')).toHaveLength(requests);
  return lines;
}

/** Search finds the caller's own, though others own so many passages that fit better that nothing else would come back. */
export async function proveOwnerFilter(file: RuntimeFile): Promise<void> {
  using operator = new OperatorView(file);
  const [mine, theirs] = await Promise.all([newUser(file), newUser(file)]);
  const product = `K${randomUUID().slice(0, 8)}`;
  const better = `Descale ${product}. `.repeat(3);
  const [own, foreign] = await Promise.all([
    storeManual(operator, mine, [`Descale the ${product} with vinegar.`]),
    storeManual(operator, theirs, new Array<string>(DEFAULT_MAX_RESULTS).fill(better)),
  ]);
  const selections = [{}, { manual_ids: [own.manualId, foreign.manualId] }];
  for (const selection of selections) {
    await expect(mine.client.ask(`How do I descale the ${product}?`, selection)).resolves.toMatchObject({
      answer: expect.stringContaining('vinegar'),
      context_used: 1,
      citations: [{ manual_id: own.manualId }],
    });
  }
  const lines = await queryLog(operator, mine, selections.length);
  expect(lines.filter(({ level }) => level === 'ERROR')).toEqual([]);
}

/** What comes back from the store and is not the caller's is dropped, logged and metered, and what is the caller's is not. */
export async function proveOwnerCheck(file: RuntimeFile): Promise<void> {
  using operator = new OperatorView(file);
  const control = new RuntimeControl(file);
  const caller = await newUser(file);
  const product = `K${randomUUID().slice(0, 8)}`;
  const { manualId } = await storeManual(operator, caller, [`Descale the ${product} with vinegar.`]);
  const planted = randomUUID();
  const owners = [randomUUID(), caller.userId.toUpperCase(), undefined];
  await plantManuals(file, operator, [{ manualId: planted, owners, text: `The ${product} opens with 4711.` }]);
  await untilStored(operator, planted, owners.length);
  const meteredBefore = await foreignPassageMetrics(operator);
  // No more results than were planted, so that nothing else can come back with them.
  const secrets = [{}, { manual_ids: [manualId] }, { manual_ids: [planted] }].map((selection) => ({
    ...selection,
    max_results: owners.length,
  }));
  await control.leakPassages(`^${planted}#`);
  try {
    for (const selection of secrets) {
      const answer = await caller.client.ask(`With what does the ${product} open?`, selection);
      expect(answer).toMatchObject({ answer: 'Your manuals do not answer this question.', context_used: 0, citations: [] });
    }
    const { answer, citations } = await caller.client.ask(`How do I descale the ${product}?`, { max_results: owners.length + 1 });
    expect([answer, citations]).toEqual([`Descale the ${product} with vinegar. [1]`, [expect.objectContaining({ manual_id: manualId })]]);
  } finally {
    await control.leakPassages();
  }
  const asked = secrets.length + 1;
  const reports = (await queryLog(operator, caller, asked)).filter(({ level }) => level === 'ERROR');
  const report = { message: 'passages of another owner came back and were dropped', count: owners.length };
  expect(reports).toEqual(new Array(asked).fill(expect.objectContaining(report)));
  const isMetered = (found: readonly unknown[]) => found.length >= meteredBefore.length + asked;
  const metrics = (await lookUntil(() => foreignPassageMetrics(operator), isMetered)).slice(meteredBefore.length);
  expect(metrics).toEqual(new Array(asked).fill(expect.objectContaining({ SecurityEvent: owners.length, ...SECURITY_EVENT })));
  expect(JSON.stringify([reports, metrics])).not.toContain('opens with');
}

async function foreignPassageMetrics(operator: OperatorView) {
  return (await operator.logOf('Query/Function')).filter(({ _aws, Kind }) => _aws !== undefined && Kind === 'ForeignPassage');
}

/** Every attribute of a stored passage is the backend's own word, whatever the uploader says. */
export async function proveServerWrittenMetadata(file: RuntimeFile): Promise<void> {
  using operator = new OperatorView(file);
  const uploader = await newUser(file);
  const somebodyElse = randomUUID();
  const request = { filename: 'manual.txt', content_type: 'text/plain', size: TEXT.length };
  for (const member of ['user_id', 'uploaded_by', 'sub', 'manual_id', 'upload_method', 'upload_timestamp', 'metadata']) {
    const refusal = { status: 400, problem: { code: 'invalid_request', errors: [{ pointer: `/${member}` }] } };
    await expect(uploader.client.startUpload({ ...request, [member]: somebodyElse })).rejects.toMatchObject(refusal);
  }
  const { upload } = await uploader.client.startUpload(request);
  for (const field of ['x-amz-meta-user_id', 'x-amz-meta-uploaded_by', 'x-amz-tagging', 'user_id']) {
    await expect(sendForm(withFields(upload, { [field]: somebodyElse }), TEXT)).rejects.toThrow(/refused with 403/);
  }
  const filename = `incoming/${somebodyElse}/${randomUUID()}#1?user_id=${somebodyElse}&uploaded_by=${somebodyElse}&page=7.pdf`;
  const { manualId, passages } = await storeManual(operator, uploader, ['Fill it up.', 'Switch it on.'], filename);
  const { created_at } = await uploader.client.manual(manualId);
  const written = (page: number) => ({
    user_id: uploader.userId,
    manual_id: manualId,
    page,
    uploaded_by: uploader.userId,
    original_filename: filename.slice(0, 150),
    upload_timestamp: created_at,
    upload_method: 'direct_upload',
    file_type: 'pdf',
    'x-amz-bedrock-kb-data-source-id': expect.any(String),
    'x-amz-bedrock-kb-chunk-id': expect.any(String),
  });
  expect(filename.length).toBeGreaterThan(150);
  expect(passages.map(({ metadata }) => metadata)).toEqual([written(1), written(2)]);
}

const withFields = (upload: UploadDocument['upload'], fields: Readonly<Record<string, string>>) => ({
  ...upload,
  fields: { ...upload.fields, ...fields },
});

/**
 * A form writes the object that it was made for, of its size and type, in its time, and nothing else. Moves the runtime's time on,
 * but not that of the functions, which date the forms: nothing can be uploaded to this runtime afterwards.
 */
export async function proveUploadPolicy(file: RuntimeFile): Promise<void> {
  using operator = new OperatorView(file);
  const [mine, theirs] = await Promise.all([newUser(file), newUser(file)]);
  const request = { filename: 'manual.txt', content_type: 'text/plain', size: TEXT.length };
  const start = async ({ client }: SignedInUser) => (await client.startUpload(request)).upload;
  const [upload, another, foreign] = [await start(mine), await start(mine), await start(theirs)];
  const keyOf = ({ fields: { key = '' } }: UploadDocument['upload']) => key;
  const key = keyOf(upload);

  const keys = [keyOf(foreign), keyOf(another), key.replace('incoming/', 'manuals/'), `${key}/2`, `${key}2`, key.slice(0, -1), 'key'];
  const types = ['text/html', 'application/pdf', 'text/plain; charset=utf-8', ''];
  const unforeseen = ['acl', 'success_action_status', 'x-amz-storage-class', 'x-amz-meta-note'];
  const changes = [
    ...keys.map((elsewhere) => ({ key: elsewhere })),
    ...types.map((type) => ({ 'Content-Type': type })),
    ...unforeseen.map((field) => ({ [field]: 'x' })),
  ];
  const refused = /refused with 403.*<Code>AccessDenied</s;
  for (const change of changes) await expect(sendForm(withFields(upload, change), TEXT)).rejects.toThrow(refused);
  const { 'Content-Type': _type, ...untyped } = upload.fields;
  await expect(sendForm({ ...upload, fields: untyped }, TEXT)).rejects.toThrow(refused);
  await expect(sendForm(upload, TEXT.subarray(1))).rejects.toThrow(/<Code>EntityTooSmall</);
  await expect(sendForm(upload, new Uint8Array([...TEXT, 33]))).rejects.toThrow(/<Code>EntityTooLarge</);
  const policy = JSON.parse(Buffer.from(upload.fields['Policy'] ?? '', 'base64').toString()) as { conditions: unknown[] };
  const looser = { ...policy, expiration: '2126-01-01T00:00:00Z', conditions: [...policy.conditions, ['starts-with', '$acl', '']] };
  const Policy = Buffer.from(JSON.stringify(looser)).toString('base64');
  await expect(sendForm(withFields(upload, { Policy }), TEXT)).rejects.toThrow(/refused with 403.*<Code>SignatureDoesNotMatch</s);
  await expect(sendForm(withFields(foreign, { key }), TEXT)).rejects.toThrow(refused);
  await expect(objectsOf(operator, mine, theirs)).resolves.toEqual([]);

  await expect(sendForm(upload, TEXT)).resolves.toBeUndefined();
  await new RuntimeControl(file).advanceTime(FORM_LIFETIME_MS);
  for (const late of [upload, another, foreign]) await expect(sendForm(late, TEXT)).rejects.toThrow(/refused with 403.*expired/s);
  const incoming = (await objectsOf(operator, mine, theirs)).filter((written) => written.startsWith('incoming/'));
  expect(incoming).toEqual([key]);
}

/** The keys that anything was ever written to for these users. */
async function objectsOf(operator: OperatorView, ...users: readonly SignedInUser[]): Promise<string[]> {
  const keys = (await operator.objects()).map(({ key }) => key);
  return keys.filter((key) => users.some(({ userId }) => key.includes(userId)));
}
