import { IngestKnowledgeBaseDocumentsCommand, ListKnowledgeBaseDocumentsCommand } from '@aws-sdk/client-bedrock-agent';
import { openKnowledgeBase, type TestKnowledgeBase, toApiDocument } from './bedrock-support.ts';

let base: TestKnowledgeBase;

beforeEach(async () => {
  base = await openKnowledgeBase();
});

afterEach(async () => {
  expect(base.door.internalErrors).toEqual([]);
  await base.close();
});

const DESCALING = { id: 'm1#4', text: 'Descale the machine every three months.', metadata: { user_id: 'anna' } };

test('a document passes STARTING and IN_PROGRESS, is INDEXED, and only some time later found', async () => {
  base.service.ingestionTimes = { startingMs: 10_000, inProgressMs: 20_000, searchableAfterIndexedMs: 30_000 };
  expect(await base.ingest(DESCALING)).toEqual(['STARTING']);
  base.door.clock.advance(10_000);
  expect(await base.statusOf('m1#4')).toBe('IN_PROGRESS');
  base.door.clock.advance(20_000);
  expect(await base.statusOf('m1#4')).toBe('INDEXED');
  expect(await base.retrieve('descale')).toEqual([]);
  base.door.clock.advance(30_000);
  expect(await base.retrieve('descale')).toMatchObject([{ id: 'm1#4', text: DESCALING.text, metadata: { user_id: 'anna' } }]);
});

test('the default times are short, but never nothing', async () => {
  await base.ingest(DESCALING);
  expect(await base.statusOf('m1#4')).not.toBe('INDEXED');
  base.door.clock.advance(250);
  expect(await base.statusOf('m1#4')).toBe('INDEXED');
});

test('ingesting the same id again replaces the document once the new version is searchable', async () => {
  await base.publish(DESCALING);
  await base.ingest({ ...DESCALING, text: 'Descale the machine every week.', metadata: { user_id: 'ben' } });
  expect(await base.retrieve('descale')).toMatchObject([{ text: DESCALING.text }]);
  base.door.clock.advance(60_000);
  expect(await base.retrieve('descale')).toMatchObject([{ text: 'Descale the machine every week.', metadata: { user_id: 'ben' } }]);
});

test('the latest of two submissions wins, even where the earlier one would be done later', async () => {
  base.service.ingestionTimes = { searchableAfterIndexedMs: 50_000 };
  await base.ingest(DESCALING);
  base.service.ingestionTimes = { searchableAfterIndexedMs: 0 };
  await base.ingest({ ...DESCALING, text: 'Second version.' });
  base.door.clock.advance(60_000);
  expect(await base.retrieve('version')).toMatchObject([{ text: 'Second version.' }]);
});

test('a deleted document is DELETING and still found, then gone', async () => {
  base.service.ingestionTimes = { deletingMs: 5000 };
  await base.publish(DESCALING);
  expect(await base.remove('m1#4', 'unknown')).toEqual(['DELETING', 'NOT_FOUND']);
  expect(await base.retrieve('descale')).toHaveLength(1);
  base.door.clock.advance(5000);
  expect(await base.statusOf('m1#4')).toBe('NOT_FOUND');
  expect(await base.retrieve('descale')).toEqual([]);
});

test('a document that is ingested while it is being deleted stays', async () => {
  await base.publish(DESCALING);
  await base.remove('m1#4');
  await base.publish({ ...DESCALING, text: 'Back again.' });
  expect(await base.retrieve('again')).toMatchObject([{ text: 'Back again.' }]);
});

test('an armed failure ends in FAILED with its reason, and leaves other documents alone', async () => {
  base.service.failDocuments(/^m1#/g, 'The file is broken.');
  await base.publish(DESCALING, { id: 'm2#1', text: 'Fine.' });
  const { documentDetails } = await base.agent.send(new ListKnowledgeBaseDocumentsCommand(base.source));
  expect(documentDetails).toMatchObject([
    { identifier: { custom: { id: 'm1#4' } }, status: 'FAILED', statusReason: 'The file is broken.', updatedAt: expect.any(Date) },
    { identifier: { custom: { id: 'm2#1' } }, status: 'INDEXED' },
  ]);
  expect((await base.retrieve('descale')).map(({ id }) => id)).toEqual(['m2#1']);
  base.service.clearDocumentFailures();
  await base.publish(DESCALING);
  expect(await base.statusOf('m1#4')).toBe('INDEXED');
});

test('metadata beyond what a vector keeps fails the document', async () => {
  const attributes = (count: number, length: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'x'.repeat(length)]));
  await base.publish(
    { id: 'fits', text: 'Fits.', metadata: { note: 'x'.repeat(1013) } },
    { id: 'long', text: 'Long.', metadata: { note: 'x'.repeat(1014) } },
    { id: 'many', text: 'Many.', metadata: attributes(36, 1) },
  );
  expect(await base.statusOf('fits')).toBe('INDEXED');
  expect(await base.statusOf('long')).toBe('FAILED');
  expect(await base.statusOf('many')).toBe('FAILED');
});

