import { notImplemented, S3Error } from './s3-error.ts';

/** Positions of the first and the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` header against an object's size. Undefined when it asks for no bytes in particular, or is none at all,
 * which readers must treat alike (RFC 9110, section 14.2). Throws InvalidRange when no byte of it exists.
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  if (header?.startsWith('bytes=') && header.includes(',')) throw notImplemented('several ranges in one request; S3 neither');
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (start >= sizeBytes || start > end) {
    throw new S3Error(
      'InvalidRange',
      'The requested range is not satisfiable',
      416,
      { RangeRequested: header, ActualObjectSize: sizeBytes },
      { 'content-range': `bytes */${sizeBytes}` },
    );
  }
  return { start, end };
}
