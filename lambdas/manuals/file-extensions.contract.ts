import type { ManualContentType } from './manuals.contract.ts';

/** What files of each type end in, the usual first. */
export const FILE_EXTENSIONS: Readonly<Record<ManualContentType, readonly [string, ...string[]]>> = {
  'application/pdf': ['pdf'],
  'text/plain': ['txt', 'text'],
  'text/markdown': ['md', 'markdown'],
  'text/html': ['html', 'htm', 'xhtml'],
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': ['docx'],
};
/** The types that a manual may have. */
export const ACCEPTED_TYPES = Object.keys(FILE_EXTENSIONS) as readonly ManualContentType[];

/** The type that a file has by its name; undefined when the name tells none that is accepted. */
export function fileTypeByName(filename: string): ManualContentType | undefined {
  const [, extension = ''] = /\.([^.]+)$/.exec(filename.toLowerCase()) ?? [];
  return ACCEPTED_TYPES.find((type) => FILE_EXTENSIONS[type].includes(extension));
}
