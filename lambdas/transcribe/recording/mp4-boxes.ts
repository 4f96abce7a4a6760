import type { ByteReader } from './byte-reader.ts';
import { unreadable } from './recording-rejected.ts';

/** Where the contents of a box lie (ISO/IEC 14496-12, section 4.2). */
export interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** A fragment for each frame of the longest recording would be half as many. */
const MAX_BOXES = 100_000;
const HEADER_BYTES = 8;
const LONG_HEADER_BYTES = 16;

/** The boxes within another, or within the file. One that reaches beyond it ends with it, as the last of a file that was cut off does. */
export function boxesIn(file: ByteReader, { start, end }: Pick<Box, 'start' | 'end'>): Box[] {
  const boxes: Box[] = [];
  for (let at = start; at + HEADER_BYTES <= end; ) {
    const size = file.uint32(at);
    const isLong = size === 1;
    const length = isLong ? file.uint64(at + HEADER_BYTES) : size === 0 ? end - at : size;
    const headerBytes = isLong ? LONG_HEADER_BYTES : HEADER_BYTES;
    if (length < headerBytes) throw unreadable('is damaged: a part of it is smaller than what it begins with');
    if (boxes.length === MAX_BOXES) throw unreadable('has too many parts');
    boxes.push({ type: file.text(at + 4, 4), start: at + headerBytes, end: Math.min(at + length, end) });
    at += length;
  }
  return boxes;
}

export const isBox =
  (type: string) =>
  (box: Box): boolean =>
    box.type === type;

/** The first box of a type within another. */
export const childOf = (file: ByteReader, parent: Box, type: string): Box | undefined => boxesIn(file, parent).find(isBox(type));
