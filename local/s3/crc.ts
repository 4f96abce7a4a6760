import { crc32 } from 'node:zlib';

/** A running checksum of bytes handed over in pieces. */
interface RunningCrc {
  update(bytes: Buffer): void;
  /** The checksum so far, big-endian. */
  value(): Buffer;
}

const CRC32C_POLYNOMIAL = 0x82f63b78n;
const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

interface Table {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** One step of a bit-reflected CRC for every byte, in two halves, since JavaScript's fast integers have 32 bits. */
function reflectedTable(polynomial: bigint): Table {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    high[byte] = Number(crc >> 32n);
    low[byte] = Number(crc & 0xffffffffn);
  }
  return { high, low };
}

const crc32cTable = reflectedTable(CRC32C_POLYNOMIAL);
const crc64Table = reflectedTable(CRC64NVME_POLYNOMIAL);

export class Crc32 implements RunningCrc {
  #crc = 0;

  update(bytes: Buffer): void {
    this.#crc = crc32(bytes, this.#crc);
  }

  value(): Buffer {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(this.#crc);
    return value;
  }
}

/** Castagnoli's CRC-32. */
export class Crc32c implements RunningCrc {
  #crc = 0xffffffff;

  update(bytes: Buffer): void {
    const { low } = crc32cTable;
    let crc = this.#crc;
    for (let index = 0; index < bytes.length; index++) crc = (crc >>> 8) ^ (low[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
    this.#crc = crc;
  }

  value(): Buffer {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(~this.#crc >>> 0);
    return value;
  }
}

/** The NVM Express CRC-64, S3's checksum for content that came with none. */
export class Crc64Nvme implements RunningCrc {
  #high = 0xffffffff;
  #low = 0xffffffff;

  update(bytes: Buffer): void {
    const table = crc64Table;
    let high = this.#high;
    let low = this.#low;
    for (let index = 0; index < bytes.length; index++) {
      const entry = (low ^ (bytes[index] ?? 0)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (table.low[entry] ?? 0);
      high = (high >>> 8) ^ (table.high[entry] ?? 0);
    }
    this.#high = high;
    this.#low = low;
  }

  value(): Buffer {
    const value = Buffer.alloc(8);
    value.writeUInt32BE(~this.#high >>> 0, 0);
    value.writeUInt32BE(~this.#low >>> 0, 4);
    return value;
  }
}
