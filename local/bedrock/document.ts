import * as z from 'zod';
import { notEmulated } from '../platform/call.ts';
import type { Metadata, MetadataValue } from './metadata.ts';
import { invalid } from './request.ts';

/** A document as direct ingestion takes it. */
export interface Document {
  /** The caller's own id; ingesting it again replaces the document. */
  readonly id: string;
  readonly text: string;
  readonly metadata: Metadata;
}

const documentId = z.string().min(1).max(2048);

const attributeValue = z.strictObject({
  type: z.enum(['STRING', 'NUMBER', 'BOOLEAN', 'STRING_LIST']),
  stringValue: z.string().min(1).max(2048).optional(),
  numberValue: z.number().optional(),
  booleanValue: z.boolean().optional(),
  stringListValue: z.array(z.string().min(1).max(2048)).min(1).max(10).optional(),
});

const metadata = z.strictObject({
  type: z.enum(['IN_LINE_ATTRIBUTE', 'S3_LOCATION']),
  inlineAttributes: z
    .array(z.strictObject({ key: z.string().min(1).max(200), value: attributeValue }))
    .min(1)
    .max(50)
    .optional(),
  s3Location: z.unknown().optional(),
});

/**
 * A document of IngestKnowledgeBaseDocuments with AWS's bounds
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_KnowledgeBaseDocument.html).
 */
export const documentSchema = z.strictObject({
  content: z.strictObject({
    dataSourceType: z.enum(['CUSTOM', 'S3']),
    custom: z
      .strictObject({
        customDocumentIdentifier: z.strictObject({ id: documentId }),
        sourceType: z.enum(['IN_LINE', 'S3_LOCATION']),
        inlineContent: z
          .strictObject({
            type: z.enum(['TEXT', 'BYTE']),
            textContent: z.strictObject({ data: z.string().min(1) }).optional(),
            byteContent: z.unknown().optional(),
          })
          .optional(),
        s3Location: z.unknown().optional(),
      })
      .optional(),
    s3: z.unknown().optional(),
  }),
  metadata: metadata.optional(),
});

/** How Get and Delete name a document. */
export const documentIdentifierSchema = z.strictObject({
  dataSourceType: z.enum(['CUSTOM', 'S3']),
  custom: z.strictObject({ id: documentId }).optional(),
  s3: z.unknown().optional(),
});

/** Reads a document whose shape was checked; refuses by name what is not an inline text of a custom data source. */
export function toDocument({ content, metadata }: z.infer<typeof documentSchema>): Document {
  if (content.dataSourceType !== 'CUSTOM') throw notEmulated(`direct ingestion into a data source of type ${content.dataSourceType}`);
  const { custom } = content;
  if (!custom) throw invalid('A document with the dataSourceType CUSTOM must have the member custom.');
  if (custom.sourceType !== 'IN_LINE') throw notEmulated(`direct ingestion with the sourceType ${custom.sourceType}`);
  const { inlineContent } = custom;
  if (!inlineContent) throw invalid('A document with the sourceType IN_LINE must have the member inlineContent.');
  if (inlineContent.type !== 'TEXT') throw notEmulated(`direct ingestion of inline content of type ${inlineContent.type}`);
  if (!inlineContent.textContent) throw invalid('Inline content of type TEXT must have the member textContent.');
  return { id: custom.customDocumentIdentifier.id, text: inlineContent.textContent.data, metadata: toMetadata(metadata) };
}

export function toDocumentId({ dataSourceType, custom }: z.infer<typeof documentIdentifierSchema>): string {
  if (dataSourceType !== 'CUSTOM') throw notEmulated(`documents of a data source of type ${dataSourceType}`);
  if (!custom) throw invalid('A document identifier with the dataSourceType CUSTOM must have the member custom.');
  return custom.id;
}

function toMetadata(given: z.infer<typeof metadata> | undefined): Metadata {
  if (!given) return new Map();
  if (given.type !== 'IN_LINE_ATTRIBUTE') throw notEmulated(`document metadata of type ${given.type}`);
  if (!given.inlineAttributes) throw invalid('Metadata of type IN_LINE_ATTRIBUTE must have the member inlineAttributes.');
  const attributes = new Map<string, MetadataValue>();
  for (const { key, value } of given.inlineAttributes) {
    if (attributes.has(key)) throw invalid(`The metadata attribute "${key}" is given twice.`);
    attributes.set(key, toMetadataValue(key, value));
  }
  return attributes;
}

function toMetadataValue(key: string, value: z.infer<typeof attributeValue>): MetadataValue {
  const values = {
    STRING: value.stringValue,
    NUMBER: value.numberValue,
    BOOLEAN: value.booleanValue,
    STRING_LIST: value.stringListValue,
  };
  const chosen = values[value.type];
  if (chosen === undefined) throw invalid(`The metadata attribute "${key}" of type ${value.type} has no value of that type.`);
  return chosen;
}
