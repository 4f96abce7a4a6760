import type { ManualContentType } from '../manuals.contract.ts';

interface Names {
  /** What some servers call the type. */
  readonly aliases: readonly string[];
  /** What files of the type end in, the usual first. */
  readonly extensions: readonly [string, ...string[]];
}

const NAMES: Readonly<Record<ManualContentType, Names>> = {
  'application/pdf': { aliases: ['application/x-pdf'], extensions: ['pdf'] },
  'text/plain': { aliases: [], extensions: ['txt', 'text'] },
  'text/markdown': { aliases: ['text/x-markdown'], extensions: ['md', 'markdown'] },
  'text/html': { aliases: ['application/xhtml+xml'], extensions: ['html', 'htm', 'xhtml'] },
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': { aliases: [], extensions: ['docx'] },
};
/** The types that a manual may have. */
export const ACCEPTED_TYPES = Object.keys(NAMES) as readonly ManualContentType[];

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
  const named = filenames.map(typeByExtension).find((type) => type !== undefined);
  if (said === '' || UNTYPED.includes(said)) return named;
  // Servers that do not know Markdown, GitHub's among them, call it plain text.
  if (said === 'text/plain' && named === 'text/markdown') return named;
  return ACCEPTED_TYPES.find((type) => type === said || NAMES[type].aliases.includes(said));
}

/** What files of a type usually end in. */
export const extensionOf = (fileType: ManualContentType): string => NAMES[fileType].extensions[0];

function typeByExtension(filename: string): ManualContentType | undefined {
  const [, extension = ''] = /\.([^.]+)$/.exec(filename.toLowerCase()) ?? [];
  return ACCEPTED_TYPES.find((type) => NAMES[type].extensions.includes(extension));
}
