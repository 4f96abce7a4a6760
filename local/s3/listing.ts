import { invalidArgument } from './s3-error.ts';

/** The most that one page of a listing holds (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html). */
export const MAX_PAGE_ITEMS = 1000;

/** What to list: keys under a prefix; those that share a further part up to the delimiter are one common prefix. */
export interface Selection {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  readonly maxItems: number;
}

export interface Page<T> {
  readonly entries: readonly T[];
  readonly commonPrefixes: readonly string[];
  readonly truncated: boolean;
  /** The last entry, or the last common prefix as a key without entry: where the next page goes on. */
  readonly last: { readonly key: string; readonly entry?: T } | undefined;
}

/** One page of entries that come in the order of their keys, after those for which `isBefore` is true. */
export function listPage<T extends { readonly key: string }>(
  entries: Iterable<T>,
  selection: Selection,
  isBefore: (entry: T) => boolean,
): Page<T> {
  const { prefix, maxItems } = selection;
  const listed: T[] = [];
  const commonPrefixes: string[] = [];
  let last: Page<T>['last'];
  for (const entry of entries) {
    if (!entry.key.startsWith(prefix) || isBefore(entry)) continue;
    const common = commonPrefixOf(entry.key, selection);
    if (common !== undefined && common === commonPrefixes.at(-1)) continue;
    if (listed.length + commonPrefixes.length >= maxItems) {
      // S3 says of an empty page that was asked for that there is no more.
      return { entries: listed, commonPrefixes, truncated: maxItems > 0, last };
    }
    if (common === undefined) listed.push(entry);
    else commonPrefixes.push(common);
    last = common === undefined ? { key: entry.key, entry } : { key: common };
  }
  return { entries: listed, commonPrefixes, truncated: false, last };
}

/** Whether a marker is a common prefix of this selection, under which everything was listed already. */
export function isCommonPrefix(marker: string, selection: Selection): boolean {
  return commonPrefixOf(marker, selection) === marker;
}

function commonPrefixOf(key: string, { prefix, delimiter }: Selection): string | undefined {
  const end = delimiter === '' || !key.startsWith(prefix) ? -1 : key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** How names are written in the reply: plainly, or as `encoding-type=url` has them. Throws for any other encoding. */
export function nameEncoder(encodingType: string | undefined): (name: string) => string {
  if (encodingType === undefined) return (name) => name;
  if (encodingType !== 'url') throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encodingType);
  return urlEncode;
}

/** As forms encode, but for the slash. */
function urlEncode(name: string): string {
  return encodeURIComponent(name)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+');
}
