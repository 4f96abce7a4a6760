import { cutText } from '../../shared/cut-text.ts';

/** What was read from a file. */
export interface ExtractedText {
  /** Of the file, those without text included. */
  readonly pageCount: number;
  /** Those that have text, in order. */
  readonly pages: readonly Page[];
}

/** A page of a manual: of a PDF its physical page, of other formats a part of about a page's length. */
export interface Page {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
}

/** More than any page that people read; one that has more is no page of text. An Ingest call takes 6 MB. */
const MAX_PAGE_CHARACTERS = 100_000;

/**
 * Collapses runs of spaces and keeps line ends. Drops what has no meaning in text and no place in a queue's message: control
 * characters, noncharacters, halves of characters.
 */
export function tidy(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/\r\n?/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]/g, ' ')
      .replace(/[^\S\n]+/g, ' ')
      .replace(/ ?\n ?/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim()
  );
}

/** The text up to a limit that no page reaches. */
export function limitPage(text: string): string {
  return cutText(text, MAX_PAGE_CHARACTERS);
}
