import { ACCEPTED_TYPES, FILE_EXTENSIONS, fileTypeByName } from '../file-extensions.contract.ts';
import type { ManualContentType } from '../manuals.contract.ts';

/** What some servers call the types. */
const ALIASES: ReadonlyMap<string, ManualContentType> = new Map([
  ['application/x-pdf', 'application/pdf'],
  ['text/x-markdown', 'text/markdown'],
  ['application/xhtml+xml', 'text/html'],
]);

/** What servers say of a file that they know nothing of; the second is S3's default, the others are to make browsers save it. */
const UNTYPED: readonly string[] = [
  'application/octet-stream',
  'binary/octet-stream',
  'application/download',
  'application/x-download',
  'application/force-download',
];

/**
 * The type of a file: what the server says, or where it says nothing, what the first of the filenames says that says anything.
 * Undefined for one that is not accepted.
 */
export function fileTypeOf(contentType: string | undefined, filenames: readonly string[]): ManualContentType | undefined {
  const said = (contentType?.split(';')[0] ?? '').trim().toLowerCase();
  const named = filenames.map(fileTypeByName).find((type) => type !== undefined);
  if (said === '' || UNTYPED.includes(said)) return named;
  // Servers that do not know Markdown, GitHub's among them, call it plain text.
  if (said === 'text/plain' && named === 'text/markdown') return named;
  return ACCEPTED_TYPES.find((type) => type === said) ?? ALIASES.get(said);
}

/** What files of a type usually end in. */
export const extensionOf = (fileType: ManualContentType): string => FILE_EXTENSIONS[fileType][0];
