import { unreadable } from './recording-rejected.ts';

/**
 * Reads numbers and names at given places of a file. What lies past its end is a damaged recording, so no length that a file
 * claims is ever believed beyond what is there.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  uint8(at: number): number {
    return this.#at(at, 1).getUint8(at);
  }

  uint16(at: number, littleEndian = false): number {
    return this.#at(at, 2).getUint16(at, littleEndian);
  }

  uint24(at: number): number {
    return this.uint16(at) * 0x100 + this.uint8(at + 2);
  }

  uint32(at: number, littleEndian = false): number {
    return this.#at(at, 4).getUint32(at, littleEndian);
  }

  /** Beyond 2^53 it is not exact, which no length in a file comes near. */
  uint64(at: number, littleEndian = false): number {
    return Number(this.#at(at, 8).getBigUint64(at, littleEndian));
  }

  int16(at: number): number {
    return this.#at(at, 2).getInt16(at);
  }

  /** Characters of one byte each. */
  text(at: number, length: number): string {
    this.#at(at, length);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + at, length).toString('latin1');
  }

  /** Whether this text stands there; not when the file ends before. */
  has(at: number, text: string): boolean {
    return at + text.length <= this.length && this.text(at, text.length) === text;
  }

  #at(at: number, length: number): DataView {
    if (at < 0 || at + length > this.length) throw unreadable('ends too early');
    return this.#view;
  }
}
