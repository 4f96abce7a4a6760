import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import type { ExtractionWorker } from '../../lambdas/manuals/extraction/isolated-extraction.ts';
import { DOCX_TYPE, docxOf, paragraph, styled } from './docx.ts';
import { outcomeOf, TEST_LIMITS } from './extraction.ts';
import { pdfOf, pdfOfContents, pdfStream } from './pdf.ts';

const LIMITS = { ...TEST_LIMITS, timeoutMs: 12_000 };
const MARGIN_MS = 10_000;

const compressed = pdfStream(deflateSync(Buffer.from('BT /F1 12 Tf 72 700 Td (compressed text) Tj ET')), '/Filter /FlateDecode');
/** Files by type and name, that are to be damaged. */
export const DAMAGED_FILES = [
  ['application/pdf', 'a small PDF', pdfOf(['one', 'two', 'three'])],
  ['application/pdf', 'a compressed PDF', pdfOfContents([compressed, compressed])],
  ['application/pdf', 'an encrypted PDF', readFileSync(new URL('../fixtures/encrypted.pdf', import.meta.url))],
  ['application/pdf', 'a real PDF', readFileSync(new URL('../fixtures/manuals/gutenprint.pdf', import.meta.url))],
  [DOCX_TYPE, 'a Word document', docxOf(styled('Heading', 'H1') + paragraph('text').repeat(20), { styles: '<w:style w:styleId="H1"/>' })],
  [
    'text/html',
    'a page of HTML',
    Buffer.from('<!doctype html><meta charset=utf-8><h1>A</h1><table><tr><th>B<td>C</table><ul><li>D<pre>E</pre></ul>'),
  ],
] as const;

type Mutation = (bytes: Uint8Array) => Uint8Array;

/** Changes to a file, at places that are shares of its length. */
const mutation = (): fc.Arbitrary<Mutation> => {
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const at = (bytes: Uint8Array, share: number) => Math.floor(share * bytes.length);
  return fc.oneof(
    fc.tuple(place, fc.integer({ min: 0, max: 255 })).map(
      ([share, value]): Mutation =>
        (bytes) => {
          const changed = Buffer.from(bytes);
          changed[at(bytes, share)] = value;
          return changed;
        },
    ),
    // Breaks off, loses a piece, repeats one, or gets something else in.
    place.map(
      (share): Mutation =>
        (bytes) =>
          bytes.subarray(0, at(bytes, share)),
    ),
    fc.constant<Mutation>((bytes) => bytes.subarray(0, -300)),
    fc.tuple(place, place).map(
      ([from, to]): Mutation =>
        (bytes) =>
          Buffer.concat([bytes.subarray(0, at(bytes, from)), bytes.subarray(at(bytes, to))]),
    ),
    fc
      .tuple(
        place,
        fc.constantFrom('<< /Kids [2 0 R] >>', '0 obj', 'endstream', '99999999999', '-1', '[[[[', '<w:p>', '<table>', '\0\0\0\0'),
      )
      .map(
        ([share, text]): Mutation =>
          (bytes) =>
            Buffer.concat([bytes.subarray(0, at(bytes, share)), Buffer.from(text), bytes.subarray(at(bytes, share))]),
      ),
  );
};

/** Has that program read the file, damaged somewhere, so many times: it is read or rejected within the limits. */
export async function expectSomeOutcome(contentType: string, file: Uint8Array, runs: number, worker: ExtractionWorker): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(mutation(), { minLength: 1, maxLength: 6 }), async (mutations) => {
      const damaged = mutations.reduce<Uint8Array>((bytes, mutate) => mutate(bytes), new Uint8Array(file));
      const { text, failure, elapsedMs } = await outcomeOf(contentType, damaged, LIMITS, worker);
      expect(text ?? failure).toMatch(/./);
      expect(elapsedMs).toBeLessThan(LIMITS.timeoutMs + MARGIN_MS);
    }),
    { numRuns: runs },
  );
}
