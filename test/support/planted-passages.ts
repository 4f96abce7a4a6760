import {
  BedrockAgentClient,
  IngestKnowledgeBaseDocumentsCommand,
  type KnowledgeBaseDocument,
  type MetadataAttribute,
} from '@aws-sdk/client-bedrock-agent';
import { documentId, PASSAGE_METADATA } from '../../lambdas/shared/passages.contract.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import type { OperatorView } from './operator-view.ts';
import { operatorConfig } from './users.ts';

/** Pages that no upload could bring into the knowledge base: of one manual, with the same text, each of another owner. */
interface PlantedManual {
  readonly manualId: string;
  /** By page; a page without an owner is nobody's. */
  readonly owners: readonly (string | undefined)[];
  readonly text: string;
}

const DOCUMENTS_PER_CALL = 10;

/** Writes into a runtime's knowledge base past the backend, as its operator. */
export async function plantManuals(file: RuntimeFile, operator: OperatorView, planted: readonly PlantedManual[]): Promise<void> {
  const [knowledgeBaseId, dataSourceId] = await Promise.all(
    ['KNOWLEDGE_BASE_ID', 'DATA_SOURCE_ID'].map((name) => operator.variable('Manuals/Ingestion', name)),
  );
  const documents = planted.flatMap((manual) => manual.owners.map((owner, index) => toDocument(manual, owner, index + 1)));
  const client = new BedrockAgentClient(operatorConfig(file));
  for (let start = 0; start < documents.length; start += DOCUMENTS_PER_CALL) {
    const batch = documents.slice(start, start + DOCUMENTS_PER_CALL);
    await client.send(new IngestKnowledgeBaseDocumentsCommand({ knowledgeBaseId, dataSourceId, documents: batch }));
  }
  client.destroy();
}

function toDocument({ manualId, text }: PlantedManual, owner: string | undefined, page: number): KnowledgeBaseDocument {
  const attribute = (key: string, stringValue: string): MetadataAttribute => ({ key, value: { type: 'STRING', stringValue } });
  const inlineAttributes = [
    attribute(PASSAGE_METADATA.manual, manualId),
    ...(owner === undefined ? [] : [attribute(PASSAGE_METADATA.owner, owner)]),
  ];
  return {
    content: {
      dataSourceType: 'CUSTOM',
      custom: {
        customDocumentIdentifier: { id: documentId(manualId, page) },
        sourceType: 'IN_LINE',
        inlineContent: { type: 'TEXT', textContent: { data: text } },
      },
    },
    metadata: { type: 'IN_LINE_ATTRIBUTE', inlineAttributes },
  };
}
