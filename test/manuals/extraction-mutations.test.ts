import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { DOCX_TYPE, docxOf, paragraph, styled } from '../support/docx.ts';
import { bundledWorker, outcomeOf, TEST_LIMITS } from '../support/extraction.ts';
import { pdfOf, pdfOfContents, pdfStream } from '../support/pdf.ts';

const LIMITS = { ...TEST_LIMITS, timeoutMs: 12_000 };
const MARGIN_MS = 10_000;
const RUNS = 12;

const compressed = pdfStream(deflateSync(Buffer.from('BT /F1 12 Tf 72 700 Td (compressed text) Tj ET')), '/Filter /FlateDecode');
const FILES = [
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

const worker = bundledWorker();
afterAll(() => worker.remove());

test.concurrent.each(FILES)('%s: %s that is damaged somewhere is read or rejected within the limits', async (contentType, _name, file) => {
  await fc.assert(
    fc.asyncProperty(fc.array(mutation(), { minLength: 1, maxLength: 6 }), async (mutations) => {
      const damaged = mutations.reduce<Uint8Array>((bytes, mutate) => mutate(bytes), new Uint8Array(file));
      const { text, failure, elapsedMs } = await outcomeOf(contentType, damaged, LIMITS, worker);
      expect(text ?? failure).toMatch(/./);
      expect(elapsedMs).toBeLessThan(LIMITS.timeoutMs + MARGIN_MS);
    }),
    { numRuns: RUNS },
  );
});
