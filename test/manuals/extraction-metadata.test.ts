import { randomUUID } from 'node:crypto';
import { BedrockAgentClient, type IngestKnowledgeBaseDocumentsCommandInput } from '@aws-sdk/client-bedrock-agent';
import type { Page } from '../../lambdas/manuals/extraction/page.ts';
import type { DescribedManual } from '../../lambdas/manuals/manual.ts';
import { ManualDocuments } from '../../lambdas/manuals/manual-documents.ts';
import { ALICES_MANUAL } from '../support/manuals.ts';

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** What the knowledge base is told of each of these pages. */
async function allTold(manual: DescribedManual, pages: readonly Page[]): Promise<Attributes[]> {
  const client = new BedrockAgentClient({ region: 'eu-west-1', credentials: { accessKeyId: 'key', secretAccessKey: 'secret' } });
  const documents: Attributes[] = [];
  client.middlewareStack.add(
    () =>
      async ({ input }) => {
        for (const { metadata } of (input as IngestKnowledgeBaseDocumentsCommandInput).documents ?? []) {
          const attributes =
            metadata?.inlineAttributes?.map(({ key = '', value }) => [key, value?.stringValue ?? value?.numberValue] as const) ?? [];
          documents.push(Object.fromEntries(attributes));
        }
        return { response: undefined, output: { $metadata: {} } };
      },
    { step: 'initialize' },
  );
  await new ManualDocuments(client, 'KB', 'DS').ingest(manual, pages);
  return documents;
}

/** What it is told of each of these pages, but for what it is told of all. */
async function told(manual: DescribedManual, pages: readonly Page[]): Promise<Attributes[]> {
  return (await allTold(manual, pages)).map(({ page, section, file_type }) => ({ page, section, file_type }));
}

test('a page of a document without pages is known by its section, where it has one', async () => {
  const pages = [
    { number: 1, text: 'a', section: null },
    { number: 2, text: 'b', section: 'Care' },
  ];
  await expect(told({ ...ALICES_MANUAL, content_type: 'text/html' }, pages)).resolves.toEqual([
    { page: undefined, section: undefined, file_type: 'html' },
    { page: undefined, section: 'Care', file_type: 'html' },
  ]);
});

test('a page of a PDF is known by its number', async () => {
  const manual = { ...ALICES_MANUAL, content_type: 'application/pdf' };
  await expect(told(manual, [{ number: 7, text: 'a', section: null }])).resolves.toEqual([
    { page: 7, section: undefined, file_type: 'pdf' },
  ]);
});

test('a manual that was imported says so and from where, as far as there is room, and one that was uploaded from nowhere', async () => {
  const source_url = 'https://manuals.example.com/kettle.pdf';
  const pages = [{ number: 1, text: 'a', section: null }];
  const [imported] = await allTold({ ...ALICES_MANUAL, upload_method: 'url_import', source_url }, pages);
  expect(imported).toMatchObject({ upload_method: 'url_import', source_url });
  const [uploaded] = await allTold(ALICES_MANUAL, pages);
  expect(uploaded).toMatchObject({ upload_method: 'direct_upload' });
  expect(uploaded).not.toHaveProperty('source_url');
});

test.each([
  [300, 300],
  [301, 300],
  // A character of two bytes that would end at the 301st is left out.
  [299, 299, 'ü'],
])('of an address of %s bytes %s are told', async (length, kept, end = '') => {
  const address = 'https://manuals.example.com/'.padEnd(length, 'a');
  const [told] = await allTold({ ...ALICES_MANUAL, source_url: `${address}${end}` }, [{ number: 1, text: 'a', section: null }]);
  expect(told?.['source_url']).toBe(address.slice(0, kept));
});

test('the longest metadata of a page fit in what the store keeps with a vector', async () => {
  const manual: DescribedManual = {
    ...ALICES_MANUAL,
    user_id: randomUUID(),
    manual_id: randomUUID(),
    filename: 'ü'.repeat(255),
    content_type: 'text/markdown',
    upload_method: 'url_import',
    source_url: 'https://manuals.example.com/'.padEnd(2048, 'a'),
  };
  const [told = {}] = await allTold(manual, [{ number: 1000, text: 'a', section: 'b'.repeat(100) }]);
  const names = ['user_id', 'manual_id', 'section', 'uploaded_by', 'original_filename', 'upload_timestamp', 'upload_method', 'file_type'];
  expect(Object.keys(told).sort()).toEqual([...names, 'source_url'].sort());
  expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThan(1024);
});
