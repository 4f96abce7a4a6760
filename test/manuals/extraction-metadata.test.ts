import { BedrockAgentClient, type IngestKnowledgeBaseDocumentsCommandInput } from '@aws-sdk/client-bedrock-agent';
import type { Page } from '../../lambdas/manuals/extraction/page.ts';
import type { Manual } from '../../lambdas/manuals/manual.ts';
import { ManualDocuments } from '../../lambdas/manuals/manual-documents.ts';
import { ALICES_MANUAL } from '../support/manuals.ts';

/** What the knowledge base is told of each of these pages, but for what it is told of all. */
async function told(manual: Manual, pages: readonly Page[]): Promise<object[]> {
  const client = new BedrockAgentClient({ region: 'eu-west-1', credentials: { accessKeyId: 'key', secretAccessKey: 'secret' } });
  const documents: object[] = [];
  client.middlewareStack.add(
    () =>
      async ({ input }) => {
        for (const { metadata } of (input as IngestKnowledgeBaseDocumentsCommandInput).documents ?? []) {
          const attributes =
            metadata?.inlineAttributes?.map(({ key = '', value }) => [key, value?.stringValue ?? value?.numberValue] as const) ?? [];
          const { page, section, file_type } = Object.fromEntries(attributes);
          documents.push({ page, section, file_type });
        }
        return { response: undefined, output: { $metadata: {} } };
      },
    { step: 'initialize' },
  );
  await new ManualDocuments(client, 'KB', 'DS').ingest(manual, pages);
  return documents;
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
