import { cutText } from '../../shared/cut-text.ts';

/** What was read from a file. */
export interface ExtractedText {
  /** Of the file, those without text included. */
  readonly pageCount: number;
  /** Those that have text, in order. */
  readonly pages: readonly Page[];
}

/** A page of a manual: of a PDF its physical page, of other formats a heading's section, or a part of it of about a page's length. */
export interface Page {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
  /** The headings that it stands under, at most 100 bytes in UTF-8; null where there are none. */
  readonly section: string | null;
}

/** More than any page that people read; one that has more is no page of text. An Ingest call takes 6 MB. */
const MAX_PAGE_CHARACTERS = 100_000;

/** A text in ordinary characters, and its runs of spaces collapsed; line ends are kept. */
export function tidy(text: string): string {
  return plainCharacters(text)
    .replace(/[^\S\n]+/g, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/**
 * Spells out what typesetters draw as one character (Unicode's Latin ligatures), ends lines with a line feed, and drops what has no
 * meaning in text and no place in a queue's message: control characters, noncharacters, halves of characters, soft hyphens and
 * marks of no width.
 */
export function plainCharacters(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/[\ufb00-\ufb06]/g, (ligature) => ligature.normalize('NFKC'))
      .replace(/\u00ad\n|[\u00ad\u200b\u2060\ufeff]/g, '')
      .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g, ' ')
  );
}

/** The text up to a limit that no page reaches. */
export function limitPage(text: string): string {
  return cutText(text, MAX_PAGE_CHARACTERS);
}
