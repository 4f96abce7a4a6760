import { cutText } from '../../shared/cut-text.ts';
import { decodeText } from './decode-text.ts';

/** As for an upload. */
const MAX_FILENAME_CHARACTERS = 255;
/** What the contract of an upload refuses in a filename: control characters, halves of characters, turns of direction. */
const NOT_PLAIN = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu;
/** A parameter of a header (RFC 9110, section 5.6.6), its value quoted or not. */
const PARAMETER = /(?:^|;)\s*([^=;\s]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/g;

/** What the file may be called, best first: as the server says (RFC 6266), then as its URL ends. May be none. */
export function filenamesOf(contentDisposition: string | undefined, url: URL): readonly string[] {
  const said = filenamesIn(contentDisposition ?? '');
  const lastSegment = url.pathname.split('/').at(-1) ?? '';
  return [...said, decodeText(unescapeBytes(lastSegment))].map(plainFilename).filter((name) => name !== '');
}

/** The names in a Content-Disposition header, the one that names its character set first. */
function filenamesIn(header: string): readonly string[] {
  const parameters = new Map([...header.matchAll(PARAMETER)].map(([, name = '', value = '']) => [name.toLowerCase(), value.trim()]));
  const [, charset, escaped] = /^(utf-8|iso-8859-1)'[^']*'(.*)$/i.exec(unquote(parameters.get('filename*') ?? '')) ?? [];
  const extended = charset !== undefined && escaped !== undefined ? decodeText(unescapeBytes(escaped), charset) : '';
  // Node reads headers as Latin-1; many servers write UTF-8.
  const plain = decodeText(Buffer.from(unquote(parameters.get('filename') ?? ''), 'latin1'));
  return [extended, plain];
}

/** A quoted value without quotes and escapes; any other as it is. */
const unquote = (value: string): string => (/^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value);

const unescapeBytes = (text: string): Buffer =>
  Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );

/** A filename that the contract of an upload would take, without folders; empty where nothing is left. */
function plainFilename(name: string): string {
  const base = (name.split(/[/\\]/).at(-1) ?? '').replace(/\s+/g, ' ').replace(NOT_PLAIN, '').trim();
  if (/^\.*$/.test(base)) return '';
  const [extension = ''] = /\.[a-z0-9]{1,10}$/i.exec(base) ?? [];
  const stem = base.slice(0, base.length - extension.length);
  return `${cutText(stem, MAX_FILENAME_CHARACTERS - extension.length).trim()}${extension}`;
}
