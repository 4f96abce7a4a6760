import type { Embedding } from './embeddings.ts';
import type { MetadataValue } from './metadata.ts';

/** A document's text as it is stored; its passages are made of it anew at every start. */
export interface StoredText {
  readonly text: string;
  readonly metadata: readonly (readonly [name: string, value: MetadataValue])[];
  /** Of each passage, where a model embeds them. */
  readonly embeddings?: { readonly model: string; readonly vectors: readonly string[] } | undefined;
}

/** What was last submitted for a document, and when which of its steps takes place, in milliseconds since the epoch. */
export type Submission = { readonly submittedAt: number; readonly failure?: string | undefined } & (
  | {
      readonly kind: 'ingestion';
      readonly startedAt: number;
      readonly processedAt: number;
      readonly searchableAt: number;
      /** Absent when it fails. */
      readonly text?: StoredText | undefined;
    }
  | { readonly kind: 'deletion'; readonly deletedAt: number }
);

/** All that there is of a document. From it follows in which state it is at any time. */
export interface StoredDocument {
  /** What Retrieve finds until the submission takes effect. */
  readonly searchable?: StoredText | undefined;
  readonly submission: Submission;
}

/** As four bytes per number. */
export function encodeEmbedding(embedding: Embedding): string {
  return Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength).toString('base64');
}

export function decodeEmbedding(vector: string): Embedding {
  return new Float32Array(Uint8Array.from(Buffer.from(vector, 'base64')).buffer);
}
