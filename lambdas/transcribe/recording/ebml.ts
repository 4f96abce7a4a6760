import type { ByteReader } from './byte-reader.ts';
import { unreadable } from './recording-rejected.ts';

/** An element of an EBML file (RFC 8794). */
export interface EbmlElement {
  readonly id: number;
  /** Where its data begins, and where the file says that it ends: beyond everything when its size is unknown. */
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

const MAX_ID_BYTES = 4;
const MAX_SIZE_BYTES = 8;

/** The element that begins there; undefined when the file ends within its header. */
export function elementAt(file: ByteReader, at: number): EbmlElement | undefined {
  const idBytes = at < file.length ? lengthAt(file, at) : 0;
  if (idBytes > MAX_ID_BYTES) throw unreadable('is damaged: it holds what is no element');
  if (idBytes === 0 || at + idBytes >= file.length) return undefined;
  const size = variableSize(file, at + idBytes);
  if (!size) return undefined;
  const start = at + idBytes + size.bytes;
  return { id: numberAt(file, at, idBytes), start, end: start + size.value, size: size.value };
}

/** A number with its length in its first bits; all ones are infinite. Undefined when the file ends within it. */
export function variableSize(file: ByteReader, at: number): { readonly value: number; readonly bytes: number } | undefined {
  if (at >= file.length) return undefined;
  const bytes = lengthAt(file, at);
  if (bytes > MAX_SIZE_BYTES) throw unreadable('is damaged: it holds what is no element');
  if (at + bytes > file.length) return undefined;
  const digits = numberAt(file, at, bytes) - 2 ** (7 * bytes);
  // Of eight bytes all ones are rounded up, and so is what comes close.
  const isUnknown = digits >= 2 ** (7 * bytes) - 1;
  return { value: isUnknown ? Number.POSITIVE_INFINITY : digits, bytes };
}

/** How many bytes a number has, by the zeros that it begins with: up to nine. */
const lengthAt = (file: ByteReader, at: number): number => Math.clz32(file.uint8(at)) - 23;

function numberAt(file: ByteReader, at: number, bytes: number): number {
  let value = 0;
  for (let place = at; place < at + bytes; place += 1) value = value * 0x100 + file.uint8(place);
  return value;
}

/** An unsigned number of at most eight bytes. */
export function unsignedOf(file: ByteReader, { start, size }: EbmlElement): number {
  if (size > 8 || start + size > file.length) throw unreadable('is damaged: a number of it has no end');
  return numberAt(file, start, size);
}
