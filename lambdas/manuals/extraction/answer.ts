import * as z from 'zod/mini';

/** What can be wrong with a file itself. */
const Failure = z.enum(['wrong_type', 'encrypted', 'unreadable', 'empty', 'too_many_pages']);
export type ExtractionFailure = z.output<typeof Failure>;

const Page = z.object({
  number: z.int().check(z.minimum(1)),
  text: z.string().check(z.minLength(1)),
  section: z.nullable(z.string()),
});

/** What the process that reads a file says: that it is about to, and then how it went. Its word is checked, as it has seen the file. */
export const ExtractionAnswer = z.discriminatedUnion('kind', [
  /** Its program is loaded: whatever befalls it from now on is due to the file. */
  z.object({ kind: z.literal('started') }),
  z.object({ kind: z.literal('extracted'), pageCount: z.int().check(z.minimum(1)), pages: z.array(Page) }),
  /** ManualRejected. */
  z.object({ kind: z.literal('rejected'), failure: Failure, cause: z.string() }),
  /** Anything else that was thrown: a fault of our own. */
  z.object({ kind: z.literal('failed'), cause: z.string() }),
]);
export type ExtractionAnswer = z.output<typeof ExtractionAnswer>;
