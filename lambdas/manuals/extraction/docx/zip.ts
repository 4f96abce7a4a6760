import { inflateRawSync } from 'node:zlib';
import { ManualRejected } from '../../manual.ts';

/** Where a file lies in the archive. */
interface Entry {
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly packedBytes: number;
  readonly headerOffset: number;
}

/** Records of a ZIP archive (PKWARE APPNOTE 6.3.10, 4.3.7, 4.3.12 and 4.3.16): signatures, and lengths without names. */
const LOCAL_HEADER = { signature: 0x04034b50, bytes: 30 };
const DIRECTORY_ENTRY = { signature: 0x02014b50, bytes: 46 };
const END_OF_DIRECTORY = Buffer.from('PK\u0005\u0006', 'latin1');
const STORED = 0;
const DEFLATED = 8;
/** A DOCX has some dozens, and one for each picture. */
const MAX_ENTRIES = 20_000;

/**
 * The files of a ZIP archive, unpacked one at a time and only when asked for. What the archive says of their sizes is not believed:
 * unpacking ends when all of them together have reached the limit. Everything throws ManualRejected.
 */
export class ZipArchive {
  readonly #bytes: Buffer;
  readonly #entries: ReadonlyMap<string, Entry>;
  #bytesLeft: number;

  constructor(bytes: Uint8Array, maxUnpackedBytes: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytesLeft = maxUnpackedBytes;
    this.#entries = orUnreadable(() => readDirectory(this.#bytes));
    if ([...this.#entries.values()].some(({ isEncrypted }) => isEncrypted)) throw new ManualRejected('encrypted');
  }

  /** The file of that name, undefined when there is none. */
  read(name: string): Buffer | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    const file = orUnreadable(() => this.#unpack(entry));
    this.#bytesLeft -= file.length;
    return file;
  }

  #unpack({ method, packedBytes, headerOffset }: Entry): Buffer {
    if (this.#bytes.readUInt32LE(headerOffset) !== LOCAL_HEADER.signature) throw new RangeError('there is no file where one should be');
    const nameAndExtra = this.#bytes.readUInt16LE(headerOffset + 26) + this.#bytes.readUInt16LE(headerOffset + 28);
    const start = headerOffset + LOCAL_HEADER.bytes + nameAndExtra;
    const packed = this.#bytes.subarray(start, start + packedBytes);
    if (method === DEFLATED) return inflateRawSync(packed, { maxOutputLength: Math.max(this.#bytesLeft, 1) });
    if (method !== STORED || packed.length > this.#bytesLeft) throw new RangeError(`method ${method}, ${packed.length} bytes`);
    return packed;
  }
}

function readDirectory(archive: Buffer): Map<string, Entry> {
  const end = archive.lastIndexOf(END_OF_DIRECTORY);
  if (end < 0) throw new RangeError('the archive breaks off');
  const count = archive.readUInt16LE(end + 10);
  let offset = archive.readUInt32LE(end + 16);
  if (count > MAX_ENTRIES) throw new RangeError(`${count} files`);
  const entries = new Map<string, Entry>();
  for (let read = 0; read < count; read += 1) {
    if (archive.readUInt32LE(offset) !== DIRECTORY_ENTRY.signature) throw new RangeError('the directory breaks off');
    const nameBytes = archive.readUInt16LE(offset + 28);
    const name = archive.toString('utf8', offset + DIRECTORY_ENTRY.bytes, offset + DIRECTORY_ENTRY.bytes + nameBytes);
    // Of two with one name, different readers take different ones: what one has checked another would not show.
    if (entries.has(name)) throw new RangeError(`two files are named ${name}`);
    entries.set(name, {
      isEncrypted: (archive.readUInt16LE(offset + 8) & 1) === 1,
      method: archive.readUInt16LE(offset + 10),
      packedBytes: archive.readUInt32LE(offset + 20),
      headerOffset: archive.readUInt32LE(offset + 42),
    });
    offset += DIRECTORY_ENTRY.bytes + nameBytes + archive.readUInt16LE(offset + 30) + archive.readUInt16LE(offset + 32);
  }
  return entries;
}

/** Whatever reading beyond the end, or unpacking, throws is due to the archive. */
function orUnreadable<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new ManualRejected('unreadable', { cause: error });
  }
}
