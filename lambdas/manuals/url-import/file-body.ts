import type { IncomingMessage } from 'node:http';
import { PassThrough, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ManualNotImported } from './import-failure.ts';

export interface BodyLimits {
  /** As sent, and as decompressed. */
  readonly maxBytes: number;
  /** How many times longer a body may become by decompression. */
  readonly maxExpansion: number;
}

/** A short body may well be all the same letter. */
const MIN_BYTES_OF_A_BOMB = 1024 * 1024;

/** Asked for is none of these. They are undone for servers that keep their files compressed, such as a bucket behind a CDN. */
const DECODERS = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** The whole body, decompressed. Throws ManualNotImported as soon as it is too much, which the announced length may be already. */
export async function readBody(response: IncomingMessage, { maxBytes, maxExpansion }: BodyLimits): Promise<Uint8Array> {
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw new ManualNotImported('too_large');
  const decoder = decoderOf(response);
  const chunks: Buffer[] = [];
  let received = 0;
  let kept = 0;
  async function* countReceived(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      received += chunk.length;
      if (received > maxBytes) throw new ManualNotImported('too_large');
      yield chunk;
    }
  }
  async function keep(source: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of source) {
      kept += chunk.length;
      if (kept > MIN_BYTES_OF_A_BOMB && kept > received * maxExpansion) throw new ManualNotImported('expands_too_much');
      if (kept > maxBytes) throw new ManualNotImported('too_large');
      chunks.push(chunk);
    }
  }
  try {
    await pipeline(response, countReceived, decoder, keep);
  } catch (error) {
    if (error instanceof ManualNotImported) throw error;
    throw new ManualNotImported('broken_off', { cause: error });
  }
  return Buffer.concat(chunks, kept);
}

function decoderOf({ headers }: IncomingMessage): Transform {
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return new PassThrough();
  // Two, one over the other, are as unknown as any: nobody sends them in earnest.
  const createDecoder = DECODERS.get(encoding);
  if (!createDecoder) throw new ManualNotImported('unknown_encoding');
  return createDecoder();
}
