import { ManualRejected } from '../manual.ts';

/** How a text in a file of this kind names its own encoding, among its first bytes, which are ASCII as far as that goes. */
type Declaration = RegExp;

/** Browsers look no further for it (https://html.spec.whatwg.org/#prescan-a-byte-stream-to-determine-its-encoding). */
const DECLARATION_WINDOW_BYTES = 1024;
export const HTML_DECLARATION: Declaration = /<meta[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)/i;

/**
 * The text of bytes: by their byte order mark, or the encoding that they declare, or else UTF-8. What declares nothing is UTF-8
 * without a fault, or it is no text. Nor is what holds a NUL. Throws ManualRejected.
 */
export function decodeText(bytes: Uint8Array, declaration?: Declaration): string {
  const label = byteOrderMark(bytes) ?? declared(bytes, declaration);
  const text = decoded(bytes, label ?? 'utf-8', label === undefined || label.startsWith('utf-16'));
  if (text.includes('\0')) throw new ManualRejected('wrong_type');
  return text;
}

function byteOrderMark([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8' : undefined;
}

/** An encoding that nobody knows counts as not declared. One that says UTF-16 in ASCII is wrong; browsers take it for UTF-8. */
function declared(bytes: Uint8Array, declaration: Declaration | undefined): string | undefined {
  const beginning = Buffer.from(bytes.subarray(0, DECLARATION_WINDOW_BYTES)).toString('latin1');
  const [, ...labels] = declaration?.exec(beginning) ?? [];
  const label = labels.find((found) => found !== undefined);
  if (label === undefined) return undefined;
  try {
    const { encoding } = new TextDecoder(label);
    return encoding.startsWith('utf-16') ? 'utf-8' : encoding;
  } catch {
    return undefined;
  }
}

/** `fatal` makes a fault in the encoding, of which a declared one may have a few, that of another type. */
function decoded(bytes: Uint8Array, label: string, fatal: boolean): string {
  try {
    return new TextDecoder(label, { fatal }).decode(bytes);
  } catch (error) {
    throw new ManualRejected('wrong_type', { cause: error });
  }
}
