/**
 * What is written with each page of a manual and read back with each passage. The names are the knowledge base's
 * metadata attributes; only the ingestion worker writes them.
 */
export const PASSAGE_METADATA = {
  owner: 'user_id',
  manual: 'manual_id',
  page: 'page',
  section: 'section',
  uploadedBy: 'uploaded_by',
  filename: 'original_filename',
  uploadedAt: 'upload_timestamp',
  uploadMethod: 'upload_method',
  fileType: 'file_type',
  sourceUrl: 'source_url',
} as const;

/** The knowledge base's id of a manual's n-th page: `<manual_id>#<n>`, 1-based. */
export function documentId(manualId: string, page: number): string {
  return `${manualId}#${page}`;
}

/** Reads a document id back; undefined when it is not one of ours. */
export function parseDocumentId(id: string): { readonly manualId: string; readonly page: number } | undefined {
  const [, manualId, page] = /^(.+)#([1-9]\d*)$/.exec(id) ?? [];
  return manualId === undefined ? undefined : { manualId, page: Number(page) };
}
