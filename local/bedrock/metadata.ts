/** A metadata attribute as it is stored with a passage and filtered on. */
export type MetadataValue = string | number | boolean | readonly string[];

/** The attributes of a document or passage. A map, so that no attribute's name can meet one of Object's own. */
export type Metadata = ReadonlyMap<string, MetadataValue>;

/** Attributes that a knowledge base adds to every passage. */
export const SYSTEM_METADATA = { dataSourceId: 'x-amz-bedrock-kb-data-source-id', chunkId: 'x-amz-bedrock-kb-chunk-id' } as const;
