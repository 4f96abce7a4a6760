/** A piece of a document that stands by itself: a heading, a paragraph, an item of a list, a row of a table, a block of code. */
export interface Block {
  /** In ordinary characters, see `page.ts`; never empty. */
  readonly text: string;
  /** Of a heading: 1 is the outermost. */
  readonly heading?: number;
  /** Whether it follows the one before without an empty line between, as rows and items do. */
  readonly tight?: boolean;
  /** Whether its spaces and lines are its own, as in code. */
  readonly verbatim?: boolean;
}