test('a reused client token is ignored without an error', async () => {
  const clientToken = 'a'.repeat(36);
  const send = (text: string) =>
    base.agent.send(
      new IngestKnowledgeBaseDocumentsCommand({ ...base.source, clientToken, documents: [toApiDocument({ ...DESCALING, text })] }),
    );
  await send('First.');
  base.door.clock.advance(60_000);
  expect((await send('Second.')).documentDetails).toMatchObject([{ status: 'INDEXED' }]);
  base.door.clock.advance(60_000);
  expect(await base.retrieve('anything')).toMatchObject([{ text: 'First.' }]);
});

test('the list of documents comes in pages', async () => {
  await base.ingest(...['a', 'b', 'c'].map((id) => ({ id, text: id })));
  const list = (nextToken?: string) => base.agent.send(new ListKnowledgeBaseDocumentsCommand({ ...base.source, maxResults: 2, nextToken }));
  const first = await list();
  const second = await list(first.nextToken);
  const ids = [first, second].map(({ documentDetails = [] }) => documentDetails.map(({ identifier }) => identifier?.custom?.id));
  expect(ids).toEqual([['a', 'b'], ['c']]);
  expect(second.nextToken).toBeUndefined();
});

describe('refusals', () => {
  const document = toApiDocument(DESCALING);
  const inlineAttributes = (value: object) => ({ type: 'IN_LINE_ATTRIBUTE', inlineAttributes: [{ key: 'page', value }] });

  test.each([
    [
      'eleven documents',
      Array.from({ length: 11 }, (_, n) => toApiDocument({ id: `d${n}`, text: 'x' })),
      /length less than or equal to 10/,
    ],
    ['no document', [], /length greater than or equal to 1/],
    ['the same document twice', [document, document], /m1#4 is named twice/],
    ['an empty text', [toApiDocument({ id: 'e', text: '' })], /textContent.data.*length greater than or equal to 1/],
    ['more than 6 MB', [toApiDocument({ id: 'big', text: 'x'.repeat(6 * 1024 * 1024) })], /must not pass 6291456 bytes/],
    ['an empty string attribute', [{ ...document, metadata: inlineAttributes({ type: 'STRING', stringValue: '' }) }], /stringValue/],
    ['an attribute without its value', [{ ...document, metadata: inlineAttributes({ type: 'NUMBER', stringValue: '1' }) }], /type NUMBER/],
    ['metadata without attributes', [{ ...document, metadata: { type: 'IN_LINE_ATTRIBUTE', inlineAttributes: [] } }], /inlineAttributes/],
  ])('%s', async (_case, documents, message) => {
    const call = base.agent.send(new IngestKnowledgeBaseDocumentsCommand({ ...base.source, documents: documents as never }));
    await expect(call).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringMatching(message) });
  });

  test.each([
    ['S3_LOCATION', { dataSourceType: 'CUSTOM', custom: { customDocumentIdentifier: { id: 'x' }, sourceType: 'S3_LOCATION' } }],
    ['BYTE', { dataSourceType: 'CUSTOM', custom: { ...document.content?.custom, inlineContent: { type: 'BYTE' } } }],
    ['type S3', { dataSourceType: 'S3', s3: { s3Location: { uri: 's3://b/k' } } }],
  ])('content of a kind that is not emulated: %s', async (kind, content) => {
    const documents = [{ ...document, content }] as never;
    const call = base.agent.send(new IngestKnowledgeBaseDocumentsCommand({ ...base.source, documents }));
    await expect(call).rejects.toMatchObject({ name: 'NotImplementedByLocalRuntime', message: expect.stringContaining(kind) });
  });

  test('a member that would change what happens is named', async () => {
    const documents = [
      { ...document, metadata: { ...inlineAttributes({ type: 'NUMBER', numberValue: 1 }), accessControlList: [] } },
    ] as never;
    const call = base.agent.send(new IngestKnowledgeBaseDocumentsCommand({ ...base.source, documents }));
    await expect(call).rejects.toThrow('the member documents.0.metadata.accessControlList of IngestKnowledgeBaseDocuments');
  });

  test('a knowledge base or data source that does not exist', async () => {
    const send = (source: object) =>
      base.agent.send(new IngestKnowledgeBaseDocumentsCommand({ ...base.source, ...source, documents: [document] }));
    await expect(send({ knowledgeBaseId: 'AAAAAAAAAA' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(send({ dataSourceId: 'AAAAAAAAAA' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(send({ dataSourceId: 'short' })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('more than five calls a second, once the rates are enforced', async () => {
    base.service.callRatesEnforced = true;
    for (let call = 0; call < 5; call += 1) await base.statusOf('x');
    await expect(base.statusOf('x')).rejects.toMatchObject({ name: 'ThrottlingException' });
    base.door.clock.advance(1000);
    expect(await base.statusOf('x')).toBe('NOT_FOUND');
  });
});
