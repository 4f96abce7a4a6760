import * as z from 'zod/mini';
import { MAX_MANUAL_PAGES } from '../manuals.contract.ts';

/** How much one file may ask for. What asks for more is not read. */
export const ExtractionLimits = z.object({
  /** From the start of the process that reads it to its answer. */
  timeoutMs: z.number(),
  /** Of that process, as the system counts it: the heap, buffers, and Node.js itself, which takes about 60. */
  residentMiB: z.number(),
  /** Of its JavaScript heap. */
  heapMiB: z.number(),
  pages: z.number(),
  /** Of all pages together. */
  characters: z.number(),
  /** Unpacked from a ZIP archive, all files together. */
  unpackedBytes: z.number(),
  /** Elements within elements. */
  nesting: z.number(),
});
export type ExtractionLimits = z.output<typeof ExtractionLimits>;

/**
 * For a Lambda of 2,048 MB that holds the file itself, and has five minutes for it and for handing the pages over. A page of a
 * book has about 3,000 characters. Browsers stop at 512 elements within elements; old HTML that closes nothing has more.
 */
export const EXTRACTION_LIMITS: ExtractionLimits = {
  timeoutMs: 120_000,
  residentMiB: 1280,
  heapMiB: 1024,
  pages: MAX_MANUAL_PAGES,
  characters: 10_000_000,
  unpackedBytes: 128 * 1024 * 1024,
  nesting: 5000,
};
